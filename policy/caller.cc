#include "policy/caller.h"

#include "absl/strings/str_cat.h"

namespace gatehouse {

absl::string_view Name(AccessRole role) {
  switch (role) {
    case AccessRole::kOperator:
      return "OPERATOR";
    case AccessRole::kOrganizationAdmin:
      return "ORGANIZATION_ADMIN";
    case AccessRole::kGateway:
      return "GATEWAY";
    case AccessRole::kAuditor:
      return "AUDITOR";
  }
  return "UNKNOWN";
}

const Scope* Principal::ScopeOf(const OrganizationId& organization) const {
  for (const Scope& scope : scopes) {
    if (scope.organization == organization) return &scope;
  }
  return nullptr;
}

bool Principal::MaySee(const OrganizationId& organization) const {
  switch (role) {
    case AccessRole::kOperator:
      return true;
    case AccessRole::kOrganizationAdmin:
      return ScopeOf(organization) != nullptr;
    case AccessRole::kAuditor:
      return scopes.empty() || ScopeOf(organization) != nullptr;
    case AccessRole::kGateway:
      return false;
  }
  return false;
}

Caller Caller::System(absl::string_view task, absl::Time now) {
  return {.principal = {.name = absl::StrCat("system/", task), .role = AccessRole::kOperator},
          .method = std::string(task),
          .time = now};
}

std::optional<UserId> Caller::ActingAdmin(const OrganizationId& organization) const {
  const Scope* const scope = principal.ScopeOf(organization);
  if (scope == nullptr || scope->acting_admin.empty()) return std::nullopt;
  return scope->acting_admin;
}

}  // namespace gatehouse
