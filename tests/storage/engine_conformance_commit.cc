// Conditions, refusals, and commits at the same time.
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "policy/errors.h"
#include "tests/storage/engine_conformance.h"

namespace gatehouse::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_P(EngineConformance, CommitsWhenTheKeyIsAbsentAsRequired) {
  EXPECT_EQ(*PutIf("a", 0, "1"), 1u);
  EXPECT_EQ(PutIf("a", 0, "2").status().code(), absl::StatusCode::kAborted);
  Delete("a");
  EXPECT_EQ(*PutIf("a", 0, "3"), 3u);
  EXPECT_EQ(Get("a"), "3@3");
}

TEST_P(EngineConformance, CommitsWhenTheKeyIsAtTheRequiredRevision) {
  Put("a", "1");
  Put("b", "1");
  EXPECT_EQ(*PutIf("a", 1, "2"), 3u);
  EXPECT_EQ(Get("a"), "2@3");
}

TEST_P(EngineConformance, AbortsOnAStaleConditionAndChangesNothing) {
  Put("a", "1");
  Put("a", "2");
  for (Revision wrong : {Revision{0}, Revision{1}, Revision{3}, ~Revision{0}}) {
    absl::StatusOr<Revision> result =
        engine().Commit({{{"other", 0}, {"a", wrong}}, {{"a", "x"}, {"b", "x"}}});
    EXPECT_EQ(result.status().code(), absl::StatusCode::kAborted) << wrong;
    EXPECT_EQ(ReasonOf(result.status()), reason::kConcurrentChange);
    EXPECT_THAT(std::string(result.status().message()), HasSubstr("conditions[1]"));
  }
  EXPECT_EQ(PutIf("gone", 1, "x").status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(engine().revision(), 2u);
  EXPECT_THAT(Scan({"", kNoEnd}), ElementsAre("a=2@2"));
}

TEST_P(EngineConformance, ChecksConditionsOnKeysThatItDoesNotWrite) {
  Put("guard", "1");
  EXPECT_TRUE(engine().Commit({{{"guard", 1}, {"missing", 0}}, {{"a", "1"}}}).ok());
  Put("guard", "2");
  EXPECT_EQ(engine().Commit({{{"guard", 1}}, {{"a", "2"}}}).status().code(),
            absl::StatusCode::kAborted);
  EXPECT_EQ(Get("a"), "1@2");
}

TEST_P(EngineConformance, ChecksConditionsOfACommitThatWouldChangeNothing) {
  EXPECT_EQ(engine().Commit({{{"a", 7}}, {{"missing", std::nullopt}}}).status().code(),
            absl::StatusCode::kAborted);
}

TEST_P(EngineConformance, RefusesInvalidRequestsAndChangesNothing) {
  const std::string reserved("\0a", 2);
  CommitRequest too_large;
  for (int i = 0; i < 17; ++i) {
    too_large.writes.push_back({absl::StrCat("k", i), std::string(kMaxValueBytes, 'v')});
  }
  const struct {
    const char* what;
    CommitRequest request;
    const char* field;
  } kCases[] = {
      {"no writes", {{{"a", 0}}, {}}, "writes"},
      {"empty key", {{}, {{"a", "1"}, {"", "1"}}}, "writes[1].key"},
      {"reserved key", {{}, {{reserved, "1"}}}, "writes[0].key"},
      {"reserved key deleted", {{}, {{reserved, std::nullopt}}}, "writes[0].key"},
      {"long key", {{}, {{std::string(kMaxKeyBytes + 1, 'k'), "1"}}}, "writes[0].key"},
      {"long value", {{}, {{"a", std::string(kMaxValueBytes + 1, 'v')}}}, "writes[0].value"},
      {"repeated write", {{}, {{"a", "1"}, {"b", "1"}, {"a", std::nullopt}}}, "writes"},
      {"empty condition", {{{"", 0}}, {{"a", "1"}}}, "conditions[0].key"},
      {"reserved condition", {{{reserved, 0}}, {{"a", "1"}}}, "conditions[0].key"},
      {"repeated condition", {{{"c", 0}, {"c", 0}}, {{"a", "1"}}}, "conditions"},
      {"too many bytes", too_large, "writes"},
  };
  for (const auto& test : kCases) {
    absl::StatusOr<Revision> result = engine().Commit(test.request);
    ASSERT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument) << test.what;
    EXPECT_EQ(DetailsOf(result.status())->field_violations.at(0).first, test.field) << test.what;
  }
  EXPECT_EQ(engine().revision(), 0u);
  EXPECT_THAT(Scan({"", kNoEnd}), IsEmpty());
}

TEST_P(EngineConformance, NamesNoKeyInAConflict) {
  absl::StatusOr<Revision> result = PutIf("user/alice@example.com", 1, "x");
  EXPECT_THAT(result.status().ToString(), Not(HasSubstr("alice")));
}

// Commits at the same time.

void InThreads(int count, const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(body, i);
  for (std::thread& thread : threads) thread.join();
}

TEST_P(EngineConformance, LosesNoIncrementOfACounterSharedByManyThreads) {
  constexpr int kThreads = 8, kIncrements = 25;
  Put("counter", "0");
  InThreads(kThreads, [&](int) {
    for (int done = 0; done < kIncrements;) {
      absl::StatusOr<std::optional<Entry>> entry = engine().Get("counter");
      ASSERT_TRUE(entry.ok() && entry->has_value());
      int value = 0;
      ASSERT_TRUE(absl::SimpleAtoi((*entry)->value, &value));
      absl::StatusOr<Revision> result =
          PutIf("counter", (*entry)->mod_revision, absl::StrCat(value + 1));
      if (result.ok()) ++done;
      ASSERT_TRUE(result.ok() || absl::IsAborted(result.status())) << result.status();
    }
  });
  EXPECT_EQ(Get("counter"), absl::StrCat(kThreads * kIncrements, "@", kThreads * kIncrements + 1));
}

TEST_P(EngineConformance, GivesConcurrentCommitsDistinctDenseRevisions) {
  constexpr int kThreads = 8, kCommits = 40;
  std::vector<std::vector<Revision>> revisions(kThreads);
  InThreads(kThreads, [&](int thread) {
    for (int i = 0; i < kCommits; ++i) {
      revisions[thread].push_back(Put(absl::StrCat("k", thread, "/", i), "v"));
    }
  });
  std::set<Revision> all;
  for (int thread = 0; thread < kThreads; ++thread) {
    for (int i = 0; i < kCommits; ++i) {
      Revision revision = revisions[thread][i];
      all.insert(revision);
      EXPECT_TRUE(i == 0 || revisions[thread][i - 1] < revision);
      EXPECT_EQ(Get(absl::StrCat("k", thread, "/", i)), absl::StrCat("v@", revision));
    }
  }
  EXPECT_EQ(all.size(), static_cast<size_t>(kThreads * kCommits));
  EXPECT_EQ(*all.begin(), 1u);
  EXPECT_EQ(*all.rbegin(), all.size());
  EXPECT_EQ(engine().revision(), all.size());
}

TEST_P(EngineConformance, FailsOnlyTheCommitsWhoseConditionFails) {
  constexpr int kThreads = 8, kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<absl::Status> results(kThreads);
    const std::string key = absl::StrCat("claim", round);
    InThreads(kThreads, [&](int thread) {
      results[thread] = PutIf(key, 0, absl::StrCat(thread)).status();
      Put(absl::StrCat("own", round, "/", thread), "v");
    });
    int winners = 0;
    for (int thread = 0; thread < kThreads; ++thread) {
      if (results[thread].ok()) {
        ++winners;
        EXPECT_EQ((*engine().Get(key))->value, absl::StrCat(thread));
      } else {
        EXPECT_EQ(results[thread].code(), absl::StatusCode::kAborted);
      }
    }
    EXPECT_EQ(winners, 1);
  }
  EXPECT_EQ(engine().revision(), static_cast<Revision>(kRounds * (kThreads + 1)));
}

TEST_P(EngineConformance, ShowsSnapshotsOnlyWholeCommits) {
  constexpr int kCommits = 200;
  std::thread writer([&] {
    for (int i = 0; i < kCommits; ++i) {
      std::string value = absl::StrCat(i);
      ASSERT_TRUE(engine().Commit({{}, {{"left", value}, {"right", value}}}).ok());
    }
  });
  Revision seen = 0;
  while (seen < kCommits) {
    auto snapshot = NewSnapshot();
    EXPECT_GE(snapshot->revision(), seen);
    seen = snapshot->revision();
    std::string expected = seen == 0 ? std::string("absent") : absl::StrCat(seen - 1, "@", seen);
    EXPECT_EQ(Get(*snapshot, "left"), expected);
    EXPECT_EQ(Get(*snapshot, "right"), expected);
  }
  writer.join();
}

}  // namespace
}  // namespace gatehouse::storage
