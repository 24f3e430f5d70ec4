// An enforcement plan, for people.
#ifndef GATEHOUSE_CLIENT_CLI_PLAN_TEXT_H_
#define GATEHOUSE_CLIENT_CLI_PLAN_TEXT_H_

#include <ostream>

#include "client/cli/text.h"
#include "gatehouse/v1/enforcement_service.pb.h"

namespace gatehouse::cli {

// Prints what would happen: who is covered, exempt and left out, and each
// reason that blocks it or is worth knowing, with what to do about it.
void PrintPlan(const v1::PlanEnforcementRequest& request, const v1::EnforcementPlan& plan,
               Palette palette, std::ostream& out);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_PLAN_TEXT_H_
