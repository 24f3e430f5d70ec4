// Whatever changes, and however often streams are cut and resumed: at each
// completed revision a client has exactly the rules that the store had.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/server/managers/policy_watch_world.h"

namespace gatehouse {
namespace {

using storage::Revision;

// The rules at each revision, taken while nothing newer can be seen.
class History final : public storage::CommitListener {
 public:
  History(storage::CommitFeed* feed) : feed_(feed) {
    feed_->Subscribe(this);
    Take();
  }
  ~History() override { feed_->Unsubscribe(this); }

  void OnCommits(const std::vector<storage::Change>&) override { Take(); }
  RuleMap At(Revision revision) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = rules_.find(revision);
    EXPECT_NE(found, rules_.end()) << "no commit has the revision " << revision;
    return found == rules_.end() ? RuleMap() : found->second;
  }

 private:
  void Take() {
    Revision revision = 0;
    RuleMap rules = RulesIn(feed_->engine(), &revision);
    std::lock_guard<std::mutex> lock(mutex_);
    rules_[revision] = std::move(rules);
  }

  storage::CommitFeed* const feed_;
  std::mutex mutex_;
  std::map<Revision, RuleMap> rules_;
};

class PolicyWatchPropertyTest : public PolicyWatchTest, public ::testing::WithParamInterface<int> {
 protected:
  // Changes something, most often of the rules.
  void Step(std::mt19937& random, std::vector<StoredOrganization>& organizations) {
    const auto pick = [&](size_t count) { return random() % count; };
    const size_t o = pick(organizations.size());
    StoredOrganization& organization = organizations[o];
    // Names that no other organization claims.
    const std::string domain = absl::StrCat("d", pick(12), ".o", o, ".test");
    const bool is_held = RulesIn(engine_).count(domain) > 0;
    switch (pick(7)) {
      case 0:
      case 1: {
        const DomainState states[] = {DomainState::kVerified, DomainState::kAtRisk,
                                      DomainState::kExpired};
        organization.Hold(domain, states[pick(3)]);
        break;
      }
      case 2:
        if (is_held) {
          organization.Enforce(
              domain, pick(2) == 0 ? EnforcementMode::kEnforce : EnforcementMode::kObserve);
        }
        break;
      case 3:
        organization.Release(domain);
        break;
      case 4:
        if (is_held) {
          organization.Release(domain);
          Remove(organization.id(), domain);
        }
        break;
      case 5:
        ChangeProfile(organization.id(), [&](SsoProfile& profile) {
          profile.saml.idp_sso_url = absl::StrCat("https://idp.test/", pick(3));
        });
        break;
      default:
        organization.Add({.email = absl::StrCat("u", ++users_, "@", domain)});
    }
  }

  int users_ = 0;
};

TEST_P(PolicyWatchPropertyTest, AClientHasTheRulesOfTheStore) {
  std::mt19937 random(GetParam());
  const auto pick = [&](size_t count) { return random() % count; };
  std::vector<StoredOrganization> organizations;
  for (int i = 0; i < 3; ++i) organizations.emplace_back(&runner_, absl::StrCat("org", i));
  for (int i = 0; i < 30; ++i) Step(random, organizations);
  History history(&feed_);
  // Logs too short for some, messages of few rules, and heartbeats all the time.
  PolicyWatch watch(&feed_, &encoding_,
                    {.heartbeat = absl::Milliseconds(10),
                     .max_log = 3 + pick(12),
                     .message = {.max_pieces = 1 + pick(6), .max_bytes = 40 + pick(400)}});
  const auto check = [&](const KnownRules& known) {
    EXPECT_EQ(known.rules, history.At(known.revision)) << "at revision " << known.revision;
  };
  std::vector<std::shared_ptr<PolicyFollower>> clients(4);
  for (int step = 0; step < 150 && !HasFailure(); ++step) {
    Step(random, organizations);
    auto& client = clients[pick(clients.size())];
    switch (pick(4)) {
      case 0: {  // cut, and resumed or begun anew
        KnownRules known;
        if (client != nullptr) {
          client->Close();
          if (pick(4) != 0) known = client->known();
        }
        client = std::make_shared<PolicyFollower>();
        client->OnComplete(check);
        ASSERT_TRUE(client->TryOpen(watch, client, known, /*reads=*/pick(3) != 0).ok());
        break;
      }
      case 1:
        if (client != nullptr) client->ReadOn();
        break;
      default:
        break;
    }
  }
  for (auto& client : clients) {
    KnownRules known;
    if (client != nullptr) {
      client->Close();
      known = client->known();
    }
    const auto last = PolicyFollower::Open(watch, known);
    EXPECT_EQ(last->WaitFor(now()).rules, RulesIn(engine_));
  }
}

TEST_F(PolicyWatchTest, AStateIsThatOfItsRevisionWhileCommitsArriveAllTheTime) {
  StoredOrganization acme(&runner_, "acme");
  for (const char* domain : {"left.test", "right.test", "both.test"}) acme.Hold(domain);
  const auto change = [&](const std::vector<std::string>& domains, DomainState state) {
    Write(acme.id(), [&](storage::Transaction& tx) -> absl::Status {
      for (const std::string& domain : domains) {
        const absl::Status put =
            storage::DomainStore::Put(tx, {.organization = acme.id(),
                                           .name = DomainName::FromTrusted(domain),
                                           .state = state,
                                           .verification_token = std::string(32, 'a'),
                                           .create_time = StoredOrganization::create_time(),
                                           .verify_time = StoredOrganization::create_time()});
        if (!put.ok()) return put;
      }
      return absl::OkStatus();
    });
  };
  // It hears of each commit first, and takes its time: until it has, the watch can
  // see what it has not heard of.
  History history(&feed_);
  PolicyWatch watch(&feed_, &encoding_);
  auto follower = std::make_shared<PolicyFollower>();
  follower->OnComplete([&](const KnownRules& known) {
    EXPECT_EQ(known.rules, history.At(known.revision)) << "at revision " << known.revision;
  });
  ASSERT_TRUE(follower->TryOpen(watch, follower, {}, true).ok());
  for (int i = 0; i < 500 && !HasFailure(); ++i) {
    const DomainState state = i % 2 == 0 ? DomainState::kAtRisk : DomainState::kVerified;
    change({"left.test"}, state);
    change({"right.test", "both.test"}, state);
    change({"left.test", "both.test"}, state);
  }
  EXPECT_EQ(follower->WaitFor(now()).rules, RulesIn(engine_));
}

INSTANTIATE_TEST_SUITE_P(Seeds, PolicyWatchPropertyTest, ::testing::Range(1, 25));

}  // namespace
}  // namespace gatehouse
