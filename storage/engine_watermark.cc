#include "storage/engine_watermark.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::storage {
namespace {

// Persisted, never change. Two slots, written in turn, each in a block of its own: a write that
// power loss tears leaves the other slot whole. A slot is the magic, the revision and a
// checksum, all big-endian.
constexpr int kSlots = 2;
constexpr size_t kSlotDistance = 4096;
constexpr uint64_t kMagic = 0x67617465'776d6b31;  // "gatewmk1"
constexpr size_t kSlotBytes = 24;
using Slot = std::array<unsigned char, kSlotBytes>;

void PutBigEndian(uint64_t value, unsigned char* out) {
  for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<unsigned char>(value);
}

uint64_t GetBigEndian(const unsigned char* in) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | in[i];
  return value;
}

// FNV-1a over the magic and the revision: against rot and torn writes, not against malice.
uint64_t Checksum(const Slot& slot) {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < 16; ++i) hash = (hash ^ slot[i]) * 0x100000001b3;
  return hash;
}

Slot Encode(Revision revision) {
  Slot slot;
  PutBigEndian(kMagic, &slot[0]);
  PutBigEndian(revision, &slot[8]);
  PutBigEndian(Checksum(slot), &slot[16]);
  return slot;
}

std::optional<Revision> Decode(const Slot& slot) {
  if (GetBigEndian(&slot[0]) != kMagic) return std::nullopt;
  if (GetBigEndian(&slot[16]) != Checksum(slot)) return std::nullopt;
  return GetBigEndian(&slot[8]);
}

absl::Status IoError(absl::string_view action, absl::string_view path) {
  return Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable,
               absl::StrCat(action, " ", path, ": ", std::strerror(errno)))
      .Build();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Watermark>> Watermark::Open(const std::string& path, bool sync) {
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return IoError("open", path);
  std::unique_ptr<Watermark> watermark(new Watermark(path, fd, sync));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return IoError("lock", path);
    return Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable,
                 absl::StrCat(path, " is locked: another process has this store open"))
        .Build();
  }
  RETURN_IF_ERROR(watermark->Load());
  return watermark;
}

Watermark::Watermark(std::string path, int fd, bool sync)
    : path_(std::move(path)), fd_(fd), sync_(sync) {}

Watermark::~Watermark() { ::close(fd_); }

absl::Status Watermark::Load() {
  bool blank = true;
  for (int i = 0; i < kSlots; ++i) {
    Slot slot{};
    if (::pread(fd_, slot.data(), slot.size(), static_cast<off_t>(i * kSlotDistance)) < 0) {
      return IoError("read", path_);
    }
    blank = blank && slot == Slot{};
    std::optional<Revision> revision = Decode(slot);
    if (revision.has_value() && (!revision_.has_value() || *revision > *revision_)) {
      revision_ = revision;
      next_slot_ = (i + 1) % kSlots;
    }
  }
  // All zeros: power loss before the first write was on the disk, but the file's size was.
  if (revision_.has_value() || blank) return absl::OkStatus();
  return Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt,
               absl::StrCat(path_, " is damaged: neither of its records is whole"))
      .Build();
}

absl::Status Watermark::Write(Revision revision) {
  Slot slot = Encode(revision);
  ssize_t written =
      ::pwrite(fd_, slot.data(), slot.size(), static_cast<off_t>(next_slot_ * kSlotDistance));
  if (written < 0) return IoError("write", path_);
  if (static_cast<size_t>(written) != slot.size()) {
    errno = ENOSPC;
    return IoError("write", path_);
  }
  if (sync_ && ::fdatasync(fd_) != 0) return IoError("sync", path_);
  revision_ = revision;
  next_slot_ = (next_slot_ + 1) % kSlots;
  return absl::OkStatus();
}

absl::Status SyncDirectory(const std::string& directory) {
  int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return IoError("open", directory);
  absl::Status status = ::fsync(fd) == 0 ? absl::OkStatus() : IoError("sync", directory);
  ::close(fd);
  return status;
}

}  // namespace gatehouse::storage
