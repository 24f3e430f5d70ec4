// Following the rules of a real server, as gateways do.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/substitute.h"
#include "tests/integration/deployment_test_case.h"

namespace gatehouse {
namespace {

using Rules = std::map<std::string, v1::DomainRule>;

// What is known between two streams.
struct Known {
  Rules rules;
  int64_t revision = 0;
};

// Does with a message what the contract says.
void Take(const v1::WatchPolicyResponse& message, Rules& draft, Known& known) {
  if (message.reset()) draft.clear();
  for (const std::string& domain : message.removed_domains()) draft.erase(domain);
  for (const v1::DomainRule& rule : message.rules()) draft[rule.domain()] = rule;
  if (message.revision() == 0) return;
  known = {draft, message.revision()};
}

// One stream, read on demand.
class Watch {
 public:
  explicit Watch(const Api& api, Known known = {}) : known_(std::move(known)) {
    draft_ = known_.rules;
    SetDeadline(context_);
    v1::WatchPolicyRequest request;
    request.set_after_revision(known_.revision);
    stream_ = api.stub<Logins>().WatchPolicy(&context_, request);
  }
  ~Watch() {
    context_.TryCancel();
    v1::WatchPolicyResponse rest;
    while (stream_->Read(&rest)) continue;
    (void)stream_->Finish();
  }

  bool Read() {
    if (!stream_->Read(&last_)) return false;
    Take(last_, draft_, known_);
    return true;
  }
  // Reads until the rules are so, at a revision; false: the stream ended.
  [[nodiscard]] bool ReadUntil(const std::function<bool(const Rules&)>& are_so) {
    do {
      if (!Read()) return false;
    } while (last_.revision() == 0 || !are_so(known_.rules));
    return true;
  }
  const v1::WatchPolicyResponse& last() const { return last_; }
  const Known& known() const { return known_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchPolicyResponse>> stream_;
  v1::WatchPolicyResponse last_;
  Rules draft_;
  Known known_;
};

const v1::DomainRule* Find(const Rules& rules, const std::string& domain) {
  const auto found = rules.find(domain);
  return found == rules.end() ? nullptr : &found->second;
}

bool IsEnforced(const Rules& rules, const std::string& domain) {
  const v1::DomainRule* const rule = Find(rules, domain);
  return rule != nullptr && rule->has_enforcement();
}

absl::Status Release(const Api& api, const Tenant& tenant) {
  return api
      .Call(&Enforcements::ReleaseDomains,
            absl::Substitute(R"(parent: "$0" domains: "$1")", tenant.name(), tenant.domain()))
      .status();
}

// Counts those of many streams, on gRPC's threads, whose rules are as wanted.
class Crowd {
 public:
  Crowd(std::string domain, bool enforced) : domain_(std::move(domain)), enforced_(enforced) {}

  void Want(bool enforced) {
    std::lock_guard<std::mutex> lock(mutex_);
    enforced_ = enforced;
    as_wanted_ = 0;
    for (const auto& member : members_) as_wanted_ += member == enforced_ ? 1 : 0;
  }
  void Update(size_t member, bool enforced) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (member >= members_.size()) members_.resize(member + 1);
    as_wanted_ -= members_[member] == enforced_ ? 1 : 0;
    members_[member] = enforced;
    as_wanted_ += enforced == enforced_ ? 1 : 0;
    changed_.notify_all();
  }
  void Ended() {
    std::lock_guard<std::mutex> lock(mutex_);
    ++ended_;
    changed_.notify_all();
  }
  // Whether so many became as wanted, in time.
  bool WaitFor(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return as_wanted_ == count; });
  }
  bool WaitForEnds(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return ended_ == count; });
  }
  const std::string& domain() const { return domain_; }

 private:
  const std::string domain_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool enforced_;
  std::vector<std::optional<bool>> members_;
  size_t as_wanted_ = 0;
  size_t ended_ = 0;
};

class CrowdMember final : public grpc::ClientReadReactor<v1::WatchPolicyResponse> {
 public:
  CrowdMember(Crowd* crowd, size_t index, Logins* stub) : crowd_(crowd), index_(index) {
    stub->async()->WatchPolicy(&context_, &request_, this);
    StartRead(&message_);
    StartCall();
  }
  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (message_.reset()) enforced_ = false;
    for (const std::string& domain : message_.removed_domains()) {
      if (domain == crowd_->domain()) enforced_ = false;
    }
    for (const v1::DomainRule& rule : message_.rules()) {
      if (rule.domain() == crowd_->domain()) enforced_ = rule.has_enforcement();
    }
    if (message_.revision() != 0 && told_ != enforced_) {
      told_ = enforced_;
      crowd_->Update(index_, enforced_);
    }
    StartRead(&message_);
  }
  void OnDone(const grpc::Status&) override { crowd_->Ended(); }

 private:
  Crowd* const crowd_;
  const size_t index_;
  grpc::ClientContext context_;
  v1::WatchPolicyRequest request_;
  v1::WatchPolicyResponse message_;
  bool enforced_ = false;     // as far as the messages have come
  std::optional<bool> told_;  // at a revision
};

class WatchPolicyTest : public DeploymentTestCase {};

TEST_F(WatchPolicyTest, FollowsWhatAdministratorsDo) {
  Tenant acme = NewTenant("followed");
  Watch watch(api());
  ASSERT_TRUE(watch.Read());
  EXPECT_TRUE(watch.last().reset());
  EXPECT_EQ(watch.last().heartbeat_interval().seconds(), 1);

  ASSERT_OK(MakeReady(acme));
  ASSERT_TRUE(watch.ReadUntil([&](const Rules& r) { return Find(r, acme.domain()) != nullptr; }));
  const v1::DomainRule held = watch.known().rules.at(acme.domain());
  EXPECT_EQ(held.organization(), acme.name());
  EXPECT_EQ(held.state(), v1::Domain::STATE_VERIFIED);
  EXPECT_FALSE(held.has_enforcement());

  ASSERT_OK_AND_ASSIGN(const auto enforced, acme.Enforce());
  ASSERT_TRUE(watch.ReadUntil([&](const Rules& r) { return IsEnforced(r, acme.domain()); }));
  EXPECT_GE(watch.known().revision, enforced.revision());
  const v1::EnforcementRule& rule = watch.known().rules.at(acme.domain()).enforcement();
  EXPECT_EQ(rule.mode(), v1::Enforcement::MODE_ENFORCE);
  EXPECT_EQ(rule.on_unavailable(), v1::Enforcement::UNAVAILABLE_POLICY_REQUIRE_SSO);
  // Where CheckLogin sends people, too.
  ASSERT_OK(acme.Import(acme.Email("bob")));
  ASSERT_OK_AND_ASSIGN(v1::CheckLoginResponse decision, acme.Check(acme.Email("bob")));
  decision.mutable_sso()->clear_login_hint();
  EXPECT_EQ(rule.sso().DebugString(), decision.sso().DebugString());

  ASSERT_OK(Release(api(), acme));
  ASSERT_TRUE(watch.ReadUntil([&](const Rules& r) { return !IsEnforced(r, acme.domain()); }));
  ASSERT_OK(api()
                .Call(&Domains::RemoveDomain,
                      absl::Substitute(R"(name: "$0/domains/$1")", acme.name(), acme.domain()))
                .status());
  ASSERT_TRUE(watch.ReadUntil([&](const Rules& r) { return Find(r, acme.domain()) == nullptr; }));
}

TEST_F(WatchPolicyTest, BeatsWithTheRevisionThatOtherCommitsReached) {
  Tenant acme = NewTenant("beating");
  ASSERT_OK(acme.Create());
  Watch watch(api());
  ASSERT_TRUE(watch.Read());
  const int64_t before = watch.known().revision;
  ASSERT_OK(acme.AddUser(acme.Email("alice")).status());
  int beats = 0;
  do {
    ASSERT_TRUE(watch.Read());
    EXPECT_FALSE(watch.last().reset());
    EXPECT_EQ(watch.last().rules_size(), 0);
    ++beats;
  } while (watch.known().revision == before);
  EXPECT_LE(beats, 2) << "the commit waited for another heartbeat";
  EXPECT_FALSE(watch.last().has_heartbeat_interval());
}

TEST_F(WatchPolicyTest, GoesOnWhereAStreamWasCut) {
  Tenant acme = NewTenant("resumed");
  Tenant other = NewTenant("beside");
  ASSERT_OK(MakeReady(acme));
  ASSERT_OK(MakeReady(other));
  Known known;
  {
    Watch watch(api());
    ASSERT_TRUE(watch.ReadUntil([&](const Rules& r) { return r.size() >= 2; }));
    known = watch.known();
  }
  ASSERT_OK(acme.Enforce().status());
  Watch watch(api(), known);
  ASSERT_TRUE(watch.Read());
  EXPECT_FALSE(watch.last().reset());
  ASSERT_EQ(watch.last().rules_size(), 1);
  EXPECT_EQ(watch.last().rules(0).domain(), acme.domain());
  EXPECT_TRUE(IsEnforced(watch.known().rules, acme.domain()));
  EXPECT_FALSE(IsEnforced(watch.known().rules, other.domain()));
}

TEST_F(WatchPolicyTest, BeginsAnewWhereTheServerWasRestarted) {
  Tenant acme = NewTenant("restarted");
  ASSERT_OK(MakeReady(acme));
  Known known;
  {
    Watch watch(api());
    ASSERT_TRUE(watch.ReadUntil([&](const Rules& r) { return Find(r, acme.domain()) != nullptr; }));
    known = watch.known();
  }
  ASSERT_OK(acme.Enforce().status());
  deployment().server().Terminate();
  ASSERT_OK(deployment().server().Wait().status());
  ASSERT_OK(deployment().StartServer());
  Watch watch(api(), known);
  ASSERT_TRUE(watch.ReadUntil([&](const Rules& r) { return IsEnforced(r, "restarted.example"); }));
}

TEST_F(WatchPolicyTest, AThousandWatchersOnFewConnectionsSeeEachChange) {
  constexpr size_t kChannels = 4, kWatchers = 1000;
  Tenant acme = NewTenant("crowded");
  ASSERT_OK(MakeReady(acme));
  Crowd crowd(acme.domain(), false);
  std::vector<std::unique_ptr<Api>> apis;
  for (size_t i = 0; i < kChannels; ++i) {
    apis.push_back(std::make_unique<Api>(deployment().server().address()));
  }
  std::vector<std::unique_ptr<CrowdMember>> members;
  for (size_t i = 0; i < kWatchers; ++i) {
    members.push_back(
        std::make_unique<CrowdMember>(&crowd, i, &apis[i % kChannels]->stub<Logins>()));
  }
  EXPECT_TRUE(crowd.WaitFor(kWatchers));
  for (int i = 0; i < 3; ++i) {
    crowd.Want(true);
    ASSERT_OK(acme.Enforce().status());
    EXPECT_TRUE(crowd.WaitFor(kWatchers)) << i;
    // Nobody who asks waits for them.
    ASSERT_OK(acme.Check(acme.Email("owner")).status());
    crowd.Want(false);
    ASSERT_OK(Release(api(), acme));
    EXPECT_TRUE(crowd.WaitFor(kWatchers)) << i;
  }
  for (const auto& member : members) member->Cancel();
  EXPECT_TRUE(crowd.WaitForEnds(kWatchers));
}

}  // namespace
}  // namespace gatehouse
