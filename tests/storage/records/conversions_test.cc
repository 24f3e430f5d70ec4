// Records and the plain structs of policy/: nothing is lost on the way, and a
// number from the future is refused.
#include "storage/records/conversions.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace gatehouse::storage {
namespace {

absl::Time At(int64_t second) { return absl::FromUnixMicros(1'700'000'000'000'000 + second); }

// A struct with nothing left at its default gives a record with every field set:
// a field that a conversion forgets fails here.
void ExpectEveryFieldSet(const google::protobuf::Message& record,
                         const std::set<std::string>& unset = {}) {
  std::vector<const google::protobuf::FieldDescriptor*> set;
  record.GetReflection()->ListFields(record, &set);
  std::set<std::string> names;
  for (const auto* field : set) names.insert(field->name());
  for (int i = 0; i < record.GetDescriptor()->field_count(); ++i) {
    const std::string& name = record.GetDescriptor()->field(i)->name();
    EXPECT_EQ(names.count(name), unset.count(name) == 0 ? 1u : 0u)
        << record.GetTypeName() << "." << name;
  }
}

// There and back and there again: equal records mean that the struct between
// them kept everything.
template <typename T>
T RoundTrip(const T& value, T identity = {}, const std::set<std::string>& unset = {}) {
  const auto record = ToRecord(value);
  ExpectEveryFieldSet(record, unset);
  EXPECT_TRUE(FromRecord(record, &identity));
  EXPECT_EQ(ToRecord(identity).SerializeAsString(), record.SerializeAsString());
  return identity;
}

TEST(Conversions, KeepAnOrganization) {
  const Organization read =
      RoundTrip(Organization{.display_name = "Acme", .create_time = At(1), .update_time = At(2)});
  EXPECT_EQ(read.display_name, "Acme");
  EXPECT_EQ(read.create_time, At(1));
  EXPECT_EQ(read.update_time, At(2));
}

TEST(Conversions, KeepADomain) {
  const Domain read = RoundTrip(Domain{.state = DomainState::kAtRisk,
                                       .verification_token = "token",
                                       .create_time = At(1),
                                       .verify_time = At(2),
                                       .verify_method = VerificationMethod::kHttpsFile,
                                       .expire_time = At(3)});
  EXPECT_EQ(read.verify_method, VerificationMethod::kHttpsFile);
  EXPECT_EQ(read.expire_time, At(3));
  EXPECT_EQ(read.state, DomainState::kAtRisk);
  EXPECT_EQ(read.verification_token, "token");
  EXPECT_EQ(read.create_time, At(1));
  EXPECT_EQ(read.verify_time, At(2));
}

TEST(Conversions, KeepAUser) {
  const User read = RoundTrip(User{.id = UserId::FromTrusted("u1"),
                                   .display_name = "Jo",
                                   .role = Role::kOwner,
                                   .suspended = true,
                                   .claimed = true,
                                   .claim_time = At(1),
                                   .create_time = At(2),
                                   .update_time = At(3)});
  EXPECT_EQ(read.id.value(), "u1");
  EXPECT_EQ(read.display_name, "Jo");
  EXPECT_EQ(read.role, Role::kOwner);
  EXPECT_TRUE(read.suspended);
  EXPECT_TRUE(read.claimed);
  EXPECT_EQ(read.claim_time, At(1));
  EXPECT_EQ(read.create_time, At(2));
  EXPECT_EQ(read.update_time, At(3));
}

TEST(Conversions, KeepAnSsoProfile) {
  SsoProfile profile{.display_name = "Okta",
                     .tested_configuration = std::string("\x01\x00\xff", 3),
                     .test_pass_time = At(1),
                     .create_time = At(2),
                     .update_time = At(3)};
  profile.saml = {.idp_entity_id = "entity",
                  .idp_sso_url = "url",
                  .idp_certificates = {"second", "first"},
                  .email_attribute = "mail",
                  .sp_entity_id = "sp",
                  .acs_url = "acs",
                  .sp_certificate = "certificate"};
  profile.metadata_url = "https://idp.test/metadata";
  profile.staged = StagedSettings{.saml = profile.saml, .stage_time = At(4)};
  profile.staged->saml.idp_certificates = {"third"};
  ExpectEveryFieldSet(ToRecord(profile).saml());
  const SsoProfile read = RoundTrip(profile, {}, {"oidc"});
  EXPECT_EQ(read.protocol, SsoProtocol::kSaml);
  EXPECT_EQ(read.metadata_url, "https://idp.test/metadata");
  ASSERT_TRUE(read.staged.has_value());
  EXPECT_EQ(read.staged->saml, profile.staged->saml);
  EXPECT_EQ(read.staged->stage_time, At(4));
  EXPECT_EQ(read.display_name, "Okta");
  EXPECT_EQ(read.saml, profile.saml);
  EXPECT_EQ(read.tested_configuration, profile.tested_configuration);
  EXPECT_EQ(read.test_pass_time, At(1));
  EXPECT_EQ(read.create_time, At(2));
  EXPECT_EQ(read.update_time, At(3));
}

TEST(Conversions, KeepAnOidcProfile) {
  SsoProfile profile{.display_name = "Google", .protocol = SsoProtocol::kOidc};
  profile.oidc = {.issuer = "https://idp.test",
                  .client_id = "client",
                  .redirect_uri = "https://sp.test/callback",
                  .extra_scopes = {"groups", "offline"},
                  .email_claim = "mail",
                  .allow_missing_email_verified = true,
                  .client_secret_version = 7};
  const auto record = ToRecord(profile);
  ExpectEveryFieldSet(record.oidc());
  EXPECT_FALSE(record.has_saml());
  SsoProfile read;
  ASSERT_TRUE(FromRecord(record, &read));
  EXPECT_EQ(read.protocol, SsoProtocol::kOidc);
  EXPECT_EQ(ToRecord(read).SerializeAsString(), record.SerializeAsString());
  EXPECT_EQ(read.oidc.issuer, "https://idp.test");
  EXPECT_EQ(read.oidc.extra_scopes, profile.oidc.extra_scopes);
  EXPECT_TRUE(read.oidc.allow_missing_email_verified);
  EXPECT_EQ(read.oidc.client_secret_version, 7);
}

TEST(Conversions, KeepAConnectionTest) {
  const ConnectionTest read =
      RoundTrip(ConnectionTest{.state = ConnectionTestState::kFailed,
                               .request_id = "_1",
                               .configuration = std::string("\x01\x00", 2),
                               .create_time = At(1),
                               .expire_time = At(2),
                               .complete_time = At(3),
                               .failure = ConnectionTestFailure::kMissingTimeLimits,
                               .failure_detail = "detail",
                               .email = "jo@acme.test",
                               .staged = true,
                               .nonce = "nonce",
                               .sealed_code_verifier = std::string("\x01\x00", 2)});
  EXPECT_TRUE(read.staged);
  EXPECT_EQ(read.nonce, "nonce");
  EXPECT_EQ(read.sealed_code_verifier, std::string("\x01\x00", 2));
  EXPECT_EQ(read.state, ConnectionTestState::kFailed);
  EXPECT_EQ(read.request_id, "_1");
  EXPECT_EQ(read.configuration, std::string("\x01\x00", 2));
  EXPECT_EQ(read.create_time, At(1));
  EXPECT_EQ(read.expire_time, At(2));
  EXPECT_EQ(read.complete_time, At(3));
  EXPECT_EQ(read.failure, ConnectionTestFailure::kMissingTimeLimits);
  EXPECT_EQ(read.failure_detail, "detail");
  EXPECT_EQ(read.email, "jo@acme.test");
}

TEST(Conversions, KeepAnEnforcement) {
  Enforcement enforcement{.profile = SsoProfileId::FromTrusted("idp"),
                          .mode = EnforcementMode::kObserve,
                          .unmanaged_users = UnmanagedUsers::kRequireSso,
                          .triggered_by = UserId::FromTrusted("u1"),
                          .enforce_time = At(1),
                          .enforce_revision = std::numeric_limits<uint64_t>::max()};
  enforcement.match_subdomains = true;
  enforcement.on_unavailable = UnavailablePolicy::kDeny;
  enforcement.change_time = At(2);
  enforcement.pause = Pause{.time = At(3), .automatic = true, .reason = "why", .actor = "who"};
  enforcement.rollout = {
      .start_time = At(4),
      .percent = 25,
      .users = {UserId::FromTrusted("u2"), UserId::FromTrusted("u3")},
      .require_proof = true,
      .proof_deadline = At(5),
      .automatic_pause =
          AutomaticPause{.min_failures = 3, .failure_percent = 40, .window = absl::Minutes(10)}};
  const auto record = ToRecord(enforcement);
  ExpectEveryFieldSet(record.rollout());
  ExpectEveryFieldSet(record.rollout().automatic_pause());
  ExpectEveryFieldSet(record.pause());
  const Enforcement read = RoundTrip(enforcement);
  EXPECT_TRUE(read.match_subdomains);
  EXPECT_EQ(read.on_unavailable, UnavailablePolicy::kDeny);
  EXPECT_EQ(read.change_time, At(2));
  ASSERT_TRUE(read.pause.has_value());
  EXPECT_EQ(read.pause->actor, "who");
  EXPECT_EQ(read.rollout, enforcement.rollout);
  EXPECT_EQ(read.profile.value(), "idp");
  EXPECT_EQ(read.mode, EnforcementMode::kObserve);
  EXPECT_EQ(read.unmanaged_users, UnmanagedUsers::kRequireSso);
  EXPECT_EQ(read.triggered_by.value(), "u1");
  EXPECT_EQ(read.enforce_time, At(1));
  EXPECT_EQ(read.enforce_revision, std::numeric_limits<uint64_t>::max());
}

TEST(Conversions, KeepAnExemption) {
  const Exemption read = RoundTrip(Exemption{.kind = ExemptionKind::kServiceAccount,
                                             .reason = "backup job",
                                             .approver = "accessTokens/k1",
                                             .create_time = At(1),
                                             .expire_time = At(2)});
  EXPECT_EQ(read.approver, "accessTokens/k1");
  EXPECT_EQ(read.kind, ExemptionKind::kServiceAccount);
  EXPECT_EQ(read.reason, "backup job");
  EXPECT_EQ(read.create_time, At(1));
  EXPECT_EQ(read.expire_time, At(2));
}

TEST(Conversions, KeepAnOverride) {
  const SsoOverride read = RoundTrip(SsoOverride{.mode = SsoOverrideMode::kExempt,
                                                 .profile = SsoProfileId::FromTrusted("idp"),
                                                 .reason = "why",
                                                 .approver = "who",
                                                 .create_time = At(1)});
  EXPECT_EQ(read.mode, SsoOverrideMode::kExempt);
  EXPECT_EQ(read.profile.value(), "idp");
  EXPECT_EQ(read.reason, "why");
  EXPECT_EQ(read.approver, "who");
  EXPECT_EQ(read.create_time, At(1));
}

TEST(Conversions, KeepSignIns) {
  const SsoProfileId idp = SsoProfileId::FromTrusted("idp");
  const LoginActivity read = RoundTrip(LoginActivity{.last_sign_in_time = At(1),
                                                     .last_sso_sign_in_time = At(2),
                                                     .last_sso_profile = idp,
                                                     .last_sso_failure_time = At(3),
                                                     .proofs = {{idp, At(4)}},
                                                     .exemption_use_count = 5,
                                                     .last_exemption_use_time = At(6),
                                                     .exemption_create_time = At(7)});
  EXPECT_EQ(read.last_sso_sign_in_time, At(2));
  EXPECT_EQ(read.proofs.at(idp), At(4));
  EXPECT_EQ(read.exemption_use_count, 5);
  EXPECT_EQ(read.exemption_create_time, At(7));
}

TEST(Conversions, KeepAnAccessToken) {
  const AccessToken read = RoundTrip(
      AccessToken{.secret_hash = std::string(32, '\xff'),
                  .display_name = "portal",
                  .role = AccessRole::kOrganizationAdmin,
                  .scopes = {{OrganizationId::FromTrusted("acme"), UserId::FromTrusted("u1")}},
                  .creator = "accessTokens/k0",
                  .create_time = At(1),
                  .expire_time = At(2),
                  .revoke_time = At(3)});
  EXPECT_EQ(read.secret_hash, std::string(32, '\xff'));
  EXPECT_EQ(read.role, AccessRole::kOrganizationAdmin);
  ASSERT_EQ(read.scopes.size(), 1u);
  EXPECT_EQ(read.scopes[0].organization.value(), "acme");
  EXPECT_EQ(read.scopes[0].acting_admin.value(), "u1");
  EXPECT_EQ(read.revoke_time, At(3));
  // One that never ends must not come back as one that always has.
  AccessToken forever;
  ASSERT_TRUE(FromRecord(ToRecord(AccessToken{}), &forever));
  EXPECT_EQ(forever.expire_time, absl::InfiniteFuture());
  EXPECT_EQ(forever.revoke_time, absl::InfiniteFuture());
}

TEST(Conversions, ReadARecordFromBeforeThereWereRolloutsAsOneForEverybody) {
  v1::EnforcementRecord record;
  record.set_profile("idp");
  record.set_mode(1);
  record.set_unmanaged_users(1);
  Enforcement enforcement;
  ASSERT_TRUE(FromRecord(record, &enforcement));
  EXPECT_EQ(enforcement.rollout, Rollout());
  EXPECT_EQ(enforcement.rollout.percent, 100);
  EXPECT_EQ(enforcement.on_unavailable, UnavailablePolicy::kRequireSso);
}

TEST(Conversions, LeaveWhoItIsToTheCaller) {
  const Organization organization =
      RoundTrip(Organization{.display_name = "x", .create_time = At(1), .update_time = At(1)},
                Organization{.id = OrganizationId::FromTrusted("acme")});
  EXPECT_EQ(organization.id.value(), "acme");
  const Exemption exemption = RoundTrip(
      Exemption{.reason = "x", .approver = "y", .create_time = At(1), .expire_time = At(2)},
      Exemption{.organization = OrganizationId::FromTrusted("acme"),
                .user = UserId::FromTrusted("u1")});
  EXPECT_EQ(exemption.organization.value(), "acme");
  EXPECT_EQ(exemption.user.value(), "u1");
}

TEST(Conversions, WriteATimeThatIsNotSetAsZero) {
  Domain domain{.create_time = At(1)};
  EXPECT_EQ(ToRecord(domain).verify_time_us(), 0);
  domain.verify_time = At(1);
  ASSERT_TRUE(FromRecord(ToRecord(Domain{.create_time = At(1)}), &domain));
  EXPECT_EQ(domain.verify_time, absl::InfinitePast());

  User user{.claim_time = At(1)};
  ASSERT_TRUE(FromRecord(ToRecord(User{}), &user));
  EXPECT_EQ(user.claim_time, absl::InfinitePast());

  ConnectionTest test{.complete_time = At(1)};
  ASSERT_TRUE(FromRecord(ToRecord(ConnectionTest{}), &test));
  EXPECT_EQ(test.complete_time, absl::InfinitePast());

  // An exemption that never ends must not come back as one that always has.
  EXPECT_EQ(ToRecord(Exemption{}).expire_time_us(), 0);
  Exemption exemption{.expire_time = At(1)};
  ASSERT_TRUE(FromRecord(ToRecord(Exemption{}), &exemption));
  EXPECT_EQ(exemption.expire_time, absl::InfiniteFuture());
}

TEST(Conversions, KeepTimesBefore1970) {
  Exemption exemption;
  ASSERT_TRUE(FromRecord(ToRecord(Exemption{.expire_time = absl::FromUnixMicros(-1)}), &exemption));
  EXPECT_EQ(exemption.expire_time, absl::FromUnixMicros(-1));
}

// An enum field: what it may hold, and whether a record with a number is read.
struct EnumField {
  const char* name;
  int first, last;
  std::function<bool(int)> reads;
};

// `set` puts a number into an otherwise valid record of `valid`.
template <typename T, typename Record>
EnumField Field(const char* name, int first, int last, const T& valid, void (Record::*set)(int)) {
  return {name, first, last, [valid, set](int number) {
            Record record = ToRecord(valid);
            (record.*set)(number);
            T value{};
            if (!FromRecord(record, &value)) return false;
            // 0 is what older records have: it is written as what it means.
            if (number != 0) {
              EXPECT_EQ(ToRecord(value).SerializeAsString(), record.SerializeAsString());
            }
            return true;
          }};
}

TEST(Conversions, RefuseEveryEnumNumberThatThisVersionDoesNotKnow) {
  const EnumField fields[] = {
      Field("DomainRecord.state", 1, 4, Domain{}, &v1::DomainRecord::set_state),
      Field("DomainRecord.verify_method", 0, 2, Domain{}, &v1::DomainRecord::set_verify_method),
      Field("SsoOverrideRecord.mode", 2, 3, SsoOverride{}, &v1::SsoOverrideRecord::set_mode),
      Field("AccessTokenRecord.role", 1, 4, AccessToken{}, &v1::AccessTokenRecord::set_role),
      Field("EnforcementRecord.on_unavailable", 0, 3, Enforcement{},
            &v1::EnforcementRecord::set_on_unavailable),
      Field("UserRecord.role", 1, 3, User{}, &v1::UserRecord::set_role),
      Field("ConnectionTestRecord.state", 1, 3, ConnectionTest{},
            &v1::ConnectionTestRecord::set_state),
      Field("ConnectionTestRecord.failure", 0,
            static_cast<int>(ConnectionTestFailure::kDiscoveryInvalid), ConnectionTest{},
            &v1::ConnectionTestRecord::set_failure),
      Field("EnforcementRecord.mode", 1, 2, Enforcement{}, &v1::EnforcementRecord::set_mode),
      Field("EnforcementRecord.unmanaged_users", 1, 2, Enforcement{},
            &v1::EnforcementRecord::set_unmanaged_users),
      Field("ExemptionRecord.kind", 1, 3, Exemption{}, &v1::ExemptionRecord::set_kind),
  };
  for (const EnumField& field : fields) {
    for (int number = -2; number < 80; ++number) {
      EXPECT_EQ(field.reads(number), number >= field.first && number <= field.last)
          << field.name << " = " << number;
    }
    EXPECT_FALSE(field.reads(std::numeric_limits<int>::max())) << field.name;
    EXPECT_FALSE(field.reads(std::numeric_limits<int>::min())) << field.name;
  }
}

TEST(Conversions, RefuseAProfileWithNoConnection) {
  // As a version that knows another protocol would write it.
  v1::SsoProfileRecord record = ToRecord(SsoProfile{});
  record.clear_saml();
  SsoProfile profile;
  EXPECT_FALSE(FromRecord(record, &profile));
}

}  // namespace
}  // namespace gatehouse::storage
