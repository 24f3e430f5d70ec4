// Use cases: SSO profiles.
#ifndef GATEHOUSE_SERVER_MANAGERS_SSO_PROFILE_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_SSO_PROFILE_MANAGER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/caller.h"
#include "policy/domain_name.h"
#include "policy/profile_watch.h"
#include "policy/sso_profile.h"
#include "policy/staged_settings.h"
#include "server/connectors/certificates.h"
#include "server/connectors/http_fetcher.h"
#include "server/connectors/saml_connector.h"
#include "server/managers/manager_context.h"
#include "server/managers/oidc_settings_validation.h"
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
  std::vector<DomainName> enforced_domains;          // in order
  std::vector<CertificateInfo> certificates;         // of saml.idp_certificates, in their order
  std::vector<CertificateInfo> staged_certificates;  // the same of the staged settings
  std::vector<std::string> warnings;                 // for the admin, a sentence each
  bool has_client_secret = false;                    // OIDC
  ProfileWatch watch;                                // what following its metadata found
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
  // <sp_base_url>/organizations/acme/ssoProfiles/okta. `saml` and `web` must
  // outlive this.
  SsoProfileManager(const ManagerContext& context, SamlConnector* saml, HttpFetcher* web,
                    std::string sp_base_url);

  struct CreateCommand {
    OrganizationId organization;
    SsoProfileId id;
    std::string display_name;
    std::optional<OidcSettingsInput> oidc;  // set: an OIDC profile, and `saml` is ignored
    SamlSettingsInput saml;
    std::string request_id;
  };
  // SAML: makes a key pair for the profile, to which the IdP may encrypt, and
  // fetches the metadata if that alone says what the IdP is; UNAVAILABLE
  // (IDP_UNAVAILABLE) if it cannot. OIDC: asks nobody.
  absl::StatusOr<SsoProfileView> Create(const Caller& caller, const CreateCommand& command);

  absl::StatusOr<SsoProfileView> Get(const SsoProfileResource& name);
  absl::StatusOr<Page<SsoProfileView>> List(const OrganizationId& organization,
                                            const PageRequest& page);

  struct UpdateCommand {
    SsoProfileResource name;
    std::optional<storage::Revision> version;
    std::optional<std::string> display_name;
    SamlSettingsInput saml;  // INVALID_ARGUMENT for an OIDC profile if it says anything
    OidcSettingsInput oidc;  // the same for a SAML profile
    // Enforces those added and releases those removed, on behalf of
    // `acting_admin`, all or none, against the profile as this command makes it.
    std::optional<std::vector<DomainName>> enforced_domains;
    UserId acting_admin;
  };
  absl::StatusOr<SsoProfileView> Update(const Caller& caller, const UpdateCommand& command);

  absl::Status Delete(const Caller& caller, const SsoProfileResource& name,
                      std::optional<storage::Revision> version);

  // INVALID_ARGUMENT for an OIDC profile.
  absl::StatusOr<ServiceProviderMetadataView> GetServiceProviderMetadata(
      const SsoProfileResource& name);

  // Compares the metadata that the IdP publishes at `url` with the profile, and
  // stages its sign-in URL and certificates if they differ (policy/staged_settings.h);
  // the audit log then says so. kUnchanged if `url` is no longer the profile's.
  // An error says why the metadata is of no use, for people: INVALID_ARGUMENT,
  // not such a document; FAILED_PRECONDITION (INVALID_FIELD), of another IdP
  // than the profile's. NOT_FOUND: there is no such profile.
  absl::StatusOr<StagingResult> StageMetadata(const Caller& caller, const SsoProfileResource& name,
                                              absl::string_view url, absl::string_view metadata);

  // The metadata at `url`, which may block for the network. UNAVAILABLE
  // (IDP_UNAVAILABLE) saying why it cannot be had.
  absl::StatusOr<std::string> FetchMetadata(absl::string_view url);

 private:
  // The profile that `command` describes, but for what must be fetched or made.
  absl::StatusOr<SsoProfile> NewProfile(const CreateCommand& command, absl::Time now);
  // Fetches what the IdP is into a profile whose metadata says it.
  absl::Status TakeMetadata(SsoProfile& profile);
  std::string DefaultSpEntityId(const SsoProfileResource& name) const;

  ManagerContext context_;
  SamlConnector* saml_;
  HttpFetcher* web_;
  std::string sp_base_url_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_SSO_PROFILE_MANAGER_H_
