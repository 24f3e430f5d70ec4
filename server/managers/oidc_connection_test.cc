#include "server/managers/oidc_connection_test.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/runtime/random_source.h"
#include "storage/stores/sso_profile_store.h"

namespace gatehouse {
namespace {

constexpr size_t kSecretBytes = 32;  // RFC 7636, 4.1

}  // namespace

std::string OidcConnectionTest::NewSecretText() {
  return absl::WebSafeBase64Escape(context_.random->Bytes(kSecretBytes));
}

absl::Status OidcConnectionTest::CheckSize(absl::string_view response) const {
  if (!response.empty() && response.size() <= kMaxResponseBytes) return absl::OkStatus();
  return InvalidField("oidc_response", absl::StrCat(response.size(), " bytes"),
                      absl::StrCat("the query of the URL that the browser was sent back to, 1 to ",
                                   kMaxResponseBytes, " bytes"));
}

absl::StatusOr<std::string> OidcConnectionTest::Begin(const SsoProfile& profile,
                                                      ConnectionTest& test) {
  const OidcSession session{
      .state = NewSecretText(), .nonce = NewSecretText(), .code_verifier = NewSecretText()};
  test.request_id = session.state;
  test.nonce = session.nonce;
  test.sealed_code_verifier = storage::ConnectionTestStore::SealCodeVerifier(
      test, *context_.secrets, session.code_verifier);
  return oidc_->SignInUrl(profile.oidc, session);
}

absl::StatusOr<ConnectionTestProof> OidcConnectionTest::Verify(storage::SnapshotReader reader,
                                                               const SsoProfile& profile,
                                                               const ConnectionTest& test,
                                                               absl::string_view response,
                                                               absl::Time now) {
  OidcExpectations expectations{
      .settings = profile.oidc,
      .client_secret = "",
      .session = {.state = test.request_id, .nonce = test.nonce, .code_verifier = ""},
      .now = now};
  ASSIGN_OR_RETURN(expectations.session.code_verifier,
                   storage::ConnectionTestStore::OpenCodeVerifier(test, *context_.secrets));
  {
    // The IdP may take seconds to answer: its snapshot ends here.
    storage::SnapshotReader snapshot = std::move(reader);
    ASSIGN_OR_RETURN(auto secret, storage::SsoProfileStore::FindClientSecret(snapshot, profile,
                                                                             *context_.secrets));
    expectations.client_secret = std::move(secret).value_or("");
  }
  ASSIGN_OR_RETURN(OidcOutcome outcome, oidc_->VerifyResponse(response, expectations));
  return ConnectionTestProof{.finding = {outcome.failure, std::move(outcome.detail)},
                             .email = std::move(outcome.email),
                             .assertion_id = ""};
}

absl::StatusOr<ConnectionTestFinding> OidcConnectionTest::UseUp(storage::Transaction&,
                                                                const ConnectionTest&,
                                                                const ConnectionTestProof&,
                                                                absl::Time) {
  return ConnectionTestFinding{};
}

}  // namespace gatehouse
