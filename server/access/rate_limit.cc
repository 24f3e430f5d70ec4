#include "server/access/rate_limit.h"

#include <algorithm>

namespace gatehouse {

RateLimit::RateLimit(int64_t per_second, int64_t burst)
    : interval_ns_(per_second == 0 ? 0 : 1'000'000'000 / per_second),
      depth_ns_(interval_ns_ * std::max<int64_t>(burst, 1)) {}

absl::Duration RateLimit::Take(RateBucket& bucket, absl::Time now) const {
  if (interval_ns_ == 0) return absl::ZeroDuration();
  const int64_t now_ns = absl::ToUnixNanos(now);
  int64_t full_at = bucket.full_at_ns.load(std::memory_order_relaxed);
  while (true) {
    const int64_t next = std::max(full_at, now_ns) + interval_ns_;
    if (next - now_ns > depth_ns_) return absl::Nanoseconds(next - now_ns - depth_ns_);
    if (bucket.full_at_ns.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) {
      return absl::ZeroDuration();
    }
  }
}

}  // namespace gatehouse
