// Who answers for a change, as exemptions, overrides and pauses name them.
#ifndef GATEHOUSE_SERVER_MANAGERS_RESPONSIBLE_H_
#define GATEHOUSE_SERVER_MANAGERS_RESPONSIBLE_H_

#include <string>

#include "policy/caller.h"
#include "server/names/resource_names.h"

namespace gatehouse {

// The name of the admin for whom `caller` acts in `organization`, or of the
// principal if there is none.
inline std::string ResponsibleFor(const Caller& caller, const OrganizationId& organization) {
  const std::optional<UserId> admin = caller.ActingAdmin(organization);
  return admin ? UserNameOf(organization, *admin) : caller.principal.name;
}

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_RESPONSIBLE_H_
