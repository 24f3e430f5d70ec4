// Keeps the rules of all domains up to date, by one WatchPolicy stream after the
// other.
#ifndef GATEHOUSE_CLIENT_POLICY_FOLLOWER_H_
#define GATEHOUSE_CLIENT_POLICY_FOLLOWER_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/policy_connection.h"
#include "client/published_rules.h"
#include "client/timers.h"

namespace gatehouse::client {

// When the rules were certainly still new, of a message that was made
// `stream_time` after the server had opened a stream that was asked for at `asked`.
// The stream opened after it was asked for, so the message was made after `asked` +
// `stream_time`: never later than `received`, and less one in a thousand of
// stream_time, by which two monotonic clocks may differ that NTP slews.
MonotonicTime FreshAt(MonotonicTime asked, absl::Duration stream_time, MonotonicTime received);

// Thread-safe. A stream that fails, or is silent for three of its heartbeats, is
// followed by another that resumes at the revision reached, after 0.1 s at first
// and up to 10 s (jittered); what the failed one had begun to say is forgotten.
// Each is replaced after about ten minutes, before the drift of clocks shows, and
// sooner if it was slow to begin. If the server does not reach the revision that
// was reached before, for 30 s, it has another history: all rules are asked for
// anew.
class PolicyFollower {
 public:
  // Both outlive it.
  PolicyFollower(PolicyConnection* connection, Timers* timers);
  // Cancels the stream; what it says from now on is ignored.
  ~PolicyFollower();

  // The newest rules; as Published::Get.
  const PublishedRules* Get() const;
  // Waits until there are rules for which `good` holds, or `timeout` is over by the
  // time of day; what `good` said last.
  bool WaitFor(absl::Duration timeout,
               const std::function<bool(const PublishedRules&)>& good) const;
  // How the last stream that failed ended; OK once another brings rules.
  absl::Status last_error() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_POLICY_FOLLOWER_H_
