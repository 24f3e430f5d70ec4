#include "server/managers/connection_test_manager.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/email_address.h"
#include "policy/errors.h"
#include "policy/staged_settings.h"
#include "policy/status_macros.h"
#include "server/managers/preconditions.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/expiry_queue.h"
#include "storage/stores/sso_profile_store.h"

namespace gatehouse {
namespace {

using Finding = ConnectionTestFinding;

// A test adds two records that expire, itself and its assertion; a start sweeps
// twice as many.
constexpr int kSweepPerStart = 4;

absl::StatusOr<storage::Stored<ConnectionTest>> FindTest(storage::Reader& reader,
                                                         const ConnectionTestResource& name) {
  ASSIGN_OR_RETURN(auto test, storage::ConnectionTestStore::Find(reader, name.organization,
                                                                 name.profile, name.test));
  if (!test) {
    return ResourceNotFound(ConnectionTestNameOf(name.organization, name.profile, name.test));
  }
  return *std::move(test);
}

bool IsExpired(const ConnectionTest& test, absl::Time now) {
  return test.state == ConnectionTestState::kPending && now >= test.expire_time;
}

// The test, if it can be completed.
absl::StatusOr<ConnectionTest> FindPending(storage::Reader& reader,
                                           const ConnectionTestResource& name, absl::Time now) {
  ASSIGN_OR_RETURN(auto test, FindTest(reader, name));
  const std::string resource = ConnectionTestNameOf(name.organization, name.profile, name.test);
  if (test->state != ConnectionTestState::kPending) {
    return Error(absl::StatusCode::kFailedPrecondition, reason::kConnectionTestFinished,
                 absl::StrCat(resource, " was completed before; start another"))
        .Subject(resource, "the test is over")
        .Build();
  }
  if (IsExpired(*test, now)) {
    return Error(absl::StatusCode::kFailedPrecondition, reason::kConnectionTestExpired,
                 absl::StrCat(resource, " was not completed in time; start another"))
        .Subject(resource, "the test is over")
        .Build();
  }
  return std::move(test.value);
}

Finding ConfigurationChanged() {
  return {ConnectionTestFailure::kConfigurationChanged,
          "the profile was changed after the test was started; start another test"};
}

// The profile with the settings that `test` is about; nullopt: they are not, or
// no longer, what the test was started with.
std::optional<SsoProfile> UnderTest(const SsoProfile& profile, const ConnectionTest& test) {
  if (test.staged && !profile.staged) return std::nullopt;
  SsoProfile tested = test.staged ? WithStagedSettings(profile) : profile;
  if (ConfigurationBytes(tested) != test.configuration) return std::nullopt;
  return tested;
}

// Judges the address that the IdP vouched for, and keeps it in the test.
absl::StatusOr<Finding> JudgeEmail(storage::Transaction& tx, const std::string& signed_email,
                                   ConnectionTest& test) {
  const absl::StatusOr<EmailAddress> email = EmailAddress::Parse("email", signed_email);
  if (!email.ok()) {
    return Finding{ConnectionTestFailure::kInvalidEmail, std::string(email.status().message())};
  }
  test.email = email->Canonical();
  ASSIGN_OR_RETURN(bool held, storage::DomainStore::Holds(tx, test.organization, email->domain()));
  if (held) return Finding{};
  return Finding{
      ConnectionTestFailure::kForeignDomain,
      absl::StrCat(test.email, " is on ", email->domain().ascii(), ", a domain that organization ",
                   test.organization.value(), " has not verified")};
}

// What comes of a pending test in the light of what is committed now.
absl::StatusOr<Finding> Judge(storage::Transaction& tx, ConnectionTestProtocol& protocol,
                              const std::optional<SsoProfile>& under_test,
                              const ConnectionTestProof& proof, absl::Time now,
                              ConnectionTest& test) {
  if (!under_test) return ConfigurationChanged();
  if (proof.finding.failure != ConnectionTestFailure::kNone) return proof.finding;
  ASSIGN_OR_RETURN(Finding finding, protocol.UseUp(tx, test, proof, now));
  if (finding.failure != ConnectionTestFailure::kNone) return finding;
  return JudgeEmail(tx, proof.email, test);
}

absl::Status NothingStaged(const SsoProfileResource& name) {
  const std::string resource = SsoProfileNameOf(name.organization, name.profile);
  return Error(absl::StatusCode::kFailedPrecondition, reason::kNothingStaged,
               absl::StrCat(resource, " has no staged settings; test the profile's own"))
      .Subject(resource, "no settings of the IdP's metadata wait for a test")
      .Build();
}

// Of the protocol that the profile speaks.
absl::Status CheckProtocol(SsoProtocol given, SsoProtocol spoken) {
  if (given == spoken) return absl::OkStatus();
  const bool is_saml = given == SsoProtocol::kSaml;
  return InvalidField(is_saml ? "saml_response" : "oidc_response", "",
                      is_saml ? "oidc_response, as the profile speaks OpenID Connect"
                              : "saml_response, as the profile speaks SAML");
}

}  // namespace

ConnectionTestProtocol& ConnectionTestManager::Protocol(SsoProtocol protocol) {
  if (protocol == SsoProtocol::kOidc) return oidc_;
  return saml_;
}

absl::StatusOr<ConnectionTestView> ConnectionTestManager::Start(const Caller& caller,
                                                                const SsoProfileResource& profile,
                                                                bool staged) {
  const absl::Time now = context_.clock->Now();
  ConnectionTestView view;
  view.test = {
      .organization = profile.organization,
      .profile = profile.profile,
      .id = ConnectionTestId::FromTrusted(NewIdText(*context_.random, "t")),
      .create_time = now,
      .expire_time = now + kLifetime,
      .staged = staged,
  };
  SsoProfile tested;
  {
    ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
    ASSIGN_OR_RETURN(auto found, FindSsoProfile(reader, profile.organization, profile.profile));
    if (staged && !found->staged) return NothingStaged(profile);
    tested = staged ? WithStagedSettings(std::move(found.value)) : std::move(found.value);
  }
  view.test.configuration = ConfigurationBytes(tested);
  // May ask the IdP: not while the organization is locked. A profile that is
  // changed in the meantime fails the test (CONFIGURATION_CHANGED).
  ASSIGN_OR_RETURN(view.sign_in_url, Protocol(tested.protocol).Begin(tested, view.test));
  auto start = [&](storage::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(FindSsoProfile(tx, profile.organization, profile.profile).status());
    RETURN_IF_ERROR(storage::ExpiryQueue::Sweep(tx, now, kSweepPerStart).status());
    storage::ConnectionTestStore::Put(tx, view.test);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, profile.organization, start).status());
  return view;
}

absl::StatusOr<ConnectionTestProof> ConnectionTestManager::Verify(
    const ConnectionTestResource& name, const IdpResponse& response, absl::Time now) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(const ConnectionTest test, FindPending(reader, name, now));
  ASSIGN_OR_RETURN(auto profile, FindSsoProfile(reader, name.organization, name.profile));
  RETURN_IF_ERROR(CheckProtocol(response.protocol, profile->protocol));
  // Also final: were it changed back by the time of the commit, the answer would
  // have been held against other settings.
  const std::optional<SsoProfile> under_test = UnderTest(*profile, test);
  if (!under_test) return ConnectionTestProof{.finding = ConfigurationChanged()};
  return Protocol(response.protocol)
      .Verify(std::move(reader), *under_test, test, response.text, now);
}

absl::StatusOr<ConnectionTestView> ConnectionTestManager::Complete(
    const Caller& caller, const ConnectionTestResource& name, const IdpResponse& response) {
  ConnectionTestProtocol& protocol = Protocol(response.protocol);
  RETURN_IF_ERROR(protocol.CheckSize(response.text));
  const absl::Time now = context_.clock->Now();
  // Costly, and of foreign making: not while the organization is locked. What
  // may change in the meantime is judged again in the transaction.
  ASSIGN_OR_RETURN(const ConnectionTestProof proof, Verify(name, response, now));
  ConnectionTestView view;
  auto decide = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(view.test, FindPending(tx, name, now));
    ASSIGN_OR_RETURN(auto profile, FindSsoProfile(tx, name.organization, name.profile));
    std::optional<SsoProfile> under_test = UnderTest(*profile, view.test);
    ASSIGN_OR_RETURN(Finding finding, Judge(tx, protocol, under_test, proof, now, view.test));
    const bool passed = finding.failure == ConnectionTestFailure::kNone;
    view.test.state = passed ? ConnectionTestState::kPassed : ConnectionTestState::kFailed;
    view.test.failure = finding.failure;
    view.test.failure_detail = std::move(finding.detail);
    view.test.complete_time = now;
    storage::ConnectionTestStore::Put(tx, view.test);
    if (!passed) return absl::OkStatus();
    // Staged settings that were tested are now the profile's. Otherwise nothing
    // has changed that an admin set, and update_time stays.
    if (view.test.staged) under_test->update_time = now;
    under_test->tested_configuration = view.test.configuration;
    under_test->test_pass_time = now;
    return storage::SsoProfileStore::Put(tx, *under_test);
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, name.organization, decide).status());
  return view;
}

absl::StatusOr<ConnectionTestView> ConnectionTestManager::Get(const ConnectionTestResource& name) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(auto test, FindTest(reader, name));
  const bool expired = IsExpired(*test, context_.clock->Now());
  return ConnectionTestView{.test = std::move(test.value), .expired = expired};
}

}  // namespace gatehouse
