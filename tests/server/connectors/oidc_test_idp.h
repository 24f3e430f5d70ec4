// An OpenID provider in the test's process, behind the HttpFetcher seam, that
// does what a test says: honest by default, hostile where it is told to.
#ifndef GATEHOUSE_TESTS_SERVER_CONNECTORS_OIDC_TEST_IDP_H_
#define GATEHOUSE_TESTS_SERVER_CONNECTORS_OIDC_TEST_IDP_H_

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/connectors/http_fetcher.h"
#include "server/connectors/openssl_handles.h"

namespace gatehouse {

// Key pairs, made once per process: "rsa", "rsa2", "rsa1024", "ec", "ec2", "ec384".
EVP_PKEY* OidcTestKey(const std::string& name);
// The public key as a JWK with kid `kid`.
nlohmann::json OidcTestJwk(const std::string& name, const std::string& kid);
// A compact JWS of any header and payload, signed by the key as `algorithm`
// ("RS256", "PS384", "ES256", …) says, whatever the header says.
std::string SignCompact(const std::string& header, const std::string& payload,
                        const std::string& key, const std::string& algorithm);
std::string Base64Url(absl::string_view bytes);

// Not thread-safe.
class OidcTestIdp final : public HttpFetcher {
 public:
  static constexpr char kIssuer[] = "https://idp.example/tenant";
  static constexpr char kClientId[] = "gatehouse-client";
  static constexpr char kClientSecret[] = "a client:secret+with %";
  static constexpr char kRedirectUri[] = "https://login.acme.example/oidc/callback";

  // `now` is asked whenever a token is made.
  explicit OidcTestIdp(std::function<absl::Time()> now);

  // As the browser: opens the sign-in URL, signs in, and gives the query with
  // which the IdP sends it back.
  std::string SignIn(const std::string& sign_in_url);

  absl::StatusOr<HttpResponse> Fetch(const HttpRequest& request) override;

  // Served at the issuer's well-known place, and at jwks_uri. Free to edit.
  nlohmann::json discovery;
  nlohmann::json jwks;
  // The next ID tokens: header and claims are edited before they are signed.
  std::string signing_key = "rsa";
  std::string algorithm = "RS256";
  std::function<void(nlohmann::json& header, nlohmann::json& claims)> edit;
  // Of the finished token, last.
  std::function<std::string(std::string token)> replace_token;
  // Answers of an URL instead of the honest ones.
  std::map<std::string, HttpResponse> answers;
  // An URL that cannot be reached.
  std::string unreachable;
  bool is_public_client = false;
  bool checks_verifier = true;
  bool sends_issuer = true;

  // URLs fetched so far, and the requests to the token endpoint.
  std::vector<std::string> fetched;
  std::vector<HttpRequest> token_requests;
  int FetchesOf(const std::string& url) const;

 private:
  struct Grant {
    std::map<std::string, std::string> parameters;
  };

  HttpResponse ExchangeCode(const HttpRequest& request);
  std::string MakeToken(const Grant& grant);

  std::function<absl::Time()> now_;
  std::map<std::string, Grant> grants_;  // by code; a code is used once
  int codes_ = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_CONNECTORS_OIDC_TEST_IDP_H_
