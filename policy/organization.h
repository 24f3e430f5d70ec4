// An organization: the tenant that owns domains, users and SSO profiles.
#ifndef GATEHOUSE_POLICY_ORGANIZATION_H_
#define GATEHOUSE_POLICY_ORGANIZATION_H_

#include <string>

#include "absl/time/time.h"
#include "policy/ids.h"

namespace gatehouse {

struct Organization {
  OrganizationId id;
  std::string display_name;
  absl::Time create_time;
  absl::Time update_time;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_ORGANIZATION_H_
