// A connection test: one real sign-in that Gatehouse verifies itself.
#ifndef GATEHOUSE_POLICY_CONNECTION_TEST_H_
#define GATEHOUSE_POLICY_CONNECTION_TEST_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/ids.h"

namespace gatehouse {

// Why a response was refused. Persisted, never renumber; the same numbers and
// names stand in gatehouse.v1.ConnectionTest.FailureReason, with a sentence for
// the admin in docs/connection-test-failures.md.
enum class ConnectionTestFailure {
  kNone = 0,
  kMalformedResponse = 1,   // not base64, not XML, not a samlp:Response, too large
  kForbiddenXml = 2,        // a DTD, entity or processing instruction
  kIdpRefused = 3,          // a Status other than Success
  kUnsigned = 4,            // no signature on the response or the assertion
  kSignatureInvalid = 5,    // bytes changed after signing, or a broken signature
  kWrongCertificate = 6,    // signed by a key that is none of the profile's
  kAlgorithmForbidden = 7,  // SHA-1, HMAC, unknown transform or canonicalization
  kSignatureStructure = 8,  // wrapped, duplicated or detached signature; duplicate IDs
  kWrongIssuer = 9,
  kWrongAudience = 10,
  kWrongRecipient = 11,             // SubjectConfirmationData Recipient
  kWrongDestination = 12,           // Response Destination
  kWrongInResponseTo = 13,          // answers another request, or none (unsolicited)
  kExpired = 14,                    // NotOnOrAfter (conditions, confirmation or session) has passed
  kNotYetValid = 15,                // NotBefore or IssueInstant lies ahead
  kReplayed = 16,                   // this assertion was used before
  kDecryptionFailed = 17,           // encrypted for another key
  kEncryptedWithoutSignature = 18,  // an encrypted assertion with no signature inside
  kNoAssertion = 19,                // none, or more than one
  kNoEmail = 20,                    // no NameID / attribute with an address
  kInvalidEmail = 21,               // it does not parse as an address
  kForeignDomain = 22,              // an address on a domain that the organization does not hold
  kConfigurationChanged = 23,       // the profile changed between start and completion
  kMissingTimeLimits = 24,  // no NotOnOrAfter, or no AudienceRestriction / Recipient to check
  // OIDC. The reasons above that name no XML hold for it too.
  kWrongState = 25,
  kWrongNonce = 26,
  kCodeRefused = 27,       // the IdP refused the code, the verifier or our credentials
  kUnknownKey = 28,        // signed by a key that the IdP does not publish
  kEmailNotVerified = 29,  // email_verified is false, or absent where it must be there
  kDiscoveryInvalid = 30,  // the discovery document contradicts the profile, or lacks a part
};

absl::string_view Name(ConnectionTestFailure failure);  // "WRONG_AUDIENCE", …

// Persisted, never renumber.
enum class ConnectionTestState { kPending = 1, kPassed = 2, kFailed = 3 };

struct ConnectionTest {
  OrganizationId organization;
  SsoProfileId profile;
  ConnectionTestId id;
  ConnectionTestState state = ConnectionTestState::kPending;
  // AuthnRequest ID (an xs:NCName): the only InResponseTo accepted.
  std::string request_id;
  std::string configuration;  // ConfigurationBytes of the settings under test
  absl::Time create_time;
  absl::Time expire_time;  // a pending test cannot be completed from then on
  absl::Time complete_time = absl::InfinitePast();
  ConnectionTestFailure failure = ConnectionTestFailure::kNone;
  std::string failure_detail;  // what was expected and found, for the admin
  std::string email;           // canonical address that the IdP returned, when verified
  bool staged = false;         // the profile's staged settings are under test
  // OIDC: request_id is the state; the nonce of the ID token; and the PKCE
  // verifier, sealed.
  std::string nonce;
  std::string sealed_code_verifier;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_CONNECTION_TEST_H_
