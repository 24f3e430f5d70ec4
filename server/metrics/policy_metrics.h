// What the organizations have set up, counted from the store:
//
//   gatehouse_organizations
//   gatehouse_domains{state}
//   gatehouse_enforcements{mode, paused}
//   gatehouse_exemptions{kind}                               those that hold now
//   gatehouse_staged_profiles                                those with settings to be tested
//   gatehouse_certificate_days_left{organization, profile}   of the IdP's certificate that ends
//   first
#ifndef GATEHOUSE_SERVER_METRICS_POLICY_METRICS_H_
#define GATEHOUSE_SERVER_METRICS_POLICY_METRICS_H_

#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/metrics/metric.h"
#include "server/runtime/clock.h"
#include "server/runtime/logger.h"
#include "storage/engine.h"

namespace gatehouse {

// Reads every organization's policy, though no users, so it counts at most once
// a minute and gives the last counts in between.
class PolicyMetrics final : public MetricSource {
 public:
  static constexpr absl::Duration kMaxAge = absl::Minutes(1);
  // Profiles with a series of their own: those whose certificates end first.
  static constexpr size_t kMaxProfiles = 1000;

  // All must outlive this.
  PolicyMetrics(const storage::Engine* engine, const Clock* clock, Logger* logger)
      : engine_(engine), clock_(clock), logger_(logger) {}

  // No series if the store cannot be read, which is logged.
  std::vector<MetricFamily> Collect() override;

 private:
  absl::StatusOr<std::vector<MetricFamily>> Count(absl::Time now) const;

  const storage::Engine* engine_;
  const Clock* clock_;
  Logger* logger_;
  std::mutex mutex_;
  absl::Time counted_ = absl::InfinitePast();
  std::vector<MetricFamily> last_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_METRICS_POLICY_METRICS_H_
