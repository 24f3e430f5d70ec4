// Who may call what, written by hand: not derived from method_rules.cc, which is
// tested against it.
#ifndef GATEHOUSE_TESTS_SERVER_ACCESS_EXPECTED_ACCESS_H_
#define GATEHOUSE_TESTS_SERVER_ACCESS_EXPECTED_ACCESS_H_

#include <map>
#include <set>
#include <string>

namespace gatehouse {

// Of each method that is not open to everybody ("UserService/GetUser"), the
// roles that may call it: o: operator, a: organization-admin, u: auditor,
// g: gateway.
const std::map<std::string, std::string>& ExpectedAccess();

// Those that a principal with a scope may call although the request names no
// organization: what they answer is about none, or cut to what it may see.
const std::set<std::string>& ExpectedWithoutOrganization();

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_ACCESS_EXPECTED_ACCESS_H_
