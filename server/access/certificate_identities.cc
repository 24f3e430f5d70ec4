#include "server/access/certificate_identities.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/names/resource_names.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxScopes = 100;

absl::Status CheckCount(absl::string_view field, AccessRole role, size_t count) {
  switch (role) {
    case AccessRole::kOrganizationAdmin:
      if (count >= 1 && count <= kMaxScopes) return absl::OkStatus();
      return InvalidField(field, absl::StrCat(count, " names"),
                          "1 to 100 admin users, one for each organization");
    case AccessRole::kAuditor:
      if (count <= kMaxScopes) return absl::OkStatus();
      return InvalidField(field, absl::StrCat(count, " names"), "at most 100 organizations");
    case AccessRole::kOperator:
    case AccessRole::kGateway:
      break;
  }
  if (count == 0) return absl::OkStatus();
  return InvalidField(field, absl::StrCat(count, " names"),
                      absl::StrCat("none for the role ", Name(role)));
}

absl::StatusOr<Scope> ParseScope(absl::string_view field, AccessRole role, absl::string_view name) {
  Scope scope;
  if (role == AccessRole::kAuditor) {
    ASSIGN_OR_RETURN(scope.organization, ParseOrganizationName(field, name));
    return scope;
  }
  ASSIGN_OR_RETURN(UserResource user, ParseUserResource(field, name));
  scope.organization = std::move(user.organization);
  scope.acting_admin = std::move(user.user);
  return scope;
}

absl::Status CheckName(absl::string_view field, absl::string_view name) {
  for (absl::string_view kind : {"URI:", "DNS:"}) {
    if (absl::StartsWith(name, kind) && name.size() > kind.size()) return absl::OkStatus();
  }
  return InvalidField(field, name, "a name that begins with URI: or DNS:");
}

}  // namespace

absl::StatusOr<AccessRole> ParseRoleName(absl::string_view field, absl::string_view name) {
  if (name == "operator") return AccessRole::kOperator;
  if (name == "organization-admin") return AccessRole::kOrganizationAdmin;
  if (name == "gateway") return AccessRole::kGateway;
  if (name == "auditor") return AccessRole::kAuditor;
  return InvalidField(field, name, "operator, organization-admin, gateway or auditor");
}

absl::StatusOr<std::vector<Scope>> ParseScopes(absl::string_view field, AccessRole role,
                                               const std::vector<std::string>& names) {
  RETURN_IF_ERROR(CheckCount(field, role, names.size()));
  Principal scoped;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(Scope scope, ParseScope(field, role, name));
    if (scoped.ScopeOf(scope.organization) != nullptr) {
      return InvalidField(field, name, "each organization once");
    }
    scoped.scopes.push_back(std::move(scope));
  }
  return std::move(scoped.scopes);
}

absl::StatusOr<CertificateIdentities> CertificateIdentities::Parse(
    const std::vector<std::string>& lines) {
  CertificateIdentities identities;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string field = absl::StrCat("access.certificate_identities[", i, "]");
    const std::vector<std::string> words = absl::StrSplit(lines[i], ' ', absl::SkipEmpty());
    if (words.size() < 2) {
      return InvalidField(field, lines[i], "a certificate's name, a role, and its scopes");
    }
    RETURN_IF_ERROR(CheckName(field, words[0]));
    auto identity = std::make_unique<Identity>();
    identity->principal.name = words[0];
    ASSIGN_OR_RETURN(identity->principal.role, ParseRoleName(field, words[1]));
    ASSIGN_OR_RETURN(identity->principal.scopes, ParseScopes(field, identity->principal.role,
                                                             {words.begin() + 2, words.end()}));
    if (!identities.by_name_.emplace(words[0], std::move(identity)).second) {
      return InvalidField(field, words[0], "each name once");
    }
  }
  return identities;
}

const CertificateIdentities::Identity* CertificateIdentities::Find(
    const std::vector<std::string>& certificate_names) const {
  for (const std::string& name : certificate_names) {
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) return found->second.get();
  }
  return nullptr;
}

bool CertificateIdentities::HasRole(AccessRole role) const {
  for (const auto& [name, identity] : by_name_) {
    if (identity->principal.role == role) return true;
  }
  return false;
}

}  // namespace gatehouse
