// What Gatehouse decides for a sign-in, in plain C++.
#ifndef GATEHOUSE_CLIENT_LOGIN_DECISION_H_
#define GATEHOUSE_CLIENT_LOGIN_DECISION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gatehouse::client {

// What the person is about to do.
enum class LoginAction {
  kSignIn = 1,
  kPasswordReset = 2,
  kEmailChange = 3,  // change their address *to* the one asked about
};

enum class Verdict {
  kAllowPassword = 1,  // enforcement does not stand in the way of a password
  kRequireSso = 2,     // send the person to the identity provider; accept nothing else
  kDeny = 3,           // refuse the action, whatever the person can prove
};

// Why. For logs and messages to people: what to do follows from the verdict
// alone.
enum class DecisionReason {
  kUnknown = 0,  // a reason that is newer than this library
  kDomainNotEnforced = 1,
  kDomainExpired = 2,
  kEnforced = 3,
  kIndependentUser = 4,
  kUnmanagedAddress = 5,
  kUnmanagedAddressEnforced = 6,
  kExemptTriggeringAdmin = 7,
  kExemptBreakGlass = 8,
  kExemptServiceAccount = 9,
  kUserSuspended = 10,
  kEmailChangeToEnforcedDomain = 11,
  kEnforcementScheduled = 12,
  kNotInWave = 13,
  kAwaitingSsoSignIn = 14,
  kEnforcementPaused = 15,
  kOverrideRequireSso = 16,
  kOverrideExempt = 17,
  // Not the server's: it was not reached, and what was chosen for that decided.
  kServiceUnavailable = -1,
};

// "REQUIRE_SSO", "ENFORCED", …: as the API names them.
absl::string_view Name(Verdict verdict);
absl::string_view Name(DecisionReason reason);

// Where and how to sign in.
struct SsoDestination {
  enum class Protocol { kSaml = 1, kOidc = 2 };

  std::string sso_profile;  // organizations/{organization}/ssoProfiles/{profile}
  Protocol protocol = Protocol::kSaml;
  // SAML: the IdP's SingleSignOnService (HTTP-Redirect binding). OIDC: empty;
  // discover the endpoints from `issuer`.
  std::string sign_in_url;
  std::string issuer;      // SAML: the IdP's entity id; OIDC: its issuer URL
  std::string login_hint;  // the address in canonical form, to prefill the IdP's form
};

struct LoginDecision {
  enum class Source {
    kServer,
    kLocal,     // by rules that CachedLoginClient follows
    kFallback,  // the server was not reached: by rules as they were last known, or
                // LoginClientOptions.on_unavailable
  };

  Verdict verdict = Verdict::kDeny;
  DecisionReason reason = DecisionReason::kUnknown;
  Source source = Source::kServer;
  // organizations/{organization}: who holds the domain. Empty if nobody does.
  std::string organization;
  // The domain whose rule decided, ASCII. Empty if nobody holds the domain.
  std::string matched_domain;
  // Set when the verdict, or the observed verdict, is kRequireSso; but not in a
  // fallback to LoginClientOptions.on_unavailable, which does not know where.
  std::optional<SsoDestination> sso;
  // Since when the person is enforced, and the commit that began it: end
  // sessions that are older. Set when the verdict is kRequireSso, but never in
  // a fallback.
  std::optional<absl::Time> enforced_since;
  int64_t enforced_since_revision = 0;
  // What the answer comes from. 0 in a fallback to on_unavailable.
  int64_t revision = 0;
  // How long the answer may be reused for the same address and action. Zero: not
  // at all, as in a fallback; or no need to, as with a local one.
  absl::Duration cache_ttl;
  // Under an enforcement that only observes: what the verdict would be.
  std::optional<Verdict> observed_verdict;
  // From when the person will have to use SSO, if nothing changes: tell them.
  std::optional<absl::Time> enforcement_scheduled_at;
  // Set where the rules that CachedLoginClient follows have decided: they were no
  // older than this.
  std::optional<absl::Duration> rules_age;
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_LOGIN_DECISION_H_
