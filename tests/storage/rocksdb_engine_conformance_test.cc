#include "gtest/gtest.h"
#include "storage/rocksdb_engine.h"
#include "tests/storage/engine_conformance.h"

namespace gatehouse::storage {
namespace {

std::unique_ptr<Engine> Open(const std::string& directory, size_t change_log_commits) {
  RocksDbEngineOptions options;
  options.directory = directory;
  options.change_log_commits = change_log_commits;
  absl::StatusOr<std::unique_ptr<Engine>> engine = OpenRocksDbEngine(options);
  EXPECT_TRUE(engine.ok()) << engine.status();
  return *std::move(engine);
}

INSTANTIATE_TEST_SUITE_P(RocksDb, EngineConformance, ::testing::Values(EngineUnderTest{&Open}));

}  // namespace
}  // namespace gatehouse::storage
