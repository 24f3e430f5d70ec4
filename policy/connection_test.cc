#include "policy/connection_test.h"

namespace gatehouse {

absl::string_view Name(ConnectionTestFailure failure) {
  switch (failure) {
    case ConnectionTestFailure::kNone:
      return "NONE";
    case ConnectionTestFailure::kMalformedResponse:
      return "MALFORMED_RESPONSE";
    case ConnectionTestFailure::kForbiddenXml:
      return "FORBIDDEN_XML";
    case ConnectionTestFailure::kIdpRefused:
      return "IDP_REFUSED";
    case ConnectionTestFailure::kUnsigned:
      return "UNSIGNED";
    case ConnectionTestFailure::kSignatureInvalid:
      return "SIGNATURE_INVALID";
    case ConnectionTestFailure::kWrongCertificate:
      return "WRONG_CERTIFICATE";
    case ConnectionTestFailure::kAlgorithmForbidden:
      return "ALGORITHM_FORBIDDEN";
    case ConnectionTestFailure::kSignatureStructure:
      return "SIGNATURE_STRUCTURE";
    case ConnectionTestFailure::kWrongIssuer:
      return "WRONG_ISSUER";
    case ConnectionTestFailure::kWrongAudience:
      return "WRONG_AUDIENCE";
    case ConnectionTestFailure::kWrongRecipient:
      return "WRONG_RECIPIENT";
    case ConnectionTestFailure::kWrongDestination:
      return "WRONG_DESTINATION";
    case ConnectionTestFailure::kWrongInResponseTo:
      return "WRONG_IN_RESPONSE_TO";
    case ConnectionTestFailure::kExpired:
      return "EXPIRED";
    case ConnectionTestFailure::kNotYetValid:
      return "NOT_YET_VALID";
    case ConnectionTestFailure::kReplayed:
      return "REPLAYED";
    case ConnectionTestFailure::kDecryptionFailed:
      return "DECRYPTION_FAILED";
    case ConnectionTestFailure::kEncryptedWithoutSignature:
      return "ENCRYPTED_WITHOUT_SIGNATURE";
    case ConnectionTestFailure::kNoAssertion:
      return "NO_ASSERTION";
    case ConnectionTestFailure::kNoEmail:
      return "NO_EMAIL";
    case ConnectionTestFailure::kInvalidEmail:
      return "INVALID_EMAIL";
    case ConnectionTestFailure::kForeignDomain:
      return "FOREIGN_DOMAIN";
    case ConnectionTestFailure::kConfigurationChanged:
      return "CONFIGURATION_CHANGED";
    case ConnectionTestFailure::kMissingTimeLimits:
      return "MISSING_TIME_LIMITS";
    case ConnectionTestFailure::kWrongState:
      return "WRONG_STATE";
    case ConnectionTestFailure::kWrongNonce:
      return "WRONG_NONCE";
    case ConnectionTestFailure::kCodeRefused:
      return "CODE_REFUSED";
    case ConnectionTestFailure::kUnknownKey:
      return "UNKNOWN_KEY";
    case ConnectionTestFailure::kEmailNotVerified:
      return "EMAIL_NOT_VERIFIED";
    case ConnectionTestFailure::kDiscoveryInvalid:
      return "DISCOVERY_INVALID";
  }
  return "UNKNOWN";
}

}  // namespace gatehouse
