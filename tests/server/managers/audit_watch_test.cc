// Following the audit log: every event once, in order, whatever comes between.
#include "server/managers/audit_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "server/managers/audit_manager.h"
#include "server/managers/organization_manager.h"
#include "storage/memory_engine.h"
#include "tests/builders/test_caller.h"
#include "tests/builders/test_secrets.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"

namespace gatehouse {
namespace {

using Names = std::vector<std::string>;
using storage::Revision;

OrganizationId Org(absl::string_view id) { return OrganizationId::FromTrusted(id); }

// Takes each batch at once, unless it is told to read no more.
class Follower final : public AuditSubscriber {
 public:
  void Send(AuditWatchBatch batch) override {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& event : batch.events) {
      names_.push_back(AuditEventNameOf(event.chain, event.sequence));
      EXPECT_GE(event.revision, last_event_) << names_.back();
      EXPECT_GT(event.revision, revision_) << names_.back() << " was said to be sent already";
      last_event_ = event.revision;
    }
    EXPECT_GE(batch.revision, revision_);
    revision_ = batch.revision;
    ++batches_;
    changed_.notify_all();
    if (reads_) watch_->Sent(stream_);
  }
  void End(const absl::Status& status) override {
    std::lock_guard<std::mutex> lock(mutex_);
    ended_ = status;
    changed_.notify_all();
  }

  void Open(AuditWatch& watch, const std::shared_ptr<Follower>& self,
            const AuditWatch::Command& command, bool reads = true) {
    std::lock_guard<std::mutex> lock(mutex_);
    watch_ = &watch;
    reads_ = reads;
    auto opened = watch.Open(TestCaller(), command, self);
    ASSERT_TRUE(opened.ok()) << opened.status();
    stream_ = *opened;
  }
  void ReadOn() { watch_->Sent(stream_); }
  void Close() { watch_->Close(stream_); }

  Names WaitForRevision(Revision revision) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return revision_ >= revision || ended_; });
    EXPECT_FALSE(ended_.has_value()) << *ended_;
    return names_;
  }
  absl::Status WaitForEnd() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return ended_.has_value(); });
    return *ended_;
  }
  void WaitForBatches(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return batches_ >= count || ended_; });
  }
  Revision revision() {
    std::lock_guard<std::mutex> lock(mutex_);
    return revision_;
  }

 private:
  AuditWatch* watch_ = nullptr;
  std::shared_ptr<AuditWatch::Stream> stream_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reads_ = true;
  Names names_;
  Revision last_event_ = 0;
  Revision revision_ = 0;
  int batches_ = 0;
  std::optional<absl::Status> ended_;
};

class AuditWatchTest : public ::testing::Test {
 protected:
  void Create(const std::string& id) {
    const auto created =
        organizations_.Create(TestCaller(clock_.Now()), {.id = Org(id), .display_name = id});
    ASSERT_TRUE(created.ok()) << created.status();
  }
  void Rename(const std::string& id, const std::string& name) {
    const auto updated =
        organizations_.Update(TestCaller(clock_.Now()), {.id = Org(id), .display_name = name});
    ASSERT_TRUE(updated.ok()) << updated.status();
  }

  std::shared_ptr<Follower> Follow(const AuditWatch::Command& command) {
    auto follower = std::make_shared<Follower>();
    follower->Open(watch_, follower, command);
    return follower;
  }

  const std::unique_ptr<storage::Engine> engine_ = storage::NewMemoryEngine();
  storage::CommitFeed feed_{engine_.get()};
  storage::TransactionRunner runner_{engine_.get()};
  FakeClock clock_;
  FakeRandom random_;
  const ManagerContext context_{
      .transactions = &runner_, .clock = &clock_, .random = &random_, .secrets = &TestSecretBox()};
  OrganizationManager organizations_{context_};
  AuditWatch watch_{context_, &feed_};
};

TEST_F(AuditWatchTest, ShowsWhatComesAndNotWhatWas) {
  Create("acme");
  const auto follower = Follow({.parent = {.chain = Org("acme")}});
  Rename("acme", "two");
  Create("beta");
  EXPECT_EQ(follower->WaitForRevision(3), (Names{"organizations/acme/auditEvents/2"}));
}

TEST_F(AuditWatchTest, ShowsWhatWasFromARevisionOn) {
  Create("acme");       // revision 1
  Rename("acme", "2");  // 2
  Create("beta");       // 3
  Rename("acme", "4");  // 4
  struct Case {
    AuditParent parent;
    int64_t after;
    Names expected;
  };
  const Case cases[] = {
      {{.chain = Org("acme")},
       -1,
       {"organizations/acme/auditEvents/1", "organizations/acme/auditEvents/2",
        "organizations/acme/auditEvents/3"}},
      {{.chain = Org("acme")},
       1,
       {"organizations/acme/auditEvents/2", "organizations/acme/auditEvents/3"}},
      {{.chain = Org("acme")}, 3, {"organizations/acme/auditEvents/3"}},
      {{.chain = Org("acme")}, 4, {}},
      {{}, 1, {"auditEvents/2"}},
      {{.all = true},
       1,
       {"organizations/acme/auditEvents/2", "auditEvents/2", "organizations/beta/auditEvents/1",
        "organizations/acme/auditEvents/3"}},
  };
  for (const Case& c : cases) {
    const auto follower = Follow({.parent = c.parent, .after_revision = c.after});
    EXPECT_EQ(follower->WaitForRevision(4), c.expected) << c.after;
    follower->Close();
  }
}

TEST_F(AuditWatchTest, LosesAndRepeatsNothingUnderConcurrentWrites) {
  constexpr int kWriters = 3, kChanges = 120, kFollowers = 3;
  for (int w = 0; w < kWriters; ++w) Create(absl::StrCat("org-", w));
  const Revision before = engine_->revision();
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      for (int i = 0; i < kChanges; ++i) Rename(absl::StrCat("org-", w), absl::StrCat("n", i));
    });
  }
  // Each breaks off and resumes, again and again, while that goes on.
  std::vector<Names> seen(kFollowers);
  std::vector<Revision> at(kFollowers, before);
  std::vector<std::thread> followers;
  const auto follow_once = [&](int f, Revision until) {
    const auto follower =
        Follow({.parent = {.all = true}, .after_revision = static_cast<int64_t>(at[f])});
    for (const std::string& name : follower->WaitForRevision(until)) seen[f].push_back(name);
    // What comes after `until` was given may have been more.
    follower->Close();
    at[f] = until;
  };
  for (int f = 0; f < kFollowers; ++f) {
    followers.emplace_back([&, f] {
      while (!done) {
        auto follower = std::make_shared<Follower>();
        follower->Open(watch_, follower,
                       {.parent = {.all = true}, .after_revision = static_cast<int64_t>(at[f])},
                       /*reads=*/false);
        // One batch, complete up to its revision.
        follower->WaitForBatches(1);
        follower->Close();
        for (const std::string& name : follower->WaitForRevision(at[f])) seen[f].push_back(name);
        at[f] = follower->revision();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  for (std::thread& thread : followers) thread.join();
  for (int f = 0; f < kFollowers; ++f) {
    follow_once(f, engine_->revision());
    Names expected;
    for (int w = 0; w < kWriters; ++w) {
      for (int i = 0; i < kChanges; ++i) {
        expected.push_back(absl::StrCat("organizations/org-", w, "/auditEvents/", i + 2));
      }
    }
    Names sorted = seen[f];
    std::sort(sorted.begin(), sorted.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(sorted, expected) << "follower " << f;
  }
}

TEST_F(AuditWatchTest, FiltersAndStillTellsTheRevision) {
  Create("acme");
  const auto follower = Follow({.parent = {.chain = Org("acme")},
                                .filter = {.kinds = {AuditEventKind::kRefusal}},
                                .after_revision = -1});
  EXPECT_EQ(follower->WaitForRevision(1), Names{});
}

TEST_F(AuditWatchTest, BeatsWhenNothingComes) {
  AuditWatch watch(context_, &feed_, {.heartbeat = absl::Milliseconds(1)});
  auto follower = std::make_shared<Follower>();
  follower->Open(watch, follower, {.parent = {}});
  follower->WaitForBatches(3);
}

TEST_F(AuditWatchTest, DropsAReaderThatIsTooSlow) {
  AuditWatch watch(context_, &feed_, {.max_pending = 5});
  Create("acme");
  auto follower = std::make_shared<Follower>();
  follower->Open(watch, follower, {.parent = {.chain = Org("acme")}}, /*reads=*/false);
  follower->WaitForBatches(1);  // the greeting, which it never acknowledges
  for (int i = 0; i < 10; ++i) Rename("acme", absl::StrCat(i));
  // As it comes to read on, it learns that it is too late.
  follower->ReadOn();
  const absl::Status ended = follower->WaitForEnd();
  EXPECT_EQ(ended.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(ended), reason::kWatchTooSlow);
  // It goes on from where it was, and has missed nothing.
  const auto again = Follow({.parent = {.chain = Org("acme")},
                             .after_revision = static_cast<int64_t>(follower->revision())});
  EXPECT_EQ(again->WaitForRevision(engine_->revision()).size(), 10u);
}

TEST_F(AuditWatchTest, RefusesWhatHasBeenRemoved) {
  Create("acme");
  clock_.Advance(absl::Hours(48));
  AuditManager audit(context_, absl::Hours(24));
  ASSERT_TRUE(audit.RemoveExpired().ok());
  // Revision 0 stands for "now", so follow from before by -1: what is kept.
  const auto oldest = Follow({.parent = {.chain = Org("acme")}, .after_revision = -1});
  EXPECT_EQ(oldest->WaitForRevision(engine_->revision()),
            (Names{"organizations/acme/auditEvents/2"}));
  Rename("acme", "again");
  clock_.Advance(absl::Hours(48));
  const auto at = static_cast<int64_t>(engine_->revision()) - 1;
  ASSERT_TRUE(audit.RemoveExpired().ok());
  const auto late = Follow({.parent = {.chain = Org("acme")}, .after_revision = at});
  const absl::Status ended = late->WaitForEnd();
  EXPECT_EQ(ended.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ReasonOf(ended), reason::kAuditEventsRemoved);
}

TEST_F(AuditWatchTest, DoesNotTakeARemovalForAGap) {
  Create("acme");
  const auto follower = Follow({.parent = {.chain = Org("acme")}, .after_revision = -1});
  follower->WaitForRevision(1);
  clock_.Advance(absl::Hours(48));
  AuditManager audit(context_, absl::Hours(24));
  ASSERT_TRUE(audit.RemoveExpired().ok());
  EXPECT_EQ(follower->WaitForRevision(engine_->revision()),
            (Names{"organizations/acme/auditEvents/1", "organizations/acme/auditEvents/2"}));
}

TEST_F(AuditWatchTest, EndsEveryStreamAtShutdown) {
  Create("acme");
  const auto reading = Follow({.parent = {.all = true}});
  auto stuck = std::make_shared<Follower>();
  stuck->Open(watch_, stuck, {.parent = {.all = true}}, /*reads=*/false);
  stuck->WaitForBatches(1);
  watch_.Shutdown();
  EXPECT_EQ(ReasonOf(reading->WaitForEnd()), reason::kShuttingDown);
  EXPECT_EQ(ReasonOf(stuck->WaitForEnd()), reason::kShuttingDown);
  const auto late = watch_.Open(TestCaller(), {}, std::make_shared<Follower>());
  EXPECT_EQ(ReasonOf(late.status()), reason::kShuttingDown);
}

TEST_F(AuditWatchTest, RefusesWhatCannotBeFollowed) {
  AuditWatch watch(context_, &feed_, {.max_streams = 1});
  const auto open = [&](const AuditWatch::Command& command) {
    return watch.Open(TestCaller(), command, std::make_shared<Follower>()).status();
  };
  EXPECT_EQ(open({.after_revision = -2}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(open({.parent = {.chain = Org("none")}}).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(open({.after_revision = 1})), reason::kRevisionNotReached);
  auto follower = std::make_shared<Follower>();
  follower->Open(watch, follower, {});
  EXPECT_EQ(ReasonOf(open({})), reason::kOverloaded);
  follower->Close();
  EXPECT_TRUE(open({}).ok());
}

}  // namespace
}  // namespace gatehouse
