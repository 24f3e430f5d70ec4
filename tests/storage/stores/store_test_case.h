// What tests of the typed stores begin with: an empty store, on each engine.
#ifndef GATEHOUSE_TESTS_STORAGE_STORES_STORE_TEST_CASE_H_
#define GATEHOUSE_TESTS_STORAGE_STORES_STORE_TEST_CASE_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "policy/email_address.h"
#include "policy/ids.h"
#include "policy/status_macros.h"
#include "storage/engine.h"
#include "storage/memory_engine.h"
#include "storage/rocksdb_engine.h"
#include "storage/stores/transaction.h"
#include "storage/stores/transaction_runner.h"
#include "tests/builders/test_caller.h"
#include "tests/storage/scoped_directory.h"

namespace gatehouse::storage {

inline OrganizationId Org(absl::string_view id) { return OrganizationId::FromTrusted(id); }
inline UserId Uid(absl::string_view id) { return UserId::FromTrusted(id); }
inline SsoProfileId Pid(absl::string_view id) { return SsoProfileId::FromTrusted(id); }
inline DomainName Dom(absl::string_view name) { return DomainName::FromTrusted(name); }
inline EmailAddress Mail(absl::string_view local, absl::string_view domain) {
  return EmailAddress::FromTrusted(local, Dom(domain));
}

enum class EngineKind { kMemory, kRocksDb };

class StoreTestCase : public ::testing::TestWithParam<EngineKind> {
 protected:
  void SetUp() override {
    if (GetParam() == EngineKind::kMemory) {
      engine_ = NewMemoryEngine();
    } else {
      auto opened = OpenRocksDbEngine({.directory = directory_ / "store", .sync = false});
      ASSERT_TRUE(opened.ok()) << opened.status();
      engine_ = *std::move(opened);
    }
    runner_ = std::make_unique<TransactionRunner>(engine_.get());
  }

  Engine& engine() { return *engine_; }
  TransactionRunner& runner() { return *runner_; }
  SnapshotReader Reader() const { return *SnapshotReader::Open(*engine_); }

  // Commits what `body` writes; its revision.
  Revision Write(absl::FunctionRef<absl::Status(Transaction&)> body) {
    const auto revision = runner_->Run(TestCaller(), Org("acme"), body);
    EXPECT_TRUE(revision.ok()) << revision.status();
    return revision.value_or(0);
  }

  // Past every store.
  void WriteRaw(const std::string& key, std::optional<std::string> value) {
    const auto committed = engine_->Commit({.conditions = {}, .writes = {{key, std::move(value)}}});
    EXPECT_TRUE(committed.ok()) << committed.status();
  }

  std::map<std::string, std::string> Raw(const KeyRange& range = {}) const {
    std::map<std::string, std::string> all;
    SnapshotReader reader = Reader();
    EXPECT_TRUE(reader
                    .Scan(range,
                          [&](absl::string_view key, absl::string_view value, Revision) {
                            all.emplace(key, value);
                            return true;
                          })
                    .ok());
    return all;
  }

  std::vector<std::string> RawKeys(const std::string& prefix) const {
    std::vector<std::string> keys;
    for (const auto& [key, value] : Raw(PrefixRange(prefix))) keys.push_back(key);
    return keys;
  }

 private:
  ScopedDirectory directory_;
  std::unique_ptr<Engine> engine_;  // before its directory is removed
  std::unique_ptr<TransactionRunner> runner_;
};

// The value, or a failed test.
template <typename T>
T Ok(absl::StatusOr<T> value) {
  EXPECT_TRUE(value.ok()) << value.status();
  if (!value.ok()) return T{};
  return *std::move(value);
}

#define GATEHOUSE_ON_EACH_ENGINE(suite)                                                     \
  INSTANTIATE_TEST_SUITE_P(                                                                 \
      Engines, suite, ::testing::Values(EngineKind::kMemory, EngineKind::kRocksDb),         \
      [](const auto& param_info) {                                                          \
        return std::string(param_info.param == EngineKind::kMemory ? "Memory" : "RocksDb"); \
      })

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_TESTS_STORAGE_STORES_STORE_TEST_CASE_H_
