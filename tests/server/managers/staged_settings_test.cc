// Metadata by URL: fetched at creation, staged when it changes, and taken over
// by a connection test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "storage/stores/profile_watch_store.h"
#include "tests/builders/test_caller.h"
#include "tests/server/managers/sso_profile_test_case.h"

namespace gatehouse {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kUrl[] = "https://idp.example/metadata";
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

class StagedSettingsTest : public SsoProfileTestCase {
 protected:
  StagedSettingsTest() {
    web_.Set(kUrl, {.status = 200, .content_type = "", .body = Idp().MetadataXml()});
  }

  SsoProfileManager::CreateCommand NewByUrl() const {
    auto command = NewProfile();
    command.saml = {.acs_url = "https://login.acme.example/saml/acs", .idp_metadata_url = kUrl};
    return command;
  }
  absl::StatusOr<StagingResult> StageMetadata(const TestIdp& idp, absl::string_view url = kUrl) {
    return profiles_->StageMetadata(Caller::System("metadata", clock_.Now()), okta_, url,
                                    idp.MetadataXml());
  }
  void StageNextKey() { ASSERT_EQ(Value(StageMetadata(IdpWithNextKey())), StagingResult::kStaged); }
  absl::StatusOr<ConnectionTestView> CompleteBy(const TestIdp& idp,
                                                const ConnectionTestView& test) {
    return Complete(NameOf(test), idp.Respond(Answer(test)));
  }
};

TEST_F(StagedSettingsTest, AProfileIsCreatedFromTheMetadataAtAUrl) {
  const SsoProfileView view = CreateProfile(NewByUrl());
  EXPECT_EQ(view.profile.metadata_url, kUrl);
  EXPECT_EQ(view.profile.saml.idp_entity_id, Idp().entity_id());
  EXPECT_EQ(view.profile.saml.idp_sso_url, Idp().sso_url());
  EXPECT_THAT(view.certificates, SizeIs(1));
  EXPECT_EQ(view.watch.metadata_fetch_time, clock_.Now());
  EXPECT_EQ(view.watch.next_metadata_fetch_time, clock_.Now() + absl::Hours(24));
  EXPECT_EQ(view.watch.metadata_fetch_failure, "");
}

TEST_F(StagedSettingsTest, NothingIsFetchedBesideWhatIsGiven) {
  auto command = NewProfile();
  command.saml.idp_metadata_url = kUrl;
  EXPECT_EQ(CreateProfile(command).profile.metadata_url, kUrl);
  EXPECT_THAT(web_.requests(), IsEmpty());
}

TEST_F(StagedSettingsTest, NoProfileIsCreatedWithoutItsMetadata) {
  const std::string html = "<html/>";
  web_.Set(kUrl, {.status = 200, .content_type = "", .body = html});
  const absl::Status refused = profiles_->Create(TestCaller(), NewByUrl()).status();
  EXPECT_THAT(refused, FailsWith(absl::StatusCode::kInvalidArgument, reason::kInvalidField));
  EXPECT_THAT(FieldsOf(refused), ElementsAre("sso_profile.saml.idp_metadata_url"));
  for (const int status : {204, 302, 404, 500}) {
    web_.Set(kUrl, {.status = status, .content_type = "", .body = Idp().MetadataXml()});
    EXPECT_THAT(profiles_->Create(TestCaller(), NewByUrl()).status(),
                FailsWith(absl::StatusCode::kUnavailable, reason::kIdpUnavailable));
  }
  web_.Fail(Error(absl::StatusCode::kUnavailable, reason::kIdpUnavailable, "no connection"));
  EXPECT_THAT(profiles_->Create(TestCaller(), NewByUrl()).status(),
              FailsWith(absl::StatusCode::kUnavailable, reason::kIdpUnavailable));
  EXPECT_THAT(profiles_->Get(okta_).status(),
              FailsWith(absl::StatusCode::kNotFound, reason::kResourceNotFound));
}

TEST_F(StagedSettingsTest, ARepeatedCreationAsksTheUrlOnce) {
  auto command = NewByUrl();
  command.request_id = "once";
  CreateProfile(command);
  web_.Set(kUrl, {.status = 200, .content_type = "", .body = IdpWithNextKey().MetadataXml()});
  CreateProfile(command);
  EXPECT_THAT(web_.requests(), SizeIs(1));
}

TEST_F(StagedSettingsTest, RefusesAUrlThatIsNone) {
  CreateProfile();
  for (const char* url : {"ftp://idp.example", "http://idp.example", "https://u@idp.example"}) {
    EXPECT_THAT(FieldsOf(Update({.idp_metadata_url = url}).status()),
                ElementsAre("sso_profile.saml.idp_metadata_url"));
  }
}

TEST_F(StagedSettingsTest, AnotherUrlIsFetchedNextAndMakesNoTestStale) {
  CreateProfile(NewByUrl());
  PassTest();
  const SsoProfileView view = Value(Update({.idp_metadata_url = "https://idp.example/new"}));
  EXPECT_EQ(view.profile.metadata_url, "https://idp.example/new");
  EXPECT_EQ(view.watch.metadata_fetch_time, absl::InfinitePast());
  EXPECT_EQ(view.watch.next_metadata_fetch_time, absl::InfinitePast());
  EXPECT_EQ(Status(), TestStatus::kPassed);
  EXPECT_EQ(Value(Update({.idp_metadata_url = ""})).profile.metadata_url, "");
}

TEST_F(StagedSettingsTest, ANewCertificateWaitsAndChangesNothing) {
  CreateProfile(NewByUrl());
  PassTest();
  Value(Enforce({"acme.example"}));
  StageNextKey();
  const SsoProfileView view = Profile();
  ASSERT_TRUE(view.profile.staged.has_value());
  EXPECT_EQ(view.profile.staged->saml.idp_certificates,
            std::vector<std::string>{IdpWithNextKey().certificate_pem()});
  EXPECT_EQ(view.profile.staged->stage_time, clock_.Now());
  EXPECT_THAT(view.staged_certificates, SizeIs(1));
  EXPECT_EQ(view.profile.saml.idp_certificates, std::vector<std::string>{Idp().certificate_pem()});
  EXPECT_THAT(view.warnings, Contains(HasSubstr("new settings")));
  EXPECT_THAT(view.enforced_domains, SizeIs(1));
  EXPECT_EQ(TestStatusOf(view.profile), TestStatus::kPassed);
}

TEST_F(StagedSettingsTest, StagesTheSameOnce) {
  CreateProfile(NewByUrl());
  StageNextKey();
  const absl::Time first = clock_.Now();
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(Value(StageMetadata(IdpWithNextKey())), StagingResult::kUnchanged);
  EXPECT_EQ(Profile().profile.staged->stage_time, first);
}

TEST_F(StagedSettingsTest, ClearsWhatTheIdpTookBack) {
  CreateProfile(NewByUrl());
  EXPECT_EQ(Value(StageMetadata(Idp())), StagingResult::kUnchanged);
  StageNextKey();
  EXPECT_EQ(Value(StageMetadata(Idp())), StagingResult::kCleared);
  EXPECT_FALSE(Profile().profile.staged.has_value());
}

TEST_F(StagedSettingsTest, StagesNoOtherIdpAndNoOtherUrl) {
  CreateProfile(NewByUrl());
  const std::string other = absl::StrReplaceAll(
      IdpWithNextKey().MetadataXml(), {{Idp().entity_id(), "https://mallory.example/idp"}});
  const Caller system = Caller::System("metadata", clock_.Now());
  EXPECT_THAT(profiles_->StageMetadata(system, okta_, kUrl, other).status(),
              FailsWith(kFailedPrecondition, reason::kInvalidField));
  EXPECT_THAT(profiles_->StageMetadata(system, okta_, kUrl, "<html/>").status(),
              FailsWith(absl::StatusCode::kInvalidArgument, reason::kInvalidField));
  EXPECT_EQ(Value(StageMetadata(IdpWithNextKey(), "https://idp.example/before")),
            StagingResult::kUnchanged);
  EXPECT_FALSE(Profile().profile.staged.has_value());
}

TEST_F(StagedSettingsTest, ATestOfTheStagedSettingsPutsThemInPlace) {
  CreateProfile(NewByUrl());
  PassTest();
  Value(Enforce({"acme.example"}));
  StageNextKey();
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Value(CompleteBy(IdpWithNextKey(), StartTest())).test.failure,
            ConnectionTestFailure::kWrongCertificate);

  const ConnectionTestView staged = StartTest(true);
  EXPECT_TRUE(staged.test.staged);
  const ConnectionTestView done = Value(CompleteBy(IdpWithNextKey(), staged));
  EXPECT_EQ(done.test.state, ConnectionTestState::kPassed) << done.test.failure_detail;
  const SsoProfileView view = Profile();
  EXPECT_EQ(view.profile.saml.idp_certificates,
            std::vector<std::string>{IdpWithNextKey().certificate_pem()});
  EXPECT_FALSE(view.profile.staged.has_value());
  EXPECT_EQ(TestStatusOf(view.profile), TestStatus::kPassed);
  EXPECT_EQ(view.profile.test_pass_time, clock_.Now());
  EXPECT_EQ(view.profile.update_time, clock_.Now());
  EXPECT_THAT(view.enforced_domains, SizeIs(1));
  PassTest(IdpWithNextKey());
}

TEST_F(StagedSettingsTest, AFailedTestOfThemLeavesEverything) {
  CreateProfile(NewByUrl());
  PassTest();
  StageNextKey();
  EXPECT_EQ(Value(CompleteBy(Idp(), StartTest(true))).test.failure,
            ConnectionTestFailure::kWrongCertificate);
  EXPECT_TRUE(Profile().profile.staged.has_value());
  EXPECT_EQ(Profile().profile.saml.idp_certificates,
            std::vector<std::string>{Idp().certificate_pem()});
  EXPECT_EQ(Status(), TestStatus::kPassed);
}

TEST_F(StagedSettingsTest, ATestOfThemIsVoidOnceTheyAreGone) {
  CreateProfile(NewByUrl());
  StageNextKey();
  const ConnectionTestView test = StartTest(true);
  Value(StageMetadata(Idp()));
  EXPECT_EQ(Value(CompleteBy(IdpWithNextKey(), test)).test.failure,
            ConnectionTestFailure::kConfigurationChanged);
  EXPECT_EQ(Profile().profile.saml.idp_certificates,
            std::vector<std::string>{Idp().certificate_pem()});
}

TEST_F(StagedSettingsTest, APlainTestKeepsThemWaiting) {
  CreateProfile(NewByUrl());
  StageNextKey();
  PassTest();
  EXPECT_TRUE(Profile().profile.staged.has_value());
}

TEST_F(StagedSettingsTest, AChangeOfTheIdpByAnAdminClearsThem) {
  const SamlSettingsInput changes[] = {
      {.idp_entity_id = "https://other.example"},
      {.idp_sso_url = "https://other.example/sso"},
      {.idp_certificates = std::vector<std::string>{IdpWithNextKey().certificate_pem()}},
      {.idp_metadata_url = "https://other.example/metadata"},
  };
  for (size_t i = 0; i < std::size(changes); ++i) {
    UseEngine(storage::NewMemoryEngine());
    CreateProfile(NewByUrl());
    StageNextKey();
    EXPECT_FALSE(Value(Update(changes[i])).profile.staged.has_value()) << i;
  }
}

TEST_F(StagedSettingsTest, AChangeOfOurSideHoldsForThemToo) {
  CreateProfile(NewByUrl());
  StageNextKey();
  Value(Update({.email_attribute = "mail",
                .acs_url = "https://login.acme.example/new",
                .sp_entity_id = "https://us.example"}));
  const SsoProfile profile = Profile().profile;
  ASSERT_TRUE(profile.staged.has_value());
  EXPECT_EQ(profile.staged->saml.email_attribute, "mail");
  EXPECT_EQ(profile.staged->saml.acs_url, "https://login.acme.example/new");
  EXPECT_EQ(profile.staged->saml.sp_entity_id, "https://us.example");
  EXPECT_EQ(profile.staged->saml.idp_certificates,
            std::vector<std::string>{IdpWithNextKey().certificate_pem()});
}

TEST_F(StagedSettingsTest, TestsNothingThatIsNotStaged) {
  CreateProfile(NewByUrl());
  EXPECT_THAT(tests_->Start(TestCaller(), okta_, true).status(),
              FailsWith(kFailedPrecondition, reason::kNothingStaged));
}

TEST_F(StagedSettingsTest, WarnsOfMetadataThatCannotBeUsed) {
  CreateProfile(NewByUrl());
  Change([&](storage::Transaction& tx) {
    ProfileWatch watch = Profile().watch;
    watch.metadata_fetch_failure = "HTTP status 500";
    storage::ProfileWatchStore::Put(tx, watch);
    return absl::OkStatus();
  });
  EXPECT_THAT(Profile().warnings, Contains(HasSubstr("HTTP status 500")));
}

}  // namespace
}  // namespace gatehouse
