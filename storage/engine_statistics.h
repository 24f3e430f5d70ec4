// What an engine tells about itself, as plain values: for operators, never for a
// decision. Counters begin at zero when the engine is opened.
#ifndef GATEHOUSE_STORAGE_ENGINE_STATISTICS_H_
#define GATEHOUSE_STORAGE_ENGINE_STATISTICS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/latency_histogram.h"

namespace gatehouse::storage {

// Of an engine that keeps its data in files.
struct FileStatistics {
  struct Level {
    uint64_t files = 0;
    uint64_t bytes = 0;
  };
  // A kind of background work: flushes write memory to files, compactions merge files.
  struct Jobs {
    uint64_t running = 0;
    uint64_t done = 0;
    uint64_t read_bytes = 0;
    uint64_t written_bytes = 0;
  };

  // The cache of blocks read from files.
  uint64_t cache_capacity_bytes = 0;
  uint64_t cache_bytes = 0;
  uint64_t cache_pinned_bytes = 0;
  uint64_t cache_hits = 0;
  uint64_t cache_misses = 0;

  // Memory beside the cache: commits not yet in files, and what is kept of each open file.
  uint64_t memtable_bytes = 0;
  uint64_t table_reader_bytes = 0;

  std::vector<Level> levels;  // the newest files first
  Jobs flushes;
  Jobs compactions;
  uint64_t pending_compaction_bytes = 0;

  // How often commits were made to wait for background work, in part or until it was done, and
  // for how long in all.
  uint64_t write_delays = 0;
  uint64_t write_stops = 0;
  double write_stall_seconds = 0;
  // What they are held to now; 0: to nothing.
  uint64_t delayed_write_bytes_per_second = 0;
  bool writes_stopped = false;

  uint64_t background_errors = 0;
};

struct EngineStatistics {
  // Commits that were acknowledged, from the call to its return; the writes of the log, synced,
  // each for a group of commits; and those of the watermark.
  LatencyHistogram commits;
  LatencyHistogram log_syncs;
  LatencyHistogram watermark_syncs;

  uint64_t keys = 0;        // estimated, if the engine does not count
  uint64_t live_bytes = 0;  // what keys and values take; likewise
  uint64_t snapshots = 0;   // held by someone now

  std::optional<FileStatistics> files;  // nullopt: the engine has none
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_ENGINE_STATISTICS_H_
