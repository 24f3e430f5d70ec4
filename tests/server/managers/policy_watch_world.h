// A store whose rules are followed, and who follows them.
#ifndef GATEHOUSE_TESTS_SERVER_MANAGERS_POLICY_WATCH_WORLD_H_
#define GATEHOUSE_TESTS_SERVER_MANAGERS_POLICY_WATCH_WORLD_H_

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/managers/policy_watch.h"
#include "storage/memory_engine.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/sso_profile_store.h"
#include "storage/stores/transaction_runner.h"
#include "tests/builders/stored_organization.h"
#include "tests/builders/test_caller.h"
#include "tests/fakes/failing_engine.h"

namespace gatehouse {

using RuleMap = std::map<std::string, std::string>;  // by domain

// A line for each piece: "+domain text" or "-domain".
class TextEncoding final : public RuleEncoding {
 public:
  static std::string TextOf(const DomainRule& rule) {
    std::string text = absl::StrCat(rule.organization.value(), " ", Name(rule.state));
    if (rule.enforcement) {
      absl::StrAppend(&text, " ", Name(rule.enforcement->mode), " at ",
                      rule.destination.sign_in_url);
    }
    return text;
  }
  std::string Rule(const DomainRule& rule) const override {
    return absl::StrCat("+", rule.domain.ascii(), " ", TextOf(rule), "\n");
  }
  std::string Removal(absl::string_view domain) const override {
    return absl::StrCat("-", domain, "\n");
  }
};

// The rules as the store has them, at its newest revision.
inline RuleMap RulesIn(const storage::Engine& engine, storage::Revision* revision = nullptr) {
  RuleMap rules;
  auto reader = storage::SnapshotReader::Open(engine);
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return rules;
  const auto read = ReadDomainRules(*reader);
  EXPECT_TRUE(read.ok()) << read.status();
  if (!read.ok()) return rules;
  for (const auto& [domain, rule] : *read) rules[domain] = TextEncoding::TextOf(*rule);
  if (revision != nullptr) *revision = reader->revision();
  return rules;
}

// A clock that stands still until a test moves it.
class FakeSteadyClock {
 public:
  std::function<PolicyWatch::TimePoint()> AsFunction() {
    return [this] { return PolicyWatch::TimePoint(std::chrono::nanoseconds(now_.load())); };
  }
  void Advance(absl::Duration by) { now_ += absl::ToInt64Nanoseconds(by); }

 private:
  std::atomic<int64_t> now_{1'000'000'000};
};

// What a client knows between two streams.
struct KnownRules {
  RuleMap rules;
  storage::Revision revision = 0;
};

// Takes each update at once, unless it is told to read no more, and does with it
// what the contract says.
class PolicyFollower final : public PolicySubscriber {
 public:
  static std::shared_ptr<PolicyFollower> Open(PolicyWatch& watch, KnownRules known = {},
                                              bool reads = true) {
    auto follower = std::make_shared<PolicyFollower>();
    const absl::Status opened = follower->TryOpen(watch, follower, std::move(known), reads);
    EXPECT_TRUE(opened.ok()) << opened;
    return follower;
  }
  absl::Status TryOpen(PolicyWatch& watch, const std::shared_ptr<PolicyFollower>& self,
                       KnownRules known, bool reads) {
    std::lock_guard<std::mutex> lock(mutex_);
    watch_ = &watch;
    reads_ = reads;
    known_ = std::move(known);
    draft_ = known_.rules;
    auto opened = watch.Open(static_cast<int64_t>(known_.revision), self);
    if (opened.ok()) stream_ = *opened;
    return opened.status();
  }

  void Send(PolicyUpdate update) override {
    std::lock_guard<std::mutex> lock(mutex_);
    EXPECT_FALSE(waiting_) << "an update before the last was taken";
    EXPECT_EQ(update.heartbeat != absl::ZeroDuration(), updates_.empty());
    EXPECT_TRUE(!update.reset || updates_.empty()) << "a reset in midstream";
    if (!updates_.empty()) {
      EXPECT_GE(update.stream_time, updates_.back().stream_time);
    }
    EXPECT_GE(update.stream_time, absl::ZeroDuration());
    if (update.reset) draft_.clear();
    if (update.pieces != nullptr) Apply(*update.pieces);
    if (update.revision != 0) {
      EXPECT_TRUE(update.revision >= known_.revision || update.reset);
      known_ = {draft_, update.revision};
      if (on_complete_) on_complete_(known_);
    }
    updates_.push_back(std::move(update));
    waiting_ = true;
    changed_.notify_all();
    if (reads_) TakeLocked();
  }
  void End(const absl::Status& status) override {
    std::lock_guard<std::mutex> lock(mutex_);
    EXPECT_FALSE(ended_.has_value());
    ended_ = status;
    changed_.notify_all();
  }

  // Takes what waits, and all that comes.
  void ReadOn() {
    std::lock_guard<std::mutex> lock(mutex_);
    reads_ = true;
    if (waiting_) TakeLocked();
  }
  void Close() { watch_->Close(stream_); }
  void OnComplete(std::function<void(const KnownRules&)> call) { on_complete_ = std::move(call); }

  // Until the rules are those of `revision` or later.
  KnownRules WaitFor(storage::Revision revision) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return known_.revision >= revision || ended_; });
    EXPECT_FALSE(ended_.has_value()) << *ended_;
    return known_;
  }
  void WaitForRules(const RuleMap& rules) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return known_.rules == rules || ended_; });
    EXPECT_FALSE(ended_.has_value()) << *ended_;
  }
  std::vector<PolicyUpdate> WaitForUpdates(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return updates_.size() >= count || ended_; });
    return updates_;
  }
  absl::Status WaitForEnd() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return ended_.has_value(); });
    return *ended_;
  }
  std::vector<PolicyUpdate> updates() {
    std::lock_guard<std::mutex> lock(mutex_);
    return updates_;
  }
  KnownRules known() {
    std::lock_guard<std::mutex> lock(mutex_);
    return known_;
  }

 private:
  void Apply(const std::string& pieces) {
    for (absl::string_view line : absl::StrSplit(pieces, '\n', absl::SkipEmpty())) {
      const size_t space = line.find(' ');
      const std::string domain(line.substr(1, space == line.npos ? line.npos : space - 1));
      if (line[0] == '-') {
        EXPECT_EQ(space, line.npos);
        draft_.erase(domain);
      } else {
        draft_[domain] = std::string(line.substr(space + 1));
      }
    }
  }
  void TakeLocked() {
    waiting_ = false;
    watch_->Sent(stream_);
  }

  PolicyWatch* watch_ = nullptr;
  std::shared_ptr<PolicyWatch::Stream> stream_;
  std::function<void(const KnownRules&)> on_complete_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reads_ = true;
  bool waiting_ = false;  // an update, to be taken
  RuleMap draft_;
  KnownRules known_;
  std::vector<PolicyUpdate> updates_;
  std::optional<absl::Status> ended_;
};

class PolicyWatchTest : public ::testing::Test {
 protected:
  storage::Revision Write(const OrganizationId& organization,
                          absl::FunctionRef<absl::Status(storage::Transaction&)> body) {
    const auto revision = runner_.Run(TestCaller(), organization, body);
    EXPECT_TRUE(revision.ok()) << revision.status();
    return revision.value_or(0);
  }
  void ChangeProfile(const OrganizationId& organization,
                     absl::FunctionRef<void(SsoProfile&)> change) {
    Write(organization, [&](storage::Transaction& tx) -> absl::Status {
      auto profile =
          storage::SsoProfileStore::Find(tx, organization, StoredOrganization::profile());
      if (!profile.ok()) return profile.status();
      change((*profile)->value);
      return storage::SsoProfileStore::Put(tx, (*profile)->value);
    });
  }
  void Remove(const OrganizationId& organization, const std::string& domain) {
    Write(organization, [&](storage::Transaction& tx) {
      return storage::DomainStore::Delete(
          tx, {.organization = organization, .name = DomainName::FromTrusted(domain)});
    });
  }
  storage::Revision now() const { return engine_.revision(); }

  storage::FailingEngine engine_{storage::NewMemoryEngine()};
  storage::CommitFeed feed_{&engine_};
  storage::TransactionRunner runner_{&engine_};
  const TextEncoding encoding_;
  FakeSteadyClock clock_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_MANAGERS_POLICY_WATCH_WORLD_H_
