// What an IdP says of itself: its discovery document (OpenID Connect Discovery
// 1.0) and its key set, fetched and cached.
#ifndef GATEHOUSE_SERVER_CONNECTORS_OIDC_DISCOVERY_H_
#define GATEHOUSE_SERVER_CONNECTORS_OIDC_DISCOVERY_H_

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/connectors/http_fetcher.h"
#include "server/connectors/oidc_keys.h"
#include "server/runtime/clock.h"

namespace gatehouse {

// The parts of a discovery document that are used; judged.
struct OidcProvider {
  std::string issuer;
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string jwks_uri;
  bool takes_secret_in_header = false;  // client_secret_basic
  bool takes_secret_in_form = false;    // client_secret_post
  bool sends_issuer = false;            // `iss` comes back with the code (RFC 9207)
};

// FAILED_PRECONDITION (IDP_UNAVAILABLE), naming the part: the document
// contradicts `issuer`, lacks a part, or does not offer what Gatehouse needs
// (code flow, PKCE by S256, a signature of the allow-list).
absl::StatusOr<OidcProvider> ReadDiscoveryDocument(absl::string_view issuer,
                                                   absl::string_view document);

// Thread-safe; both methods may block for the network, but not for each other.
class OidcDirectory {
 public:
  static constexpr absl::Duration kProviderTtl = absl::Minutes(10);
  static constexpr absl::Duration kKeysTtl = absl::Hours(1);
  // Between two fetches of a key set for keys that it did not have.
  static constexpr absl::Duration kMinRefetchInterval = absl::Minutes(1);
  static constexpr size_t kMaxCached = 1000;

  // Both must outlive it.
  OidcDirectory(HttpFetcher* fetcher, const Clock* clock) : fetcher_(fetcher), clock_(clock) {}

  enum class Freshness {
    kFetch,  // whoever repairs an IdP wants to see it work at once
    kCached,
  };
  // UNAVAILABLE (IDP_UNAVAILABLE): it cannot be fetched. Else as above.
  absl::StatusOr<OidcProvider> FindProvider(const std::string& issuer, Freshness freshness);

  // The keys for a token; fetched again if none fits and the last fetch is not
  // too young. UNAVAILABLE (IDP_UNAVAILABLE): they cannot be fetched.
  // FAILED_PRECONDITION (IDP_UNAVAILABLE): what is fetched is no key set.
  absl::StatusOr<OidcResult<std::vector<OidcKey>>> FindKeys(
      const std::string& jwks_uri, const OidcAlgorithm& algorithm,
      const std::optional<std::string>& key_id);

 private:
  template <typename T>
  struct Fetched {
    T value;
    absl::Time time;
    absl::Time attempt_time;  // of the last fetch, whether it succeeded or not
  };
  template <typename T>
  using Cache = std::map<std::string, Fetched<T>>;

  absl::StatusOr<std::string> Get(const std::string& url, size_t max_bytes);
  absl::StatusOr<OidcKeySet> FetchKeys(const std::string& jwks_uri);
  template <typename T>
  void Remember(Cache<T>& cache, const std::string& key, const T& value);

  HttpFetcher* const fetcher_;
  const Clock* const clock_;
  std::mutex mutex_;
  Cache<OidcProvider> providers_;
  Cache<OidcKeySet> keys_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_OIDC_DISCOVERY_H_
