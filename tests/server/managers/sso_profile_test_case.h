// The ground of the tests of SSO profiles and connection tests: an organization
// that holds acme.example and has an admin, its IdP, and the managers under test
// on a store in memory.
#ifndef GATEHOUSE_TESTS_SERVER_MANAGERS_SSO_PROFILE_TEST_CASE_H_
#define GATEHOUSE_TESTS_SERVER_MANAGERS_SSO_PROFILE_TEST_CASE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "policy/connection_test.h"
#include "policy/errors.h"
#include "policy/sso_profile.h"
#include "server/connectors/saml_xmlsec_connector.h"
#include "server/managers/connection_test_manager.h"
#include "server/managers/sso_profile_manager.h"
#include "storage/memory_engine.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/user_store.h"
#include "tests/builders/test_caller.h"
#include "tests/builders/test_secrets.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_http_fetcher.h"
#include "tests/fakes/fake_oidc_connector.h"
#include "tests/fakes/fake_random.h"
#include "tests/server/connectors/saml_test_idp.h"

namespace gatehouse {

// GoogleTest prints failures by name.
inline void PrintTo(ConnectionTestFailure failure, std::ostream* out) {
  *out << std::string(Name(failure));
}

MATCHER_P2(FailsWith, code, reason, "") {
  *result_listener << arg.ToString() << ", reason " << ReasonOf(arg);
  return arg.code() == code && ReasonOf(arg) == reason;
}

// The fields that an error names, in order.
inline std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  const auto details = DetailsOf(status);
  if (!details) return fields;
  for (const auto& [field, expectation] : details->field_violations) fields.push_back(field);
  return fields;
}

// A real connector that lets a test act while a response is being verified.
class InterruptibleSamlConnector final : public SamlConnector {
 public:
  // Called once, after the next verification and before its outcome is returned.
  void AfterNextVerification(std::function<void()> interruption) {
    interruption_ = std::move(interruption);
  }
  // What the next verification fails with.
  void FailNextVerification(absl::Status error) { error_ = std::move(error); }

  absl::StatusOr<std::string> SignInUrl(const SamlSettings& settings, absl::string_view request_id,
                                        absl::string_view relay_state, absl::Time now) override {
    return connector_->SignInUrl(settings, request_id, relay_state, now);
  }
  absl::StatusOr<SamlOutcome> VerifyResponse(
      absl::string_view saml_response, const SamlExpectations& expectations,
      absl::FunctionRef<absl::StatusOr<bool>(absl::string_view)> already_used) override {
    if (!error_.ok()) return std::exchange(error_, absl::OkStatus());
    auto outcome = connector_->VerifyResponse(saml_response, expectations, already_used);
    if (interruption_) std::exchange(interruption_, nullptr)();
    return outcome;
  }
  absl::StatusOr<SamlIdpMetadata> ParseIdpMetadata(absl::string_view field,
                                                   absl::string_view xml) override {
    return connector_->ParseIdpMetadata(field, xml);
  }
  absl::StatusOr<std::string> ServiceProviderMetadata(const SamlSettings& settings) override {
    return connector_->ServiceProviderMetadata(settings);
  }

 private:
  std::unique_ptr<SamlConnector> connector_ = NewXmlsecSamlConnector();
  std::function<void()> interruption_;
  absl::Status error_;
};

class SsoProfileTestCase : public ::testing::Test {
 protected:
  static constexpr char kSpBaseUrl[] = "https://gatehouse.example";

  // Keys are slow to make, and nothing of a test stays in them.
  static const TestIdp& Idp() {
    static const TestIdp* const idp = new TestIdp(TestIdp::Create());
    return *idp;
  }
  // The same IdP after a rollover of its key; or somebody who claims to be it.
  static const TestIdp& IdpWithNextKey() {
    static const TestIdp* const idp = new TestIdp(TestIdp::Create());
    return *idp;
  }

  SsoProfileTestCase() { UseEngine(storage::NewMemoryEngine()); }

  // Everything is on `engine` from now on. Whether it is empty or not, acme and
  // what it holds is there.
  void UseEngine(std::unique_ptr<storage::Engine> engine) {
    tests_.reset();
    profiles_.reset();
    runner_.reset();
    engine_ = std::move(engine);
    runner_ = std::make_unique<storage::TransactionRunner>(engine_.get());
    const ManagerContext context{.transactions = runner_.get(),
                                 .clock = &clock_,
                                 .random = &random_,
                                 .secrets = &TestSecretBox()};
    profiles_ = std::make_unique<SsoProfileManager>(context, &connector_, &web_, kSpBaseUrl);
    tests_ = std::make_unique<ConnectionTestManager>(context, &connector_, &oidc_);
    Change([&](storage::Transaction& tx) -> absl::Status {
      auto found = storage::OrganizationStore::Find(tx, acme_);
      if (!found.ok() || found->has_value()) return found.status();
      storage::OrganizationStore::Put(
          tx, {.id = acme_, .display_name = "Acme", .create_time = clock_.Now()});
      User admin{.organization = acme_,
                 .id = admin_,
                 .email = *EmailAddress::Parse("email", "ada@acme.example"),
                 .role = Role::kAdmin,
                 .claimed = true,
                 .create_time = clock_.Now()};
      return storage::UserStore::Put(tx, nullptr, admin);
    });
    SetDomain("acme.example", DomainState::kVerified);
  }

  // Commits what `change` writes.
  void Change(absl::FunctionRef<absl::Status(storage::Transaction&)> change) {
    const absl::Status status = runner_->Run(TestCaller(), acme_, change).status();
    ASSERT_TRUE(status.ok()) << status;
  }

  void SetDomain(const std::string& name, DomainState state) { SetDomainOf(acme_, name, state); }
  void SetDomainOf(const OrganizationId& organization, const std::string& name, DomainState state) {
    Change([&](storage::Transaction& tx) {
      return storage::DomainStore::Put(tx, {.organization = organization,
                                            .name = DomainName::FromTrusted(name),
                                            .state = state,
                                            .create_time = clock_.Now(),
                                            .verify_time = clock_.Now()});
    });
  }

  static SamlSettingsInput InputFor(const TestIdp& idp) {
    return {.idp_entity_id = idp.entity_id(),
            .idp_sso_url = idp.sso_url(),
            .idp_certificates = std::vector<std::string>{idp.certificate_pem()},
            .acs_url = "https://login.acme.example/saml/acs"};
  }

  // A command to create acme's profile "okta".
  SsoProfileManager::CreateCommand NewProfile() const {
    return {.organization = acme_,
            .id = okta_.profile,
            .display_name = "Okta",
            .saml = InputFor(Idp())};
  }
  SsoProfileView CreateProfile() { return CreateProfile(NewProfile()); }
  SsoProfileView CreateProfile(const SsoProfileManager::CreateCommand& command) {
    return Value(profiles_->Create(TestCaller(), command));
  }
  SsoProfileView Profile() { return Value(profiles_->Get(okta_)); }
  TestStatus Status() { return TestStatusOf(Profile().profile); }

  absl::StatusOr<SsoProfileView> Update(const SamlSettingsInput& saml) {
    return profiles_->Update(TestCaller(), {.name = okta_, .saml = saml});
  }
  absl::StatusOr<SsoProfileView> Enforce(const std::vector<std::string>& domains) {
    SsoProfileManager::UpdateCommand command{.name = okta_, .acting_admin = admin_};
    command.enforced_domains.emplace();
    for (const std::string& domain : domains) {
      command.enforced_domains->push_back(DomainName::FromTrusted(domain));
    }
    return profiles_->Update(TestCaller(), command);
  }

  ConnectionTestView StartTest(bool staged = false) {
    return Value(tests_->Start(TestCaller(), okta_, staged));
  }
  static ConnectionTestResource NameOf(const ConnectionTestView& view) {
    return {view.test.organization, view.test.profile, view.test.id};
  }
  // What a well-behaved IdP answers to the test.
  SamlAnswer Answer(const ConnectionTestView& test,
                    const std::string& email = "alice@acme.example") const {
    return AnswerTo(test.sign_in_url, clock_.Now(), email);
  }
  absl::StatusOr<ConnectionTestView> Complete(const ConnectionTestView& test,
                                              const SamlAnswer& answer) {
    return Complete(NameOf(test), Idp().Respond(answer));
  }
  absl::StatusOr<ConnectionTestView> Complete(const ConnectionTestResource& test,
                                              absl::string_view saml_response) {
    return tests_->Complete(TestCaller(), test,
                            {.protocol = SsoProtocol::kSaml, .text = saml_response});
  }
  // Runs a test that passes, by whichever key.
  void PassTest(const TestIdp& idp = Idp()) {
    const ConnectionTestView test = StartTest();
    const ConnectionTestView done = Value(Complete(NameOf(test), idp.Respond(Answer(test))));
    ASSERT_EQ(done.test.state, ConnectionTestState::kPassed) << done.test.failure_detail;
  }

  template <typename T>
  static T Value(absl::StatusOr<T> result) {
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : T();
  }

  const OrganizationId acme_ = OrganizationId::FromTrusted("acme");
  const UserId admin_ = UserId::FromTrusted("uada");
  const SsoProfileResource okta_{acme_, SsoProfileId::FromTrusted("okta")};
  FakeClock clock_{SamlAnswer().now};
  FakeRandom random_;
  InterruptibleSamlConnector connector_;
  FakeOidcConnector oidc_;
  FakeHttpFetcher web_;
  std::unique_ptr<storage::Engine> engine_;
  std::unique_ptr<storage::TransactionRunner> runner_;
  std::unique_ptr<SsoProfileManager> profiles_;
  std::unique_ptr<ConnectionTestManager> tests_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_MANAGERS_SSO_PROFILE_TEST_CASE_H_
