#include "server/metrics/store_metrics.h"

#include <cstdint>
#include <string>
#include <utility>

#include "storage/engine_statistics.h"

namespace gatehouse {
namespace {

using Type = MetricFamily::Type;
using Labels = std::vector<std::pair<std::string, std::string>>;

MetricSample Value(double value, Labels labels = {}) {
  return {.labels = std::move(labels), .value = value};
}

MetricSample Value(uint64_t value, Labels labels = {}) {
  return Value(static_cast<double>(value), std::move(labels));
}

MetricSample Histogram(const storage::LatencyHistogram& histogram, Labels labels = {}) {
  MetricSample sample{
      .labels = std::move(labels), .count = histogram.count, .sum = histogram.sum_seconds};
  for (size_t i = 0; i < storage::kLatencyBounds.size(); ++i) {
    sample.buckets.emplace_back(storage::kLatencyBounds[i], histogram.at_most[i]);
  }
  return sample;
}

// One sample of each kind of background work.
std::vector<MetricSample> OfJobs(const storage::FileStatistics& files,
                                 uint64_t storage::FileStatistics::Jobs::*member) {
  return {Value(files.flushes.*member, {{"job", "flush"}}),
          Value(files.compactions.*member, {{"job", "compaction"}})};
}

std::vector<MetricSample> OfLevels(const storage::FileStatistics& files,
                                   uint64_t storage::FileStatistics::Level::*member) {
  std::vector<MetricSample> samples;
  for (size_t level = 0; level < files.levels.size(); ++level) {
    samples.push_back(Value(files.levels[level].*member, {{"level", std::to_string(level)}}));
  }
  return samples;
}

void AddMemory(const storage::FileStatistics& files, std::vector<MetricFamily>* families) {
  families->insert(families->end(), {{"gatehouse_store_cache_capacity_bytes",
                                      "What the block cache may hold.",
                                      Type::kGauge,
                                      {Value(files.cache_capacity_bytes)}},
                                     {"gatehouse_store_cache_bytes",
                                      "What the block cache holds.",
                                      Type::kGauge,
                                      {Value(files.cache_bytes)}},
                                     {"gatehouse_store_cache_pinned_bytes",
                                      "Of it, what cannot be evicted now.",
                                      Type::kGauge,
                                      {Value(files.cache_pinned_bytes)}},
                                     {"gatehouse_store_cache_lookups_total",
                                      "Blocks looked for in the block cache.",
                                      Type::kCounter,
                                      {Value(files.cache_hits, {{"outcome", "hit"}}),
                                       Value(files.cache_misses, {{"outcome", "miss"}})}},
                                     {"gatehouse_store_memtable_bytes",
                                      "Memory of commits that are not in tables yet.",
                                      Type::kGauge,
                                      {Value(files.memtable_bytes)}},
                                     {"gatehouse_store_table_reader_bytes",
                                      "Memory of open tables, beside the block cache; an estimate.",
                                      Type::kGauge,
                                      {Value(files.table_reader_bytes)}}});
}

void AddBackgroundWork(const storage::FileStatistics& files, std::vector<MetricFamily>* families) {
  using Jobs = storage::FileStatistics::Jobs;
  using Level = storage::FileStatistics::Level;
  families->insert(
      families->end(),
      {{"gatehouse_store_files", "Tables, by level.", Type::kGauge, OfLevels(files, &Level::files)},
       {"gatehouse_store_file_bytes", "Size of the tables, by level.", Type::kGauge,
        OfLevels(files, &Level::bytes)},
       {"gatehouse_store_running_jobs", "Flushes and compactions under way.", Type::kGauge,
        OfJobs(files, &Jobs::running)},
       {"gatehouse_store_jobs_total", "Flushes and compactions done.", Type::kCounter,
        OfJobs(files, &Jobs::done)},
       {"gatehouse_store_job_read_bytes_total", "What they have read from tables.", Type::kCounter,
        OfJobs(files, &Jobs::read_bytes)},
       {"gatehouse_store_job_written_bytes_total", "What they have written to tables.",
        Type::kCounter, OfJobs(files, &Jobs::written_bytes)},
       {"gatehouse_store_pending_compaction_bytes",
        "What compaction has yet to rewrite.",
        Type::kGauge,
        {Value(files.pending_compaction_bytes)}},
       {"gatehouse_store_background_errors_total",
        "Flushes and compactions that failed.",
        Type::kCounter,
        {Value(files.background_errors)}}});
}

void AddStalls(const storage::FileStatistics& files, std::vector<MetricFamily>* families) {
  families->insert(
      families->end(),
      {{"gatehouse_store_write_stalls_total",
        "Times that commits began to be delayed, or to be stopped, for background work.",
        Type::kCounter,
        {Value(files.write_delays, {{"kind", "delay"}}),
         Value(files.write_stops, {{"kind", "stop"}})}},
       {"gatehouse_store_write_stall_seconds_total",
        "What commits have waited so.",
        Type::kCounter,
        {Value(files.write_stall_seconds)}},
       {"gatehouse_store_delayed_write_bytes_per_second",
        "What commits are delayed to now; 0: they are not.",
        Type::kGauge,
        {Value(files.delayed_write_bytes_per_second)}},
       {"gatehouse_store_writes_stopped",
        "1 while no commit gets through.",
        Type::kGauge,
        {Value(uint64_t{files.writes_stopped})}}});
}

}  // namespace

std::vector<MetricFamily> StoreMetrics::Collect() {
  const storage::EngineStatistics statistics = engine_->Statistics();
  std::vector<MetricFamily> families = {
      {"gatehouse_store_commit_seconds",
       "Commits, from the call to its acknowledgement.",
       Type::kHistogram,
       {Histogram(statistics.commits)}},
      {"gatehouse_store_keys", "Keys; an estimate.", Type::kGauge, {Value(statistics.keys)}},
      {"gatehouse_store_live_bytes",
       "What keys and values take; an estimate.",
       Type::kGauge,
       {Value(statistics.live_bytes)}},
      {"gatehouse_store_snapshots",
       "Snapshots held now.",
       Type::kGauge,
       {Value(statistics.snapshots)}}};
  if (!statistics.files.has_value()) return families;
  families.push_back({"gatehouse_store_sync_seconds",
                      "Synced writes of the log and of the watermark, each for a group of commits.",
                      Type::kHistogram,
                      {Histogram(statistics.log_syncs, {{"file", "log"}}),
                       Histogram(statistics.watermark_syncs, {{"file", "watermark"}})}});
  AddMemory(*statistics.files, &families);
  AddBackgroundWork(*statistics.files, &families);
  AddStalls(*statistics.files, &families);
  return families;
}

}  // namespace gatehouse
