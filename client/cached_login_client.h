// The client for login gateways that cannot afford a call for each sign-in. It
// follows the rules of all domains (WatchPolicy) and answers by itself, in well
// under a microsecond, whatever needs no user record: addresses on domains that
// nobody enforces, most of those at a public login page. It asks the server for
// the rest. And while the server is away, what each enforcement says of that
// (on_unavailable) is known here.
//
//   absl::StatusOr<CachedLoginClient> client =
//       CachedLoginClient::Connect({.login = {.target = "localhost:8443"}});
//   …
//   absl::StatusOr<LoginDecision> decision = client->CheckLogin("alice@acme.example");
//
// What to do with a decision is as with LoginClient. Which bound means what is in
// docs/gateway-integration.md.
#ifndef GATEHOUSE_CLIENT_CACHED_LOGIN_CLIENT_H_
#define GATEHOUSE_CLIENT_CACHED_LOGIN_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/login_client.h"
#include "client/login_connection.h"
#include "client/login_decision.h"

namespace gatehouse::client {

class PolicyConnection;
class Timers;

struct CachedLoginClientOptions {
  // The server, how it is asked, and what decides once no rules are known.
  LoginClientOptions login;
  // Answer from rules that are at most this old: a change of policy shows in
  // local answers after no longer than this, whatever the network does. Older
  // rules make the client ask. A change that must be seen at once is named by
  // CheckOptions.min_revision. Below two of the server's heartbeats, which come
  // once a second, many answers need a call. 10 ms to 1 hour.
  absl::Duration max_staleness = absl::Seconds(30);
  // While the server cannot be asked, rules of at most this age decide. Older
  // ones are as good as none: login.on_unavailable decides. At least
  // max_staleness; absl::InfiniteDuration(): rules decide however old.
  absl::Duration max_outage = absl::Hours(24);
  // If a CheckLogin call has no answer after this time, ask a second time, and
  // take the answer that comes first. Costs at most one call in twenty on top.
  // 1 ms up to login.timeout; none: do not. Useful with several servers, at
  // about their 95th percentile.
  std::optional<absl::Duration> hedging_delay;
};

// What is known of the rules, for a gateway's own monitoring.
struct RulesState {
  // What the rules are of. 0: none are known yet.
  int64_t revision = 0;
  // They are no older than this. Infinite: none are known.
  absl::Duration age = absl::InfiniteDuration();
  // How many domains have one.
  size_t rules = 0;
  // How the last stream that failed ended; OK once another brings rules.
  absl::Status last_error;
};

// Thread-safe; one for the whole process is enough, and has one thread of its
// own. Destroying it waits for the callbacks of pending asynchronous checks, and
// must not happen inside one.
class CachedLoginClient {
 public:
  // Does not wait for the server: until the first rules are here, each check is
  // a call. INVALID_ARGUMENT names the option that is out of its bounds.
  static absl::StatusOr<CachedLoginClient> Connect(const CachedLoginClientOptions& options);

  // On connections of one's own, a test's say. The options' `login` counts by its
  // timeout and on_unavailable alone. `timers` (null: real ones) outlive the
  // client by being shared.
  CachedLoginClient(std::unique_ptr<LoginConnection> connection,
                    std::unique_ptr<PolicyConnection> policy, std::shared_ptr<Timers> timers,
                    const CachedLoginClientOptions& options);

  CachedLoginClient(CachedLoginClient&&) noexcept;
  CachedLoginClient& operator=(CachedLoginClient&&) noexcept;
  ~CachedLoginClient();

  // Waits until rules are known and no older than max_staleness; false: they are
  // not after `timeout`. For a gateway that wants to start warm.
  bool WaitForRules(absl::Duration timeout) const;

  // The decision for one address, as typed; LoginDecision.source says where from:
  //   kLocal: no rule concerns the domain (ALLOW_PASSWORD, DOMAIN_NOT_ENFORCED),
  //       or its claim has expired (DOMAIN_EXPIRED). Only from rules within
  //       max_staleness and of options.min_revision or later.
  //   kServer: asked. Checks of the same address, action and min_revision at the
  //       same time share one call; each returns by its own timeout.
  //   kFallback: the call ended UNAVAILABLE or DEADLINE_EXCEEDED. Rules within
  //       max_outage and of options.min_revision or later decide as if local,
  //       or by the enforcement's on_unavailable:
  //         REQUIRE_SSO: with the enforcement's destination. (An address change:
  //             DENY, as the server would say.)
  //         ALLOW_PASSWORD: for a sign-in. Password resets and address changes,
  //             whose effect outlives the outage, get the call's error.
  //         DENY.
  //       A domain that is held and not enforced, or whose enforcement observes,
  //       is paused or has not started, is as with ALLOW_PASSWORD: nobody is
  //       blocked for it. (Nor is a suspended user, or one with an override: only
  //       the server knows them.) Without such rules: login.on_unavailable.
  //   `rules_age` is set whenever rules have decided.
  // Errors: as LoginClient::CheckLogin. INVALID_ARGUMENT needs no call.
  absl::StatusOr<LoginDecision> CheckLogin(absl::string_view email,
                                           const CheckOptions& options = {});

  // The decisions for 1 to 1,000 addresses, in their order. Those that need the
  // server are asked about in one call. All local ones are of one revision, and
  // all of the server's; these two may differ.
  absl::StatusOr<BatchLoginDecisions> BatchCheckLogin(const std::vector<std::string>& emails,
                                                      const CheckOptions& options = {});

  // The same without waiting. `done` is called exactly once: before this returns,
  // if no call is needed, or else on a thread of gRPC or of this client. It must
  // not block, nor destroy this client.
  void AsyncCheckLogin(absl::string_view email, const CheckOptions& options,
                       std::function<void(absl::StatusOr<LoginDecision>)> done);
  void AsyncBatchCheckLogin(const std::vector<std::string>& emails, const CheckOptions& options,
                            std::function<void(absl::StatusOr<BatchLoginDecisions>)> done);

  RulesState Rules() const;

 private:
  class Impl;

  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_CACHED_LOGIN_CLIENT_H_
