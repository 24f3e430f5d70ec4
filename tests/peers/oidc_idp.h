// A real OpenID provider for tests: npm oidc-provider on a loopback port.
#ifndef GATEHOUSE_TESTS_PEERS_OIDC_IDP_H_
#define GATEHOUSE_TESTS_PEERS_OIDC_IDP_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/peers/child_process.h"

namespace gatehouse {

// A test that uses it needs the tags "local" and "peers". Not thread-safe.
class OidcIdp {
 public:
  // Returns once it answers. `redirect_uri` is that of every client;
  // oidc_idp/idp.js lists those. FAILED_PRECONDITION: this machine's Node.js is
  // too old, for which a test should skip. Other errors say to run tools/setup if
  // it is not installed.
  static absl::StatusOr<std::unique_ptr<OidcIdp>> Start(const std::string& redirect_uri,
                                                        const std::string& email);

  const std::string& issuer() const { return issuer_; }

  // Opens `url` as the browser of a user who signs in at once: the query with
  // which the IdP sends it back.
  absl::StatusOr<std::string> SignIn(absl::string_view url) const;

 private:
  OidcIdp() = default;

  std::string redirect_uri_;
  std::unique_ptr<ChildProcess> process_;
  std::string issuer_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_PEERS_OIDC_IDP_H_
