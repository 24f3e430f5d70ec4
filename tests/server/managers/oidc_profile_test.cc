// OIDC profiles: what may be said of one, what is kept, and connection tests
// by one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/stores/sso_profile_store.h"
#include "tests/builders/test_caller.h"
#include "tests/server/managers/sso_profile_test_case.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr char kSecret[] = "s3cret-of-the-client";

class OidcProfileTest : public SsoProfileTestCase {
 protected:
  OidcProfileTest() { oidc_.Answer({.detail = "", .email = "alice@acme.example"}); }

  SsoProfileManager::CreateCommand NewOidcProfile() const {
    return {.organization = acme_,
            .id = okta_.profile,
            .display_name = "Okta",
            .oidc = OidcSettingsInput{.issuer = "https://idp.example/tenant",
                                      .client_id = "gatehouse",
                                      .client_secret = kSecret,
                                      .redirect_uri = "https://login.acme.example/oidc/back"}};
  }
  absl::StatusOr<SsoProfileView> UpdateOidc(const OidcSettingsInput& oidc) {
    return profiles_->Update(TestCaller(), {.name = okta_, .oidc = oidc});
  }
  absl::StatusOr<ConnectionTestView> CompleteOidc(const ConnectionTestView& test,
                                                  absl::string_view query = "code=1&state=2") {
    return tests_->Complete(TestCaller(), NameOf(test),
                            {.protocol = SsoProtocol::kOidc, .text = query});
  }
  void PassOidcTest(absl::string_view query = "code=1&state=2") {
    const ConnectionTestView done = Value(CompleteOidc(StartTest(), query));
    ASSERT_EQ(done.test.state, ConnectionTestState::kPassed) << done.test.failure_detail;
  }
  std::string StoredSecret() {
    auto reader = storage::SnapshotReader::Open(*engine_);
    return Value(storage::SsoProfileStore::FindClientSecret(*reader, Profile().profile,
                                                            TestSecretBox()))
        .value_or("");
  }
  // Every byte in the store.
  std::string Stored() {
    std::string bytes;
    auto reader = storage::SnapshotReader::Open(*engine_);
    EXPECT_TRUE(reader
                    ->Scan({.start = "", .end = ""},
                           [&](absl::string_view key, absl::string_view value, storage::Revision) {
                             absl::StrAppend(&bytes, key, value);
                             return true;
                           })
                    .ok());
    return bytes;
  }
};

TEST_F(OidcProfileTest, KeepsWhatIsSaidOfIt) {
  auto command = NewOidcProfile();
  command.oidc->extra_scopes = {{"profile", "openid", "groups", "email", "profile"}};
  command.oidc->email_claim = "upn";
  command.oidc->allow_missing_email_verified = true;
  const SsoProfileView view = CreateProfile(command);
  EXPECT_EQ(view.profile.protocol, SsoProtocol::kOidc);
  const OidcSettings& oidc = view.profile.oidc;
  EXPECT_EQ(oidc.issuer, "https://idp.example/tenant");
  EXPECT_EQ(oidc.client_id, "gatehouse");
  EXPECT_EQ(oidc.redirect_uri, "https://login.acme.example/oidc/back");
  EXPECT_THAT(oidc.extra_scopes, ElementsAre("profile", "groups"));
  EXPECT_EQ(oidc.email_claim, "upn");
  EXPECT_TRUE(oidc.allow_missing_email_verified);
  EXPECT_TRUE(view.has_client_secret);
  EXPECT_THAT(view.certificates, IsEmpty());
  EXPECT_EQ(TestStatusOf(view.profile), TestStatus::kUntested);
  EXPECT_EQ(Value(profiles_->List(acme_, {.size = 10})).items[0].profile.oidc, oidc);
}

TEST_F(OidcProfileTest, AsksNobodyWhenItIsCreated) {
  oidc_.Fail(Error(absl::StatusCode::kUnavailable, reason::kIdpUnavailable, "down"));
  web_.Fail(Error(absl::StatusCode::kUnavailable, reason::kIdpUnavailable, "down"));
  EXPECT_FALSE(CreateProfile(NewOidcProfile()).profile.oidc.issuer.empty());
  EXPECT_THAT(web_.requests(), IsEmpty());
}

TEST_F(OidcProfileTest, KeepsTheSecretSealed) {
  auto command = NewOidcProfile();
  command.request_id = "once";
  CreateProfile(command);
  EXPECT_EQ(StoredSecret(), kSecret);
  EXPECT_THAT(Stored(), Not(HasSubstr(kSecret)));
}

TEST_F(OidcProfileTest, RepeatsACreationByItsRequestIdAndItsSecret) {
  auto command = NewOidcProfile();
  command.request_id = "once";
  const SsoProfileView first = CreateProfile(command);
  EXPECT_EQ(CreateProfile(command).version, first.version);
  command.oidc->client_secret = "another";
  EXPECT_THAT(profiles_->Create(TestCaller(), command).status(),
              FailsWith(absl::StatusCode::kAlreadyExists, reason::kRequestIdReused));
}

struct BadInput {
  std::string field;  // below sso_profile.oidc
  std::function<void(OidcSettingsInput&)> spoil;
};

std::vector<BadInput> BadInputs() {
  const auto issuer = [](std::string text) {
    return BadInput{"issuer", [text](OidcSettingsInput& oidc) { oidc.issuer = text; }};
  };
  const auto scopes = [](std::string field, std::vector<std::string> list) {
    return BadInput{std::move(field), [list](OidcSettingsInput& o) { o.extra_scopes = list; }};
  };
  return {
      issuer(""),
      issuer("idp.example"),
      issuer("http://idp.example"),
      issuer("https://idp.example?tenant=1"),
      issuer("https://idp.example#x"),
      issuer("https://user@idp.example"),
      issuer("https://idp.example/\r\nX: y"),
      issuer(absl::StrCat("https://idp.example/", std::string(2048, 'x'))),
      {"client_id", [](OidcSettingsInput& o) { o.client_id = ""; }},
      {"client_id", [](OidcSettingsInput& o) { o.client_id = std::string(257, 'x'); }},
      {"client_id", [](OidcSettingsInput& o) { o.client_id = "a\nb"; }},
      {"client_id", [](OidcSettingsInput& o) { o.client_id = "\xc3\xa9"; }},
      {"client_secret", [](OidcSettingsInput& o) { o.client_secret = std::string(1025, 'x'); }},
      {"client_secret", [](OidcSettingsInput& o) { o.client_secret = "ends\n"; }},
      {"redirect_uri", [](OidcSettingsInput& o) { o.redirect_uri = ""; }},
      {"redirect_uri", [](OidcSettingsInput& o) { o.redirect_uri = "http://login.acme.example"; }},
      scopes("extra_scopes", std::vector<std::string>(21, "x")),
      scopes("extra_scopes[0]", {""}),
      scopes("extra_scopes[1]", {"good", "two scopes"}),
      scopes("extra_scopes[0]", {"a\"b"}),
      scopes("extra_scopes[0]", {"a\\b"}),
      scopes("extra_scopes[0]", {std::string(257, 'x')}),
      {"email_claim", [](OidcSettingsInput& o) { o.email_claim = std::string(257, 'x'); }},
      {"email_claim", [](OidcSettingsInput& o) { o.email_claim = "a\tb"; }},
  };
}

TEST_F(OidcProfileTest, RefusesBadSettingsAtCreationAndAtUpdate) {
  for (const BadInput& bad : BadInputs()) {
    auto command = NewOidcProfile();
    bad.spoil(*command.oidc);
    const absl::Status refused = profiles_->Create(TestCaller(), command).status();
    EXPECT_THAT(refused, FailsWith(kInvalid, reason::kInvalidField)) << bad.field;
    EXPECT_THAT(FieldsOf(refused), ElementsAre(absl::StrCat("sso_profile.oidc.", bad.field)));
  }
  const SsoProfileView created = CreateProfile(NewOidcProfile());
  for (const BadInput& bad : BadInputs()) {
    OidcSettingsInput change;
    bad.spoil(change);
    const absl::Status refused = UpdateOidc(change).status();
    EXPECT_THAT(refused, FailsWith(kInvalid, reason::kInvalidField)) << bad.field;
    EXPECT_THAT(FieldsOf(refused), ElementsAre(absl::StrCat("sso_profile.oidc.", bad.field)));
  }
  EXPECT_EQ(Profile().version, created.version);
}

TEST_F(OidcProfileTest, NamesEveryBadSettingInOneError) {
  auto command = NewOidcProfile();
  command.oidc = OidcSettingsInput{};
  EXPECT_THAT(FieldsOf(profiles_->Create(TestCaller(), command).status()),
              ElementsAre("sso_profile.oidc.issuer", "sso_profile.oidc.client_id",
                          "sso_profile.oidc.redirect_uri"));
}

TEST_F(OidcProfileTest, QuotesNoSecretInAnError) {
  auto command = NewOidcProfile();
  command.oidc->client_secret = absl::StrCat(kSecret, "\n");
  EXPECT_THAT(std::string(profiles_->Create(TestCaller(), command).status().message()),
              Not(HasSubstr(kSecret)));
}

TEST_F(OidcProfileTest, ChangesEachSettingAndTheTestIsStale) {
  const std::vector<OidcSettingsInput> changes = {
      {.issuer = "https://other.example"},
      {.client_id = "other"},
      {.client_secret = "other"},
      {.client_secret = ""},
      {.client_secret = kSecret},
      {.redirect_uri = "https://login.acme.example/other"},
      {.extra_scopes = std::vector<std::string>{"groups"}},
      {.email_claim = "upn"},
      {.allow_missing_email_verified = true},
  };
  CreateProfile(NewOidcProfile());
  for (size_t i = 0; i < changes.size(); ++i) {
    PassOidcTest(absl::StrCat("code=", i));
    ASSERT_EQ(Status(), TestStatus::kPassed);
    Value(UpdateOidc(changes[i]));
    EXPECT_EQ(Status(), TestStatus::kStale) << i;
  }
}

TEST_F(OidcProfileTest, SayingTheSameSecretAgainChangesNothing) {
  CreateProfile(NewOidcProfile());
  PassOidcTest();
  Value(UpdateOidc({.client_secret = kSecret}));
  EXPECT_EQ(Status(), TestStatus::kPassed);
}

TEST_F(OidcProfileTest, RemovesTheSecretWithAnEmptyOne) {
  CreateProfile(NewOidcProfile());
  EXPECT_FALSE(Value(UpdateOidc({.client_secret = ""})).has_client_secret);
  EXPECT_EQ(StoredSecret(), "");
  // A test of the first secret is not a test of the next one.
  const int64_t removed = Profile().profile.oidc.client_secret_version;
  Value(UpdateOidc({.client_secret = "next"}));
  EXPECT_GT(Profile().profile.oidc.client_secret_version, removed);
}

TEST_F(OidcProfileTest, DoesNotChangeItsProtocol) {
  CreateProfile(NewOidcProfile());
  const absl::Status refused = Update({.acs_url = "https://login.acme.example/acs"}).status();
  EXPECT_THAT(refused, FailsWith(kInvalid, reason::kInvalidField));
  EXPECT_THAT(FieldsOf(refused), ElementsAre("sso_profile.saml"));
}

TEST_F(OidcProfileTest, ASamlProfileDoesNotBecomeOne) {
  CreateProfile();
  const absl::Status refused = UpdateOidc({.client_id = "gatehouse"}).status();
  EXPECT_THAT(refused, FailsWith(kInvalid, reason::kInvalidField));
  EXPECT_THAT(FieldsOf(refused), ElementsAre("sso_profile.oidc"));
}

TEST_F(OidcProfileTest, HasNoServiceProviderMetadata) {
  CreateProfile(NewOidcProfile());
  EXPECT_THAT(profiles_->GetServiceProviderMetadata(okta_).status(),
              FailsWith(kInvalid, reason::kInvalidField));
}

TEST_F(OidcProfileTest, IsEnforcedThroughOnceATestHasPassed) {
  CreateProfile(NewOidcProfile());
  EXPECT_THAT(Enforce({"acme.example"}).status(),
              FailsWith(kFailedPrecondition, reason::kConnectionTestRequired));
  PassOidcTest();
  EXPECT_THAT(Value(Enforce({"acme.example"})).enforced_domains, SizeIs(1));
}

TEST_F(OidcProfileTest, ATestIsBoundToFreshSecrets) {
  CreateProfile(NewOidcProfile());
  StartTest();
  const ConnectionTestView test = StartTest();
  const std::vector<OidcSession> sessions = oidc_.sessions();
  ASSERT_THAT(sessions, SizeIs(2));
  std::vector<std::string> texts;
  for (const OidcSession& session : sessions) {
    for (const std::string& text : {session.state, session.nonce, session.code_verifier}) {
      EXPECT_THAT(text, MatchesRegex("[A-Za-z0-9_-]{43}"));
      EXPECT_THAT(texts, Not(::testing::Contains(text)));
      texts.push_back(text);
    }
  }
  EXPECT_THAT(test.sign_in_url, HasSubstr(sessions[1].state));
  EXPECT_THAT(Stored(), Not(HasSubstr(sessions[1].code_verifier)));
}

TEST_F(OidcProfileTest, ATestIsHeldAgainstWhatItWasStartedWith) {
  CreateProfile(NewOidcProfile());
  const ConnectionTestView test = StartTest();
  const ConnectionTestView done = Value(CompleteOidc(test));
  EXPECT_EQ(done.test.state, ConnectionTestState::kPassed);
  EXPECT_EQ(done.test.email, "alice@acme.example");
  ASSERT_THAT(oidc_.verifications(), SizeIs(1));
  const OidcExpectations held = oidc_.verifications()[0];
  const OidcSession session = oidc_.sessions()[0];
  EXPECT_EQ(held.session.state, session.state);
  EXPECT_EQ(held.session.nonce, session.nonce);
  EXPECT_EQ(held.session.code_verifier, session.code_verifier);
  EXPECT_EQ(held.client_secret, kSecret);
  EXPECT_EQ(held.settings, Profile().profile.oidc);
  EXPECT_EQ(held.now, clock_.Now());
}

TEST_F(OidcProfileTest, ATestThatIsOverAsksTheIdpNothing) {
  CreateProfile(NewOidcProfile());
  const ConnectionTestView test = StartTest();
  Value(CompleteOidc(test));
  EXPECT_THAT(CompleteOidc(test).status(),
              FailsWith(kFailedPrecondition, reason::kConnectionTestFinished));
  EXPECT_THAT(oidc_.verifications(), SizeIs(1));
}

TEST_F(OidcProfileTest, OfTwoCompletionsOneDecides) {
  CreateProfile(NewOidcProfile());
  const ConnectionTestView test = StartTest();
  ConnectionTestView second;
  oidc_.AfterNextVerification([&] { second = Value(CompleteOidc(test, "code=other")); });
  EXPECT_THAT(CompleteOidc(test).status(),
              FailsWith(kFailedPrecondition, reason::kConnectionTestFinished));
  EXPECT_EQ(second.test.state, ConnectionTestState::kPassed);
}

TEST_F(OidcProfileTest, AnIdpThatCannotBeAskedDecidesNothing) {
  CreateProfile(NewOidcProfile());
  const ConnectionTestView test = StartTest();
  const absl::Status down =
      Error(absl::StatusCode::kUnavailable, reason::kIdpUnavailable, "no connection");
  oidc_.Fail(down);
  EXPECT_THAT(CompleteOidc(test).status(),
              FailsWith(absl::StatusCode::kUnavailable, reason::kIdpUnavailable));
  EXPECT_THAT(tests_->Start(TestCaller(), okta_, false).status(),
              FailsWith(absl::StatusCode::kUnavailable, reason::kIdpUnavailable));
  oidc_.Fail(absl::OkStatus());
  EXPECT_EQ(Value(tests_->Get(NameOf(test))).test.state, ConnectionTestState::kPending);
  EXPECT_EQ(Value(CompleteOidc(test)).test.state, ConnectionTestState::kPassed);
}

TEST_F(OidcProfileTest, AChangeDuringTheExchangeFailsTheTest) {
  CreateProfile(NewOidcProfile());
  const ConnectionTestView test = StartTest();
  oidc_.AfterNextVerification([&] { Value(UpdateOidc({.client_secret = "rotated"})); });
  EXPECT_EQ(Value(CompleteOidc(test)).test.failure, ConnectionTestFailure::kConfigurationChanged);
  EXPECT_EQ(Status(), TestStatus::kUntested);
}

TEST_F(OidcProfileTest, FailsByWhatTheConnectorFindsOrTheOrganizationDoesNotHold) {
  CreateProfile(NewOidcProfile());
  const std::pair<OidcOutcome, ConnectionTestFailure> cases[] = {
      {{.failure = ConnectionTestFailure::kWrongNonce, .detail = "nonce", .email = ""},
       ConnectionTestFailure::kWrongNonce},
      {{.detail = "", .email = "alice@globex.example"}, ConnectionTestFailure::kForeignDomain},
      {{.detail = "", .email = "not an address"}, ConnectionTestFailure::kInvalidEmail},
      {{.detail = "", .email = ""}, ConnectionTestFailure::kInvalidEmail},
  };
  for (const auto& [outcome, failure] : cases) {
    oidc_.Answer(outcome);
    const ConnectionTestView test = StartTest();
    const ConnectionTestView done =
        Value(CompleteOidc(test, absl::StrCat("code=", test.test.id.value())));
    EXPECT_EQ(done.test.state, ConnectionTestState::kFailed);
    EXPECT_EQ(done.test.failure, failure);
  }
  EXPECT_EQ(Status(), TestStatus::kUntested);
}

TEST_F(OidcProfileTest, TakesNoAnswerOfTheOtherProtocolAndNoneOfTheWrongSize) {
  CreateProfile(NewOidcProfile());
  const ConnectionTestView test = StartTest();
  EXPECT_THAT(FieldsOf(Complete(NameOf(test), "PHNhbWw+").status()), ElementsAre("saml_response"));
  EXPECT_THAT(FieldsOf(CompleteOidc(test, "").status()), ElementsAre("oidc_response"));
  EXPECT_THAT(FieldsOf(CompleteOidc(test, std::string(16 * 1024 + 1, 'x')).status()),
              ElementsAre("oidc_response"));
  EXPECT_THAT(oidc_.verifications(), IsEmpty());
  EXPECT_EQ(Value(CompleteOidc(test, std::string(16 * 1024, 'x'))).test.state,
            ConnectionTestState::kPassed);
}

TEST_F(OidcProfileTest, StagesNothing) {
  CreateProfile(NewOidcProfile());
  EXPECT_THAT(tests_->Start(TestCaller(), okta_, true).status(),
              FailsWith(kFailedPrecondition, reason::kNothingStaged));
}

}  // namespace
}  // namespace gatehouse
