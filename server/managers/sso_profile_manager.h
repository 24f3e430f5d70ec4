// Use cases: SSO profiles.
#ifndef GATEHOUSE_SERVER_MANAGERS_SSO_PROFILE_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_SSO_PROFILE_MANAGER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/caller.h"
#include "policy/domain_name.h"
#include "policy/sso_profile.h"
#include "server/connectors/certificates.h"
#include "server/connectors/saml_connector.h"
#include "server/managers/manager_context.h"
#include "server/managers/page.h"
#include "server/managers/saml_settings_validation.h"
#include "server/names/resource_names.h"
#include "storage/stores/stored.h"

namespace gatehouse {

// A profile with what is derived of it.
struct SsoProfileView {
  SsoProfile profile;
  // Changes whenever the profile or the list of its enforced domains does.
  storage::Revision version = 0;
  std::vector<DomainName> enforced_domains;   // in order
  std::vector<CertificateInfo> certificates;  // of saml.idp_certificates, in their order
  std::vector<std::string> warnings;          // for the admin, a sentence each
};

struct ServiceProviderMetadataView {
  std::string xml;
  std::string entity_id;
  std::string acs_url;
};

// Thread-safe. Errors as gatehouse.v1.SsoProfileService says.
class SsoProfileManager {
 public:
  // `sp_base_url`: what the entity ids begin with that the server makes, as in
  // <sp_base_url>/organizations/acme/ssoProfiles/okta. `saml` must outlive this.
  SsoProfileManager(const ManagerContext& context, SamlConnector* saml, std::string sp_base_url);

  struct CreateCommand {
    OrganizationId organization;
    SsoProfileId id;
    std::string display_name;
    SamlSettingsInput saml;
    std::string request_id;
  };
  // Makes a key pair for the profile, to which the IdP may encrypt.
  absl::StatusOr<SsoProfileView> Create(const Caller& caller, const CreateCommand& command);

  absl::StatusOr<SsoProfileView> Get(const SsoProfileResource& name);
  absl::StatusOr<Page<SsoProfileView>> List(const OrganizationId& organization,
                                            const PageRequest& page);

  struct UpdateCommand {
    SsoProfileResource name;
    std::optional<storage::Revision> version;
    std::optional<std::string> display_name;
    SamlSettingsInput saml;
    // Enforces those added and releases those removed, on behalf of
    // `acting_admin`, all or none, against the profile as this command makes it.
    std::optional<std::vector<DomainName>> enforced_domains;
    UserId acting_admin;
  };
  absl::StatusOr<SsoProfileView> Update(const Caller& caller, const UpdateCommand& command);

  absl::Status Delete(const Caller& caller, const SsoProfileResource& name,
                      std::optional<storage::Revision> version);

  absl::StatusOr<ServiceProviderMetadataView> GetServiceProviderMetadata(
      const SsoProfileResource& name);

 private:
  std::string DefaultSpEntityId(const SsoProfileResource& name) const;

  ManagerContext context_;
  SamlConnector* saml_;
  std::string sp_base_url_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_SSO_PROFILE_MANAGER_H_
