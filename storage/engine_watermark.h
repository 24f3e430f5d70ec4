// The newest revision that was acknowledged, in a file of its own.
//
// A write-ahead log alone cannot tell a write that power loss cut short (never
// acknowledged, to be dropped) from an acknowledged write whose bytes rotted
// (DATA_LOSS): both are a log that ends early. The watermark is written and
// synced after the log and before the acknowledgement, so a log that ends below
// it has lost something, and one that ends at or above it has not.
//
// The file also carries the lock that keeps a second process out.
#ifndef GATEHOUSE_STORAGE_ENGINE_WATERMARK_H_
#define GATEHOUSE_STORAGE_ENGINE_WATERMARK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/engine.h"

namespace gatehouse::storage {

// Thread-compatible.
class Watermark {
 public:
  // Opens the file, creating an empty one if there is none, and locks it.
  // UNAVAILABLE: another engine holds it, or an I/O error. DATA_LOSS: it is damaged.
  // `sync`: whether Write syncs.
  static absl::StatusOr<std::unique_ptr<Watermark>> Open(const std::string& path, bool sync);

  Watermark(const Watermark&) = delete;
  Watermark& operator=(const Watermark&) = delete;
  ~Watermark();  // unlocks

  // What was written last; nullopt: nothing yet.
  std::optional<Revision> revision() const { return revision_; }

  // Returns when `revision` is on the disk. UNAVAILABLE: an I/O error; then the file holds the
  // old revision or the new.
  absl::Status Write(Revision revision);

 private:
  Watermark(std::string path, int fd, bool sync);

  absl::Status Load();

  const std::string path_;
  const int fd_;
  const bool sync_;
  std::optional<Revision> revision_;
  int next_slot_ = 0;
};

// Makes the names in `directory` durable (fsync of the directory).
absl::Status SyncDirectory(const std::string& directory);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_ENGINE_WATERMARK_H_
