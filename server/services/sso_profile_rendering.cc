#include "server/services/sso_profile_rendering.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/names/resource_names.h"
#include "server/services/acting_admin.h"
#include "server/services/requests.h"

namespace gatehouse {
namespace {

constexpr int kMaxEnforcedDomains = 1000;

std::vector<std::string> Certificates(const v1::SamlConfig& config) {
  return {config.idp_certificates().begin(), config.idp_certificates().end()};
}

// At creation, empty is not given.
SamlSettingsInput ParseNewSaml(const v1::SamlConfig& config) {
  SamlSettingsInput input;
  if (!config.idp_metadata_xml().empty()) input.idp_metadata_xml = config.idp_metadata_xml();
  if (!config.idp_entity_id().empty()) input.idp_entity_id = config.idp_entity_id();
  if (!config.idp_sso_url().empty()) input.idp_sso_url = config.idp_sso_url();
  if (config.idp_certificates_size() > 0) input.idp_certificates = Certificates(config);
  if (!config.email_attribute().empty()) input.email_attribute = config.email_attribute();
  if (!config.acs_url().empty()) input.acs_url = config.acs_url();
  if (!config.sp_entity_id().empty()) input.sp_entity_id = config.sp_entity_id();
  if (!config.idp_metadata_url().empty()) input.idp_metadata_url = config.idp_metadata_url();
  return input;
}

std::vector<std::string> Scopes(const v1::OidcConfig& config) {
  return {config.extra_scopes().begin(), config.extra_scopes().end()};
}

OidcSettingsInput ParseNewOidc(const v1::OidcConfig& config) {
  return {.issuer = config.issuer(),
          .client_id = config.client_id(),
          .client_secret = config.client_secret(),
          .redirect_uri = config.redirect_uri(),
          .extra_scopes = Scopes(config),
          .email_claim = config.email_claim(),
          .allow_missing_email_verified = config.allow_missing_email_verified()};
}

SamlSettingsInput ParseMaskedSaml(const v1::SamlConfig& config, const std::set<std::string>& mask) {
  SamlSettingsInput input;
  if (mask.count("saml.idp_metadata_xml") > 0) input.idp_metadata_xml = config.idp_metadata_xml();
  if (mask.count("saml.idp_entity_id") > 0) input.idp_entity_id = config.idp_entity_id();
  if (mask.count("saml.idp_sso_url") > 0) input.idp_sso_url = config.idp_sso_url();
  if (mask.count("saml.idp_certificates") > 0) input.idp_certificates = Certificates(config);
  if (mask.count("saml.email_attribute") > 0) input.email_attribute = config.email_attribute();
  if (mask.count("saml.acs_url") > 0) input.acs_url = config.acs_url();
  if (mask.count("saml.sp_entity_id") > 0) input.sp_entity_id = config.sp_entity_id();
  if (mask.count("saml.idp_metadata_url") > 0) input.idp_metadata_url = config.idp_metadata_url();
  return input;
}

OidcSettingsInput ParseMaskedOidc(const v1::OidcConfig& config, const std::set<std::string>& mask) {
  OidcSettingsInput input;
  if (mask.count("oidc.issuer") > 0) input.issuer = config.issuer();
  if (mask.count("oidc.client_id") > 0) input.client_id = config.client_id();
  if (mask.count("oidc.client_secret") > 0) input.client_secret = config.client_secret();
  if (mask.count("oidc.redirect_uri") > 0) input.redirect_uri = config.redirect_uri();
  if (mask.count("oidc.extra_scopes") > 0) input.extra_scopes = Scopes(config);
  if (mask.count("oidc.email_claim") > 0) input.email_claim = config.email_claim();
  if (mask.count("oidc.allow_missing_email_verified") > 0) {
    input.allow_missing_email_verified = config.allow_missing_email_verified();
  }
  return input;
}

absl::StatusOr<std::vector<DomainName>> ParseEnforcedDomains(const v1::SsoProfile& profile) {
  constexpr char kField[] = "sso_profile.enforced_domains";
  if (profile.enforced_domains_size() > kMaxEnforcedDomains) {
    return InvalidField(kField, absl::StrCat(profile.enforced_domains_size(), " domains"),
                        absl::StrCat("at most ", kMaxEnforcedDomains, " domains"));
  }
  std::vector<DomainName> domains;
  for (const std::string& text : profile.enforced_domains()) {
    ASSIGN_OR_RETURN(DomainName domain,
                     DomainName::Parse(absl::StrCat(kField, "[", domains.size(), "]"), text));
    domains.push_back(std::move(domain));
  }
  return domains;
}

v1::SsoProfile::TestState RenderTestState(TestStatus status) {
  switch (status) {
    case TestStatus::kUntested:
      return v1::SsoProfile::TEST_STATE_UNTESTED;
    case TestStatus::kStale:
      return v1::SsoProfile::TEST_STATE_STALE;
    case TestStatus::kPassed:
      return v1::SsoProfile::TEST_STATE_PASSED;
  }
  return v1::SsoProfile::TEST_STATE_UNSPECIFIED;
}

v1::ConnectionTest::State RenderState(const ConnectionTestView& view) {
  if (view.expired) return v1::ConnectionTest::STATE_EXPIRED;
  switch (view.test.state) {
    case ConnectionTestState::kPending:
      return v1::ConnectionTest::STATE_PENDING;
    case ConnectionTestState::kPassed:
      return v1::ConnectionTest::STATE_PASSED;
    case ConnectionTestState::kFailed:
      return v1::ConnectionTest::STATE_FAILED;
  }
  return v1::ConnectionTest::STATE_UNSPECIFIED;
}

void RenderCertificates(const std::vector<CertificateInfo>& certificates,
                        google::protobuf::RepeatedPtrField<v1::Certificate>* rendered) {
  for (const CertificateInfo& info : certificates) {
    v1::Certificate* certificate = rendered->Add();
    certificate->set_subject(info.subject);
    certificate->set_sha256_fingerprint(info.sha256_fingerprint);
    *certificate->mutable_not_before_time() = RenderTime(info.not_before);
    *certificate->mutable_not_after_time() = RenderTime(info.not_after);
  }
}

void RenderStaged(const SsoProfileView& view, v1::StagedSamlConfig* config) {
  const StagedSettings& staged = *view.profile.staged;
  config->set_idp_entity_id(staged.saml.idp_entity_id);
  config->set_idp_sso_url(staged.saml.idp_sso_url);
  config->mutable_idp_certificates()->Add(staged.saml.idp_certificates.begin(),
                                          staged.saml.idp_certificates.end());
  RenderCertificates(view.staged_certificates, config->mutable_idp_certificate_details());
  *config->mutable_stage_time() = RenderTime(staged.stage_time);
}

void RenderSaml(const SsoProfileView& view, v1::SamlConfig* config) {
  const SamlSettings& saml = view.profile.saml;
  config->set_idp_entity_id(saml.idp_entity_id);
  config->set_idp_sso_url(saml.idp_sso_url);
  config->mutable_idp_certificates()->Add(saml.idp_certificates.begin(),
                                          saml.idp_certificates.end());
  config->set_email_attribute(saml.email_attribute);
  config->set_acs_url(saml.acs_url);
  config->set_sp_entity_id(saml.sp_entity_id);
  config->set_sp_certificate(saml.sp_certificate);
  RenderCertificates(view.certificates, config->mutable_idp_certificate_details());
  config->set_idp_metadata_url(view.profile.metadata_url);
  if (view.watch.metadata_fetch_time != absl::InfinitePast()) {
    *config->mutable_metadata_fetch_time() = RenderTime(view.watch.metadata_fetch_time);
  }
  config->set_metadata_fetch_failure(view.watch.metadata_fetch_failure);
  if (view.profile.staged) RenderStaged(view, config->mutable_staged());
}

void RenderOidc(const SsoProfileView& view, v1::OidcConfig* config) {
  const OidcSettings& oidc = view.profile.oidc;
  config->set_issuer(oidc.issuer);
  config->set_client_id(oidc.client_id);
  config->set_has_client_secret(view.has_client_secret);
  config->set_redirect_uri(oidc.redirect_uri);
  config->mutable_extra_scopes()->Add(oidc.extra_scopes.begin(), oidc.extra_scopes.end());
  config->set_email_claim(oidc.email_claim);
  config->set_allow_missing_email_verified(oidc.allow_missing_email_verified);
}

}  // namespace

absl::StatusOr<SsoProfileManager::CreateCommand> ParseCreateSsoProfile(
    const v1::CreateSsoProfileRequest& request) {
  SsoProfileManager::CreateCommand command;
  ASSIGN_OR_RETURN(command.organization, ParseOrganizationName("parent", request.parent()));
  ASSIGN_OR_RETURN(command.id, SsoProfileId::Parse("sso_profile_id", request.sso_profile_id()));
  command.display_name = request.sso_profile().display_name();
  switch (request.sso_profile().protocol_case()) {
    case v1::SsoProfile::kSaml:
      command.saml = ParseNewSaml(request.sso_profile().saml());
      break;
    case v1::SsoProfile::kOidc:
      command.oidc = ParseNewOidc(request.sso_profile().oidc());
      break;
    case v1::SsoProfile::PROTOCOL_NOT_SET:
      return InvalidField("sso_profile.saml", "",
                          "the settings of a SAML connection, or of an OIDC one in "
                          "sso_profile.oidc");
  }
  command.request_id = request.request_id();
  return command;
}

absl::StatusOr<SsoProfileManager::UpdateCommand> ParseUpdateSsoProfile(
    const Caller& caller, const v1::UpdateSsoProfileRequest& request) {
  const v1::SsoProfile& profile = request.sso_profile();
  SsoProfileManager::UpdateCommand command;
  ASSIGN_OR_RETURN(command.name, ParseSsoProfileResource("sso_profile.name", profile.name()));
  ASSIGN_OR_RETURN(command.version, ParseEtag("sso_profile.etag", profile.etag()));
  ASSIGN_OR_RETURN(
      const std::set<std::string> mask,
      ParseUpdateMask(
          request.update_mask(),
          {"display_name", "enforced_domains", "saml.idp_metadata_xml", "saml.idp_entity_id",
           "saml.idp_sso_url", "saml.idp_certificates", "saml.idp_metadata_url",
           "saml.email_attribute", "saml.acs_url", "saml.sp_entity_id", "oidc.issuer",
           "oidc.client_id", "oidc.client_secret", "oidc.redirect_uri", "oidc.extra_scopes",
           "oidc.email_claim", "oidc.allow_missing_email_verified"}));
  if (mask.empty()) return InvalidField("update_mask", "", "the paths of the fields to change");
  if (mask.count("display_name") > 0) command.display_name = profile.display_name();
  command.saml = ParseMaskedSaml(profile.saml(), mask);
  command.oidc = ParseMaskedOidc(profile.oidc(), mask);
  if (mask.count("enforced_domains") > 0) {
    ASSIGN_OR_RETURN(command.enforced_domains, ParseEnforcedDomains(profile));
    ASSIGN_OR_RETURN(command.acting_admin,
                     ParseActingAdmin(caller, command.name.organization, request.acting_admin()));
  }
  return command;
}

absl::StatusOr<IdpResponse> ParseIdpResponse(const v1::CompleteConnectionTestRequest& request) {
  switch (request.response_case()) {
    case v1::CompleteConnectionTestRequest::kSamlResponse:
      return IdpResponse{.protocol = SsoProtocol::kSaml, .text = request.saml_response()};
    case v1::CompleteConnectionTestRequest::kOidcResponse:
      return IdpResponse{.protocol = SsoProtocol::kOidc, .text = request.oidc_response()};
    case v1::CompleteConnectionTestRequest::RESPONSE_NOT_SET:
      break;
  }
  return InvalidField("saml_response", "",
                      "what came back from the IdP, or in oidc_response that of an OIDC test");
}

v1::SsoProfile RenderSsoProfile(const SsoProfileView& view) {
  const SsoProfile& profile = view.profile;
  v1::SsoProfile rendered;
  rendered.set_name(SsoProfileNameOf(profile.organization, profile.id));
  rendered.set_display_name(profile.display_name);
  if (profile.protocol == SsoProtocol::kOidc) {
    RenderOidc(view, rendered.mutable_oidc());
  } else {
    RenderSaml(view, rendered.mutable_saml());
  }
  rendered.set_test_state(RenderTestState(TestStatusOf(profile)));
  if (!profile.tested_configuration.empty()) {
    *rendered.mutable_test_pass_time() = RenderTime(profile.test_pass_time);
  }
  for (const DomainName& domain : view.enforced_domains) {
    rendered.add_enforced_domains(domain.ascii());
  }
  rendered.mutable_warnings()->Add(view.warnings.begin(), view.warnings.end());
  *rendered.mutable_create_time() = RenderTime(profile.create_time);
  *rendered.mutable_update_time() = RenderTime(profile.update_time);
  rendered.set_etag(RenderEtag(view.version));
  return rendered;
}

v1::ConnectionTest RenderConnectionTest(const ConnectionTestView& view) {
  const ConnectionTest& test = view.test;
  v1::ConnectionTest rendered;
  rendered.set_name(ConnectionTestNameOf(test.organization, test.profile, test.id));
  rendered.set_state(RenderState(view));
  rendered.set_sign_in_url(view.sign_in_url);
  // The numbers are the same; a test keeps them so.
  rendered.set_failure_reason(static_cast<v1::ConnectionTest::FailureReason>(test.failure));
  rendered.set_failure_detail(test.failure_detail);
  rendered.set_email(test.email);
  rendered.set_staged(test.staged);
  *rendered.mutable_create_time() = RenderTime(test.create_time);
  *rendered.mutable_expire_time() = RenderTime(test.expire_time);
  if (test.state != ConnectionTestState::kPending) {
    *rendered.mutable_complete_time() = RenderTime(test.complete_time);
  }
  return rendered;
}

}  // namespace gatehouse
