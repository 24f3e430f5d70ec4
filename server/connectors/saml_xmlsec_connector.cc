#include "server/connectors/saml_xmlsec_connector.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/status_macros.h"
#include "server/connectors/saml_assertion.h"
#include "server/connectors/saml_authn_request.h"
#include "server/connectors/saml_decryption.h"
#include "server/connectors/saml_judgement.h"
#include "server/connectors/saml_metadata.h"
#include "server/connectors/saml_names.h"
#include "server/connectors/saml_response.h"
#include "server/connectors/saml_result.h"
#include "server/connectors/saml_signature.h"
#include "server/connectors/xml_document.h"
#include "server/connectors/xml_runtime.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxResponseBytes = 512 * 1024;

SamlOutcome Refused(const SamlRefusal& refusal) {
  SamlOutcome outcome;
  outcome.failure = refusal.failure;
  outcome.detail = refusal.detail;
  return outcome;
}

// The keys that a verification needs, out of the profile.
struct SamlKeys {
  std::vector<SamlVerificationKey> idp;
  KeyHandle sp;  // none: the profile cannot decrypt
};

// What a response says, as far as it was signed. The envelope of an unsigned
// response is what it claims.
struct VerifiedResponse {
  SamlEnvelope envelope;
  SamlAssertion assertion;
};

// A decrypted assertion in a document of its own.
struct DecryptedAssertion {
  XmlDocument document;
  xmlNode* signature = nullptr;
};

SamlResult<DecryptedAssertion> Decrypt(const xmlNode* encrypted, const SamlKeys& keys) {
  if (keys.sp == nullptr) {
    return SamlRefusal{ConnectionTestFailure::kDecryptionFailed,
                       "the assertion is encrypted, and the profile has no key to decrypt it"};
  }
  ASSIGN_OR_RETURN(XmlDocument document,
                   DecryptAssertion(encrypted, keys.sp.get(), kMaxResponseBytes));
  ASSIGN_OR_RETURN(const SamlResponseShape shape, InspectAssertion(document));
  if (shape.assertion_signature == nullptr) {
    return SamlRefusal{
        ConnectionTestFailure::kEncryptedWithoutSignature,
        "the encrypted assertion is not signed inside: anybody can encrypt for this profile"};
  }
  return DecryptedAssertion{std::move(document), shape.assertion_signature};
}

// Follows the order of docs/connection-test-failures.md up to the signature.
// Nothing of `document` is read past this function, save the envelope of a
// response that is not signed.
SamlResult<VerifiedResponse> Verify(const XmlDocument& document, const SamlKeys& keys) {
  ASSIGN_OR_RETURN(const SamlResponseShape shape, InspectResponse(document));
  if (shape.encrypted_assertion == nullptr && shape.response_signature == nullptr &&
      shape.assertion_signature == nullptr) {
    return SamlRefusal{ConnectionTestFailure::kUnsigned,
                       "neither the response nor its assertion has a signature"};
  }
  // Before decrypting: the signature of a response covers the ciphertext.
  XmlDocument response;
  if (shape.response_signature != nullptr) {
    ASSIGN_OR_RETURN(response, VerifyEnvelopedSignature(shape.response_signature, keys.idp));
  }
  XmlDocument assertion;
  if (shape.encrypted_assertion != nullptr) {
    ASSIGN_OR_RETURN(const DecryptedAssertion decrypted, Decrypt(shape.encrypted_assertion, keys));
    ASSIGN_OR_RETURN(assertion, VerifyEnvelopedSignature(decrypted.signature, keys.idp));
  } else if (shape.assertion_signature != nullptr) {
    ASSIGN_OR_RETURN(assertion, VerifyEnvelopedSignature(shape.assertion_signature, keys.idp));
  }

  VerifiedResponse verified;
  ASSIGN_OR_RETURN(verified.envelope,
                   ReadEnvelope(response == nullptr ? shape.response : RootOf(response),
                                /*is_signed=*/response != nullptr));
  if (assertion != nullptr) {
    ASSIGN_OR_RETURN(verified.assertion, ReadAssertion(RootOf(assertion)));
    return verified;
  }
  ASSIGN_OR_RETURN(const SamlResponseShape signed_shape, InspectResponse(response));
  ASSIGN_OR_RETURN(verified.assertion, ReadAssertion(signed_shape.assertion));
  return verified;
}

SamlResult<XmlDocument> Decode(absl::string_view saml_response) {
  ASSIGN_OR_RETURN(const std::string bytes, DecodeSamlResponse(saml_response, kMaxResponseBytes));
  return ParseXml(bytes, kMaxResponseBytes);
}

// Parsing a private key takes longer than verifying a signature, so that is only
// done if there is something to decrypt.
absl::StatusOr<SamlKeys> LoadKeys(const XmlDocument& response,
                                  const SamlExpectations& expectations) {
  SamlKeys keys;
  ASSIGN_OR_RETURN(keys.idp, LoadVerificationKeys(expectations.settings.idp_certificates));
  if (!expectations.sp_private_key_pem.empty() &&
      FirstChild(RootOf(response), kAssertionNs, "EncryptedAssertion") != nullptr) {
    ASSIGN_OR_RETURN(keys.sp, LoadDecryptionKey(expectations.sp_private_key_pem));
  }
  return keys;
}

class XmlsecSamlConnector : public SamlConnector {
 public:
  absl::StatusOr<std::string> SignInUrl(const SamlSettings& settings, absl::string_view request_id,
                                        absl::string_view relay_state, absl::Time now) override {
    RETURN_IF_ERROR(InitializeXml());
    return BuildSignInUrl(settings, request_id, relay_state, now);
  }

  absl::StatusOr<SamlOutcome> VerifyResponse(
      absl::string_view saml_response, const SamlExpectations& expectations,
      absl::FunctionRef<absl::StatusOr<bool>(absl::string_view)> already_used) override {
    RETURN_IF_ERROR(InitializeXml());
    XmlDiagnostics diagnostics;
    const SamlResult<XmlDocument> document = Decode(saml_response);
    if (!document.ok()) return Refused(document.status());
    ASSIGN_OR_RETURN(const SamlKeys keys, LoadKeys(*document, expectations));
    SamlResult<VerifiedResponse> verified = Verify(*document, keys);
    if (!verified.ok()) return Refused(verified.status());

    const SamlAssertion& assertion = verified->assertion;
    SamlOutcome outcome;
    outcome.assertion_id = assertion.id;
    outcome.not_on_or_after = AcceptableUntil(assertion, expectations.clock_skew);
    ASSIGN_OR_RETURN(const bool replayed, already_used(assertion.id));
    std::optional<SamlRefusal> refusal;
    if (replayed) {
      refusal =
          SamlRefusal{ConnectionTestFailure::kReplayed,
                      absl::StrCat("the assertion ", Shown(assertion.id), " was used before")};
    } else {
      refusal = JudgeAssertion(assertion, verified->envelope, expectations);
    }
    if (!refusal.has_value()) {
      SamlResult<std::string> email = EmailOf(assertion, expectations.settings.email_attribute);
      if (email.ok()) {
        outcome.email = *std::move(email);
        return outcome;
      }
      refusal = email.status();
    }
    outcome.failure = refusal->failure;
    outcome.detail = refusal->detail;
    return outcome;
  }

  absl::StatusOr<SamlIdpMetadata> ParseIdpMetadata(absl::string_view field,
                                                   absl::string_view xml) override {
    RETURN_IF_ERROR(InitializeXml());
    return ReadIdpMetadata(field, xml);
  }

  absl::StatusOr<std::string> ServiceProviderMetadata(const SamlSettings& settings) override {
    RETURN_IF_ERROR(InitializeXml());
    return WriteServiceProviderMetadata(settings);
  }
};

}  // namespace

std::unique_ptr<SamlConnector> NewXmlsecSamlConnector() {
  return std::make_unique<XmlsecSamlConnector>();
}

}  // namespace gatehouse
