#include "server/managers/connection_test_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/stores/sso_profile_store.h"
#include "tests/builders/test_caller.h"
#include "tests/fakes/failing_engine.h"
#include "tests/server/managers/sso_profile_test_case.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kFinished = reason::kConnectionTestFinished;

class ConnectionTestManagerTest : public SsoProfileTestCase {
 protected:
  ConnectionTestManagerTest() { CreateProfile(); }

  void ExpectPassed(const absl::StatusOr<ConnectionTestView>& view) {
    ASSERT_TRUE(view.ok()) << view.status();
    EXPECT_EQ(view->test.state, ConnectionTestState::kPassed);
    EXPECT_EQ(view->test.failure, ConnectionTestFailure::kNone) << view->test.failure_detail;
    EXPECT_EQ(view->test.failure_detail, "");
    EXPECT_EQ(view->test.complete_time, clock_.Now());
  }

  // The failure is what the call returns, and what is kept.
  void ExpectFailed(const absl::StatusOr<ConnectionTestView>& view, ConnectionTestFailure failure) {
    ASSERT_TRUE(view.ok()) << view.status();
    EXPECT_EQ(view->test.state, ConnectionTestState::kFailed);
    EXPECT_EQ(view->test.failure, failure) << view->test.failure_detail;
    EXPECT_NE(view->test.failure_detail, "");
    EXPECT_EQ(view->test.complete_time, clock_.Now());
    const ConnectionTestView kept = Value(tests_->Get(NameOf(*view)));
    EXPECT_EQ(kept.test.state, ConnectionTestState::kFailed);
    EXPECT_EQ(kept.test.failure, failure);
    EXPECT_EQ(kept.test.failure_detail, view->test.failure_detail);
    EXPECT_EQ(kept.test.email, view->test.email);
    EXPECT_THAT(Complete(NameOf(*view), "x").status(), FailsWith(kFailedPrecondition, kFinished));
  }

  void ExpectPending(const ConnectionTestView& test) {
    EXPECT_EQ(Value(tests_->Get(NameOf(test))).test.state, ConnectionTestState::kPending);
  }

  bool IsUsed(const std::string& assertion_id) {
    auto reader = storage::SnapshotReader::Open(*engine_);
    return Value(
        storage::ConnectionTestStore::IsAssertionUsed(*reader, acme_, okta_.profile, assertion_id));
  }

  // Every record in the store.
  std::vector<std::pair<std::string, std::string>> Records() {
    std::vector<std::pair<std::string, std::string>> records;
    auto reader = storage::SnapshotReader::Open(*engine_);
    EXPECT_TRUE(reader
                    ->Scan({.start = "", .end = ""},
                           [&](absl::string_view key, absl::string_view value, storage::Revision) {
                             records.emplace_back(key, value);
                             return true;
                           })
                    .ok());
    return records;
  }
};

// --- the story ---

TEST_F(ConnectionTestManagerTest, ProvesAConnection) {
  EXPECT_EQ(Status(), TestStatus::kUntested);
  const ConnectionTestView started = StartTest();
  EXPECT_EQ(started.test.state, ConnectionTestState::kPending);
  EXPECT_FALSE(started.expired);
  EXPECT_EQ(started.test.create_time, clock_.Now());
  EXPECT_EQ(started.test.expire_time, clock_.Now() + absl::Minutes(10));
  EXPECT_THAT(started.test.id.value(), MatchesRegex("t[a-z0-9]{20}"));
  EXPECT_THAT(started.test.request_id, MatchesRegex("_[0-9a-f]{32}"));
  const SamlSignInRequest request = ReadSignInUrl(started.sign_in_url);
  EXPECT_EQ(request.url, Idp().sso_url());
  EXPECT_EQ(request.id, started.test.request_id);
  EXPECT_EQ(request.relay_state, started.test.id.value());
  EXPECT_EQ(request.sp_entity_id, Profile().profile.saml.sp_entity_id);

  const SsoProfileView before = Profile();
  clock_.Advance(absl::Minutes(2));
  const auto done = Complete(started, Answer(started, "Alice@ACME.example"));
  ExpectPassed(done);
  EXPECT_EQ(done->test.email, "alice@acme.example");

  const SsoProfileView after = Profile();
  EXPECT_EQ(TestStatusOf(after.profile), TestStatus::kPassed);
  EXPECT_EQ(after.profile.test_pass_time, clock_.Now());
  EXPECT_EQ(after.profile.update_time, before.profile.update_time) << "no admin changed it";
  EXPECT_NE(after.version, before.version);
  const ConnectionTestView kept = Value(tests_->Get(NameOf(started)));
  EXPECT_EQ(kept.test.state, ConnectionTestState::kPassed);
  EXPECT_EQ(kept.test.email, "alice@acme.example");
  EXPECT_EQ(kept.sign_in_url, "") << "a test is started once";
}

TEST_F(ConnectionTestManagerTest, ProvesAnEncryptedAssertion) {
  const ConnectionTestView test = StartTest();
  SamlAnswer answer = Answer(test);
  answer.encryption.certificate = Profile().profile.saml.sp_certificate;
  ExpectPassed(Complete(test, answer));
}

TEST_F(ConnectionTestManagerTest, RefusesAnAssertionEncryptedForAnotherProfile) {
  SsoProfileManager::CreateCommand command = NewProfile();
  command.id = SsoProfileId::FromTrusted("other");
  const SsoProfileView other = CreateProfile(command);
  const ConnectionTestView test = StartTest();
  SamlAnswer answer = Answer(test);
  answer.encryption.certificate = other.profile.saml.sp_certificate;
  ExpectFailed(Complete(test, answer), ConnectionTestFailure::kDecryptionFailed);
}

TEST_F(ConnectionTestManagerTest, ReadsTheAddressFromTheAttributeThatTheProfileNames) {
  Value(Update({.email_attribute = "mail"}));
  const ConnectionTestView test = StartTest();
  SamlAnswer answer = Answer(test);
  answer.email_attribute = "mail";
  const auto done = Complete(test, answer);
  ExpectPassed(done);
  EXPECT_EQ(done->test.email, "alice@acme.example");
}

TEST_F(ConnectionTestManagerTest, StartsNoTestOfNoProfile) {
  EXPECT_THAT(
      tests_->Start(TestCaller(), {acme_, SsoProfileId::FromTrusted("none")}, false).status(),
      FailsWith(absl::StatusCode::kNotFound, reason::kResourceNotFound));
}

TEST_F(ConnectionTestManagerTest, KnowsNoTestThatWasNotStarted) {
  const ConnectionTestView test = StartTest();
  ConnectionTestResource name = NameOf(test);
  name.test = ConnectionTestId::FromTrusted("tother");
  const auto not_found = FailsWith(absl::StatusCode::kNotFound, reason::kResourceNotFound);
  EXPECT_THAT(tests_->Get(name).status(), not_found);
  EXPECT_THAT(Complete(name, "x").status(), not_found);
  name = NameOf(test);
  name.organization = OrganizationId::FromTrusted("globex");
  EXPECT_THAT(tests_->Get(name).status(), not_found);
  EXPECT_THAT(Complete(name, "x").status(), not_found);
}

// --- what is refused ---

TEST_F(ConnectionTestManagerTest, KeepsWhatTheConnectorFound) {
  struct Case {
    std::function<void(SamlAnswer&)> spoil;
    ConnectionTestFailure failure;
  };
  const Case cases[] = {
      {[](SamlAnswer& a) { a.sign = Signed::kNothing; }, ConnectionTestFailure::kUnsigned},
      {[](SamlAnswer& a) { a.edit_after_signing = Replacing("alice@", "root@"); },
       ConnectionTestFailure::kSignatureInvalid},
      {[](SamlAnswer& a) { a.sp_entity_id = "https://other.example"; },
       ConnectionTestFailure::kWrongAudience},
      {[](SamlAnswer& a) { a.issuer = "https://evil.example"; },
       ConnectionTestFailure::kWrongIssuer},
      {[](SamlAnswer& a) { a.in_response_to = "_another"; },
       ConnectionTestFailure::kWrongInResponseTo},
      {[](SamlAnswer& a) { a.now -= absl::Hours(1); }, ConnectionTestFailure::kExpired},
  };
  for (const Case& c : cases) {
    const ConnectionTestView test = StartTest();
    SamlAnswer answer = Answer(test);
    c.spoil(answer);
    const auto done = Complete(test, answer);
    ExpectFailed(done, c.failure);
    EXPECT_EQ(done->test.email, "");
    EXPECT_EQ(Status(), TestStatus::kUntested);
    EXPECT_FALSE(IsUsed(answer.assertion_id)) << "what proves nothing is not used up";
  }
}

TEST_F(ConnectionTestManagerTest, RefusesAnotherKeyThanTheProfiles) {
  const ConnectionTestView test = StartTest();
  ExpectFailed(Complete(NameOf(test), IdpWithNextKey().Respond(Answer(test))),
               ConnectionTestFailure::kWrongCertificate);
}

TEST_F(ConnectionTestManagerTest, RefusesWhatIsNoAddress) {
  const ConnectionTestView test = StartTest();
  const auto done = Complete(test, Answer(test, "alice@acme.example@evil.example"));
  ExpectFailed(done, ConnectionTestFailure::kInvalidEmail);
  EXPECT_EQ(done->test.email, "");
  EXPECT_THAT(done->test.failure_detail, HasSubstr("alice@acme.example@evil.example"));
}

TEST_F(ConnectionTestManagerTest, RefusesAnAddressOnADomainThatTheOrganizationDoesNotHold) {
  SetDomain("pending.example", DomainState::kPending);
  SetDomain("expired.example", DomainState::kExpired);
  const OrganizationId globex = OrganizationId::FromTrusted("globex");
  SetDomainOf(globex, "globex.example", DomainState::kVerified);
  SetDomain("globex.example", DomainState::kPending);
  for (const char* email : {"bob@unclaimed.example", "bob@pending.example", "bob@expired.example",
                            "bob@globex.example", "bob@sub.acme.example",
                            "bob@example"
                            ".com"}) {
    const ConnectionTestView test = StartTest();
    const auto done = Complete(test, Answer(test, email));
    ExpectFailed(done, ConnectionTestFailure::kForeignDomain);
    EXPECT_EQ(done->test.email, email) << "the IdP did vouch for it";
    EXPECT_THAT(done->test.failure_detail, HasSubstr(email));
    EXPECT_EQ(Status(), TestStatus::kUntested);
  }
}

TEST_F(ConnectionTestManagerTest, AcceptsAnAddressOnADomainAtRisk) {
  SetDomain("risky.example", DomainState::kAtRisk);
  const ConnectionTestView test = StartTest();
  ExpectPassed(Complete(test, Answer(test, "bob@risky.example")));
}

TEST_F(ConnectionTestManagerTest, RefusesAnAssertionIdThatIsTooLongToRemember) {
  for (const auto& [size, failure] : {std::pair(512, ConnectionTestFailure::kNone),
                                      std::pair(513, ConnectionTestFailure::kMalformedResponse)}) {
    const ConnectionTestView test = StartTest();
    SamlAnswer answer = Answer(test);
    answer.assertion_id = absl::StrCat("_", std::string(size - 1, 'a'));
    const auto done = Complete(test, answer);
    EXPECT_EQ(Value(done).test.failure, failure) << size;
    EXPECT_EQ(Value(done).test.failure_detail.empty(), failure == ConnectionTestFailure::kNone);
  }
}

TEST_F(ConnectionTestManagerTest, DecidesByRubbishOfTheLargestSize) {
  const ConnectionTestView test = StartTest();
  ExpectFailed(Complete(NameOf(test), std::string(512 * 1024, 'A')),
               ConnectionTestFailure::kMalformedResponse);
}

TEST_F(ConnectionTestManagerTest, DoesNotLookAtWhatIsTooLargeOrEmpty) {
  const ConnectionTestView test = StartTest();
  for (const std::string& response : {std::string(), std::string(512 * 1024 + 1, 'A')}) {
    const absl::Status status = Complete(NameOf(test), response).status();
    EXPECT_THAT(status, FailsWith(absl::StatusCode::kInvalidArgument, reason::kInvalidField));
    EXPECT_THAT(FieldsOf(status), testing::ElementsAre("saml_response"));
    EXPECT_LT(status.message().size(), 200u) << "the response is not repeated";
  }
  ExpectPassed(Complete(test, Answer(test)));
}

TEST_F(ConnectionTestManagerTest, KeepsWhatWasProvenWhenALaterTestFails) {
  PassTest();
  const ConnectionTestView test = StartTest();
  SamlAnswer answer = Answer(test);
  answer.sign = Signed::kNothing;
  ExpectFailed(Complete(test, answer), ConnectionTestFailure::kUnsigned);
  EXPECT_EQ(Status(), TestStatus::kPassed);
}

// --- time ---

TEST_F(ConnectionTestManagerTest, CanBeCompletedUntilItExpires) {
  const ConnectionTestView test = StartTest();
  clock_.Set(test.test.expire_time - absl::Microseconds(1));
  EXPECT_FALSE(Value(tests_->Get(NameOf(test))).expired);
  ExpectPassed(Complete(test, Answer(test)));
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(Value(tests_->Get(NameOf(test))).expired) << "it was completed in time";
  EXPECT_THAT(Complete(test, Answer(test)).status(), FailsWith(kFailedPrecondition, kFinished));
}

TEST_F(ConnectionTestManagerTest, CannotBeCompletedOnceExpired) {
  const ConnectionTestView test = StartTest();
  clock_.Set(test.test.expire_time);
  const ConnectionTestView view = Value(tests_->Get(NameOf(test)));
  EXPECT_TRUE(view.expired);
  EXPECT_EQ(view.test.state, ConnectionTestState::kPending);
  EXPECT_THAT(Complete(test, Answer(test)).status(),
              FailsWith(kFailedPrecondition, reason::kConnectionTestExpired));
  EXPECT_EQ(Status(), TestStatus::kUntested);
}

TEST_F(ConnectionTestManagerTest, ForgetsTestsAfterThirtyDays) {
  const ConnectionTestView old = StartTest();
  clock_.Advance(absl::Hours(24 * 30) - absl::Seconds(1));
  StartTest();
  EXPECT_TRUE(tests_->Get(NameOf(old)).ok());
  clock_.Advance(absl::Seconds(2));
  StartTest();
  EXPECT_THAT(tests_->Get(NameOf(old)).status(),
              FailsWith(absl::StatusCode::kNotFound, reason::kResourceNotFound));
}

// --- what a test is about ---

TEST_F(ConnectionTestManagerTest, BecomesStaleByEachSettingThatTheIdpMustProve) {
  PassTest();
  const SamlSettings tested = Profile().profile.saml;
  const SamlSettingsInput changes[] = {
      {.idp_entity_id = "https://other.example/metadata"},
      {.idp_sso_url = "https://other.example/sso"},
      {.idp_certificates =
           std::vector<std::string>{Idp().certificate_pem(), IdpWithNextKey().certificate_pem()}},
      {.idp_certificates = std::vector<std::string>{IdpWithNextKey().certificate_pem()}},
      {.email_attribute = "mail"},
      {.acs_url = "https://other.example/acs"},
      {.sp_entity_id = "urn:other"},
      {.idp_metadata_xml = IdpWithNextKey().MetadataXml()},
  };
  const SamlSettingsInput back = {.idp_entity_id = tested.idp_entity_id,
                                  .idp_sso_url = tested.idp_sso_url,
                                  .idp_certificates = tested.idp_certificates,
                                  .email_attribute = tested.email_attribute,
                                  .acs_url = tested.acs_url,
                                  .sp_entity_id = tested.sp_entity_id};
  for (const SamlSettingsInput& change : changes) {
    Value(Update(change));
    EXPECT_EQ(Status(), TestStatus::kStale) << &change - changes;
    Value(Update(back));
    EXPECT_EQ(Status(), TestStatus::kPassed) << "these very settings were proven";
  }
}

TEST_F(ConnectionTestManagerTest, DoesNotBecomeStaleByAnotherName) {
  PassTest();
  Value(profiles_->Update(TestCaller(), {.name = okta_, .display_name = "Okta EU"}));
  EXPECT_EQ(Status(), TestStatus::kPassed);
  Value(Update({.idp_metadata_xml = Idp().MetadataXml()}));
  EXPECT_EQ(Status(), TestStatus::kPassed) << "the metadata says what was there";
}

TEST_F(ConnectionTestManagerTest, SeesAKeyThroughItsRollover) {
  const std::string old_key = Idp().certificate_pem();
  const std::string new_key = IdpWithNextKey().certificate_pem();
  PassTest(Idp());
  Value(Update({.idp_certificates = std::vector<std::string>{old_key, new_key}}));
  EXPECT_EQ(Status(), TestStatus::kStale);
  PassTest(IdpWithNextKey());
  EXPECT_EQ(Status(), TestStatus::kPassed);
  PassTest(Idp());

  Value(Update({.idp_certificates = std::vector<std::string>{new_key}}));
  EXPECT_EQ(Status(), TestStatus::kStale);
  const ConnectionTestView test = StartTest();
  ExpectFailed(Complete(test, Answer(test)), ConnectionTestFailure::kWrongCertificate);
  PassTest(IdpWithNextKey());
  EXPECT_EQ(Status(), TestStatus::kPassed);
}

TEST_F(ConnectionTestManagerTest, FailsWhenTheProfileChangedAfterItsStart) {
  const ConnectionTestView test = StartTest();
  const SamlAnswer answer = Answer(test);
  Value(Update({.idp_certificates = std::vector<std::string>{Idp().certificate_pem(),
                                                             IdpWithNextKey().certificate_pem()}}));
  connector_.AfterNextVerification(
      [] { ADD_FAILURE() << "an answer is never held against settings that are not under test"; });
  ExpectFailed(Complete(test, answer), ConnectionTestFailure::kConfigurationChanged);
  EXPECT_EQ(Status(), TestStatus::kUntested);
}

TEST_F(ConnectionTestManagerTest, FailsWhenTheProfileChangesDuringTheVerification) {
  const ConnectionTestView test = StartTest();
  connector_.AfterNextVerification(
      [&] { Value(Update({.idp_sso_url = "https://idp.acme.example/new"})); });
  ExpectFailed(Complete(test, Answer(test)), ConnectionTestFailure::kConfigurationChanged);
  EXPECT_EQ(Status(), TestStatus::kUntested);
}

TEST_F(ConnectionTestManagerTest, PassesThoughTheProfileIsRenamedDuringTheVerification) {
  const ConnectionTestView test = StartTest();
  connector_.AfterNextVerification(
      [&] { Value(profiles_->Update(TestCaller(), {.name = okta_, .display_name = "Okta EU"})); });
  ExpectPassed(Complete(test, Answer(test)));
  EXPECT_EQ(Profile().profile.display_name, "Okta EU");
  EXPECT_EQ(Status(), TestStatus::kPassed);
}

TEST_F(ConnectionTestManagerTest, DecidesNothingWhenTheProfileIsDeletedDuringTheVerification) {
  const ConnectionTestView test = StartTest();
  connector_.AfterNextVerification(
      [&] { EXPECT_TRUE(profiles_->Delete(TestCaller(), okta_, std::nullopt).ok()); });
  EXPECT_THAT(Complete(test, Answer(test)).status(),
              FailsWith(absl::StatusCode::kNotFound, reason::kResourceNotFound));
  EXPECT_FALSE(profiles_->Get(okta_).ok()) << "and brings nothing back";
}

TEST_F(ConnectionTestManagerTest, JudgesTheDomainAtTheMomentOfTheCommit) {
  const ConnectionTestView test = StartTest();
  connector_.AfterNextVerification([&] { SetDomain("acme.example", DomainState::kExpired); });
  ExpectFailed(Complete(test, Answer(test)), ConnectionTestFailure::kForeignDomain);
}

// --- one completion decides, one assertion counts once ---

TEST_F(ConnectionTestManagerTest, IsDecidedByTheFirstCompletion) {
  const ConnectionTestView test = StartTest();
  connector_.AfterNextVerification([&] {
    SamlAnswer unsigned_answer = Answer(test);
    unsigned_answer.sign = Signed::kNothing;
    ExpectFailed(Complete(test, unsigned_answer), ConnectionTestFailure::kUnsigned);
  });
  EXPECT_THAT(Complete(test, Answer(test)).status(), FailsWith(kFailedPrecondition, kFinished));
  EXPECT_EQ(Status(), TestStatus::kUntested);
}

TEST_F(ConnectionTestManagerTest, IsDecidedByOneOfManyConcurrentCompletions) {
  const ConnectionTestView test = StartTest();
  const std::string response = Idp().Respond(Answer(test));
  std::atomic<int> passed = 0;
  std::atomic<int> finished = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto done = Complete(NameOf(test), response);
      if (done.ok() && done->test.state == ConnectionTestState::kPassed) ++passed;
      if (ReasonOf(done.status()) == kFinished) ++finished;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(passed, 1);
  EXPECT_EQ(finished, 7);
}

TEST_F(ConnectionTestManagerTest, RefusesAnAssertionThatAnotherTestHasUsed) {
  const ConnectionTestView first = StartTest();
  const std::string response = Idp().Respond(Answer(first));
  ExpectPassed(Complete(NameOf(first), response));
  const ConnectionTestView second = StartTest();
  ExpectFailed(Complete(NameOf(second), response), ConnectionTestFailure::kReplayed);
}

TEST_F(ConnectionTestManagerTest, RefusesAnAssertionThatWasUsedDuringTheVerification) {
  const ConnectionTestView test = StartTest();
  const SamlAnswer answer = Answer(test);
  connector_.AfterNextVerification([&] {
    Change([&](storage::Transaction& tx) {
      storage::ConnectionTestStore::PutUsedAssertion(tx, acme_, okta_.profile, answer.assertion_id,
                                                     clock_.Now() + absl::Hours(1));
      return absl::OkStatus();
    });
  });
  const auto done = Complete(test, answer);
  ExpectFailed(done, ConnectionTestFailure::kReplayed);
  EXPECT_EQ(done->test.email, "");
}

TEST_F(ConnectionTestManagerTest, UsesUpAnAssertionAboutAForeignDomainToo) {
  const ConnectionTestView first = StartTest();
  const std::string response = Idp().Respond(Answer(first, "bob@later.example"));
  ExpectFailed(Complete(NameOf(first), response), ConnectionTestFailure::kForeignDomain);
  SetDomain("later.example", DomainState::kVerified);
  const ConnectionTestView second = StartTest();
  ExpectFailed(Complete(NameOf(second), response), ConnectionTestFailure::kReplayed);
}

TEST_F(ConnectionTestManagerTest, ATestIsNotSpoiledByItsAnswerGivenToAnother) {
  const ConnectionTestView mine = StartTest();
  const ConnectionTestView other = StartTest();
  const SamlAnswer answer = Answer(mine);
  ExpectFailed(Complete(other, answer), ConnectionTestFailure::kWrongInResponseTo);
  ExpectPassed(Complete(mine, answer));
}

TEST_F(ConnectionTestManagerTest, RemembersAnAssertionAsLongAsItCouldBeAcceptedAndNotForever) {
  const ConnectionTestView test = StartTest();
  SamlAnswer answer = Answer(test);
  ExpectPassed(Complete(test, answer));
  clock_.Set(answer.now + answer.lifetime + absl::Minutes(2));
  for (int i = 0; i < 3; ++i) StartTest();
  EXPECT_TRUE(IsUsed(answer.assertion_id));
  clock_.Advance(absl::Hours(2));
  StartTest();
  EXPECT_FALSE(IsUsed(answer.assertion_id));
}

TEST_F(ConnectionTestManagerTest, DoesNotRememberForAsLongAsAForeignClockSays) {
  const ConnectionTestView test = StartTest();
  SamlAnswer answer = Answer(test);
  answer.lifetime = absl::Hours(24 * 365 * 1000);
  ExpectPassed(Complete(test, answer));
  clock_.Advance(absl::Hours(24 * 32));
  StartTest();
  EXPECT_FALSE(IsUsed(answer.assertion_id));
}

// --- faults of our own, and secrets ---

TEST_F(ConnectionTestManagerTest, StaysPendingWhenTheVerificationItselfFails) {
  const ConnectionTestView test = StartTest();
  connector_.FailNextVerification(absl::InternalError("out of memory"));
  EXPECT_EQ(Complete(test, Answer(test)).status(), absl::InternalError("out of memory"));
  ExpectPending(test);
  ExpectPassed(Complete(test, Answer(test)));
}

TEST_F(ConnectionTestManagerTest, StaysPendingWhenTheStoreFails) {
  auto owned = std::make_unique<storage::FailingEngine>(storage::NewMemoryEngine());
  storage::FailingEngine& failing = *owned;
  UseEngine(std::move(owned));
  CreateProfile();
  const ConnectionTestView test = StartTest();
  const absl::Status error = Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable, "x");
  for (const auto method :
       {storage::FailingEngine::Method::kNewSnapshot, storage::FailingEngine::Method::kSnapshotGet,
        storage::FailingEngine::Method::kCommit}) {
    failing.FailAlways(method, error);
    EXPECT_EQ(Complete(test, Answer(test)).status(), error);
    failing.Heal();
    ExpectPending(test);
    EXPECT_EQ(Status(), TestStatus::kUntested);
  }
  ExpectPassed(Complete(test, Answer(test)));
}

TEST_F(ConnectionTestManagerTest, IsDecidedThoughTheAcknowledgementWasLost) {
  auto owned = std::make_unique<storage::FailingEngine>(storage::NewMemoryEngine());
  storage::FailingEngine& failing = *owned;
  UseEngine(std::move(owned));
  CreateProfile();
  const ConnectionTestView test = StartTest();
  const absl::Status error = Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable, "x");
  failing.FailAt(storage::FailingEngine::Method::kCommitAcknowledgement, 1, error);
  EXPECT_EQ(Complete(test, Answer(test)).status(), error);
  EXPECT_THAT(Complete(test, Answer(test)).status(), FailsWith(kFailedPrecondition, kFinished));
  EXPECT_EQ(Value(tests_->Get(NameOf(test))).test.state, ConnectionTestState::kPassed);
  EXPECT_EQ(Status(), TestStatus::kPassed);
}

TEST_F(ConnectionTestManagerTest, CallsAMissingKeyDataLoss) {
  const ConnectionTestView test = StartTest();
  ASSERT_TRUE(engine_->Commit({.writes = {{.key = "k/acme/okta"}}}).ok());
  EXPECT_THAT(Complete(test, Answer(test)).status(),
              FailsWith(absl::StatusCode::kDataLoss, reason::kStoreCorrupt));
  ExpectPending(test);
}

TEST_F(ConnectionTestManagerTest, KeepsNeitherTheKeyNorTheResponseInClear) {
  const ConnectionTestView failed = StartTest();
  SamlAnswer answer = Answer(failed, "mallory@evil.example");
  answer.edit_after_signing = Replacing("mallory", "eve");
  const std::string response = Idp().Respond(answer);
  std::string xml;
  ASSERT_TRUE(absl::Base64Unescape(response, &xml));
  ExpectFailed(Complete(NameOf(failed), response), ConnectionTestFailure::kSignatureInvalid);
  PassTest();
  for (const auto& [key, value] : Records()) {
    EXPECT_FALSE(absl::StrContains(value, "PRIVATE KEY")) << key;
    EXPECT_FALSE(absl::StrContains(value, response.substr(0, 100))) << key;
    EXPECT_FALSE(absl::StrContains(value, "SignatureValue")) << key;
    EXPECT_FALSE(absl::StrContains(value, "evil.example")) << key;
  }
}

}  // namespace
}  // namespace gatehouse
