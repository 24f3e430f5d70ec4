#include "server/access/method_rules.h"

#include "absl/container/flat_hash_map.h"

namespace gatehouse {
namespace {

constexpr uint32_t Bit(AccessRole role) { return 1U << static_cast<int>(role); }

constexpr uint32_t kOperator = Bit(AccessRole::kOperator);
constexpr uint32_t kAdmins = kOperator | Bit(AccessRole::kOrganizationAdmin);
constexpr uint32_t kReaders = kAdmins | Bit(AccessRole::kAuditor);
constexpr uint32_t kAuditors = kOperator | Bit(AccessRole::kAuditor);
constexpr uint32_t kGateways = kOperator | Bit(AccessRole::kGateway);
constexpr uint32_t kAll = kReaders | kGateways;

constexpr MethodKind kRead = MethodKind::kRead;
constexpr MethodKind kChange = MethodKind::kChange;

constexpr bool kAllIsCut = true;

}  // namespace

const std::vector<MethodRule>& MethodRules() {
  static const auto* const rules = new std::vector<MethodRule>{
      {"AccessTokenService/CreateAccessToken", kChange, kOperator, ""},
      {"AccessTokenService/GetAccessToken", kRead, kOperator, ""},
      {"AccessTokenService/ListAccessTokens", kRead, kOperator, ""},
      {"AccessTokenService/RevokeAccessToken", kChange, kOperator, ""},
      {"AccessTokenService/RotateAccessToken", kChange, kOperator, ""},
      {"AuditService/GetAuditChain", kRead, kAuditors, "name"},
      {"AuditService/ListAuditEvents", kRead, kAuditors, "parent", false, kAllIsCut},
      {"AuditService/WatchAuditEvents", kRead, kAuditors, "parent", false, kAllIsCut},
      {"DomainService/AddDomain", kChange, kAdmins, "parent"},
      {"DomainService/GetDomain", kRead, kReaders, "name"},
      {"DomainService/ListDomains", kRead, kReaders, "parent"},
      {"DomainService/RemoveDomain", kChange, kAdmins, "name"},
      {"DomainService/VerifyDomain", kChange, kAdmins, "name"},
      {"EnforcementService/CreateExemption", kChange, kAdmins, "parent"},
      {"EnforcementService/DeleteExemption", kChange, kAdmins, "name"},
      {"EnforcementService/EnforceDomains", kChange, kAdmins, "parent"},
      {"EnforcementService/GetEnforcement", kRead, kReaders, "name"},
      {"EnforcementService/GetEnforcementReport", kRead, kReaders, "name"},
      {"EnforcementService/ListEnforcements", kRead, kReaders, "parent"},
      {"EnforcementService/ListExemptions", kRead, kReaders, "parent"},
      {"EnforcementService/PauseEnforcement", kChange, kAdmins, "name"},
      {"EnforcementService/PlanEnforcement", kRead, kAdmins, "parent"},
      {"EnforcementService/ReleaseDomains", kChange, kAdmins, "parent"},
      {"EnforcementService/ResumeEnforcement", kChange, kAdmins, "name"},
      {"Health/Check", kRead, kAll, "", true},
      {"Health/Watch", kRead, kAll, "", true},
      {"LoginService/BatchCheckLogin", kRead, kGateways, ""},
      {"LoginService/CheckLogin", kRead, kGateways, ""},
      {"LoginService/ReportLogin", kRead, kGateways, ""},
      {"LoginService/WatchPolicy", kRead, kGateways, ""},
      {"OrganizationService/CreateOrganization", kChange, kOperator, ""},
      {"OrganizationService/DeleteOrganization", kChange, kOperator, "name"},
      {"OrganizationService/GetOrganization", kRead, kReaders, "name"},
      {"OrganizationService/ListOrganizations", kRead, kReaders, ""},
      {"OrganizationService/UpdateOrganization", kChange, kAdmins, "organization.name"},
      {"ServerReflection/ServerReflectionInfo", kRead, kAll, ""},
      {"SsoProfileService/CompleteConnectionTest", kChange, kAdmins, "name"},
      {"SsoProfileService/CreateSsoProfile", kChange, kAdmins, "parent"},
      {"SsoProfileService/DeleteSsoProfile", kChange, kAdmins, "name"},
      {"SsoProfileService/GetConnectionTest", kRead, kReaders, "name"},
      {"SsoProfileService/GetServiceProviderMetadata", kRead, kReaders, "name"},
      {"SsoProfileService/GetSsoProfile", kRead, kReaders, "name"},
      {"SsoProfileService/ListSsoProfiles", kRead, kReaders, "parent"},
      {"SsoProfileService/StartConnectionTest", kChange, kAdmins, "name"},
      {"SsoProfileService/UpdateSsoProfile", kChange, kAdmins, "sso_profile.name"},
      {"UserService/CreateUser", kChange, kAdmins, "parent"},
      {"UserService/DeleteUser", kChange, kAdmins, "name"},
      {"UserService/GetUser", kRead, kReaders, "name"},
      {"UserService/ImportUsers", kChange, kAdmins, "parent"},
      {"UserService/ListUsers", kRead, kReaders, "parent"},
      {"UserService/LookupUser", kRead, kReaders, "parent"},
      {"UserService/UpdateUser", kChange, kAdmins, "user.name"},
  };
  return *rules;
}

const MethodRule* FindMethodRule(absl::string_view method) {
  static const auto* const by_method = [] {
    auto* map = new absl::flat_hash_map<absl::string_view, const MethodRule*>();
    for (const MethodRule& rule : MethodRules()) map->emplace(rule.method, &rule);
    return map;
  }();
  const auto found = by_method->find(method);
  return found == by_method->end() ? nullptr : found->second;
}

}  // namespace gatehouse
