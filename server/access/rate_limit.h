// How many calls a principal may make: a token bucket.
#ifndef GATEHOUSE_SERVER_ACCESS_RATE_LIMIT_H_
#define GATEHOUSE_SERVER_ACCESS_RATE_LIMIT_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace gatehouse {

// What one principal has left: the time at which its bucket is full again.
// Belongs to the principal, so that memory is bounded by how many there are.
struct RateBucket {
  std::atomic<int64_t> full_at_ns{0};
};

// Thread-safe, without a lock: a principal's calls meet in one atomic.
class RateLimit {
 public:
  // `per_second` 0: no limit. A burst below 1 counts as 1.
  RateLimit(int64_t per_second, int64_t burst);

  // Takes one call from the bucket. Zero: it may go on. Otherwise nothing was
  // taken, and there will be one to take after exactly this long.
  absl::Duration Take(RateBucket& bucket, absl::Time now) const;

 private:
  const int64_t interval_ns_;  // in which one call is refilled; 0: no limit
  const int64_t depth_ns_;     // in which a whole burst is
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_ACCESS_RATE_LIMIT_H_
