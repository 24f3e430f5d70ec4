#include "storage/records/conversions.h"

#include "absl/time/time.h"

namespace gatehouse::storage {
namespace {

// `unset` is the in-memory value that stands for "0: not set" on disk.
int64_t ToMicros(absl::Time time, absl::Time unset = absl::InfinitePast()) {
  return time == unset ? 0 : absl::ToUnixMicros(time);
}

absl::Time FromMicros(int64_t micros, absl::Time unset = absl::InfinitePast()) {
  return micros == 0 ? unset : absl::FromUnixMicros(micros);
}

// Whether `value` is one of the contiguous values first..last of `E`.
template <typename E>
bool ReadEnum(int value, E first, E last, E* out) {
  if (value < static_cast<int>(first) || value > static_cast<int>(last)) return false;
  *out = static_cast<E>(value);
  return true;
}

}  // namespace

v1::OrganizationRecord ToRecord(const Organization& organization) {
  v1::OrganizationRecord record;
  record.set_display_name(organization.display_name);
  record.set_create_time_us(ToMicros(organization.create_time));
  record.set_update_time_us(ToMicros(organization.update_time));
  return record;
}

bool FromRecord(const v1::OrganizationRecord& record, Organization* organization) {
  organization->display_name = record.display_name();
  organization->create_time = FromMicros(record.create_time_us());
  organization->update_time = FromMicros(record.update_time_us());
  return true;
}

v1::DomainRecord ToRecord(const Domain& domain) {
  v1::DomainRecord record;
  record.set_state(static_cast<int>(domain.state));
  record.set_verification_token(domain.verification_token);
  record.set_create_time_us(ToMicros(domain.create_time));
  record.set_verify_time_us(ToMicros(domain.verify_time));
  return record;
}

bool FromRecord(const v1::DomainRecord& record, Domain* domain) {
  domain->verification_token = record.verification_token();
  domain->create_time = FromMicros(record.create_time_us());
  domain->verify_time = FromMicros(record.verify_time_us());
  return ReadEnum(record.state(), DomainState::kPending, DomainState::kExpired, &domain->state);
}

v1::UserRecord ToRecord(const User& user) {
  v1::UserRecord record;
  record.set_id(user.id.value());
  record.set_display_name(user.display_name);
  record.set_role(static_cast<int>(user.role));
  record.set_suspended(user.suspended);
  record.set_claimed(user.claimed);
  record.set_claim_time_us(ToMicros(user.claim_time));
  record.set_create_time_us(ToMicros(user.create_time));
  record.set_update_time_us(ToMicros(user.update_time));
  return record;
}

bool FromRecord(const v1::UserRecord& record, User* user) {
  user->id = UserId::FromTrusted(record.id());
  user->display_name = record.display_name();
  user->suspended = record.suspended();
  user->claimed = record.claimed();
  user->claim_time = FromMicros(record.claim_time_us());
  user->create_time = FromMicros(record.create_time_us());
  user->update_time = FromMicros(record.update_time_us());
  return ReadEnum(record.role(), Role::kMember, Role::kOwner, &user->role);
}

v1::SsoProfileRecord ToRecord(const SsoProfile& profile) {
  v1::SsoProfileRecord record;
  record.set_display_name(profile.display_name);
  v1::SamlSettingsRecord* saml = record.mutable_saml();
  saml->set_idp_entity_id(profile.saml.idp_entity_id);
  saml->set_idp_sso_url(profile.saml.idp_sso_url);
  for (const std::string& certificate : profile.saml.idp_certificates) {
    saml->add_idp_certificates(certificate);
  }
  saml->set_email_attribute(profile.saml.email_attribute);
  saml->set_sp_entity_id(profile.saml.sp_entity_id);
  saml->set_acs_url(profile.saml.acs_url);
  saml->set_sp_certificate(profile.saml.sp_certificate);
  record.set_tested_configuration(profile.tested_configuration);
  record.set_test_pass_time_us(ToMicros(profile.test_pass_time));
  record.set_create_time_us(ToMicros(profile.create_time));
  record.set_update_time_us(ToMicros(profile.update_time));
  return record;
}

bool FromRecord(const v1::SsoProfileRecord& record, SsoProfile* profile) {
  profile->display_name = record.display_name();
  const v1::SamlSettingsRecord& saml = record.saml();
  profile->saml.idp_entity_id = saml.idp_entity_id();
  profile->saml.idp_sso_url = saml.idp_sso_url();
  profile->saml.idp_certificates.assign(saml.idp_certificates().begin(),
                                        saml.idp_certificates().end());
  profile->saml.email_attribute = saml.email_attribute();
  profile->saml.sp_entity_id = saml.sp_entity_id();
  profile->saml.acs_url = saml.acs_url();
  profile->saml.sp_certificate = saml.sp_certificate();
  profile->tested_configuration = record.tested_configuration();
  profile->test_pass_time = FromMicros(record.test_pass_time_us());
  profile->create_time = FromMicros(record.create_time_us());
  profile->update_time = FromMicros(record.update_time_us());
  return record.has_saml();
}

v1::ConnectionTestRecord ToRecord(const ConnectionTest& test) {
  v1::ConnectionTestRecord record;
  record.set_state(static_cast<int>(test.state));
  record.set_request_id(test.request_id);
  record.set_configuration(test.configuration);
  record.set_create_time_us(ToMicros(test.create_time));
  record.set_expire_time_us(ToMicros(test.expire_time));
  record.set_complete_time_us(ToMicros(test.complete_time));
  record.set_failure(static_cast<int>(test.failure));
  record.set_failure_detail(test.failure_detail);
  record.set_email(test.email);
  return record;
}

bool FromRecord(const v1::ConnectionTestRecord& record, ConnectionTest* test) {
  test->request_id = record.request_id();
  test->configuration = record.configuration();
  test->create_time = FromMicros(record.create_time_us());
  test->expire_time = FromMicros(record.expire_time_us());
  test->complete_time = FromMicros(record.complete_time_us());
  test->failure_detail = record.failure_detail();
  test->email = record.email();
  return ReadEnum(record.state(), ConnectionTestState::kPending, ConnectionTestState::kFailed,
                  &test->state) &&
         ReadEnum(record.failure(), ConnectionTestFailure::kNone,
                  ConnectionTestFailure::kMissingTimeLimits, &test->failure);
}

v1::EnforcementRecord ToRecord(const Enforcement& enforcement) {
  v1::EnforcementRecord record;
  record.set_profile(enforcement.profile.value());
  record.set_mode(static_cast<int>(enforcement.mode));
  record.set_unmanaged_users(static_cast<int>(enforcement.unmanaged_users));
  record.set_triggered_by(enforcement.triggered_by.value());
  record.set_enforce_time_us(ToMicros(enforcement.enforce_time));
  record.set_enforce_revision(enforcement.enforce_revision);
  return record;
}

bool FromRecord(const v1::EnforcementRecord& record, Enforcement* enforcement) {
  enforcement->profile = SsoProfileId::FromTrusted(record.profile());
  enforcement->triggered_by = UserId::FromTrusted(record.triggered_by());
  enforcement->enforce_time = FromMicros(record.enforce_time_us());
  enforcement->enforce_revision = record.enforce_revision();
  return ReadEnum(record.mode(), EnforcementMode::kEnforce, EnforcementMode::kObserve,
                  &enforcement->mode) &&
         ReadEnum(record.unmanaged_users(), UnmanagedUsers::kPassword, UnmanagedUsers::kRequireSso,
                  &enforcement->unmanaged_users);
}

v1::ExemptionRecord ToRecord(const Exemption& exemption) {
  v1::ExemptionRecord record;
  record.set_kind(static_cast<int>(exemption.kind));
  record.set_note(exemption.note);
  record.set_create_time_us(ToMicros(exemption.create_time));
  record.set_expire_time_us(ToMicros(exemption.expire_time, absl::InfiniteFuture()));
  return record;
}

bool FromRecord(const v1::ExemptionRecord& record, Exemption* exemption) {
  exemption->note = record.note();
  exemption->create_time = FromMicros(record.create_time_us());
  exemption->expire_time = FromMicros(record.expire_time_us(), absl::InfiniteFuture());
  return ReadEnum(record.kind(), ExemptionKind::kTriggeringAdmin, ExemptionKind::kServiceAccount,
                  &exemption->kind);
}

}  // namespace gatehouse::storage
