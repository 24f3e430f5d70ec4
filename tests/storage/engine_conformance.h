// The suite that every storage engine passes. A test of an engine links
// //tests/storage:engine_conformance and says how to open it:
//
//   INSTANTIATE_TEST_SUITE_P(MyEngine, EngineConformance,
//                            ::testing::Values(EngineUnderTest{&OpenMyEngine}));
#ifndef GATEHOUSE_TESTS_STORAGE_ENGINE_CONFORMANCE_H_
#define GATEHOUSE_TESTS_STORAGE_ENGINE_CONFORMANCE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "storage/engine.h"
#include "tests/storage/scoped_directory.h"

namespace gatehouse::storage {

struct EngineUnderTest {
  // A new, empty store, which keeps at least `change_log_commits` changes. `directory` exists, is
  // empty, and outlives the engine.
  std::unique_ptr<Engine> (*open)(const std::string& directory, size_t change_log_commits);
};

class EngineConformance : public ::testing::TestWithParam<EngineUnderTest> {
 protected:
  EngineConformance() { Reset(100'000); }

  // A new, empty store.
  void Reset(size_t change_log_commits);

  Engine& engine() { return *engine_; }

  // Commits that must succeed.
  Revision Put(absl::string_view key, absl::string_view value);
  Revision Delete(absl::string_view key);

  // Puts `key` if its mod revision is `mod_revision`.
  absl::StatusOr<Revision> PutIf(absl::string_view key, Revision mod_revision,
                                 absl::string_view value);

  // "value@mod_revision", "absent", or the error.
  std::string Get(absl::string_view key);
  static std::string Get(const Snapshot& snapshot, absl::string_view key);

  // "key=value@mod_revision" of each entry.
  std::vector<std::string> Scan(const KeyRange& range);
  static std::vector<std::string> Scan(const Snapshot& snapshot, const KeyRange& range);

  std::shared_ptr<const Snapshot> NewSnapshot();

 private:
  std::vector<std::unique_ptr<ScopedDirectory>> directories_;
  std::unique_ptr<Engine> engine_;
};

inline constexpr char kNoEnd[] = "";

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_TESTS_STORAGE_ENGINE_CONFORMANCE_H_
