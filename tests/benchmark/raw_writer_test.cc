#include "tests/benchmark/raw_writer.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "storage/records/keys.h"
#include "storage/rocksdb_engine.h"
#include "tests/storage/scoped_directory.h"

namespace gatehouse::benchmark {
namespace {

namespace keys = storage::keys;

const OrganizationId kAcme = OrganizationId::FromTrusted("acme");

// A store with the users first, …, last - 1, and what else an import writes.
void Commit(storage::Engine& engine, int first, int last) {
  storage::CommitRequest request;
  for (int i = first; i < last; ++i) {
    const auto email = EmailAddress::Parse("email", absl::StrCat("user", i, "@acme.example"));
    request.writes.push_back({keys::User(kAcme, *email), absl::StrCat("user ", i)});
    request.writes.push_back(
        {keys::UserAddress(kAcme, UserId::FromTrusted(absl::StrCat("u-", i))), "address"});
  }
  request.writes.push_back({keys::Totals(kAcme), absl::StrCat(last)});
  ASSERT_TRUE(engine.Commit(request).ok());
}

class RawWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    auto engine = storage::OpenRocksDbEngine({.directory = from_.string(), .sync = false});
    ASSERT_TRUE(engine.ok());
    // The later commit has the smaller keys.
    Commit(**engine, 5, 9);
    Commit(**engine, 0, 5);
  }

  storage::ScopedDirectory from_;
  storage::ScopedDirectory to_;
};

TEST_F(RawWriterTest, LoadsUsersAndTheirAddressesInTheOrderOfTheirCommits) {
  const auto records = LoadUserRecords(from_.string());
  ASSERT_TRUE(records.ok()) << records.status();
  std::string order;
  for (const RawRecord& record : *records) absl::StrAppend(&order, record.key, "\n");
  EXPECT_EQ(order,
            "i/acme/u-5\ni/acme/u-6\ni/acme/u-7\ni/acme/u-8\n"
            "u/acme/acme.example/user5\nu/acme/acme.example/user6\n"
            "u/acme/acme.example/user7\nu/acme/acme.example/user8\n"
            "i/acme/u-0\ni/acme/u-1\ni/acme/u-2\ni/acme/u-3\ni/acme/u-4\n"
            "u/acme/acme.example/user0\nu/acme/acme.example/user1\n"
            "u/acme/acme.example/user2\nu/acme/acme.example/user3\n"
            "u/acme/acme.example/user4\n");
}

TEST_F(RawWriterTest, LoadsNoMoreUsersThanAskedFor) {
  const auto records = LoadUserRecords(from_.string(), 6);
  ASSERT_TRUE(records.ok());
  int users = 0;
  for (const RawRecord& record : *records) users += record.is_user ? 1 : 0;
  EXPECT_EQ(users, 6);
}

TEST_F(RawWriterTest, WritesWhatItLoaded) {
  const auto records = LoadUserRecords(from_.string());
  ASSERT_TRUE(records.ok());
  const auto result = WriteRaw(*records, absl::StrCat(to_.string(), "/new"), 2);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 9);
  EXPECT_EQ(result->records, 18);
  EXPECT_EQ(result->batches, 5);
  const auto written = LoadUserRecords(absl::StrCat(to_.string(), "/new"));
  ASSERT_TRUE(written.ok()) << written.status();
  ASSERT_EQ(written->size(), records->size());
  for (size_t i = 0; i < records->size(); ++i) {
    EXPECT_EQ((*written)[i].key, (*records)[i].key);
    EXPECT_EQ((*written)[i].value, (*records)[i].value);
  }
}

TEST_F(RawWriterTest, WritesIntoNoDirectoryThatHasSomething) {
  EXPECT_TRUE(absl::IsAlreadyExists(WriteRaw({}, from_.string(), 2).status()));
}

}  // namespace
}  // namespace gatehouse::benchmark
