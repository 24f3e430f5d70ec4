#include "server/services/sso_profile_rendering.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/names/resource_names.h"
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
  return input;
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
  for (const CertificateInfo& info : view.certificates) {
    v1::Certificate* certificate = config->add_idp_certificate_details();
    certificate->set_subject(info.subject);
    certificate->set_sha256_fingerprint(info.sha256_fingerprint);
    *certificate->mutable_not_before_time() = RenderTime(info.not_before);
    *certificate->mutable_not_after_time() = RenderTime(info.not_after);
  }
}

}  // namespace

absl::StatusOr<SsoProfileManager::CreateCommand> ParseCreateSsoProfile(
    const v1::CreateSsoProfileRequest& request) {
  SsoProfileManager::CreateCommand command;
  ASSIGN_OR_RETURN(command.organization, ParseOrganizationName("parent", request.parent()));
  ASSIGN_OR_RETURN(command.id, SsoProfileId::Parse("sso_profile_id", request.sso_profile_id()));
  if (!request.sso_profile().has_saml()) {
    return InvalidField("sso_profile.saml", "", "the settings of a SAML connection");
  }
  command.display_name = request.sso_profile().display_name();
  command.saml = ParseNewSaml(request.sso_profile().saml());
  command.request_id = request.request_id();
  return command;
}

absl::StatusOr<SsoProfileManager::UpdateCommand> ParseUpdateSsoProfile(
    const v1::UpdateSsoProfileRequest& request) {
  const v1::SsoProfile& profile = request.sso_profile();
  SsoProfileManager::UpdateCommand command;
  ASSIGN_OR_RETURN(command.name, ParseSsoProfileResource("sso_profile.name", profile.name()));
  ASSIGN_OR_RETURN(command.version, ParseEtag("sso_profile.etag", profile.etag()));
  ASSIGN_OR_RETURN(
      const std::set<std::string> mask,
      ParseUpdateMask(request.update_mask(),
                      {"display_name", "enforced_domains", "saml.idp_metadata_xml",
                       "saml.idp_entity_id", "saml.idp_sso_url", "saml.idp_certificates",
                       "saml.email_attribute", "saml.acs_url", "saml.sp_entity_id"}));
  if (mask.empty()) return InvalidField("update_mask", "", "the paths of the fields to change");
  if (mask.count("display_name") > 0) command.display_name = profile.display_name();
  command.saml = ParseMaskedSaml(profile.saml(), mask);
  if (mask.count("enforced_domains") > 0) {
    ASSIGN_OR_RETURN(command.enforced_domains, ParseEnforcedDomains(profile));
    ASSIGN_OR_RETURN(command.acting_admin, ParseUserOf(command.name.organization, "acting_admin",
                                                       request.acting_admin()));
  }
  return command;
}

v1::SsoProfile RenderSsoProfile(const SsoProfileView& view) {
  const SsoProfile& profile = view.profile;
  v1::SsoProfile rendered;
  rendered.set_name(SsoProfileNameOf(profile.organization, profile.id));
  rendered.set_display_name(profile.display_name);
  RenderSaml(view, rendered.mutable_saml());
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
  *rendered.mutable_create_time() = RenderTime(test.create_time);
  *rendered.mutable_expire_time() = RenderTime(test.expire_time);
  if (test.state != ConnectionTestState::kPending) {
    *rendered.mutable_complete_time() = RenderTime(test.complete_time);
  }
  return rendered;
}

}  // namespace gatehouse
