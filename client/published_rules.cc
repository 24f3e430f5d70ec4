#include "client/published_rules.h"

#include <algorithm>

namespace gatehouse::client {

void PublishedRules::Confirm(int64_t revision, MonotonicTime fresh_at) {
  // Either is true by itself, so readers need not see them change together.
  revision_.store(std::max(revision, this->revision()), std::memory_order_relaxed);
  fresh_at_.store(std::max(fresh_at, this->fresh_at()), std::memory_order_relaxed);
}

}  // namespace gatehouse::client
