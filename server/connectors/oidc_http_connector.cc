#include "server/connectors/oidc_http_connector.h"

#include <openssl/evp.h>

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/connectors/form_encoding.h"
#include "server/connectors/oidc_callback.h"
#include "server/connectors/oidc_discovery.h"
#include "server/connectors/oidc_id_token.h"
#include "server/connectors/oidc_token_exchange.h"

namespace gatehouse {
namespace {

// RFC 7636, 4.2: S256.
absl::StatusOr<std::string> CodeChallenge(absl::string_view verifier) {
  std::array<unsigned char, 32> digest;
  if (EVP_Digest(verifier.data(), verifier.size(), digest.data(), nullptr, EVP_sha256(), nullptr) !=
      1) {
    return Error(absl::StatusCode::kInternal, reason::kInternal, "OpenSSL cannot hash").Build();
  }
  std::string challenge;
  absl::WebSafeBase64Escape(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()), &challenge);
  return challenge;
}

OidcOutcome OutcomeOf(const OidcRefusal& refusal) {
  return {.failure = refusal.failure, .detail = refusal.detail};
}

// A document of the IdP that is there, and wrong, is a finding.
absl::StatusOr<OidcOutcome> OutcomeOf(const absl::Status& status) {
  if (!absl::IsFailedPrecondition(status)) return status;
  return OidcOutcome{.failure = ConnectionTestFailure::kDiscoveryInvalid,
                     .detail = std::string(status.message())};
}

class HttpOidcConnector final : public OidcConnector {
 public:
  HttpOidcConnector(HttpFetcher* fetcher, const Clock* clock)
      : fetcher_(fetcher), directory_(fetcher, clock) {}

  absl::StatusOr<std::string> SignInUrl(const OidcSettings& settings,
                                        const OidcSession& session) override {
    ASSIGN_OR_RETURN(const OidcProvider provider,
                     directory_.FindProvider(settings.issuer, OidcDirectory::Freshness::kFetch));
    ASSIGN_OR_RETURN(const std::string challenge, CodeChallenge(session.code_verifier));
    std::vector<std::string> scopes = {"openid", "email"};
    scopes.insert(scopes.end(), settings.extra_scopes.begin(), settings.extra_scopes.end());
    const std::string query = FormEncode({{"response_type", "code"},
                                          {"scope", absl::StrJoin(scopes, " ")},
                                          {"client_id", settings.client_id},
                                          {"redirect_uri", settings.redirect_uri},
                                          {"state", session.state},
                                          {"nonce", session.nonce},
                                          {"code_challenge", challenge},
                                          {"code_challenge_method", "S256"}});
    const std::string& endpoint = provider.authorization_endpoint;
    return absl::StrCat(endpoint, absl::StrContains(endpoint, '?') ? "&" : "?", query);
  }

  absl::StatusOr<OidcOutcome> VerifyResponse(absl::string_view query,
                                             const OidcExpectations& expectations) override {
    // What needs no network comes first: a stranger's query costs the IdP nothing.
    const OidcResult<OidcCallback> callback = ReadCallback(query, expectations.session);
    if (!callback.ok()) return OutcomeOf(callback.status());
    const absl::StatusOr<OidcProvider> provider =
        directory_.FindProvider(expectations.settings.issuer, OidcDirectory::Freshness::kCached);
    if (!provider.ok()) return OutcomeOf(provider.status());
    const OidcResult<std::string> code = CodeOf(*callback, *provider);
    if (!code.ok()) return OutcomeOf(code.status());
    ASSIGN_OR_RETURN(const OidcResult<std::string> compact,
                     ExchangeCode(*fetcher_, *provider, expectations, *code));
    if (!compact.ok()) return OutcomeOf(compact.status());
    return VerifyToken(*compact, provider->jwks_uri, expectations);
  }

 private:
  absl::StatusOr<OidcOutcome> VerifyToken(const std::string& compact, const std::string& jwks_uri,
                                          const OidcExpectations& expectations) {
    const OidcResult<OidcIdToken> token = ReadIdToken(compact);
    if (!token.ok()) return OutcomeOf(token.status());
    const auto keys = directory_.FindKeys(jwks_uri, *token->algorithm, token->key_id);
    if (!keys.ok()) return OutcomeOf(keys.status());
    if (!keys->ok()) return OutcomeOf(keys->status());
    const OidcResult<nlohmann::json> claims = VerifyIdToken(*token, **keys);
    if (!claims.ok()) return OutcomeOf(claims.status());
    const OidcResult<std::string> email = JudgeClaims(*claims, expectations);
    if (!email.ok()) return OutcomeOf(email.status());
    return OidcOutcome{.email = *email};
  }

  HttpFetcher* const fetcher_;
  OidcDirectory directory_;
};

}  // namespace

std::unique_ptr<OidcConnector> NewHttpOidcConnector(HttpFetcher* fetcher, const Clock* clock) {
  return std::make_unique<HttpOidcConnector>(fetcher, clock);
}

}  // namespace gatehouse
