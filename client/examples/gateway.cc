// A login gateway in miniature: asks Gatehouse before it takes a password.
//
//   bazel run //client/examples:gateway -- alice@acme.example localhost:8443
#include <iostream>
#include <string>

#include "client/login_client.h"

using gatehouse::client::LoginClient;
using gatehouse::client::LoginDecision;
using gatehouse::client::Verdict;

int main(int argc, char** argv) {
  const std::string email = argc > 1 ? argv[1] : "alice@acme.example";
  absl::StatusOr<LoginClient> gatehouse =
      LoginClient::Connect({.target = argc > 2 ? argv[2] : "localhost:8443"});
  if (!gatehouse.ok()) {
    std::cerr << gatehouse.status() << "\n";
    return 2;
  }

  absl::StatusOr<LoginDecision> decision = gatehouse->CheckLogin(email);
  if (!decision.ok()) {  // not an answer, and no permission: let the person try again
    std::cerr << "Sign-in is not possible right now: " << decision.status() << "\n";
    return 1;
  }
  switch (decision->verdict) {
    case Verdict::kAllowPassword:
      std::cout << "Password: ask for it, and check it as ever\n";
      break;
    case Verdict::kRequireSso:
      // OIDC has no URL here: your OIDC library finds it from the issuer.
      std::cout << "Redirect to "
                << (decision->sso->sign_in_url.empty() ? decision->sso->issuer
                                                       : decision->sso->sign_in_url)
                << "\n";
      break;
    case Verdict::kDeny:
      std::cout << "Refused: " << Name(decision->reason) << "\n";
      break;
  }
}
