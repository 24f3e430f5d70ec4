// What tests of reported sign-ins begin with: an enforced domain.
#ifndef GATEHOUSE_TESTS_SERVER_MANAGERS_LOGIN_REPORT_TEST_WORLD_H_
#define GATEHOUSE_TESTS_SERVER_MANAGERS_LOGIN_REPORT_TEST_WORLD_H_

#include <string>
#include <utility>

#include "server/managers/login_report_manager.h"
#include "storage/stores/enforcement_counts_store.h"
#include "storage/stores/login_activity_store.h"
#include "storage/stores/user_store.h"
#include "tests/server/managers/enforcement_test_world.h"

namespace gatehouse {

// EnforcementTestWorld with acme.test enforced through "idp", just now.
struct LoginReportTestWorld : EnforcementTestWorld {
  LoginReportTestWorld() {
    acme.Enforce("acme.test");
    EditEnforcement([](Enforcement&) {});
  }

  LoginReportManager reports{context};

  // Changes the enforcement of acme.test, as of now.
  template <typename Edit>
  void EditEnforcement(Edit edit) {
    const auto committed =
        runner.Run(TestCaller(), acme.id(), [&](storage::Transaction& tx) -> absl::Status {
          auto found = storage::EnforcementStore::Find(tx, acme.id(), ParseDomain("acme.test"));
          if (!found.ok()) return found.status();
          Enforcement enforcement = (*found)->value;
          enforcement.change_time = clock.Now();
          edit(enforcement);
          return storage::EnforcementStore::Put(tx, enforcement);
        });
    EXPECT_TRUE(committed.ok()) << committed.status();
  }
  void PauseAfter(int min_failures, int failure_percent, absl::Duration window = absl::Hours(24)) {
    EditEnforcement([&](Enforcement& enforcement) {
      enforcement.rollout.automatic_pause = AutomaticPause{
          .min_failures = min_failures, .failure_percent = failure_percent, .window = window};
    });
  }

  LoginReport Sso(const std::string& email, LoginOutcome outcome = LoginOutcome::kSucceeded,
                  const std::string& profile = "idp") const {
    return {.email = ParseEmail(email),
            .method = LoginMethod::kSso,
            .outcome = outcome,
            .profile = SsoProfileResource{acme.id(), SsoProfileId::FromTrusted(profile)}};
  }
  static LoginReport Password(const std::string& email) {
    return {.email = ParseEmail(email), .method = LoginMethod::kPassword};
  }

  storage::Revision Report(const LoginReport& report) {
    const auto revision = reports.Report(TestCaller(), report);
    EXPECT_TRUE(revision.ok()) << revision.status();
    return revision.value_or(0);
  }
  storage::Revision Succeed(const std::string& email) { return Report(Sso(email)); }
  storage::Revision Fail(const std::string& email) {
    return Report(Sso(email, LoginOutcome::kFailed));
  }

  storage::SnapshotReader Reader() const { return *storage::SnapshotReader::Open(engine); }
  storage::Revision LatestRevision() const { return Reader().revision(); }

  // All unset if nothing is kept of the user.
  LoginActivity ActivityOf(const User& user) const {
    storage::SnapshotReader reader = Reader();
    const auto found = storage::LoginActivityStore::Find(reader, user.organization, user.id);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() && *found ? (*found)->value : LoginActivity();
  }
  Enforcement StoredEnforcement() const {
    storage::SnapshotReader reader = Reader();
    const auto found = storage::EnforcementStore::Find(reader, acme.id(), ParseDomain("acme.test"));
    EXPECT_TRUE(found.ok() && *found);
    return (*found)->value;
  }
  storage::EnforcementCounts Counts() const {
    storage::SnapshotReader reader = Reader();
    const auto counts =
        storage::EnforcementCountsStore::Get(reader, acme.id(), ParseDomain("acme.test"));
    EXPECT_TRUE(counts.ok()) << counts.status();
    return counts.value_or(storage::EnforcementCounts());
  }
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_MANAGERS_LOGIN_REPORT_TEST_WORLD_H_
