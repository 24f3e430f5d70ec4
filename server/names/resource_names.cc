#include "server/names/resource_names.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

// The values of the {…} parts of `format` in `name`.
absl::StatusOr<std::vector<std::string>> Match(absl::string_view field, absl::string_view name,
                                               absl::string_view format) {
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '/');
  const std::vector<absl::string_view> wanted = absl::StrSplit(format, '/');
  std::vector<std::string> values;
  bool matches = parts.size() == wanted.size();
  for (size_t i = 0; matches && i < wanted.size(); ++i) {
    if (absl::StartsWith(wanted[i], "{")) {
      values.emplace_back(parts[i]);
    } else {
      matches = parts[i] == wanted[i];
    }
  }
  if (!matches) return InvalidField(field, name, absl::StrCat("a name of the form ", format));
  return values;
}

absl::StatusOr<UserResource> ParseByUser(absl::string_view field, absl::string_view name,
                                         absl::string_view format) {
  ASSIGN_OR_RETURN(auto values, Match(field, name, format));
  UserResource resource;
  ASSIGN_OR_RETURN(resource.organization, OrganizationId::Parse(field, values[0]));
  ASSIGN_OR_RETURN(resource.user, UserId::Parse(field, values[1]));
  return resource;
}

absl::StatusOr<DomainResource> ParseByDomain(absl::string_view field, absl::string_view name,
                                             absl::string_view format) {
  ASSIGN_OR_RETURN(auto values, Match(field, name, format));
  DomainResource resource;
  ASSIGN_OR_RETURN(resource.organization, OrganizationId::Parse(field, values[0]));
  ASSIGN_OR_RETURN(resource.domain, DomainName::Parse(field, values[1]));
  return resource;
}

absl::Status CheckSameOrganization(const OrganizationId& expected, const OrganizationId& actual,
                                   absl::string_view field, absl::string_view name) {
  if (expected == actual) return absl::OkStatus();
  return InvalidField(field, name, absl::StrCat("a resource of ", OrganizationNameOf(expected)));
}

}  // namespace

absl::StatusOr<OrganizationId> ParseOrganizationName(absl::string_view field,
                                                     absl::string_view name) {
  ASSIGN_OR_RETURN(auto values, Match(field, name, "organizations/{organization}"));
  return OrganizationId::Parse(field, values[0]);
}

absl::StatusOr<DomainResource> ParseDomainResource(absl::string_view field,
                                                   absl::string_view name) {
  return ParseByDomain(field, name, "organizations/{organization}/domains/{domain}");
}

absl::StatusOr<DomainResource> ParseEnforcementResource(absl::string_view field,
                                                        absl::string_view name) {
  return ParseByDomain(field, name, "organizations/{organization}/enforcements/{domain}");
}

absl::StatusOr<UserResource> ParseUserResource(absl::string_view field, absl::string_view name) {
  return ParseByUser(field, name, "organizations/{organization}/users/{user}");
}

absl::StatusOr<UserResource> ParseExemptionResource(absl::string_view field,
                                                    absl::string_view name) {
  return ParseByUser(field, name, "organizations/{organization}/exemptions/{exemption}");
}

absl::StatusOr<UserId> ParseUserOf(const OrganizationId& organization, absl::string_view field,
                                   absl::string_view name) {
  ASSIGN_OR_RETURN(UserResource resource, ParseUserResource(field, name));
  RETURN_IF_ERROR(CheckSameOrganization(organization, resource.organization, field, name));
  return resource.user;
}

absl::StatusOr<SsoProfileResource> ParseSsoProfileResource(absl::string_view field,
                                                           absl::string_view name) {
  ASSIGN_OR_RETURN(auto values,
                   Match(field, name, "organizations/{organization}/ssoProfiles/{profile}"));
  SsoProfileResource resource;
  ASSIGN_OR_RETURN(resource.organization, OrganizationId::Parse(field, values[0]));
  ASSIGN_OR_RETURN(resource.profile, SsoProfileId::Parse(field, values[1]));
  return resource;
}

absl::StatusOr<SsoProfileId> ParseSsoProfileOf(const OrganizationId& organization,
                                               absl::string_view field, absl::string_view name) {
  ASSIGN_OR_RETURN(SsoProfileResource resource, ParseSsoProfileResource(field, name));
  RETURN_IF_ERROR(CheckSameOrganization(organization, resource.organization, field, name));
  return resource.profile;
}

absl::StatusOr<ConnectionTestResource> ParseConnectionTestResource(absl::string_view field,
                                                                   absl::string_view name) {
  ASSIGN_OR_RETURN(
      auto values,
      Match(field, name,
            "organizations/{organization}/ssoProfiles/{profile}/connectionTests/{test}"));
  ConnectionTestResource resource;
  ASSIGN_OR_RETURN(resource.organization, OrganizationId::Parse(field, values[0]));
  ASSIGN_OR_RETURN(resource.profile, SsoProfileId::Parse(field, values[1]));
  ASSIGN_OR_RETURN(resource.test, ConnectionTestId::Parse(field, values[2]));
  return resource;
}

std::string OrganizationNameOf(const OrganizationId& organization) {
  return absl::StrCat("organizations/", organization.value());
}

std::string DomainNameOf(const OrganizationId& organization, const DomainName& domain) {
  return absl::StrCat(OrganizationNameOf(organization), "/domains/", domain.ascii());
}

std::string EnforcementNameOf(const OrganizationId& organization, const DomainName& domain) {
  return absl::StrCat(OrganizationNameOf(organization), "/enforcements/", domain.ascii());
}

std::string UserNameOf(const OrganizationId& organization, const UserId& user) {
  return absl::StrCat(OrganizationNameOf(organization), "/users/", user.value());
}

std::string ExemptionNameOf(const OrganizationId& organization, const UserId& user) {
  return absl::StrCat(OrganizationNameOf(organization), "/exemptions/", user.value());
}

std::string SsoProfileNameOf(const OrganizationId& organization, const SsoProfileId& profile) {
  return absl::StrCat(OrganizationNameOf(organization), "/ssoProfiles/", profile.value());
}

std::string ConnectionTestNameOf(const OrganizationId& organization, const SsoProfileId& profile,
                                 const ConnectionTestId& test) {
  return absl::StrCat(SsoProfileNameOf(organization, profile), "/connectionTests/", test.value());
}

}  // namespace gatehouse
