// Transactions: what they see, what they depend on, and what happens when others
// come between.
#include "storage/stores/transaction.h"

#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "tests/builders/test_caller.h"
#include "tests/fakes/failing_engine.h"
#include "tests/storage/stores/store_test_case.h"

namespace gatehouse::storage {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

class TransactionTest : public StoreTestCase {
 protected:
  Transaction Begin() { return Transaction(*engine().NewSnapshot()); }

  // What a scan visits, at most `limit` entries.
  static Pairs Scan(storage::Reader& reader, const KeyRange& range, size_t limit = 1000) {
    Pairs seen;
    EXPECT_TRUE(reader
                    .Scan(range,
                          [&](absl::string_view key, absl::string_view value, Revision) {
                            EXPECT_LT(seen.size(), limit) << "visited after it was told to stop";
                            seen.emplace_back(key, value);
                            return seen.size() < limit;
                          })
                    .ok());
    return seen;
  }

  void WriteAll(const Pairs& pairs) {
    for (const auto& [key, value] : pairs) WriteRaw(key, value);
  }
};

TEST_P(TransactionTest, ReadsItsOwnWrites) {
  WriteAll({{"kept", "old"}, {"gone", "old"}, {"new", "old"}});
  Transaction tx = Begin();
  tx.Put("new", "own");
  tx.Put("added", "own");
  tx.Delete("gone");
  EXPECT_EQ(Ok(tx.Get("kept"))->value, "old");
  EXPECT_EQ(Ok(tx.Get("new"))->value, "own");
  EXPECT_EQ(Ok(tx.Get("new"))->mod_revision, 0u);
  EXPECT_EQ(Ok(tx.Get("added"))->value, "own");
  EXPECT_FALSE(Ok(tx.Get("gone")).has_value());
  EXPECT_FALSE(Ok(tx.Get("absent")).has_value());
  tx.Put("gone", "back");
  EXPECT_EQ(Ok(tx.Get("gone"))->value, "back");
}

TEST_P(TransactionTest, ReadsOneSnapshotWhateverOthersCommit) {
  WriteAll({{"a", "1"}});
  Transaction tx = Begin();
  const Revision revision = tx.revision();
  WriteAll({{"a", "2"}, {"b", "2"}});
  EXPECT_EQ(Ok(tx.Get("a"))->value, "1");
  EXPECT_EQ(Scan(tx, {}), (Pairs{{"a", "1"}}));
  EXPECT_EQ(tx.revision(), revision);
}

TEST_P(TransactionTest, ScansItsOwnWritesAmongTheStoresEntries) {
  WriteAll({{"b", "old"}, {"d", "old"}, {"f", "old"}, {"h", "old"}});
  struct Case {
    const char* what;
    std::vector<std::pair<std::string, std::optional<std::string>>> writes;
    KeyRange range;
    Pairs expected;
  };
  const Case cases[] = {
      {"nothing of its own", {}, {"b", "h"}, {{"b", "old"}, {"d", "old"}, {"f", "old"}}},
      {"put at the start, which is in the range",
       {{"b", "own"}},
       {"b", "f"},
       {{"b", "own"}, {"d", "old"}}},
      {"put at the end, which is not", {{"f", "own"}}, {"b", "f"}, {{"b", "old"}, {"d", "old"}}},
      {"put before the start", {{"a", "own"}}, {"b", "f"}, {{"b", "old"}, {"d", "old"}}},
      {"put before, between and behind entries",
       {{"a", "own"}, {"c", "own"}, {"i", "own"}},
       {},
       {{"a", "own"},
        {"b", "old"},
        {"c", "own"},
        {"d", "old"},
        {"f", "old"},
        {"h", "old"},
        {"i", "own"}}},
      {"overwritten in the middle",
       {{"d", "own"}},
       {"b", "g"},
       {{"b", "old"}, {"d", "own"}, {"f", "old"}}},
      {"deleted at the start", {{"b", std::nullopt}}, {"b", "f"}, {{"d", "old"}}},
      {"deleted last of the range", {{"d", std::nullopt}}, {"b", "f"}, {{"b", "old"}}},
      {"all deleted",
       {{"b", std::nullopt}, {"d", std::nullopt}, {"f", std::nullopt}, {"h", std::nullopt}},
       {},
       {}},
      {"deleted without ever having been",
       {{"c", std::nullopt}},
       {"b", "f"},
       {{"b", "old"}, {"d", "old"}}},
      {"own writes only", {{"x", "own"}, {"y", "own"}}, {"x", ""}, {{"x", "own"}, {"y", "own"}}},
      {"an empty range", {{"c", "own"}}, {"c", "c"}, {}},
      {"the key right behind the start's",
       {{std::string("b\0", 2), "own"}},
       {"b", "c"},
       {{"b", "old"}, {std::string("b\0", 2), "own"}}},
  };
  for (const Case& c : cases) {
    Transaction tx = Begin();
    for (const auto& [key, value] : c.writes) {
      if (value) {
        tx.Put(key, *value);
      } else {
        tx.Delete(key);
      }
    }
    EXPECT_EQ(Scan(tx, c.range), c.expected) << c.what;
    // Told to stop after each number of entries.
    for (size_t limit = 1; limit <= c.expected.size(); ++limit) {
      EXPECT_EQ(Scan(tx, c.range, limit),
                Pairs(c.expected.begin(), c.expected.begin() + static_cast<ptrdiff_t>(limit)))
          << c.what << ", stopped after " << limit;
    }
  }
}

TEST_P(TransactionTest, ScansAsASortedMapWouldWhateverWasWritten) {
  std::mt19937 random(1);
  const auto any_key = [&] { return std::string(1 + random() % 2, 'a' + random() % 5); };
  for (int round = 0; round < 100; ++round) {
    WriteRaw(any_key(), random() % 3 == 0 ? std::nullopt : std::optional(absl::StrCat(round)));
    std::map<std::string, std::string> expected = Raw();
    Transaction tx = Begin();
    for (int i = random() % 6; i > 0; --i) {
      const std::string key = any_key();
      if (random() % 2 == 0) {
        tx.Delete(key);
        expected.erase(key);
      } else {
        tx.Put(key, absl::StrCat("own", i));
        expected[key] = absl::StrCat("own", i);
      }
    }
    const KeyRange range{any_key(), random() % 3 == 0 ? "" : any_key()};
    if (!range.end.empty() && range.end < range.start) continue;
    const Pairs in_range(expected.lower_bound(range.start),
                         range.end.empty() ? expected.end() : expected.lower_bound(range.end));
    EXPECT_EQ(Scan(tx, range), in_range) << round;
  }
}

TEST_P(TransactionTest, DependsOnWhatItReadByItselfAndOnNothingElse) {
  WriteAll({{"a", "1"}, {"b", "1"}, {"scanned", "1"}});
  Transaction tx = Begin();
  ASSERT_TRUE(tx.Get("a").ok());
  ASSERT_TRUE(tx.Get("a").ok());
  ASSERT_TRUE(tx.Get("absent").ok());
  Scan(tx, {"s", ""});
  tx.Put("b", "own");
  ASSERT_TRUE(tx.Get("b").ok());  // its own write depends on nobody
  std::map<std::string, Revision> conditions;
  for (const Condition& condition : tx.BuildCommit().conditions) {
    EXPECT_TRUE(conditions.emplace(condition.key, condition.mod_revision).second);
  }
  EXPECT_EQ(conditions, (std::map<std::string, Revision>{{"a", 1}, {"absent", 0}}));
}

TEST_P(TransactionTest, KeepsTheDependencyOnAKeyThatItOverwritesAfterwards) {
  WriteAll({{"a", "1"}});
  Transaction tx = Begin();
  ASSERT_TRUE(tx.Get("a").ok());
  tx.Put("a", "own");
  WriteAll({{"a", "2"}});
  EXPECT_EQ(engine().Commit(tx.BuildCommit()).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Raw().at("a"), "2");
}

TEST_P(TransactionTest, DependsOnTheAbsenceThatItSaw) {
  Transaction first = Begin(), second = Begin();
  for (Transaction* tx : {&first, &second}) {
    EXPECT_FALSE(Ok(tx->Get("name")).has_value());
    tx->Put("name", tx == &first ? "first" : "second");
  }
  EXPECT_TRUE(engine().Commit(first.BuildCommit()).ok());
  EXPECT_EQ(engine().Commit(second.BuildCommit()).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Raw().at("name"), "first");
}

TEST_P(TransactionTest, CountsTheBytesThatACommitWouldWrite) {
  Transaction tx = Begin();
  EXPECT_EQ(tx.write_bytes(), 0u);
  EXPECT_FALSE(tx.has_writes());
  tx.Put("key", "12345");
  EXPECT_EQ(tx.write_bytes(), 8u);
  tx.Put("key", "1");
  EXPECT_EQ(tx.write_bytes(), 4u);
  tx.Delete("key");
  EXPECT_EQ(tx.write_bytes(), 3u);
  tx.Delete("key");
  tx.Put("k2", "1");
  EXPECT_EQ(tx.write_bytes(), 6u);
  EXPECT_TRUE(tx.has_writes());
}

TEST_P(TransactionTest, GoesOnFromAnotherSnapshotWithItsOwnWrites) {
  WriteAll({{"a", "1"}, {"b", "1"}});
  Transaction tx = Begin();
  tx.Put("b", "own");
  ASSERT_TRUE(tx.Get("a").ok());
  WriteAll({{"a", "2"}, {"b", "2"}});
  tx.MoveTo(nullptr);
  tx.MoveTo(*engine().NewSnapshot());
  EXPECT_TRUE(tx.BuildCommit().conditions.empty()) << "what it read before counts no more";
  EXPECT_EQ(Ok(tx.Get("a"))->value, "2");
  EXPECT_EQ(Scan(tx, {}), (Pairs{{"a", "2"}, {"b", "own"}}));
  EXPECT_EQ(tx.revision(), engine().revision());
}

TEST_P(TransactionTest, RunsAgainFromTheStartWhenAnotherCommitCameBetween) {
  WriteAll({{"a", "1"}});
  int attempts = 0;
  const auto revision =
      runner().Run(TestCaller(), Org("acme"), [&](Transaction& tx) -> absl::Status {
        const std::string value = Ok(tx.Get("a"))->value;
        if (++attempts == 1) WriteRaw("a", "2");
        tx.Put(absl::StrCat("attempt-", attempts), value);
        return absl::OkStatus();
      });
  ASSERT_TRUE(revision.ok()) << revision.status();
  EXPECT_EQ(*revision, engine().revision());
  EXPECT_EQ(attempts, 2);
  // The first attempt left nothing behind.
  EXPECT_EQ(Raw(), (std::map<std::string, std::string>{{"a", "2"}, {"attempt-2", "2"}}));
}

TEST_P(TransactionTest, DoesNotRunAgainForWhatItDidNotRead) {
  int attempts = 0;
  Write([&](Transaction& tx) -> absl::Status {
    ++attempts;
    WriteRaw("other", absl::StrCat(attempts));
    tx.Put("mine", "1");
    return absl::OkStatus();
  });
  EXPECT_EQ(attempts, 1);
}

TEST_P(TransactionTest, GivesUpWhenOthersComeBetweenEveryTime) {
  int attempts = 0;
  const auto revision =
      runner().Run(TestCaller(), Org("acme"), [&](Transaction& tx) -> absl::Status {
        RETURN_IF_ERROR(tx.Get("a").status());
        WriteRaw("a", absl::StrCat(++attempts));
        tx.Put("mine", "1");
        return absl::OkStatus();
      });
  EXPECT_EQ(attempts, TransactionRunner::kMaxAttempts);
  EXPECT_EQ(revision.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(revision.status()), reason::kConcurrentChange);
  EXPECT_TRUE(absl::StrContains(std::string(revision.status().message()), "\"acme\""));
  EXPECT_EQ(Raw().count("mine"), 0u);
}

TEST_P(TransactionTest, WritesNothingWhenItsBodyFails) {
  for (absl::StatusCode code :
       {absl::StatusCode::kNotFound, absl::StatusCode::kAborted, absl::StatusCode::kDataLoss}) {
    int attempts = 0;
    const auto revision =
        runner().Run(TestCaller(), Org("acme"), [&](Transaction& tx) -> absl::Status {
          ++attempts;
          tx.Put("mine", "1");
          return Error(code, reason::kEtagMismatch, "as it was");
        });
    EXPECT_EQ(revision.status().code(), code);
    EXPECT_EQ(revision.status().message(), "as it was");
    EXPECT_EQ(ReasonOf(revision.status()), reason::kEtagMismatch);
    EXPECT_EQ(attempts, 1);
  }
  EXPECT_TRUE(Raw().empty());
  EXPECT_EQ(engine().revision(), 0u);
}

TEST_P(TransactionTest, CommitsNothingWhenItsBodyOnlyReads) {
  WriteAll({{"a", "1"}});
  Revision seen = 0;
  const Revision revision = Write([&](Transaction& tx) -> absl::Status {
    seen = tx.revision();
    RETURN_IF_ERROR(tx.Get("a").status());
    WriteRaw("a", "2");
    return absl::OkStatus();
  });
  EXPECT_EQ(revision, seen);
  EXPECT_EQ(engine().revision(), seen + 1);
}

// Adds one to the counter "n" until that has happened.
void Increment(TransactionRunner& runner, const OrganizationId& organization) {
  absl::StatusOr<Revision> revision = absl::UnknownError("");
  do {
    revision = runner.Run(TestCaller(), organization, [](Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(auto entry, tx.Get("n"));
      int64_t n = 0;
      if (entry && !absl::SimpleAtoi(entry->value, &n)) return absl::DataLossError(entry->value);
      tx.Put("n", absl::StrCat(n + 1));
      return absl::OkStatus();
    });
  } while (absl::IsAborted(revision.status()));
  EXPECT_TRUE(revision.ok()) << revision.status();
}

TEST_P(TransactionTest, LosesNoIncrementOfOneOrganization) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < 50; ++n) Increment(runner(), Org("acme"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Raw().at("n"), "200");
  // One after another: no attempt was in vain.
  EXPECT_EQ(engine().revision(), 200u);
}

TEST_P(TransactionTest, LosesNoIncrementOfManyOrganizationsAndServers) {
  TransactionRunner other_server(&engine());
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 50; ++n) {
        Increment(i % 2 == 0 ? runner() : other_server, Org(absl::StrCat("org-", i / 2)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Raw().at("n"), "300");
}

GATEHOUSE_ON_EACH_ENGINE(TransactionTest);

TEST(TransactionRunner, ReturnsTheEnginesErrorsAtOnce) {
  using Method = FailingEngine::Method;
  for (Method method : {Method::kNewSnapshot, Method::kSnapshotGet, Method::kSnapshotScan,
                        Method::kCommit, Method::kCommitAcknowledgement}) {
    FailingEngine engine(NewMemoryEngine());
    ASSERT_TRUE(engine.Commit({.conditions = {}, .writes = {{"a", "1"}}}).ok());
    TransactionRunner runner(&engine);
    engine.FailAt(method, 1, absl::UnavailableError("disk"));
    int finished = 0;
    const auto revision =
        runner.Run(TestCaller(), Org("acme"), [&](Transaction& tx) -> absl::Status {
          RETURN_IF_ERROR(tx.Get("a").status());
          RETURN_IF_ERROR(
              tx.Scan({}, [](absl::string_view, absl::string_view, Revision) { return true; }));
          tx.Put("b", "1");
          ++finished;
          return absl::OkStatus();
        });
    EXPECT_EQ(revision.status(), absl::UnavailableError("disk")) << static_cast<int>(method);
    EXPECT_LE(finished, 1) << "a commit that may have happened must not be tried again";
  }
}

TEST(TransactionReads, MakeNoConditionWhenTheyFail) {
  FailingEngine engine(NewMemoryEngine());
  Transaction tx(*engine.NewSnapshot());
  engine.FailAt(FailingEngine::Method::kSnapshotGet, 1, absl::DataLossError("bits"));
  EXPECT_EQ(tx.Get("a").status(), absl::DataLossError("bits"));
  EXPECT_TRUE(tx.BuildCommit().conditions.empty());
}

}  // namespace
}  // namespace gatehouse::storage
