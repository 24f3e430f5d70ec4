// How the store is doing (storage/engine_statistics.h). Of every engine:
//
//   gatehouse_store_commit_seconds                   commits, from the call to its return
//   gatehouse_store_keys                             an estimate
//   gatehouse_store_live_bytes                       an estimate
//   gatehouse_store_snapshots                        held now
//
// and of one that keeps files:
//
//   gatehouse_store_sync_seconds{file}               syncs of the log, and of the watermark
//   gatehouse_store_cache_capacity_bytes
//   gatehouse_store_cache_bytes
//   gatehouse_store_cache_pinned_bytes
//   gatehouse_store_cache_lookups_total{outcome}     hit, miss
//   gatehouse_store_memtable_bytes
//   gatehouse_store_table_reader_bytes
//   gatehouse_store_files{level}
//   gatehouse_store_file_bytes{level}
//   gatehouse_store_running_jobs{job}                flush, compaction
//   gatehouse_store_jobs_total{job}
//   gatehouse_store_job_read_bytes_total{job}
//   gatehouse_store_job_written_bytes_total{job}
//   gatehouse_store_pending_compaction_bytes
//   gatehouse_store_write_stalls_total{kind}         delay, stop
//   gatehouse_store_write_stall_seconds_total
//   gatehouse_store_delayed_write_bytes_per_second
//   gatehouse_store_writes_stopped
//   gatehouse_store_background_errors_total
#ifndef GATEHOUSE_SERVER_METRICS_STORE_METRICS_H_
#define GATEHOUSE_SERVER_METRICS_STORE_METRICS_H_

#include <vector>

#include "server/metrics/metric.h"
#include "storage/engine.h"

namespace gatehouse {

class StoreMetrics final : public MetricSource {
 public:
  // `engine` must outlive this.
  explicit StoreMetrics(const storage::Engine* engine) : engine_(engine) {}

  std::vector<MetricFamily> Collect() override;

 private:
  const storage::Engine* engine_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_METRICS_STORE_METRICS_H_
