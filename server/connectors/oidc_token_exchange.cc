#include "server/connectors/oidc_token_exchange.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/connectors/form_encoding.h"
#include "server/connectors/oidc_id_token.h"
#include "server/connectors/strict_json.h"

namespace gatehouse {
namespace {

using json = nlohmann::json;

constexpr size_t kMaxResponseBytes = 4 * kMaxIdTokenBytes;
constexpr absl::Duration kDeadline = absl::Seconds(10);

// An error of the IdP as the admin may see it: it may echo what we sent.
std::string ShownError(const json& body, const OidcExpectations& expectations,
                       const std::string& code) {
  const std::optional<std::string> error = StringMember(body, "error");
  std::string shown = ShownOrNothing(error);
  if (const auto description = StringMember(body, "error_description")) {
    absl::StrAppend(&shown, ": ", Shown(*description));
  }
  const std::string whole =
      absl::StrCat(error.value_or(""), " ", StringMember(body, "error_description").value_or(""));
  for (const std::string& secret :
       {code, expectations.client_secret, expectations.session.code_verifier}) {
    if (!secret.empty() && absl::StrContains(whole, secret)) return "one that quotes a secret";
  }
  return shown;
}

enum class SecretPlace { kNone, kHeader, kForm };

HttpRequest RequestOf(const OidcProvider& provider, const OidcExpectations& expectations,
                      const std::string& code, SecretPlace place) {
  const OidcSettings& settings = expectations.settings;
  FormFields form = {{"grant_type", "authorization_code"},
                     {"code", code},
                     {"redirect_uri", settings.redirect_uri},
                     {"code_verifier", expectations.session.code_verifier}};
  HttpRequest request{.url = provider.token_endpoint,
                      .headers = {{"Accept", "application/json"}},
                      .max_bytes = kMaxResponseBytes,
                      .deadline = kDeadline};
  if (place == SecretPlace::kHeader) {
    // RFC 6749, 2.3.1: form-encoded first, which matters for ':' and '+'.
    const std::string pair =
        absl::StrCat(FormEncode(settings.client_id), ":", FormEncode(expectations.client_secret));
    request.headers.emplace_back("Authorization", absl::StrCat("Basic ", absl::Base64Escape(pair)));
  } else {
    form.emplace_back("client_id", settings.client_id);
  }
  if (place == SecretPlace::kForm) form.emplace_back("client_secret", expectations.client_secret);
  request.form = FormEncode(form);
  return request;
}

// INVALID_ARGUMENT of the fetcher would be about a field of our caller; the URL is
// the IdP's.
absl::StatusOr<HttpResponse> Post(HttpFetcher& fetcher, const HttpRequest& request) {
  absl::StatusOr<HttpResponse> response = fetcher.Fetch(request);
  const auto unavailable = [](absl::string_view what) {
    return Error(absl::StatusCode::kUnavailable, reason::kIdpUnavailable, what).Build();
  };
  if (absl::IsInvalidArgument(response.status())) return unavailable(response.status().message());
  if (response.ok() && (response->status == 429 || response->status >= 500)) {
    return unavailable(absl::StrCat("the token endpoint answered with status ", response->status));
  }
  return response;
}

bool IsInvalidClient(const HttpResponse& response) {
  const absl::StatusOr<json> body = ParseStrictJson(response.body, kMaxResponseBytes);
  return response.status != 200 && body.ok() && StringMember(*body, "error") == "invalid_client";
}

OidcResult<std::string> ReadTokenResponse(const HttpResponse& response,
                                          const OidcExpectations& expectations,
                                          const std::string& code) {
  const absl::StatusOr<json> body = ParseStrictJson(response.body, kMaxResponseBytes);
  if (response.status != 200) {
    return OidcRefusal{
        ConnectionTestFailure::kCodeRefused,
        absl::StrCat("the token endpoint answered with status ", response.status, " and ",
                     body.ok() ? ShownError(*body, expectations, code) : "no JSON")};
  }
  const auto malformed = [](absl::string_view what) {
    return OidcRefusal{ConnectionTestFailure::kMalformedResponse,
                       absl::StrCat("the token response ", what)};
  };
  if (!body.ok()) return malformed(body.status().message());
  std::optional<std::string> token = StringMember(*body, "id_token");
  if (!token) return malformed("has no ID token (id_token); is the scope openid allowed?");
  return *std::move(token);
}

}  // namespace

absl::StatusOr<OidcResult<std::string>> ExchangeCode(HttpFetcher& fetcher,
                                                     const OidcProvider& provider,
                                                     const OidcExpectations& expectations,
                                                     const std::string& code) {
  const bool has_secret = !expectations.client_secret.empty();
  if (has_secret && !provider.takes_secret_in_header && !provider.takes_secret_in_form) {
    return OidcResult<std::string>(OidcRefusal{
        ConnectionTestFailure::kDiscoveryInvalid,
        "the IdP takes a client secret neither by client_secret_basic nor by client_secret_post "
        "(token_endpoint_auth_methods_supported)"});
  }
  const SecretPlace place = !has_secret                       ? SecretPlace::kNone
                            : provider.takes_secret_in_header ? SecretPlace::kHeader
                                                              : SecretPlace::kForm;
  ASSIGN_OR_RETURN(HttpResponse response,
                   Post(fetcher, RequestOf(provider, expectations, code, place)));
  // What the IdP takes, this client need not be allowed to use. A code is used up
  // only by a client that has proven itself, so it can be tried the other way.
  if (place == SecretPlace::kHeader && provider.takes_secret_in_form && IsInvalidClient(response)) {
    ASSIGN_OR_RETURN(response,
                     Post(fetcher, RequestOf(provider, expectations, code, SecretPlace::kForm)));
  }
  return ReadTokenResponse(response, expectations, code);
}

}  // namespace gatehouse
