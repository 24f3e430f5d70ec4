#include "client/cli/plan_text.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/advice.h"
#include "client/cli/enum_names.h"
#include "client/cli/resource_names.h"
#include "client/cli/rollout_text.h"
#include "client/cli/table.h"

namespace gatehouse::cli {
namespace {

using Users = google::protobuf::RepeatedPtrField<v1::User>;
using Issues = google::protobuf::RepeatedPtrField<v1::EnforcementPlan::Issue>;

void PrintUsers(const std::string& title, const Users& users, int64_t count, Palette palette,
                std::ostream& out) {
  if (users.empty()) return;
  out << "\n" << palette.Paint(title, Tone::kStrong);
  if (users.size() < count) {
    out << " (the first " << Grouped(users.size()) << " of " << Grouped(count) << ")";
  }
  out << "\n";
  Table table({{"EMAIL"}, {"DISPLAY NAME"}, {"ROLE"}, {"BECAUSE"}}, palette, 2);
  for (const v1::User& user : users) {
    table.Add({user.email(), user.display_name(), ShortName(user.role()),
               ShortName(user.sso_status_reason())});
  }
  table.Print(out);
}

void PrintIssues(const std::string& title, const Issues& issues, Tone tone, Palette palette,
                 std::ostream& out) {
  if (issues.empty()) return;
  out << "\n" << palette.Paint(title, Tone::kStrong) << "\n";
  for (const v1::EnforcementPlan::Issue& issue : issues) {
    out << "  " << palette.Paint(Printable(issue.reason()), tone);
    if (!issue.subject().empty()) out << "  " << Printable(issue.subject());
    out << "\n";
    if (!issue.description().empty()) out << "      " << Printable(issue.description()) << "\n";
    const std::string next = NextStep(issue.reason(), issue.subject());
    if (!next.empty())
      out << "      " << palette.Paint("next:", Tone::kStrong) << " " << next << "\n";
  }
}

std::string Headline(const v1::PlanEnforcementRequest& request) {
  const bool observe = request.mode() == v1::Enforcement::MODE_OBSERVE;
  std::string line =
      absl::StrCat(observe ? "Observe (decide and count, block nobody) " : "Enforce SSO on ",
                   absl::StrJoin(request.domains(), ", "), " through ",
                   LastPart(request.sso_profile()), " of ", LastPart(request.parent()));
  if (request.unmanaged_users() == v1::Enforcement::UNMANAGED_USERS_REQUIRE_SSO) {
    absl::StrAppend(&line, "; unknown addresses must use SSO, too");
  }
  if (request.match_subdomains()) absl::StrAppend(&line, "; subdomains, too");
  return Printable(line);
}

}  // namespace

void PrintPlan(const v1::PlanEnforcementRequest& request, const v1::EnforcementPlan& plan,
               Palette palette, std::ostream& out) {
  out << palette.Paint("Plan:", Tone::kStrong) << " " << Headline(request) << "\n";
  for (const std::string& part : RolloutParts(request.rollout())) out << "      " << part << "\n";
  out << "\n";
  Table counts({{"USERS"}, {"COUNT", Align::kRight}, {"WHAT HAPPENS"}}, palette, 2);
  const bool observe = request.mode() == v1::Enforcement::MODE_OBSERVE;
  const bool in_steps = !RolloutParts(request.rollout()).empty();
  counts.Add({"covered", Grouped(plan.covered_count()),
              observe    ? "would have to sign in through SSO"
              : in_steps ? "must sign in through SSO, when the rollout is complete"
                         : "must sign in through SSO"});
  counts.Add({"exempt", Grouped(plan.exempt_count()), "keep their password, by an exemption"});
  counts.Add({"left out", Grouped(plan.left_out_count()),
              "keep their password: independent users are never enforced"});
  counts.Print(out);

  PrintUsers("Covered", plan.covered_users(), plan.covered_count(), palette, out);
  PrintUsers("Exempt", plan.exempt_users(), plan.exempt_count(), palette, out);
  PrintUsers("Left out", plan.left_out_users(), plan.left_out_count(), palette, out);
  PrintIssues("Blocking", plan.blocking(), Tone::kBad, palette, out);
  PrintIssues("Warnings", plan.warnings(), Tone::kWarning, palette, out);

  out << "\n";
  if (plan.ready()) {
    out << palette.Paint("Ready", Tone::kGood) << " at revision " << plan.revision() << ".\n";
  } else {
    out << palette.Paint("Blocked", Tone::kBad) << " for "
        << Counted(plan.blocking_size(), "reason", "reasons") << ", at revision " << plan.revision()
        << ".\n";
  }
}

}  // namespace gatehouse::cli
