#include "tests/fakes/failing_engine.h"

#include "gtest/gtest.h"
#include "storage/memory_engine.h"
#include "tests/storage/engine_conformance.h"

namespace gatehouse::storage {
namespace {

using Method = FailingEngine::Method;

// Asked for no failure, it is an engine like any other.
INSTANTIATE_TEST_SUITE_P(FailingNever, EngineConformance,
                         ::testing::Values(EngineUnderTest{
                             [](const std::string&, size_t commits) -> std::unique_ptr<Engine> {
                               return std::make_unique<FailingEngine>(NewMemoryEngine({commits}));
                             }}));

class FailingEngineTest : public ::testing::Test {
 protected:
  absl::StatusOr<Revision> Put(const std::string& value) {
    return engine_.Commit({{}, {{"k", value}}});
  }

  FailingEngine engine_{NewMemoryEngine()};
  const absl::Status error_ = absl::UnavailableError("injected");
};

TEST_F(FailingEngineTest, FailsTheNthCallOnceAndChangesNothing) {
  ASSERT_TRUE(Put("1").ok());
  engine_.FailAt(Method::kCommit, 2, error_);
  EXPECT_TRUE(Put("2").ok());
  EXPECT_EQ(Put("3").status(), error_);
  EXPECT_EQ((*engine_.Get("k"))->value, "2");
  EXPECT_TRUE(Put("4").ok());
  EXPECT_EQ(engine_.calls(Method::kCommit), 4);
  EXPECT_EQ(engine_.calls(Method::kCommitAcknowledgement), 3);
}

TEST_F(FailingEngineTest, LosesAnAcknowledgementButNotTheCommit) {
  engine_.FailAt(Method::kCommitAcknowledgement, 1, error_);
  EXPECT_EQ(Put("1").status(), error_);
  EXPECT_EQ((*engine_.Get("k"))->value, "1");
}

TEST_F(FailingEngineTest, FailsEveryCallUntilHealed) {
  engine_.FailAlways(Method::kGet, error_);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(engine_.Get("k").status(), error_);
  engine_.Heal();
  EXPECT_TRUE(engine_.Get("k").ok());
}

TEST_F(FailingEngineTest, FailsSnapshotsAndWhatIsReadFromThem) {
  ASSERT_TRUE(Put("1").ok());
  ASSERT_TRUE(engine_.Commit({{}, {{"l", "1"}}}).ok());
  auto snapshot = *engine_.NewSnapshot();
  engine_.FailAt(Method::kNewSnapshot, 1, error_);
  engine_.FailAt(Method::kSnapshotGet, 1, error_);
  engine_.FailAt(Method::kSnapshotScan, 1, error_);
  EXPECT_EQ(engine_.NewSnapshot().status(), error_);
  EXPECT_EQ(snapshot->Get("k").status(), error_);
  int visited = 0;
  auto count = [&](absl::string_view, absl::string_view, Revision) { return ++visited > 0; };
  EXPECT_EQ(snapshot->Scan({}, count), error_);
  EXPECT_EQ(visited, 1);
  EXPECT_TRUE(snapshot->Scan({}, count).ok());
  EXPECT_EQ(visited, 3);
}

TEST_F(FailingEngineTest, FailsChangesAndCheckpoints) {
  engine_.FailAt(Method::kChangesSince, 1, error_);
  engine_.FailAt(Method::kCheckpoint, 1, error_);
  EXPECT_EQ(engine_.ChangesSince(0, 1).status(), error_);
  EXPECT_EQ(engine_.Checkpoint("/nowhere"), error_);
}

}  // namespace
}  // namespace gatehouse::storage
