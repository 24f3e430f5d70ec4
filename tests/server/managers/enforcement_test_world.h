// What tests of enforcement begin with: an organization that could enforce.
#ifndef GATEHOUSE_TESTS_SERVER_MANAGERS_ENFORCEMENT_TEST_WORLD_H_
#define GATEHOUSE_TESTS_SERVER_MANAGERS_ENFORCEMENT_TEST_WORLD_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/decision/store_decision_source.h"
#include "server/managers/enforcement_manager.h"
#include "server/managers/exemption_manager.h"
#include "server/managers/login_manager.h"
#include "server/managers/manager_context.h"
#include "storage/memory_engine.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/sso_profile_store.h"
#include "tests/builders/stored_organization.h"
#include "tests/builders/test_caller.h"
#include "tests/builders/test_secrets.h"
#include "tests/fakes/failing_engine.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"

namespace gatehouse {

inline DomainName ParseDomain(const std::string& name) {
  auto domain = DomainName::Parse("domain", name);
  EXPECT_TRUE(domain.ok()) << domain.status();
  return domain.value_or(DomainName());
}

inline EmailAddress ParseEmail(const std::string& address) {
  auto email = EmailAddress::Parse("email", address);
  EXPECT_TRUE(email.ok()) << email.status();
  return email.value_or(EmailAddress());
}

// "acme" holds acme.test, has passed a connection test of its profile "idp", and
// has the admin boss@acme.test, the member eve@acme.test and the independent
// contractor con@elsewhere.test.
struct EnforcementTestWorld {
  EnforcementTestWorld() {
    acme.Hold("acme.test");
    PassTest("idp");
    boss = acme.Add({.email = "boss@acme.test", .role = Role::kAdmin});
    eve = acme.Add({.email = "eve@acme.test"});
    contractor = acme.Add({.email = "con@elsewhere.test", .claimed = false});
  }

  storage::FailingEngine engine{storage::NewMemoryEngine()};
  storage::TransactionRunner runner{&engine};
  FakeClock clock;
  FakeRandom random;
  ManagerContext context{
      .transactions = &runner, .clock = &clock, .random = &random, .secrets = &TestSecretBox()};
  StoredOrganization acme{&runner, "acme"};
  EnforcementManager enforcements{context};
  ExemptionManager exemptions{context};
  StoreDecisionSource source{&engine};
  LoginManager logins{&source, &clock, absl::Seconds(30)};
  User boss;
  User eve;
  User contractor;

  // Makes the present settings of profile `id` (which is made if need be, with
  // an entity id of its own) those that passed a connection test.
  void PassTest(const std::string& id) {
    EditProfile(id, [](SsoProfile& profile) {
      profile.tested_configuration = ConfigurationBytes(profile.saml);
    });
  }

  template <typename Edit>
  void EditProfile(const std::string& id, Edit edit) {
    const SsoProfileId profile_id = SsoProfileId::FromTrusted(id);
    const auto committed =
        runner.Run(TestCaller(), acme.id(), [&](storage::Transaction& tx) -> absl::Status {
          auto found = storage::SsoProfileStore::Find(tx, acme.id(), profile_id);
          if (!found.ok()) return found.status();
          SsoProfile profile{.organization = acme.id(), .id = profile_id, .display_name = id};
          profile.saml.idp_entity_id = "https://" + id + ".test/entity";
          profile.saml.idp_sso_url = "https://" + id + ".test/sso";
          profile.create_time = profile.update_time = clock.Now();
          if (*found) profile = (*found)->value;
          edit(profile);
          return storage::SsoProfileStore::Put(tx, profile);
        });
    EXPECT_TRUE(committed.ok()) << committed.status();
  }

  // Enforce "acme.test" through "idp", for boss.
  EnforceCommand Command(std::vector<std::string> domains = {"acme.test"},
                         const std::string& profile = "idp") const {
    EnforceCommand command{.organization = acme.id(),
                           .profile = SsoProfileId::FromTrusted(profile),
                           .acting_admin = boss.id};
    for (const std::string& domain : domains) command.domains.push_back(ParseDomain(domain));
    return command;
  }

  // What CheckLogin decides.
  Decision Check(const std::string& email, LoginAction action = LoginAction::kSignIn) {
    Decision decision;
    const absl::Status status = logins.Check(
        ParseEmail(email), action, 0,
        [&](const LoginAnswer& answer, storage::Revision) { decision = answer.decision; });
    EXPECT_TRUE(status.ok()) << status;
    return decision;
  }
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_MANAGERS_ENFORCEMENT_TEST_WORLD_H_
