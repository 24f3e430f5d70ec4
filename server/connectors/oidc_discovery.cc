#include "server/connectors/oidc_discovery.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/connectors/strict_json.h"

namespace gatehouse {
namespace {

using json = nlohmann::json;

constexpr size_t kMaxDocumentBytes = 256 * 1024;
constexpr size_t kMaxUrlBytes = 2048;
constexpr absl::Duration kFetchDeadline = absl::Seconds(10);

absl::Status Invalid(absl::string_view issuer, absl::string_view what) {
  return Error(absl::StatusCode::kFailedPrecondition, reason::kIdpUnavailable,
               absl::StrCat("the discovery document of ", Quoted(issuer), " ", what))
      .Build();
}

absl::Status Unavailable(absl::string_view what) {
  return Error(absl::StatusCode::kUnavailable, reason::kIdpUnavailable, what).Build();
}

bool IsLoopbackUrl(absl::string_view url) {
  for (absl::string_view host : {"http://localhost", "http://127.0.0.1", "http://[::1]"}) {
    absl::string_view rest = url;
    if (absl::ConsumePrefix(&rest, host) &&
        (rest.empty() || rest.front() == ':' || rest.front() == '/')) {
      return true;
    }
  }
  return false;
}

// Whether the fetcher goes there is for the fetcher to judge; this is what may be
// handed to a browser, too.
bool IsEndpoint(const std::string& url) {
  return url.size() <= kMaxUrlBytes && std::all_of(url.begin(), url.end(), absl::ascii_isgraph) &&
         url.find_first_of("#\\\"<>") == std::string::npos &&
         (absl::StartsWith(url, "https://") || IsLoopbackUrl(url));
}

bool Lists(const std::vector<std::string>& list, absl::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// nullopt: the IdP offers what is needed, or does not say what it offers.
std::optional<std::string> Lacking(const json& document) {
  const auto responses = StringsMember(document, "response_types_supported");
  if (responses && !Lists(*responses, "code")) {
    return "does not offer the code flow (response_types_supported)";
  }
  const auto grants = StringsMember(document, "grant_types_supported");
  if (grants && !Lists(*grants, "authorization_code")) {
    return "does not offer the code flow (grant_types_supported)";
  }
  const auto challenges = StringsMember(document, "code_challenge_methods_supported");
  if (challenges && !Lists(*challenges, "S256")) {
    return "does not offer PKCE by S256 (code_challenge_methods_supported)";
  }
  const auto algorithms = StringsMember(document, "id_token_signing_alg_values_supported");
  if (algorithms && std::none_of(algorithms->begin(), algorithms->end(), FindOidcAlgorithm)) {
    return "signs ID tokens by no algorithm of RS, PS (256, 384, 512), ES256 and ES384 "
           "(id_token_signing_alg_values_supported)";
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<OidcProvider> ReadDiscoveryDocument(absl::string_view issuer,
                                                   absl::string_view text) {
  const absl::StatusOr<json> document = ParseStrictJson(text, kMaxDocumentBytes);
  if (!document.ok()) return Invalid(issuer, document.status().message());
  OidcProvider provider;
  provider.issuer = StringMember(*document, "issuer").value_or("");
  // Section 4.3: exactly. A document that names another issuer is how a mix-up
  // of two IdPs begins.
  if (provider.issuer != issuer) {
    return Invalid(issuer, absl::StrCat("names another issuer: ", Shown(provider.issuer)));
  }
  const std::pair<const char*, std::string*> endpoints[] = {
      {"authorization_endpoint", &provider.authorization_endpoint},
      {"token_endpoint", &provider.token_endpoint},
      {"jwks_uri", &provider.jwks_uri}};
  for (const auto& [name, endpoint] : endpoints) {
    *endpoint = StringMember(*document, name).value_or("");
    if (endpoint->empty()) return Invalid(issuer, absl::StrCat("lacks ", name));
    if (!IsEndpoint(*endpoint)) {
      return Invalid(issuer,
                     absl::StrCat("has a ", name, " that is no https URL: ", Shown(*endpoint)));
    }
  }
  if (const auto lacking = Lacking(*document)) return Invalid(issuer, *lacking);
  // Not said, it is client_secret_basic (section 3).
  const auto methods = StringsMember(*document, "token_endpoint_auth_methods_supported")
                           .value_or(std::vector<std::string>{"client_secret_basic"});
  provider.takes_secret_in_header = Lists(methods, "client_secret_basic");
  provider.takes_secret_in_form = Lists(methods, "client_secret_post");
  const auto sends = document->find("authorization_response_iss_parameter_supported");
  provider.sends_issuer = sends != document->end() && sends->is_boolean() && sends->get<bool>();
  return provider;
}

absl::StatusOr<OidcProvider> OidcDirectory::FindProvider(const std::string& issuer,
                                                         Freshness freshness) {
  if (freshness == Freshness::kCached) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto cached = providers_.find(issuer);
    if (cached != providers_.end() && clock_->Now() < cached->second.time + kProviderTtl) {
      return cached->second.value;
    }
  }
  ASSIGN_OR_RETURN(
      const std::string document,
      Get(absl::StrCat(absl::StripSuffix(issuer, "/"), "/.well-known/openid-configuration"),
          kMaxDocumentBytes));
  ASSIGN_OR_RETURN(OidcProvider provider, ReadDiscoveryDocument(issuer, document));
  Remember(providers_, issuer, provider);
  return provider;
}

absl::StatusOr<OidcResult<std::vector<OidcKey>>> OidcDirectory::FindKeys(
    const std::string& jwks_uri, const OidcAlgorithm& algorithm,
    const std::optional<std::string>& key_id) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const absl::Time now = clock_->Now();
    const auto cached = keys_.find(jwks_uri);
    if (cached != keys_.end() && now < cached->second.time + kKeysTtl) {
      auto selected = cached->second.value.Select(algorithm, key_id);
      // A key that is not there may be new. But tokens with made-up ids must not
      // turn us on the IdP, however many come at once.
      if (selected.ok() || now < cached->second.attempt_time + kMinRefetchInterval) {
        return selected;
      }
      cached->second.attempt_time = now;
    }
  }
  ASSIGN_OR_RETURN(const OidcKeySet keys, FetchKeys(jwks_uri));
  return keys.Select(algorithm, key_id);
}

absl::StatusOr<OidcKeySet> OidcDirectory::FetchKeys(const std::string& jwks_uri) {
  ASSIGN_OR_RETURN(const std::string document, Get(jwks_uri, OidcKeySet::kMaxBytes));
  absl::StatusOr<OidcKeySet> keys = OidcKeySet::Parse(document);
  if (!keys.ok()) {
    return Error(absl::StatusCode::kFailedPrecondition, reason::kIdpUnavailable,
                 absl::StrCat("the key set at ", Quoted(jwks_uri), " ", keys.status().message()))
        .Build();
  }
  Remember(keys_, jwks_uri, *keys);
  return keys;
}

absl::StatusOr<std::string> OidcDirectory::Get(const std::string& url, size_t max_bytes) {
  absl::StatusOr<HttpResponse> response =
      fetcher_->Fetch({.url = url,
                       .headers = {{"Accept", "application/json"}},
                       .max_bytes = max_bytes,
                       .deadline = kFetchDeadline});
  if (!response.ok()) {
    // The URL is the IdP's or the profile's, not a field of this call.
    return absl::IsInvalidArgument(response.status()) ? Unavailable(response.status().message())
                                                      : response.status();
  }
  if (response->status != 200) {
    return Unavailable(absl::StrCat(Quoted(url), " answered with status ", response->status));
  }
  return std::move(response->body);
}

template <typename T>
void OidcDirectory::Remember(Cache<T>& cache, const std::string& key, const T& value) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (cache.size() >= kMaxCached && !cache.contains(key)) {
    cache.erase(std::min_element(cache.begin(), cache.end(), [](const auto& a, const auto& b) {
      return a.second.time < b.second.time;
    }));
  }
  const absl::Time now = clock_->Now();
  cache.insert_or_assign(key, Fetched<T>{value, now, now});
}

}  // namespace gatehouse
