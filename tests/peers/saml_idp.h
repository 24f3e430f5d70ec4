// A real SAML 2.0 identity provider for tests: npm samlp on a loopback port.
#ifndef GATEHOUSE_TESTS_PEERS_SAML_IDP_H_
#define GATEHOUSE_TESTS_PEERS_SAML_IDP_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/peers/child_process.h"

namespace gatehouse {

// A test that uses it needs the tags "local" and "peers". Not thread-safe.
class SamlIdp {
 public:
  // Names and values of saml_idp/idp.js, DEFAULTS: {{"email", "bob@acme.example"}}.
  using Options = std::vector<std::pair<std::string, std::string>>;

  // What the IdP's page would post to the service provider.
  struct SignInResult {
    std::string saml_response;  // base64, one line
    std::string relay_state;
  };

  // `options` hold for every sign-in. Returns once the IdP answers. An error says
  // to run tools/setup if it is not installed.
  static absl::StatusOr<std::unique_ptr<SamlIdp>> Start(const Options& options = {});

  // The IdP's metadata document, and where it serves that.
  const std::string& metadata() const { return metadata_; }
  const std::string& metadata_url() const { return metadata_url_; }
  // Where it serves the metadata of the day on which it has gone over to the key
  // pair by which it signs with {"key", "other"}.
  std::string next_metadata_url() const { return metadata_url_ + "?key=other"; }

  // Opens `url` (the redirect of an AuthnRequest) as the browser of a user who
  // is signed in at the IdP. `options` hold for this sign-in alone.
  absl::StatusOr<SignInResult> SignIn(absl::string_view url, const Options& options = {});

 private:
  SamlIdp() = default;

  ShortTempDir directory_;
  std::unique_ptr<ChildProcess> process_;
  std::string metadata_url_;
  std::string metadata_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_PEERS_SAML_IDP_H_
