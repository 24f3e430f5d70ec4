// Memory that readers without a lock may still be looking at: who unlinked it
// retires it here, and it is freed when no reader can hold it any more.
//
//   reader:  ReadSections::Section section(sections);
//            const T* seen = pointer.load(std::memory_order_acquire);  // good in the section
//   writer:  sections.Retire(pointer.exchange(replacement));
//            …
//            sections.Collect();
//
// Readers count themselves in under the current epoch. Memory retired in an
// epoch is freed once a later one has begun and nobody is left in it.
#ifndef GATEHOUSE_SERVER_RUNTIME_READ_SECTIONS_H_
#define GATEHOUSE_SERVER_RUNTIME_READ_SECTIONS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "server/runtime/thread_number.h"

namespace gatehouse {

// Any number of readers; one writer at a time. Readers never wait: a section
// costs two atomic additions to a counter that few threads share.
class ReadSections {
 public:
  ReadSections() = default;
  ReadSections(const ReadSections&) = delete;
  ReadSections& operator=(const ReadSections&) = delete;
  // There must be no reader left.
  ~ReadSections();

  // A stretch of one reader's code. Keep it short: what is retired meanwhile
  // stays in memory.
  class Section {
   public:
    explicit Section(const ReadSections& sections);
    ~Section() { count_->fetch_sub(1, std::memory_order_release); }
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;

   private:
    std::atomic<int64_t>* count_;
  };

  // Takes memory from ::operator new that no reader finds from now on. Null does
  // nothing.
  void Retire(void* memory);
  // Frees what no reader can hold; what is left waits for the next call. Never
  // waits itself.
  void Collect();

 private:
  static constexpr size_t kShards = 64;
  // Apart in memory, so that shards do not share cache lines.
  struct alignas(64) Shard {
    std::array<std::atomic<int64_t>, 2> inside{};  // by the parity of the epoch
  };

  bool HasReaders(uint64_t epoch) const;

  mutable std::array<Shard, kShards> shards_;
  std::atomic<uint64_t> epoch_{0};
  std::vector<void*> retired_;   // in this epoch
  std::vector<void*> previous_;  // in the one before
};

inline ReadSections::Section::Section(const ReadSections& sections) {
  Shard& shard = sections.shards_[ThreadNumber() % kShards];
  uint64_t epoch = sections.epoch_.load(std::memory_order_seq_cst);
  while (true) {
    count_ = &shard.inside[epoch % 2];
    count_->fetch_add(1, std::memory_order_seq_cst);
    // Counted before the epoch ended, so whoever ends it sees this reader.
    const uint64_t now = sections.epoch_.load(std::memory_order_seq_cst);
    if (now == epoch) return;
    count_->fetch_sub(1, std::memory_order_release);
    epoch = now;
  }
}

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_RUNTIME_READ_SECTIONS_H_
