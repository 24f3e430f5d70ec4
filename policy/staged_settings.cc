#include "policy/staged_settings.h"

#include <utility>

namespace gatehouse {

StagingResult Stage(const std::string& idp_sso_url,
                    const std::vector<std::string>& idp_certificates, absl::Time now,
                    SsoProfile& profile) {
  SamlSettings published = profile.saml;
  published.idp_sso_url = idp_sso_url;
  published.idp_certificates = idp_certificates;
  const std::string asked = ConfigurationBytes(published);
  if (asked == ConfigurationBytes(profile.saml)) {
    if (!profile.staged) return StagingResult::kUnchanged;
    profile.staged.reset();
    return StagingResult::kCleared;
  }
  if (profile.staged && asked == ConfigurationBytes(profile.staged->saml)) {
    return StagingResult::kUnchanged;
  }
  profile.staged = StagedSettings{.saml = std::move(published), .stage_time = now};
  return StagingResult::kStaged;
}

void KeepStagedInStep(const SsoProfile& before, SsoProfile& profile) {
  if (!profile.staged) return;
  SamlSettings same_idp = profile.saml;
  same_idp.idp_entity_id = before.saml.idp_entity_id;
  same_idp.idp_sso_url = before.saml.idp_sso_url;
  same_idp.idp_certificates = before.saml.idp_certificates;
  if (ConfigurationBytes(same_idp) != ConfigurationBytes(profile.saml) ||
      before.metadata_url != profile.metadata_url) {
    profile.staged.reset();
    return;
  }
  profile.staged->saml.email_attribute = profile.saml.email_attribute;
  profile.staged->saml.acs_url = profile.saml.acs_url;
  profile.staged->saml.sp_entity_id = profile.saml.sp_entity_id;
}

SsoProfile WithStagedSettings(SsoProfile profile) {
  profile.saml = std::exchange(profile.staged, std::nullopt)->saml;
  return profile;
}

}  // namespace gatehouse
