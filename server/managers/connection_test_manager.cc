#include "server/managers/connection_test_manager.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/email_address.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/managers/preconditions.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/expiry_queue.h"
#include "storage/stores/sso_profile_store.h"

namespace gatehouse {
namespace {

// A test adds two records that expire, itself and its assertion; a start sweeps
// twice as many.
constexpr int kSweepPerStart = 4;
constexpr size_t kRequestIdBytes = 16;

// For a verification that began before the end, or a clock that is set back.
constexpr absl::Duration kReplayMargin = absl::Hours(1);
// An assertion answers the request of one test, which lives for minutes: one
// that claims to be good for longer than this need not be remembered longer.
constexpr absl::Duration kMaxReplayMemory = absl::Hours(24 * 30);

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

struct Finding {
  ConnectionTestFailure failure = ConnectionTestFailure::kNone;
  std::string detail;
};

Finding ConfigurationChanged() {
  return {ConnectionTestFailure::kConfigurationChanged,
          "the profile was changed after the test was started; start another test"};
}

bool IsUnderTest(const SsoProfile& profile, const ConnectionTest& test) {
  return ConfigurationBytes(profile.saml) == test.configuration;
}

bool CanBeRemembered(absl::string_view assertion_id) {
  return !assertion_id.empty() &&
         assertion_id.size() <= storage::ConnectionTestStore::kMaxAssertionIdBytes;
}

// Uses up the assertion of a response that the connector accepted.
absl::StatusOr<Finding> UseAssertion(storage::Transaction& tx, const ConnectionTest& test,
                                     const SamlOutcome& outcome, absl::Time now) {
  if (!CanBeRemembered(outcome.assertion_id)) {
    return Finding{
        ConnectionTestFailure::kMalformedResponse,
        absl::StrCat("the assertion's ID has ", outcome.assertion_id.size(),
                     " bytes, expected 1 to ", storage::ConnectionTestStore::kMaxAssertionIdBytes)};
  }
  ASSIGN_OR_RETURN(bool used, storage::ConnectionTestStore::IsAssertionUsed(
                                  tx, test.organization, test.profile, outcome.assertion_id));
  if (used) {
    return Finding{
        ConnectionTestFailure::kReplayed,
        absl::StrCat("the assertion ", Quoted(outcome.assertion_id), " was used before")};
  }
  storage::ConnectionTestStore::PutUsedAssertion(
      tx, test.organization, test.profile, outcome.assertion_id,
      std::clamp(outcome.not_on_or_after, now, now + kMaxReplayMemory) + kReplayMargin);
  return Finding{};
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
absl::StatusOr<Finding> Judge(storage::Transaction& tx, const SsoProfile& profile,
                              const SamlOutcome& outcome, absl::Time now, ConnectionTest& test) {
  if (!IsUnderTest(profile, test)) return ConfigurationChanged();
  if (outcome.failure != ConnectionTestFailure::kNone) {
    return Finding{outcome.failure, outcome.detail};
  }
  ASSIGN_OR_RETURN(Finding finding, UseAssertion(tx, test, outcome, now));
  if (finding.failure != ConnectionTestFailure::kNone) return finding;
  return JudgeEmail(tx, outcome.email, test);
}

absl::Status CheckResponseSize(absl::string_view saml_response) {
  if (!saml_response.empty() && saml_response.size() <= ConnectionTestManager::kMaxResponseBytes) {
    return absl::OkStatus();
  }
  return InvalidField("saml_response", absl::StrCat(saml_response.size(), " bytes"),
                      absl::StrCat("the form field SAMLResponse, 1 to ",
                                   ConnectionTestManager::kMaxResponseBytes, " bytes"));
}

}  // namespace

absl::StatusOr<ConnectionTestView> ConnectionTestManager::Start(const Caller& caller,
                                                                const SsoProfileResource& profile) {
  const absl::Time now = context_.clock->Now();
  ConnectionTestView view;
  view.test = {
      .organization = profile.organization,
      .profile = profile.profile,
      .id = ConnectionTestId::FromTrusted(NewIdText(*context_.random, "t")),
      // A letter or underscore first: an xs:NCName.
      .request_id = absl::StrCat("_", NewHexText(*context_.random, kRequestIdBytes)),
      .create_time = now,
      .expire_time = now + kLifetime,
  };
  auto start = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto found, FindSsoProfile(tx, profile.organization, profile.profile));
    view.test.configuration = ConfigurationBytes(found->saml);
    ASSIGN_OR_RETURN(view.sign_in_url, saml_->SignInUrl(found->saml, view.test.request_id,
                                                        view.test.id.value(), now));
    RETURN_IF_ERROR(storage::ExpiryQueue::Sweep(tx, now, kSweepPerStart).status());
    storage::ConnectionTestStore::Put(tx, view.test);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, profile.organization, start).status());
  return view;
}

absl::StatusOr<SamlOutcome> ConnectionTestManager::Verify(const ConnectionTestResource& name,
                                                          absl::string_view saml_response,
                                                          absl::Time now) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(const ConnectionTest test, FindPending(reader, name, now));
  ASSIGN_OR_RETURN(auto profile, FindSsoProfile(reader, name.organization, name.profile));
  // Also final: were it changed back by the time of the commit, the answer would
  // have been held against other settings.
  if (!IsUnderTest(*profile, test)) {
    const Finding changed = ConfigurationChanged();
    return SamlOutcome{.failure = changed.failure, .detail = changed.detail};
  }
  SamlExpectations expectations{
      .settings = profile->saml, .request_id = test.request_id, .now = now};
  ASSIGN_OR_RETURN(expectations.sp_private_key_pem,
                   storage::SsoProfileStore::FindPrivateKey(reader, *profile, *context_.secrets));
  auto already_used = [&](absl::string_view assertion_id) -> absl::StatusOr<bool> {
    if (!CanBeRemembered(assertion_id)) return false;
    return storage::ConnectionTestStore::IsAssertionUsed(reader, name.organization, name.profile,
                                                         assertion_id);
  };
  return saml_->VerifyResponse(saml_response, expectations, already_used);
}

absl::StatusOr<ConnectionTestView> ConnectionTestManager::Complete(
    const Caller& caller, const ConnectionTestResource& name, absl::string_view saml_response) {
  RETURN_IF_ERROR(CheckResponseSize(saml_response));
  const absl::Time now = context_.clock->Now();
  // Costly, and of foreign making: not while the organization is locked. What
  // may change in the meantime is judged again in the transaction.
  ASSIGN_OR_RETURN(const SamlOutcome outcome, Verify(name, saml_response, now));
  ConnectionTestView view;
  auto decide = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(view.test, FindPending(tx, name, now));
    ASSIGN_OR_RETURN(auto profile, FindSsoProfile(tx, name.organization, name.profile));
    ASSIGN_OR_RETURN(Finding finding, Judge(tx, *profile, outcome, now, view.test));
    const bool passed = finding.failure == ConnectionTestFailure::kNone;
    view.test.state = passed ? ConnectionTestState::kPassed : ConnectionTestState::kFailed;
    view.test.failure = finding.failure;
    view.test.failure_detail = std::move(finding.detail);
    view.test.complete_time = now;
    storage::ConnectionTestStore::Put(tx, view.test);
    if (!passed) return absl::OkStatus();
    // Nothing that an admin set has changed, so update_time stays.
    profile->tested_configuration = view.test.configuration;
    profile->test_pass_time = now;
    return storage::SsoProfileStore::Put(tx, *profile);
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
