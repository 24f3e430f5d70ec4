// Requests that must be refused, and how: one table for each service.
#ifndef GATEHOUSE_TESTS_INTEGRATION_BAD_INPUT_CASES_H_
#define GATEHOUSE_TESTS_INTEGRATION_BAD_INPUT_CASES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace gatehouse {

struct BadInputCase {
  // "LoginService/CheckLogin".
  std::string method;
  // In text format. {user}, {rival_user}, {domains_token}, … stand for what the
  // test has made; see BadInput::SetUpTestSuite.
  std::string request;
  // Where the fault is, as BadRequest names it; empty: the error names none.
  std::string field;
  absl::StatusCode code = absl::StatusCode::kInvalidArgument;
  std::string reason = "INVALID_FIELD";
};

// They all take for granted: organizations acme and rival, each with a domain
// <organization>.example, not verified, an owner, and a profile "idp".
std::vector<BadInputCase> BadOrganizationRequests();
std::vector<BadInputCase> BadDomainRequests();
std::vector<BadInputCase> BadUserRequests();
std::vector<BadInputCase> BadSsoProfileRequests();
std::vector<BadInputCase> BadEnforcementRequests();
std::vector<BadInputCase> BadLoginRequests();

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_INTEGRATION_BAD_INPUT_CASES_H_
