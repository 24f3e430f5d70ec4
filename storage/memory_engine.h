// An engine with no files: everything is lost with the process. For tests, and
// for trying Gatehouse out. It keeps the whole contract of Engine but
// durability: Checkpoint is UNIMPLEMENTED.
#ifndef GATEHOUSE_STORAGE_MEMORY_ENGINE_H_
#define GATEHOUSE_STORAGE_MEMORY_ENGINE_H_

#include <cstddef>
#include <memory>

#include "storage/engine.h"

namespace gatehouse::storage {

struct MemoryEngineOptions {
  // ChangesSince reaches at least this many commits back. 0 counts as 1.
  size_t change_log_commits = 100'000;
};

std::unique_ptr<Engine> NewMemoryEngine(MemoryEngineOptions options = {});

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_MEMORY_ENGINE_H_
