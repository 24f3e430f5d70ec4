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

// A value that older records do not have.
template <typename E>
int OrDefault(int value, E absent) {
  return value == 0 ? static_cast<int>(absent) : value;
}

v1::SamlSettingsRecord ToSettingsRecord(const SamlSettings& settings) {
  v1::SamlSettingsRecord saml;
  saml.set_idp_entity_id(settings.idp_entity_id);
  saml.set_idp_sso_url(settings.idp_sso_url);
  for (const std::string& certificate : settings.idp_certificates) {
    saml.add_idp_certificates(certificate);
  }
  saml.set_email_attribute(settings.email_attribute);
  saml.set_sp_entity_id(settings.sp_entity_id);
  saml.set_acs_url(settings.acs_url);
  saml.set_sp_certificate(settings.sp_certificate);
  return saml;
}

SamlSettings FromSettingsRecord(const v1::SamlSettingsRecord& saml) {
  return {.idp_entity_id = saml.idp_entity_id(),
          .idp_sso_url = saml.idp_sso_url(),
          .idp_certificates = {saml.idp_certificates().begin(), saml.idp_certificates().end()},
          .email_attribute = saml.email_attribute(),
          .sp_entity_id = saml.sp_entity_id(),
          .acs_url = saml.acs_url(),
          .sp_certificate = saml.sp_certificate()};
}

v1::OidcSettingsRecord ToSettingsRecord(const OidcSettings& settings) {
  v1::OidcSettingsRecord oidc;
  oidc.set_issuer(settings.issuer);
  oidc.set_client_id(settings.client_id);
  oidc.set_redirect_uri(settings.redirect_uri);
  for (const std::string& scope : settings.extra_scopes) oidc.add_extra_scopes(scope);
  oidc.set_email_claim(settings.email_claim);
  oidc.set_allow_missing_email_verified(settings.allow_missing_email_verified);
  oidc.set_client_secret_version(settings.client_secret_version);
  return oidc;
}

OidcSettings FromSettingsRecord(const v1::OidcSettingsRecord& oidc) {
  return {.issuer = oidc.issuer(),
          .client_id = oidc.client_id(),
          .redirect_uri = oidc.redirect_uri(),
          .extra_scopes = {oidc.extra_scopes().begin(), oidc.extra_scopes().end()},
          .email_claim = oidc.email_claim(),
          .allow_missing_email_verified = oidc.allow_missing_email_verified(),
          .client_secret_version = oidc.client_secret_version()};
}

v1::RolloutRecord ToRolloutRecord(const Rollout& rollout) {
  v1::RolloutRecord record;
  record.set_start_time_us(ToMicros(rollout.start_time));
  record.set_percent_left_out(100 - rollout.percent);
  for (const UserId& user : rollout.users) record.add_users(user.value());
  record.set_require_proof(rollout.require_proof);
  record.set_proof_deadline_us(ToMicros(rollout.proof_deadline, absl::InfiniteFuture()));
  if (rollout.automatic_pause) {
    auto* pause = record.mutable_automatic_pause();
    pause->set_min_failures(rollout.automatic_pause->min_failures);
    pause->set_failure_percent(rollout.automatic_pause->failure_percent);
    pause->set_window_us(absl::ToInt64Microseconds(rollout.automatic_pause->window));
  }
  return record;
}

bool FromRolloutRecord(const v1::RolloutRecord& record, Rollout* rollout) {
  rollout->start_time = FromMicros(record.start_time_us());
  rollout->percent = 100 - record.percent_left_out();
  for (const std::string& user : record.users()) {
    rollout->users.push_back(UserId::FromTrusted(user));
  }
  rollout->require_proof = record.require_proof();
  rollout->proof_deadline = FromMicros(record.proof_deadline_us(), absl::InfiniteFuture());
  if (record.has_automatic_pause()) {
    rollout->automatic_pause =
        AutomaticPause{.min_failures = record.automatic_pause().min_failures(),
                       .failure_percent = record.automatic_pause().failure_percent(),
                       .window = absl::Microseconds(record.automatic_pause().window_us())};
  }
  return rollout->percent >= 0 && rollout->percent <= 100;
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
  record.set_verify_method(static_cast<int>(domain.verify_method));
  record.set_expire_time_us(ToMicros(domain.expire_time, absl::InfiniteFuture()));
  return record;
}

bool FromRecord(const v1::DomainRecord& record, Domain* domain) {
  domain->verification_token = record.verification_token();
  domain->create_time = FromMicros(record.create_time_us());
  domain->verify_time = FromMicros(record.verify_time_us());
  domain->expire_time = FromMicros(record.expire_time_us(), absl::InfiniteFuture());
  return ReadEnum(record.state(), DomainState::kPending, DomainState::kExpired, &domain->state) &&
         ReadEnum(OrDefault(record.verify_method(), VerificationMethod::kDns),
                  VerificationMethod::kDns, VerificationMethod::kHttpsFile, &domain->verify_method);
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
  if (profile.protocol == SsoProtocol::kOidc) {
    *record.mutable_oidc() = ToSettingsRecord(profile.oidc);
  } else {
    *record.mutable_saml() = ToSettingsRecord(profile.saml);
  }
  record.set_metadata_url(profile.metadata_url);
  if (profile.staged) {
    *record.mutable_staged() = ToSettingsRecord(profile.staged->saml);
    record.set_stage_time_us(ToMicros(profile.staged->stage_time));
  }
  record.set_tested_configuration(profile.tested_configuration);
  record.set_test_pass_time_us(ToMicros(profile.test_pass_time));
  record.set_create_time_us(ToMicros(profile.create_time));
  record.set_update_time_us(ToMicros(profile.update_time));
  return record;
}

bool FromRecord(const v1::SsoProfileRecord& record, SsoProfile* profile) {
  profile->display_name = record.display_name();
  profile->protocol = record.has_oidc() ? SsoProtocol::kOidc : SsoProtocol::kSaml;
  if (record.has_oidc()) profile->oidc = FromSettingsRecord(record.oidc());
  if (record.has_saml()) profile->saml = FromSettingsRecord(record.saml());
  profile->metadata_url = record.metadata_url();
  if (record.has_staged()) {
    profile->staged = StagedSettings{.saml = FromSettingsRecord(record.staged()),
                                     .stage_time = FromMicros(record.stage_time_us())};
  }
  profile->tested_configuration = record.tested_configuration();
  profile->test_pass_time = FromMicros(record.test_pass_time_us());
  profile->create_time = FromMicros(record.create_time_us());
  profile->update_time = FromMicros(record.update_time_us());
  return record.has_saml() != record.has_oidc();
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
  record.set_staged(test.staged);
  record.set_nonce(test.nonce);
  record.set_sealed_code_verifier(test.sealed_code_verifier);
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
  test->staged = record.staged();
  test->nonce = record.nonce();
  test->sealed_code_verifier = record.sealed_code_verifier();
  return ReadEnum(record.state(), ConnectionTestState::kPending, ConnectionTestState::kFailed,
                  &test->state) &&
         ReadEnum(record.failure(), ConnectionTestFailure::kNone,
                  ConnectionTestFailure::kDiscoveryInvalid, &test->failure);
}

v1::EnforcementRecord ToRecord(const Enforcement& enforcement) {
  v1::EnforcementRecord record;
  record.set_profile(enforcement.profile.value());
  record.set_mode(static_cast<int>(enforcement.mode));
  record.set_unmanaged_users(static_cast<int>(enforcement.unmanaged_users));
  record.set_triggered_by(enforcement.triggered_by.value());
  record.set_enforce_time_us(ToMicros(enforcement.enforce_time));
  record.set_enforce_revision(enforcement.enforce_revision);
  record.set_match_subdomains(enforcement.match_subdomains);
  if (enforcement.rollout != Rollout()) {
    *record.mutable_rollout() = ToRolloutRecord(enforcement.rollout);
  }
  if (enforcement.pause) {
    record.mutable_pause()->set_time_us(ToMicros(enforcement.pause->time));
    record.mutable_pause()->set_automatic(enforcement.pause->automatic);
    record.mutable_pause()->set_reason(enforcement.pause->reason);
    record.mutable_pause()->set_actor(enforcement.pause->actor);
  }
  record.set_on_unavailable(static_cast<int>(enforcement.on_unavailable));
  record.set_change_time_us(ToMicros(enforcement.change_time));
  return record;
}

bool FromRecord(const v1::EnforcementRecord& record, Enforcement* enforcement) {
  enforcement->profile = SsoProfileId::FromTrusted(record.profile());
  enforcement->triggered_by = UserId::FromTrusted(record.triggered_by());
  enforcement->enforce_time = FromMicros(record.enforce_time_us());
  enforcement->enforce_revision = record.enforce_revision();
  enforcement->match_subdomains = record.match_subdomains();
  enforcement->change_time = FromMicros(record.change_time_us());
  if (record.has_pause()) {
    enforcement->pause = Pause{.time = FromMicros(record.pause().time_us()),
                               .automatic = record.pause().automatic(),
                               .reason = record.pause().reason(),
                               .actor = record.pause().actor()};
  }
  return FromRolloutRecord(record.rollout(), &enforcement->rollout) &&
         ReadEnum(OrDefault(record.on_unavailable(), UnavailablePolicy::kRequireSso),
                  UnavailablePolicy::kRequireSso, UnavailablePolicy::kDeny,
                  &enforcement->on_unavailable) &&
         ReadEnum(record.mode(), EnforcementMode::kEnforce, EnforcementMode::kObserve,
                  &enforcement->mode) &&
         ReadEnum(record.unmanaged_users(), UnmanagedUsers::kPassword, UnmanagedUsers::kRequireSso,
                  &enforcement->unmanaged_users);
}

v1::ExemptionRecord ToRecord(const Exemption& exemption) {
  v1::ExemptionRecord record;
  record.set_kind(static_cast<int>(exemption.kind));
  record.set_reason(exemption.reason);
  record.set_approver(exemption.approver);
  record.set_create_time_us(ToMicros(exemption.create_time));
  record.set_expire_time_us(ToMicros(exemption.expire_time, absl::InfiniteFuture()));
  return record;
}

bool FromRecord(const v1::ExemptionRecord& record, Exemption* exemption) {
  exemption->reason = record.reason();
  exemption->approver = record.approver();
  exemption->create_time = FromMicros(record.create_time_us());
  exemption->expire_time = FromMicros(record.expire_time_us(), absl::InfiniteFuture());
  return ReadEnum(record.kind(), ExemptionKind::kTriggeringAdmin, ExemptionKind::kServiceAccount,
                  &exemption->kind);
}

v1::SsoOverrideRecord ToRecord(const SsoOverride& override_) {
  v1::SsoOverrideRecord record;
  record.set_mode(static_cast<int>(override_.mode));
  record.set_profile(override_.profile.value());
  record.set_reason(override_.reason);
  record.set_approver(override_.approver);
  record.set_create_time_us(ToMicros(override_.create_time));
  return record;
}

bool FromRecord(const v1::SsoOverrideRecord& record, SsoOverride* override_) {
  override_->profile = SsoProfileId::FromTrusted(record.profile());
  override_->reason = record.reason();
  override_->approver = record.approver();
  override_->create_time = FromMicros(record.create_time_us());
  return ReadEnum(record.mode(), SsoOverrideMode::kRequireSso, SsoOverrideMode::kExempt,
                  &override_->mode);
}

v1::LoginActivityRecord ToRecord(const LoginActivity& activity) {
  v1::LoginActivityRecord record;
  record.set_last_sign_in_time_us(ToMicros(activity.last_sign_in_time));
  record.set_last_sso_sign_in_time_us(ToMicros(activity.last_sso_sign_in_time));
  record.set_last_sso_profile(activity.last_sso_profile.value());
  record.set_last_sso_failure_time_us(ToMicros(activity.last_sso_failure_time));
  for (const auto& [profile, time] : activity.proofs) {
    auto* proof = record.add_proofs();
    proof->set_profile(profile.value());
    proof->set_time_us(ToMicros(time));
  }
  record.set_exemption_use_count(activity.exemption_use_count);
  record.set_last_exemption_use_time_us(ToMicros(activity.last_exemption_use_time));
  record.set_exemption_create_time_us(ToMicros(activity.exemption_create_time));
  return record;
}

bool FromRecord(const v1::LoginActivityRecord& record, LoginActivity* activity) {
  activity->last_sign_in_time = FromMicros(record.last_sign_in_time_us());
  activity->last_sso_sign_in_time = FromMicros(record.last_sso_sign_in_time_us());
  activity->last_sso_profile = SsoProfileId::FromTrusted(record.last_sso_profile());
  activity->last_sso_failure_time = FromMicros(record.last_sso_failure_time_us());
  for (const auto& proof : record.proofs()) {
    activity->proofs[SsoProfileId::FromTrusted(proof.profile())] = FromMicros(proof.time_us());
  }
  activity->exemption_use_count = record.exemption_use_count();
  activity->last_exemption_use_time = FromMicros(record.last_exemption_use_time_us());
  activity->exemption_create_time = FromMicros(record.exemption_create_time_us());
  return true;
}

v1::DomainCheckRecord ToRecord(const DomainCheck& check) {
  v1::DomainCheckRecord record;
  record.set_check_time_us(ToMicros(check.check_time));
  record.set_next_check_time_us(ToMicros(check.next_check_time));
  record.set_failure(check.failure);
  return record;
}

bool FromRecord(const v1::DomainCheckRecord& record, DomainCheck* check) {
  check->check_time = FromMicros(record.check_time_us());
  check->next_check_time = FromMicros(record.next_check_time_us());
  check->failure = record.failure();
  return true;
}

v1::ProfileWatchRecord ToRecord(const ProfileWatch& watch) {
  v1::ProfileWatchRecord record;
  record.set_metadata_fetch_time_us(ToMicros(watch.metadata_fetch_time));
  record.set_next_metadata_fetch_time_us(ToMicros(watch.next_metadata_fetch_time));
  record.set_metadata_fetch_failure(watch.metadata_fetch_failure);
  for (const ProfileWatch::Warned& warned : watch.warned) {
    auto* entry = record.add_warned();
    entry->set_sha256_fingerprint(warned.sha256_fingerprint);
    entry->set_days(warned.days);
  }
  return record;
}

bool FromRecord(const v1::ProfileWatchRecord& record, ProfileWatch* watch) {
  watch->metadata_fetch_time = FromMicros(record.metadata_fetch_time_us());
  watch->next_metadata_fetch_time = FromMicros(record.next_metadata_fetch_time_us());
  watch->metadata_fetch_failure = record.metadata_fetch_failure();
  for (const auto& entry : record.warned()) {
    watch->warned.push_back(
        {.sha256_fingerprint = entry.sha256_fingerprint(), .days = entry.days()});
  }
  return true;
}

v1::AccessTokenRecord ToRecord(const AccessToken& token) {
  v1::AccessTokenRecord record;
  record.set_secret_hash(token.secret_hash);
  record.set_display_name(token.display_name);
  record.set_role(static_cast<int>(token.role));
  for (const Scope& scope : token.scopes) {
    auto* entry = record.add_scopes();
    entry->set_organization(scope.organization.value());
    entry->set_acting_admin(scope.acting_admin.value());
  }
  record.set_creator(token.creator);
  record.set_create_time_us(ToMicros(token.create_time));
  record.set_expire_time_us(ToMicros(token.expire_time, absl::InfiniteFuture()));
  record.set_revoke_time_us(ToMicros(token.revoke_time, absl::InfiniteFuture()));
  return record;
}

bool FromRecord(const v1::AccessTokenRecord& record, AccessToken* token) {
  token->secret_hash = record.secret_hash();
  token->display_name = record.display_name();
  for (const auto& scope : record.scopes()) {
    token->scopes.push_back({.organization = OrganizationId::FromTrusted(scope.organization()),
                             .acting_admin = UserId::FromTrusted(scope.acting_admin())});
  }
  token->creator = record.creator();
  token->create_time = FromMicros(record.create_time_us());
  token->expire_time = FromMicros(record.expire_time_us(), absl::InfiniteFuture());
  token->revoke_time = FromMicros(record.revoke_time_us(), absl::InfiniteFuture());
  return ReadEnum(record.role(), AccessRole::kOperator, AccessRole::kAuditor, &token->role);
}

}  // namespace gatehouse::storage
