#include "server/names/audit_names.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/names/resource_names.h"

namespace gatehouse {
namespace {

constexpr char kChain[] = "auditChain";

// "organizations/acme/", or "" for the server.
std::string Prefix(const OrganizationId& chain) {
  return chain.empty() ? "" : absl::StrCat(OrganizationNameOf(chain), "/");
}

}  // namespace

absl::StatusOr<AuditParent> ParseAuditParent(absl::string_view field, absl::string_view name) {
  if (name.empty()) return AuditParent();
  if (name == "organizations/-") return AuditParent{.all = true};
  ASSIGN_OR_RETURN(OrganizationId chain, ParseOrganizationName(field, name));
  return AuditParent{.chain = std::move(chain)};
}

absl::StatusOr<OrganizationId> ParseAuditChainName(absl::string_view field,
                                                   absl::string_view name) {
  if (name == kChain) return OrganizationId();
  absl::string_view organization = name;
  if (!absl::ConsumeSuffix(&organization, absl::StrCat("/", kChain))) {
    return InvalidField(
        field, name, "a name of the form organizations/{organization}/auditChain, or auditChain");
  }
  return ParseOrganizationName(field, organization);
}

std::string AuditChainNameOf(const OrganizationId& chain) {
  return absl::StrCat(Prefix(chain), kChain);
}

std::string AuditEventNameOf(const OrganizationId& chain, int64_t sequence) {
  return absl::StrCat(Prefix(chain), "auditEvents/", sequence);
}

}  // namespace gatehouse
