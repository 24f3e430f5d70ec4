// Resource names of the API, parsed into ids and rendered from them.
//
// Each parser returns INVALID_ARGUMENT naming `field`, the value and the format.
#ifndef GATEHOUSE_SERVER_NAMES_RESOURCE_NAMES_H_
#define GATEHOUSE_SERVER_NAMES_RESOURCE_NAMES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/domain_name.h"
#include "policy/ids.h"

namespace gatehouse {

// organizations/{organization}
absl::StatusOr<OrganizationId> ParseOrganizationName(absl::string_view field,
                                                     absl::string_view name);

// organizations/{organization}/domains/{domain}, …/enforcements/{domain}
struct DomainResource {
  OrganizationId organization;
  DomainName domain;
};
absl::StatusOr<DomainResource> ParseDomainResource(absl::string_view field, absl::string_view name);
absl::StatusOr<DomainResource> ParseEnforcementResource(absl::string_view field,
                                                        absl::string_view name);

// organizations/{organization}/users/{user}, …/exemptions/{exemption}
struct UserResource {
  OrganizationId organization;
  UserId user;
};
absl::StatusOr<UserResource> ParseUserResource(absl::string_view field, absl::string_view name);
absl::StatusOr<UserResource> ParseExemptionResource(absl::string_view field,
                                                    absl::string_view name);
// A user's name in a request about `organization`; INVALID_ARGUMENT for a user
// of another one.
absl::StatusOr<UserId> ParseUserOf(const OrganizationId& organization, absl::string_view field,
                                   absl::string_view name);

// organizations/{organization}/ssoProfiles/{profile}
struct SsoProfileResource {
  OrganizationId organization;
  SsoProfileId profile;
};
absl::StatusOr<SsoProfileResource> ParseSsoProfileResource(absl::string_view field,
                                                           absl::string_view name);
absl::StatusOr<SsoProfileId> ParseSsoProfileOf(const OrganizationId& organization,
                                               absl::string_view field, absl::string_view name);

// organizations/{organization}/ssoProfiles/{profile}/connectionTests/{test}
struct ConnectionTestResource {
  OrganizationId organization;
  SsoProfileId profile;
  ConnectionTestId test;
};
absl::StatusOr<ConnectionTestResource> ParseConnectionTestResource(absl::string_view field,
                                                                   absl::string_view name);

std::string OrganizationNameOf(const OrganizationId& organization);
std::string DomainNameOf(const OrganizationId& organization, const DomainName& domain);
std::string EnforcementNameOf(const OrganizationId& organization, const DomainName& domain);
std::string UserNameOf(const OrganizationId& organization, const UserId& user);
std::string ExemptionNameOf(const OrganizationId& organization, const UserId& user);
std::string SsoProfileNameOf(const OrganizationId& organization, const SsoProfileId& profile);
std::string ConnectionTestNameOf(const OrganizationId& organization, const SsoProfileId& profile,
                                 const ConnectionTestId& test);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_NAMES_RESOURCE_NAMES_H_
