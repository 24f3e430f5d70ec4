#include "server/managers/audit_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/names/resource_names.h"

namespace gatehouse {
namespace {

using storage::AuditedChange;
using storage::AuditedKind;
using storage::AuditEvent;

// Whether `name` is `resource` or below it.
bool IsWithin(absl::string_view name, absl::string_view resource) {
  return absl::ConsumePrefix(&name, resource) && (name.empty() || name[0] == '/');
}

bool Concerns(const AuditEvent& event, const std::string& resource) {
  if (IsWithin(event.resource, resource)) return true;
  return std::any_of(event.changes.begin(), event.changes.end(), [&](const AuditedChange& change) {
    return IsWithin(ResourceNameOf(change), resource);
  });
}

}  // namespace

bool AuditFilter::LetsPass(const AuditEvent& event) const {
  if (event.time < start || event.time >= end) return false;
  if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), event.kind) == kinds.end()) {
    return false;
  }
  if (!actor.empty() && event.principal != actor && ActingAdminNameOf(event) != actor) return false;
  return resource.empty() || Concerns(event, resource);
}

std::string ResourceNameOf(const AuditedChange& change) {
  const OrganizationId& organization = change.organization;
  switch (change.kind) {
    case AuditedKind::kOrganization:
      return OrganizationNameOf(organization);
    case AuditedKind::kDomain:
      return DomainNameOf(organization, DomainName::FromTrusted(change.id));
    case AuditedKind::kUser:
    case AuditedKind::kSsoOverride:
      return UserNameOf(organization, UserId::FromTrusted(change.id));
    case AuditedKind::kSsoProfile:
      return SsoProfileNameOf(organization, SsoProfileId::FromTrusted(change.id));
    case AuditedKind::kConnectionTest:
      return ConnectionTestNameOf(organization, SsoProfileId::FromTrusted(change.id),
                                  ConnectionTestId::FromTrusted(change.test));
    case AuditedKind::kEnforcement:
      return EnforcementNameOf(organization, DomainName::FromTrusted(change.id));
    case AuditedKind::kExemption:
      return ExemptionNameOf(organization, UserId::FromTrusted(change.id));
    case AuditedKind::kAccessToken:
      return absl::StrCat("accessTokens/", change.id);
  }
  return "";
}

std::string ResourceNameOf(const AuditEvent& event) {
  if (!event.resource.empty() || event.changes.empty()) return event.resource;
  return ResourceNameOf(event.changes.front());
}

std::string ActingAdminNameOf(const AuditEvent& event) {
  return event.acting_admin.empty() ? "" : UserNameOf(event.chain, event.acting_admin);
}

}  // namespace gatehouse
