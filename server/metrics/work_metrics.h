// What the server does by itself, and how far its store has come:
//
//   gatehouse_revision                          of the newest commit
//   gatehouse_domain_checks_total{outcome}      daily checks of held domains
//   gatehouse_metadata_refreshes_total{outcome} daily fetches of IdP metadata
#ifndef GATEHOUSE_SERVER_METRICS_WORK_METRICS_H_
#define GATEHOUSE_SERVER_METRICS_WORK_METRICS_H_

#include <vector>

#include "server/managers/domain_check_manager.h"
#include "server/managers/metadata_refresh_manager.h"
#include "server/metrics/metric.h"
#include "storage/engine.h"

namespace gatehouse {

class WorkMetrics final : public MetricSource {
 public:
  // All must outlive this.
  WorkMetrics(const storage::Engine* engine, const DomainCheckManager* domains,
              const MetadataRefreshManager* metadata)
      : engine_(engine), domains_(domains), metadata_(metadata) {}

  std::vector<MetricFamily> Collect() override;

 private:
  const storage::Engine* engine_;
  const DomainCheckManager* domains_;
  const MetadataRefreshManager* metadata_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_METRICS_WORK_METRICS_H_
