#include "server/managers/sso_profile_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/sso_profile_store.h"
#include "tests/builders/test_caller.h"
#include "tests/server/managers/sso_profile_test_case.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

std::vector<std::string> Ascii(const std::vector<DomainName>& domains) {
  std::vector<std::string> names;
  for (const DomainName& domain : domains) names.push_back(domain.ascii());
  return names;
}

class SsoProfileManagerTest : public SsoProfileTestCase {
 protected:
  absl::Status CreateStatus(const SsoProfileManager::CreateCommand& command) {
    return profiles_->Create(TestCaller(), command).status();
  }
};

// --- creation ---

TEST_F(SsoProfileManagerTest, CreatesAProfileFromFields) {
  SsoProfileManager::CreateCommand command = NewProfile();
  command.saml.email_attribute = "mail";
  const SsoProfileView view = Value(profiles_->Create(TestCaller(), command));

  EXPECT_EQ(view.profile.organization, acme_);
  EXPECT_EQ(view.profile.id, okta_.profile);
  EXPECT_EQ(view.profile.display_name, "Okta");
  EXPECT_EQ(view.profile.saml.idp_entity_id, Idp().entity_id());
  EXPECT_EQ(view.profile.saml.idp_sso_url, Idp().sso_url());
  EXPECT_EQ(view.profile.saml.email_attribute, "mail");
  EXPECT_EQ(view.profile.saml.acs_url, "https://login.acme.example/saml/acs");
  EXPECT_EQ(view.profile.saml.sp_entity_id,
            "https://gatehouse.example/organizations/acme/ssoProfiles/okta");
  EXPECT_THAT(view.profile.saml.idp_certificates, ElementsAre(Idp().certificate_pem()));
  EXPECT_EQ(view.profile.create_time, clock_.Now());
  EXPECT_EQ(view.profile.update_time, clock_.Now());
  EXPECT_EQ(TestStatusOf(view.profile), TestStatus::kUntested);
  EXPECT_THAT(view.enforced_domains, IsEmpty());
  EXPECT_THAT(view.warnings, IsEmpty());
  ASSERT_THAT(view.certificates, SizeIs(1));
  EXPECT_EQ(view.certificates[0].subject, "CN=idp.acme.example");
  EXPECT_THAT(view.certificates[0].sha256_fingerprint, SizeIs(64));
}

TEST_F(SsoProfileManagerTest, GivesEachProfileAKeyPairOfItsOwn) {
  const SsoProfileView okta = CreateProfile();
  SsoProfileManager::CreateCommand command = NewProfile();
  command.id = SsoProfileId::FromTrusted("entra");
  const SsoProfileView entra = Value(profiles_->Create(TestCaller(), command));

  EXPECT_EQ(Value(ParseCertificate("sp", okta.profile.saml.sp_certificate)).subject, "CN=okta");
  EXPECT_NE(okta.profile.saml.sp_certificate, entra.profile.saml.sp_certificate);
  auto snapshot = storage::SnapshotReader::Open(*engine_);
  ASSERT_TRUE(snapshot.ok());
  const std::string key =
      Value(storage::SsoProfileStore::FindPrivateKey(*snapshot, okta.profile, TestSecretBox()));
  EXPECT_THAT(key, StartsWith("-----BEGIN PRIVATE KEY-----"));
  EXPECT_NE(key, Value(storage::SsoProfileStore::FindPrivateKey(*snapshot, entra.profile,
                                                                TestSecretBox())));
}

TEST_F(SsoProfileManagerTest, CreatesAProfileFromMetadata) {
  SsoProfileManager::CreateCommand command = NewProfile();
  command.saml = {.idp_metadata_xml = Idp().MetadataXml(),
                  .acs_url = "http://localhost:7000/acs",
                  .sp_entity_id = "urn:acme:gatehouse"};
  const SsoProfileView view = Value(profiles_->Create(TestCaller(), command));
  EXPECT_EQ(view.profile.saml.idp_entity_id, Idp().entity_id());
  EXPECT_EQ(view.profile.saml.idp_sso_url, Idp().sso_url());
  EXPECT_THAT(view.profile.saml.idp_certificates, ElementsAre(Idp().certificate_pem()));
  EXPECT_EQ(view.profile.saml.sp_entity_id, "urn:acme:gatehouse");
}

TEST_F(SsoProfileManagerTest, MetadataAndFieldsAskTheSameOfTheIdp) {
  SamlSettings by_fields = CreateProfile().profile.saml;
  SsoProfileManager::CreateCommand command = NewProfile();
  command.id = SsoProfileId::FromTrusted("twin");
  command.saml = {.idp_metadata_xml = Idp().MetadataXml(),
                  .acs_url = by_fields.acs_url,
                  .sp_entity_id = by_fields.sp_entity_id};
  SamlSettings by_metadata = Value(profiles_->Create(TestCaller(), command)).profile.saml;
  by_metadata.sp_certificate = by_fields.sp_certificate;
  EXPECT_EQ(by_metadata, by_fields);
}

TEST_F(SsoProfileManagerTest, KeepsCertificatesNormalizedAndOnce) {
  const std::string pem = Idp().certificate_pem();
  const std::string base64 = absl::StrReplaceAll(
      pem, {{"-----BEGIN CERTIFICATE-----", ""}, {"-----END CERTIFICATE-----", ""}});
  SsoProfileManager::CreateCommand command = NewProfile();
  command.saml.idp_certificates = std::vector<std::string>{
      absl::StrReplaceAll(pem, {{"\n", "\r\n"}}), base64, IdpWithNextKey().certificate_pem(),
      absl::StrCat("Bag Attributes\n", pem)};
  EXPECT_THAT(Value(profiles_->Create(TestCaller(), command)).profile.saml.idp_certificates,
              ElementsAre(pem, IdpWithNextKey().certificate_pem()));
}

TEST_F(SsoProfileManagerTest, NamesEverythingThatIsMissing) {
  EXPECT_THAT(FieldsOf(CreateStatus({.organization = acme_, .id = okta_.profile})),
              ElementsAre("sso_profile.display_name", "sso_profile.saml.idp_entity_id",
                          "sso_profile.saml.idp_sso_url", "sso_profile.saml.idp_certificates",
                          "sso_profile.saml.acs_url"));
}

TEST_F(SsoProfileManagerTest, NamesEachBadSettingInOneError) {
  SsoProfileManager::CreateCommand command = NewProfile();
  command.display_name = std::string(201, 'x');
  command.saml = {.idp_entity_id = std::string(1025, 'x'),
                  .idp_sso_url = "http://idp.example/sso",
                  .idp_certificates =
                      std::vector<std::string>{
                          "-----BEGIN CERTIFICATE-----\nbm90IERFUg==\n-----END CERTIFICATE-----\n",
                          Idp().certificate_pem(), "not base64!"},
                  .email_attribute = std::string(257, 'x'),
                  .acs_url = "https://login.acme.example/acs#x",
                  .sp_entity_id = std::string(1025, 'x')};
  const absl::Status status = CreateStatus(command);
  EXPECT_THAT(status, FailsWith(kInvalid, reason::kInvalidField));
  EXPECT_THAT(
      FieldsOf(status),
      ElementsAre("sso_profile.display_name", "sso_profile.saml.idp_entity_id",
                  "sso_profile.saml.idp_sso_url", "sso_profile.saml.idp_certificates[0]",
                  "sso_profile.saml.idp_certificates[2]", "sso_profile.saml.email_attribute",
                  "sso_profile.saml.acs_url", "sso_profile.saml.sp_entity_id"));
  EXPECT_THAT(profiles_->Get(okta_).status(),
              FailsWith(absl::StatusCode::kNotFound, reason::kResourceNotFound));
}

TEST_F(SsoProfileManagerTest, LimitsTheNumberOfCertificates) {
  SsoProfileManager::CreateCommand command = NewProfile();
  command.saml.idp_certificates = std::vector<std::string>(11, Idp().certificate_pem());
  EXPECT_THAT(FieldsOf(CreateStatus(command)), ElementsAre("sso_profile.saml.idp_certificates"));
  command.saml.idp_certificates = std::vector<std::string>(10, Idp().certificate_pem());
  EXPECT_TRUE(CreateStatus(command).ok());
}

TEST_F(SsoProfileManagerTest, NeverRepeatsAPrivateKeyThatWasPasted) {
  const KeyPair keys = Value(GenerateKeyPair("pasted", clock_.Now()));
  SsoProfileManager::CreateCommand command = NewProfile();
  command.saml.idp_certificates =
      std::vector<std::string>{absl::StrCat(keys.certificate_pem, keys.private_key_pem)};
  const absl::Status status = CreateStatus(command);
  EXPECT_THAT(FieldsOf(status), ElementsAre("sso_profile.saml.idp_certificates[0]"));
  EXPECT_THAT(status.ToString(), Not(HasSubstr("BEGIN")));
}

TEST_F(SsoProfileManagerTest, RefusesBadMetadata) {
  const std::string good = Idp().MetadataXml();
  const std::string cases[] = {
      "",
      "not XML",
      "<a/>",
      good.substr(0, good.size() / 2),
      absl::StrCat("<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>", good),
      absl::StrCat(good, std::string(1024 * 1024, ' ')),
      // What it says must hold what the fields must hold.
      absl::StrReplaceAll(good, {{"https://idp.acme.example/sso", "http://idp.acme.example/sso"}}),
      absl::StrReplaceAll(good, {{"https://idp.acme.example/sso", "javascript:alert(1)"}}),
      absl::StrReplaceAll(good, {{Idp().entity_id(), std::string(1025, 'x')}}),
  };
  for (const std::string& xml : cases) {
    SsoProfileManager::CreateCommand command = NewProfile();
    command.saml = {.idp_metadata_xml = xml, .acs_url = "https://login.acme.example/acs"};
    const absl::Status status = CreateStatus(command);
    EXPECT_THAT(status, FailsWith(kInvalid, reason::kInvalidField)) << xml.substr(0, 100);
    EXPECT_THAT(FieldsOf(status), ElementsAre("sso_profile.saml.idp_metadata_xml"))
        << xml.substr(0, 100);
  }
}

TEST_F(SsoProfileManagerTest, RefusesFieldsThatMetadataStandsFor) {
  SsoProfileManager::CreateCommand command = NewProfile();
  command.saml.idp_metadata_xml = Idp().MetadataXml();
  EXPECT_THAT(FieldsOf(CreateStatus(command)),
              ElementsAre("sso_profile.saml.idp_entity_id", "sso_profile.saml.idp_sso_url",
                          "sso_profile.saml.idp_certificates"));
}

TEST_F(SsoProfileManagerTest, RefusesASecondProfileOfOneId) {
  CreateProfile();
  EXPECT_THAT(CreateStatus(NewProfile()),
              FailsWith(absl::StatusCode::kAlreadyExists, reason::kResourceExists));
}

TEST_F(SsoProfileManagerTest, RefusesAProfileOfNoOrganization) {
  SsoProfileManager::CreateCommand command = NewProfile();
  command.organization = OrganizationId::FromTrusted("nobody");
  EXPECT_THAT(CreateStatus(command),
              FailsWith(absl::StatusCode::kNotFound, reason::kResourceNotFound));
}

TEST_F(SsoProfileManagerTest, RepeatsACreateWithTheSameRequestId) {
  SsoProfileManager::CreateCommand command = NewProfile();
  command.request_id = "r-1";
  const SsoProfileView first = Value(profiles_->Create(TestCaller(), command));
  Value(profiles_->Update(TestCaller(), {.name = okta_, .display_name = "Okta EU"}));
  const storage::Revision before = engine_->revision();

  const SsoProfileView second = Value(profiles_->Create(TestCaller(), command));
  EXPECT_EQ(engine_->revision(), before);
  EXPECT_EQ(second.profile.saml, first.profile.saml);
  EXPECT_EQ(second.profile.display_name, "Okta EU");

  command.saml.acs_url = "https://login.acme.example/other";
  EXPECT_THAT(CreateStatus(command),
              FailsWith(absl::StatusCode::kAlreadyExists, reason::kRequestIdReused));
}

TEST_F(SsoProfileManagerTest, CreatesOneProfileForManyConcurrentRequests) {
  for (const std::string request_id : {"", "r-1"}) {
    SsoProfileManager::CreateCommand command = NewProfile();
    command.request_id = request_id;
    command.id = SsoProfileId::FromTrusted(request_id.empty() ? "plain" : "repeated");
    std::vector<absl::StatusOr<SsoProfileView>> results(4, absl::UnknownError("not run"));
    std::vector<std::thread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] { result = profiles_->Create(TestCaller(), command); });
    }
    for (std::thread& thread : threads) thread.join();

    const SamlSettings kept =
        Value(profiles_->Get({command.organization, command.id})).profile.saml;
    int created = 0;
    for (const auto& result : results) {
      if (result.ok()) {
        ++created;
        EXPECT_EQ(result->profile.saml, kept) << "its key was not replaced";
      } else {
        EXPECT_EQ(ReasonOf(result.status()), reason::kResourceExists);
      }
    }
    EXPECT_EQ(created, request_id.empty() ? 1 : 4);
  }
}

// --- reading ---

TEST_F(SsoProfileManagerTest, ListsProfilesInPages) {
  for (const char* id : {"okta", "entra", "google"}) {
    SsoProfileManager::CreateCommand command = NewProfile();
    command.id = SsoProfileId::FromTrusted(id);
    CreateProfile(command);
  }
  PassTest();
  ASSERT_TRUE(Enforce({"acme.example"}).ok());

  Page<SsoProfileView> page = Value(profiles_->List(acme_, {.size = 2}));
  ASSERT_THAT(page.items, SizeIs(2));
  EXPECT_EQ(page.items[0].profile.id.value(), "entra");
  EXPECT_EQ(page.items[1].profile.id.value(), "google");
  EXPECT_THAT(page.items[0].enforced_domains, IsEmpty());

  page = Value(profiles_->List(acme_, {.size = 2, .after = page.next}));
  ASSERT_THAT(page.items, SizeIs(1));
  EXPECT_EQ(page.next, "");
  EXPECT_THAT(Ascii(page.items[0].enforced_domains), ElementsAre("acme.example"));
  EXPECT_EQ(page.items[0].version, Profile().version);
}

TEST_F(SsoProfileManagerTest, ListsNothingOfNoOrganization) {
  EXPECT_THAT(profiles_->List(OrganizationId::FromTrusted("nobody"), {}).status(),
              FailsWith(absl::StatusCode::kNotFound, reason::kResourceNotFound));
}

TEST_F(SsoProfileManagerTest, WarnsOfACertificateNearItsEnd) {
  const SsoProfileView view = CreateProfile();
  const absl::Time end = view.certificates[0].not_after;
  clock_.Set(end - absl::Hours(24 * 30) - absl::Seconds(1));
  EXPECT_THAT(Profile().warnings, IsEmpty());
  clock_.Set(end - absl::Hours(24 * 30));
  EXPECT_THAT(Profile().warnings, ElementsAre(HasSubstr("expires on 2034-03-01")));
  clock_.Set(end);
  EXPECT_THAT(Profile().warnings, ElementsAre(HasSubstr("expired on 2034-03-01")));
}

TEST_F(SsoProfileManagerTest, CallsAStoredCertificateThatDoesNotParseDataLoss) {
  SsoProfile profile = CreateProfile().profile;
  profile.saml.idp_certificates = {"junk"};
  Change([&](storage::Transaction& tx) { return storage::SsoProfileStore::Put(tx, profile); });
  EXPECT_THAT(profiles_->Get(okta_).status(),
              FailsWith(absl::StatusCode::kDataLoss, reason::kStoreCorrupt));
}

TEST_F(SsoProfileManagerTest, ExportsServiceProviderMetadata) {
  const SamlSettings saml = CreateProfile().profile.saml;
  const ServiceProviderMetadataView view = Value(profiles_->GetServiceProviderMetadata(okta_));
  EXPECT_EQ(view.entity_id, saml.sp_entity_id);
  EXPECT_EQ(view.acs_url, saml.acs_url);
  EXPECT_THAT(view.xml, HasSubstr(absl::StrCat("entityID=\"", saml.sp_entity_id, "\"")));
  EXPECT_THAT(view.xml, HasSubstr(absl::StrCat("Location=\"", saml.acs_url, "\"")));
  EXPECT_THAT(view.xml, Not(HasSubstr("PRIVATE KEY")));
}

TEST_F(SsoProfileManagerTest, KnowsNoProfileThatWasNotCreated) {
  const auto not_found = FailsWith(absl::StatusCode::kNotFound, reason::kResourceNotFound);
  EXPECT_THAT(profiles_->Get(okta_).status(), not_found);
  EXPECT_THAT(profiles_->GetServiceProviderMetadata(okta_).status(), not_found);
  EXPECT_THAT(profiles_->Update(TestCaller(), {.name = okta_, .display_name = "x"}).status(),
              not_found);
  EXPECT_THAT(profiles_->Delete(TestCaller(), okta_, std::nullopt), not_found);
}

// --- update ---

TEST_F(SsoProfileManagerTest, ChangesWhatIsGivenAndNothingElse) {
  const SsoProfileView before = CreateProfile();
  clock_.Advance(absl::Minutes(1));
  const SsoProfileView after = Value(Update({.idp_sso_url = "https://idp.acme.example/new"}));
  SsoProfile expected = before.profile;
  expected.saml.idp_sso_url = "https://idp.acme.example/new";
  EXPECT_EQ(after.profile.saml, expected.saml);
  EXPECT_EQ(after.profile.display_name, "Okta");
  EXPECT_EQ(after.profile.create_time, before.profile.create_time);
  EXPECT_EQ(after.profile.update_time, clock_.Now());
  EXPECT_NE(after.version, before.version);
}

TEST_F(SsoProfileManagerTest, ReplacesWhatMetadataSays) {
  const SsoProfileView before = CreateProfile();
  const SsoProfileView after = Value(Update({.idp_metadata_xml = IdpWithNextKey().MetadataXml()}));
  EXPECT_THAT(after.profile.saml.idp_certificates, ElementsAre(IdpWithNextKey().certificate_pem()));
  EXPECT_EQ(after.profile.saml.acs_url, before.profile.saml.acs_url);
  EXPECT_EQ(after.profile.saml.sp_certificate, before.profile.saml.sp_certificate);
}

TEST_F(SsoProfileManagerTest, MakesTheDefaultEntityIdAgainWhenItIsEmptied) {
  const std::string made = CreateProfile().profile.saml.sp_entity_id;
  EXPECT_EQ(Value(Update({.sp_entity_id = "urn:acme"})).profile.saml.sp_entity_id, "urn:acme");
  EXPECT_EQ(Value(Update({.sp_entity_id = ""})).profile.saml.sp_entity_id, made);
}

TEST_F(SsoProfileManagerTest, WritesNothingWhenNothingChanges) {
  const SsoProfileView before = CreateProfile();
  const storage::Revision revision = engine_->revision();
  clock_.Advance(absl::Minutes(1));
  SsoProfileManager::UpdateCommand command{
      .name = okta_, .display_name = "Okta", .saml = InputFor(Idp())};
  const SsoProfileView after = Value(profiles_->Update(TestCaller(), command));
  EXPECT_EQ(engine_->revision(), revision);
  EXPECT_EQ(after.version, before.version);
  EXPECT_EQ(after.profile.update_time, before.profile.update_time);
}

TEST_F(SsoProfileManagerTest, ChangesNothingWhenOneSettingIsBad) {
  const SsoProfileView before = CreateProfile();
  SsoProfileManager::UpdateCommand command{.name = okta_, .display_name = ""};
  command.saml = {.idp_entity_id = "",
                  .idp_sso_url = "https://idp.acme.example/new",
                  .idp_certificates = std::vector<std::string>()};
  EXPECT_THAT(FieldsOf(profiles_->Update(TestCaller(), command).status()),
              ElementsAre("sso_profile.display_name", "sso_profile.saml.idp_entity_id",
                          "sso_profile.saml.idp_certificates"));
  EXPECT_EQ(Profile().version, before.version);
  EXPECT_EQ(Profile().profile.saml, before.profile.saml);
}

TEST_F(SsoProfileManagerTest, RefusesAnUpdateOfAnotherVersion) {
  const SsoProfileView first = CreateProfile();
  Value(profiles_->Update(TestCaller(),
                          {.name = okta_, .version = first.version, .display_name = "A"}));
  const auto stale = profiles_->Update(
      TestCaller(), {.name = okta_, .version = first.version, .display_name = "B"});
  EXPECT_THAT(stale.status(), FailsWith(absl::StatusCode::kAborted, reason::kEtagMismatch));
  EXPECT_THAT(profiles_->Delete(TestCaller(), okta_, first.version),
              FailsWith(absl::StatusCode::kAborted, reason::kEtagMismatch));
  EXPECT_EQ(Profile().profile.display_name, "A");
}

// --- enforced domains ---

TEST_F(SsoProfileManagerTest, EnforcesAndReleasesByItsListOfDomains) {
  SetDomain("acme.test", DomainState::kVerified);
  CreateProfile();
  PassTest();
  EXPECT_THAT(Ascii(Value(Enforce({"acme.example"})).enforced_domains),
              ElementsAre("acme.example"));
  EXPECT_THAT(Ascii(Value(Enforce({"acme.test", "acme.example"})).enforced_domains),
              ElementsAre("acme.example", "acme.test"));
  EXPECT_THAT(Ascii(Value(Enforce({"acme.test"})).enforced_domains), ElementsAre("acme.test"));
  EXPECT_THAT(Value(Enforce({})).enforced_domains, IsEmpty());
}

TEST_F(SsoProfileManagerTest, EnforcesNothingBeforeATestHasPassed) {
  CreateProfile();
  SsoProfileManager::UpdateCommand command{
      .name = okta_, .display_name = "Renamed", .acting_admin = admin_};
  command.enforced_domains = std::vector{DomainName::FromTrusted("acme.example")};
  EXPECT_THAT(profiles_->Update(TestCaller(), command).status(),
              FailsWith(kFailedPrecondition, reason::kConnectionTestRequired));
  EXPECT_EQ(Profile().profile.display_name, "Okta") << "all or nothing";
}

TEST_F(SsoProfileManagerTest, EnforcesAgainstTheSettingsOfTheSameUpdate) {
  CreateProfile();
  PassTest();
  SsoProfileManager::UpdateCommand command{.name = okta_, .acting_admin = admin_};
  command.saml.idp_sso_url = "https://idp.acme.example/new";
  command.enforced_domains = std::vector{DomainName::FromTrusted("acme.example")};
  EXPECT_THAT(profiles_->Update(TestCaller(), command).status(),
              FailsWith(kFailedPrecondition, reason::kConnectionTestStale));
  EXPECT_EQ(Status(), TestStatus::kPassed);
}

TEST_F(SsoProfileManagerTest, KeepsDomainsEnforcedWhenAChangeMakesTheTestStale) {
  SetDomain("acme.test", DomainState::kVerified);
  CreateProfile();
  PassTest();
  Value(Enforce({"acme.example"}));
  const SsoProfileView changed = Value(Update({.idp_sso_url = "https://idp.acme.example/new"}));
  EXPECT_EQ(TestStatusOf(changed.profile), TestStatus::kStale);
  EXPECT_THAT(Ascii(changed.enforced_domains), ElementsAre("acme.example"));
  EXPECT_THAT(Enforce({"acme.example", "acme.test"}).status(),
              FailsWith(kFailedPrecondition, reason::kConnectionTestStale));
  EXPECT_TRUE(Enforce({"acme.example"}).ok()) << "nothing new is asked";
}

TEST_F(SsoProfileManagerTest, HasAnotherVersionWhenADomainIsEnforcedElsewhere) {
  CreateProfile();
  PassTest();
  const storage::Revision seen = Profile().version;
  Change([&](storage::Transaction& tx) {
    return storage::EnforcementStore::Put(tx, {.organization = acme_,
                                               .domain = DomainName::FromTrusted("acme.example"),
                                               .profile = okta_.profile,
                                               .triggered_by = admin_,
                                               .enforce_time = clock_.Now()});
  });
  EXPECT_NE(Profile().version, seen);
  SsoProfileManager::UpdateCommand command{.name = okta_, .version = seen, .acting_admin = admin_};
  command.enforced_domains.emplace();
  EXPECT_THAT(profiles_->Update(TestCaller(), command).status(),
              FailsWith(absl::StatusCode::kAborted, reason::kEtagMismatch));
  EXPECT_THAT(Ascii(Profile().enforced_domains), ElementsAre("acme.example"));
}

// --- deletion ---

TEST_F(SsoProfileManagerTest, DeletesAProfileWithItsTests) {
  CreateProfile();
  const ConnectionTestView test = StartTest();
  ASSERT_TRUE(profiles_->Delete(TestCaller(), okta_, Profile().version).ok());
  EXPECT_THAT(profiles_->Get(okta_).status(),
              FailsWith(absl::StatusCode::kNotFound, reason::kResourceNotFound));
  EXPECT_THAT(tests_->Get(NameOf(test)).status(),
              FailsWith(absl::StatusCode::kNotFound, reason::kResourceNotFound));
  // One of the same id afterwards is another.
  EXPECT_EQ(TestStatusOf(CreateProfile().profile), TestStatus::kUntested);
  EXPECT_FALSE(tests_->Get(NameOf(test)).ok());
}

TEST_F(SsoProfileManagerTest, KeepsAProfileThatEnforces) {
  CreateProfile();
  PassTest();
  Value(Enforce({"acme.example"}));
  const absl::Status refused = profiles_->Delete(TestCaller(), okta_, std::nullopt);
  EXPECT_THAT(refused, FailsWith(kFailedPrecondition, reason::kProfileEnforced));
  const auto details = DetailsOf(refused);
  ASSERT_TRUE(details);
  ASSERT_THAT(details->precondition_violations, SizeIs(1));
  EXPECT_EQ(details->precondition_violations[0].resource,
            "organizations/acme/enforcements/acme.example");
  EXPECT_TRUE(profiles_->Get(okta_).ok());

  Value(Enforce({}));
  EXPECT_TRUE(profiles_->Delete(TestCaller(), okta_, std::nullopt).ok());
}

TEST_F(SsoProfileManagerTest, NamesOnlyTheFirstOfManyEnforcedDomains) {
  CreateProfile();
  Change([&](storage::Transaction& tx) -> absl::Status {
    for (int i = 100; i < 200; ++i) {
      const absl::Status put = storage::EnforcementStore::Put(
          tx, {.organization = acme_,
               .domain = DomainName::FromTrusted(absl::StrCat("d", i, ".example")),
               .profile = okta_.profile,
               .enforce_time = clock_.Now()});
      if (!put.ok()) return put;
    }
    return absl::OkStatus();
  });
  const absl::Status refused = profiles_->Delete(TestCaller(), okta_, std::nullopt);
  ASSERT_THAT(refused, FailsWith(kFailedPrecondition, reason::kProfileEnforced));
  EXPECT_THAT(std::string(refused.message()), HasSubstr(" d109.example, 90 more; release"));
  EXPECT_THAT(DetailsOf(refused)->precondition_violations, SizeIs(10));
}

}  // namespace
}  // namespace gatehouse
