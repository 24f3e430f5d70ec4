#include "server/runtime/read_sections.h"

#include <new>

namespace gatehouse {
namespace {

void Free(std::vector<void*>& retired) {
  for (void* memory : retired) ::operator delete(memory);
  retired.clear();
}

}  // namespace

ReadSections::~ReadSections() {
  Free(previous_);
  Free(retired_);
}

void ReadSections::Retire(void* memory) {
  if (memory != nullptr) retired_.push_back(memory);
}

void ReadSections::Collect() {
  if (retired_.empty() && previous_.empty()) return;
  const uint64_t epoch = epoch_.load(std::memory_order_relaxed);
  // Whoever can hold what was retired in the epoch before entered in it: an
  // epoch begins only when nobody is left of the one before the last, whose
  // counters it takes over.
  if (HasReaders(epoch - 1)) return;
  Free(previous_);
  previous_.swap(retired_);
  epoch_.store(epoch + 1, std::memory_order_seq_cst);
}

bool ReadSections::HasReaders(uint64_t epoch) const {
  for (const Shard& shard : shards_) {
    if (shard.inside[epoch % 2].load(std::memory_order_seq_cst) != 0) return true;
  }
  return false;
}

}  // namespace gatehouse
