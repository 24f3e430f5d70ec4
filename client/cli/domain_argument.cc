#include "client/cli/domain_argument.h"

#include "client/cli/errors.h"
#include "client/cli/resource_names.h"
#include "policy/domain_name.h"

namespace gatehouse::cli {

absl::StatusOr<std::string> DomainResource(const Session& session, absl::string_view text,
                                           absl::string_view collection) {
  if (IsFullName(text)) return session.Resource(text, collection);
  const absl::StatusOr<DomainName> domain = DomainName::Parse("domain", text);
  if (!domain.ok()) return UsageError(domain.status().message());
  return session.Resource(domain->ascii(), collection);
}

}  // namespace gatehouse::cli
