// The rule of every method: who may call it, and which organization it is about.
// docs/access-control.md shows the same table; a test keeps them equal.
#ifndef GATEHOUSE_SERVER_ACCESS_METHOD_RULES_H_
#define GATEHOUSE_SERVER_ACCESS_METHOD_RULES_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/caller.h"

namespace gatehouse {

enum class MethodKind {
  kRead,    // changes nothing that is audited
  kChange,  // refused attempts are audited
};

struct MethodRule {
  absl::string_view method;  // "UserService/GetUser"
  MethodKind kind;
  uint32_t roles;  // a bit for each AccessRole
  // The path of the request's field whose name says which organization it is
  // about ("user.name"); empty: it is about none, or (ListOrganizations) shows
  // only what the caller may see.
  absl::string_view resource_field;
  bool open = false;  // to everybody, without a credential
  // "organizations/-" means those that the caller may see: the method shows a
  // principal with a scope no others.
  bool all_is_cut = false;

  bool Allows(AccessRole role) const { return (roles >> static_cast<int>(role) & 1) != 0; }
};

const std::vector<MethodRule>& MethodRules();
// Null: no rule, so nobody may call it.
const MethodRule* FindMethodRule(absl::string_view method);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_ACCESS_METHOD_RULES_H_
