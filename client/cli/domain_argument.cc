#include "client/cli/domain_argument.h"

#include "client/cli/errors.h"
#include "client/cli/resource_names.h"
#include "policy/domain_name.h"

namespace gatehouse::cli {

absl::StatusOr<std::string> DomainResource(const Session& session, absl::string_view text,
                                           absl::string_view collection) {
  if (IsFullName(text)) {
    for (absl::string_view other : {"domains", "enforcements"}) {
      const absl::StatusOr<std::string> name = ChildName(text, other, "");
      if (name.ok()) return ChildName(LastPart(*name), collection, OrganizationOf(*name));
    }
    return session.Resource(text, collection);
  }
  const absl::StatusOr<DomainName> domain = DomainName::Parse("domain", text);
  if (!domain.ok()) return UsageError(domain.status().message());
  return session.Resource(domain->ascii(), collection);
}

}  // namespace gatehouse::cli
