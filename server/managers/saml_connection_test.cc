#include "server/managers/saml_connection_test.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/runtime/random_source.h"
#include "storage/stores/sso_profile_store.h"

namespace gatehouse {
namespace {

constexpr size_t kRequestIdBytes = 16;

// For a verification that began before the end, or a clock that is set back.
constexpr absl::Duration kReplayMargin = absl::Hours(1);
// An assertion answers the request of one test, which lives for minutes: one
// that claims to be good for longer than this need not be remembered longer.
constexpr absl::Duration kMaxReplayMemory = absl::Hours(24 * 30);

bool CanBeRemembered(absl::string_view assertion_id) {
  return !assertion_id.empty() &&
         assertion_id.size() <= storage::ConnectionTestStore::kMaxAssertionIdBytes;
}

}  // namespace

absl::Status SamlConnectionTest::CheckSize(absl::string_view response) const {
  if (!response.empty() && response.size() <= kMaxResponseBytes) return absl::OkStatus();
  return InvalidField(
      "saml_response", absl::StrCat(response.size(), " bytes"),
      absl::StrCat("the form field SAMLResponse, 1 to ", kMaxResponseBytes, " bytes"));
}

absl::StatusOr<std::string> SamlConnectionTest::Begin(const SsoProfile& profile,
                                                      ConnectionTest& test) {
  // A letter or underscore first: an xs:NCName.
  test.request_id = absl::StrCat("_", NewHexText(*context_.random, kRequestIdBytes));
  return saml_->SignInUrl(profile.saml, test.request_id, test.id.value(), test.create_time);
}

absl::StatusOr<ConnectionTestProof> SamlConnectionTest::Verify(storage::SnapshotReader reader,
                                                               const SsoProfile& profile,
                                                               const ConnectionTest& test,
                                                               absl::string_view response,
                                                               absl::Time now) {
  SamlExpectations expectations{
      .settings = profile.saml, .request_id = test.request_id, .now = now};
  ASSIGN_OR_RETURN(expectations.sp_private_key_pem,
                   storage::SsoProfileStore::FindPrivateKey(reader, profile, *context_.secrets));
  auto already_used = [&](absl::string_view assertion_id) -> absl::StatusOr<bool> {
    if (!CanBeRemembered(assertion_id)) return false;
    return storage::ConnectionTestStore::IsAssertionUsed(reader, test.organization, test.profile,
                                                         assertion_id);
  };
  ASSIGN_OR_RETURN(SamlOutcome outcome,
                   saml_->VerifyResponse(response, expectations, already_used));
  return ConnectionTestProof{.finding = {outcome.failure, std::move(outcome.detail)},
                             .email = std::move(outcome.email),
                             .assertion_id = std::move(outcome.assertion_id),
                             .not_on_or_after = outcome.not_on_or_after};
}

absl::StatusOr<ConnectionTestFinding> SamlConnectionTest::UseUp(storage::Transaction& tx,
                                                                const ConnectionTest& test,
                                                                const ConnectionTestProof& proof,
                                                                absl::Time now) {
  if (!CanBeRemembered(proof.assertion_id)) {
    return ConnectionTestFinding{
        ConnectionTestFailure::kMalformedResponse,
        absl::StrCat("the assertion's ID has ", proof.assertion_id.size(), " bytes, expected 1 to ",
                     storage::ConnectionTestStore::kMaxAssertionIdBytes)};
  }
  ASSIGN_OR_RETURN(bool used, storage::ConnectionTestStore::IsAssertionUsed(
                                  tx, test.organization, test.profile, proof.assertion_id));
  if (used) {
    return ConnectionTestFinding{
        ConnectionTestFailure::kReplayed,
        absl::StrCat("the assertion ", Quoted(proof.assertion_id), " was used before")};
  }
  storage::ConnectionTestStore::PutUsedAssertion(
      tx, test.organization, test.profile, proof.assertion_id,
      std::clamp(proof.not_on_or_after, now, now + kMaxReplayMemory) + kReplayMargin);
  return ConnectionTestFinding{};
}

}  // namespace gatehouse
