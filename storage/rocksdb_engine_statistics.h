// What RocksDB tells about itself. Private to the RocksDB engine.
#ifndef GATEHOUSE_STORAGE_ROCKSDB_ENGINE_STATISTICS_H_
#define GATEHOUSE_STORAGE_ROCKSDB_ENGINE_STATISTICS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "rocksdb/db.h"
#include "rocksdb/listener.h"
#include "rocksdb/statistics.h"
#include "storage/engine_statistics.h"

namespace gatehouse::storage {

// Counts what happens in the background. Thread-safe.
class BackgroundEvents final : public rocksdb::EventListener {
 public:
  const char* Name() const override { return "BackgroundEvents"; }
  void OnFlushCompleted(rocksdb::DB* database, const rocksdb::FlushJobInfo& info) override;
  void OnCompactionCompleted(rocksdb::DB* database,
                             const rocksdb::CompactionJobInfo& info) override;
  void OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) override;
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;

  // Fills in what it counts.
  void AddTo(FileStatistics* statistics) const;

 private:
  struct Jobs {
    std::atomic<uint64_t> done{0};
    std::atomic<uint64_t> read_bytes{0};
    std::atomic<uint64_t> written_bytes{0};
    void AddTo(FileStatistics::Jobs* jobs) const;
  };
  Jobs flushes_;
  Jobs compactions_;
  std::atomic<uint64_t> delays_{0};
  std::atomic<uint64_t> stops_{0};
  std::atomic<uint64_t> errors_{0};
};

// All but what BackgroundEvents counts, summed over `families`.
FileStatistics ReadFileStatistics(rocksdb::DB* database,
                                  const std::vector<rocksdb::ColumnFamilyHandle*>& families,
                                  const rocksdb::Statistics& tickers);

// The sum of an integer property over `families`.
uint64_t SumProperty(rocksdb::DB* database,
                     const std::vector<rocksdb::ColumnFamilyHandle*>& families,
                     const std::string& property);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_ROCKSDB_ENGINE_STATISTICS_H_
