#include "policy/user.h"

namespace gatehouse {

absl::string_view Name(Role role) {
  switch (role) {
    case Role::kMember:
      return "MEMBER";
    case Role::kAdmin:
      return "ADMIN";
    case Role::kOwner:
      return "OWNER";
  }
  return "UNKNOWN";
}

}  // namespace gatehouse
