#include "tests/server/access/expected_access.h"

namespace gatehouse {

const std::map<std::string, std::string>& ExpectedAccess() {
  static const auto* const expected = new std::map<std::string, std::string>{
      {"AccessTokenService/CreateAccessToken", "o"},
      {"AccessTokenService/GetAccessToken", "o"},
      {"AccessTokenService/ListAccessTokens", "o"},
      {"AccessTokenService/RevokeAccessToken", "o"},
      {"AccessTokenService/RotateAccessToken", "o"},
      {"AuditService/GetAuditChain", "ou"},
      {"AuditService/ListAuditEvents", "ou"},
      {"AuditService/WatchAuditEvents", "ou"},
      {"DomainService/AddDomain", "oa"},
      {"DomainService/GetDomain", "oau"},
      {"DomainService/ListDomains", "oau"},
      {"DomainService/RemoveDomain", "oa"},
      {"DomainService/VerifyDomain", "oa"},
      {"EnforcementService/CreateExemption", "oa"},
      {"EnforcementService/DeleteExemption", "oa"},
      {"EnforcementService/EnforceDomains", "oa"},
      {"EnforcementService/GetEnforcement", "oau"},
      {"EnforcementService/GetEnforcementReport", "oau"},
      {"EnforcementService/ListEnforcements", "oau"},
      {"EnforcementService/ListExemptions", "oau"},
      {"EnforcementService/PauseEnforcement", "oa"},
      {"EnforcementService/PlanEnforcement", "oa"},
      {"EnforcementService/ReleaseDomains", "oa"},
      {"EnforcementService/ResumeEnforcement", "oa"},
      {"LoginService/BatchCheckLogin", "og"},
      {"LoginService/CheckLogin", "og"},
      {"LoginService/ReportLogin", "og"},
      {"LoginService/WatchPolicy", "og"},
      {"OrganizationService/CreateOrganization", "o"},
      {"OrganizationService/DeleteOrganization", "o"},
      {"OrganizationService/GetOrganization", "oau"},
      {"OrganizationService/ListOrganizations", "oau"},
      {"OrganizationService/UpdateOrganization", "oa"},
      {"ServerReflection/ServerReflectionInfo", "oaug"},
      {"SsoProfileService/CompleteConnectionTest", "oa"},
      {"SsoProfileService/CreateSsoProfile", "oa"},
      {"SsoProfileService/DeleteSsoProfile", "oa"},
      {"SsoProfileService/GetConnectionTest", "oau"},
      {"SsoProfileService/GetServiceProviderMetadata", "oau"},
      {"SsoProfileService/GetSsoProfile", "oau"},
      {"SsoProfileService/ListSsoProfiles", "oau"},
      {"SsoProfileService/StartConnectionTest", "oa"},
      {"SsoProfileService/UpdateSsoProfile", "oa"},
      {"UserService/CreateUser", "oa"},
      {"UserService/DeleteUser", "oa"},
      {"UserService/GetUser", "oau"},
      {"UserService/ImportUsers", "oa"},
      {"UserService/ListUsers", "oau"},
      {"UserService/LookupUser", "oau"},
      {"UserService/UpdateUser", "oa"},
  };
  return *expected;
}

const std::set<std::string>& ExpectedWithoutOrganization() {
  static const auto* const methods = new std::set<std::string>{
      "OrganizationService/ListOrganizations", "ServerReflection/ServerReflectionInfo"};
  return *methods;
}

}  // namespace gatehouse
