#include "storage/engine_group_commit.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace gatehouse::storage {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Le;

CommitRequest RequestOf(size_t value_bytes) { return {{}, {{"k", std::string(value_bytes, 'v')}}}; }

// Numbers what it commits, with nothing to guard the numbers: only one group at a time comes here.
// The first group waits for Release, so that others queue up behind it.
class GroupCommitTest : public ::testing::Test {
 protected:
  void Process(const std::vector<GroupCommit::Pending*>& group) {
    sizes_.push_back(group.size());
    if (sizes_.size() == 1) {
      std::unique_lock<std::mutex> lock(mutex_);
      started_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return released_; });
    }
    for (GroupCommit::Pending* pending : group) pending->result = ++revision_;
  }

  // Starts a commit in a thread of its own.
  void Start(const CommitRequest& request) {
    threads_.emplace_back([this, request] {
      absl::StatusOr<Revision> revision = group_commit_->Commit(request);
      std::lock_guard<std::mutex> lock(mutex_);
      results_.push_back(revision.value_or(0));
    });
  }

  void WaitUntilFirstStarted() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return started_; });
  }

  void Release() {
    std::lock_guard<std::mutex> lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

  void JoinAll() {
    for (std::thread& thread : threads_) thread.join();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool started_ = false;
  bool released_ = false;
  std::vector<Revision> results_;
  std::vector<size_t> sizes_;
  Revision revision_ = 0;
  std::vector<std::thread> threads_;
  std::optional<GroupCommit> group_commit_{std::in_place,
                                           [this](const auto& group) { Process(group); }};
};

TEST_F(GroupCommitTest, CommitsARequestThatIsAloneAtOnce) {
  Release();
  for (Revision i = 1; i <= 5; ++i) EXPECT_EQ(*group_commit_->Commit(RequestOf(1)), i);
  EXPECT_THAT(sizes_, ElementsAre(1, 1, 1, 1, 1));
}

TEST_F(GroupCommitTest, AnswersEachOfManyCallersOnce) {
  constexpr int kThreads = 32;
  Start(RequestOf(1));
  WaitUntilFirstStarted();
  for (int i = 1; i < kThreads; ++i) Start(RequestOf(1));
  Release();
  JoinAll();
  std::sort(results_.begin(), results_.end());
  std::vector<Revision> expected;
  for (Revision i = 1; i <= kThreads; ++i) expected.push_back(i);
  EXPECT_EQ(results_, expected);
}

TEST_F(GroupCommitTest, KeepsAGroupWithinItsBytesAndLetsALargeRequestGoAlone) {
  Start(RequestOf(1));
  WaitUntilFirstStarted();
  for (int i = 0; i < 6; ++i) Start(RequestOf(GroupCommit::kMaxBytes / 2 - 1));
  for (int i = 0; i < 2; ++i) Start(RequestOf(GroupCommit::kMaxBytes * 2));
  Release();
  JoinAll();
  EXPECT_THAT(sizes_, Each(Le(2)));
  EXPECT_EQ(results_.size(), 9u);
}

TEST_F(GroupCommitTest, WaitsForItsCallersWhenDestroyed) {
  Start(RequestOf(1));
  WaitUntilFirstStarted();
  std::thread releaser([this] { Release(); });
  group_commit_.reset();
  EXPECT_EQ(revision_, 1u);
  releaser.join();
  JoinAll();
  EXPECT_THAT(results_, ElementsAre(1));
}

}  // namespace
}  // namespace gatehouse::storage
