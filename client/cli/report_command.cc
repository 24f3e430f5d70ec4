#include "client/cli/report_command.h"

#include <algorithm>
#include <memory>
#include <string>

#include "client/cli/call.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/domain_argument.h"
#include "client/cli/enum_names.h"
#include "client/cli/resource_names.h"
#include "gatehouse/v1/enforcement_service.grpc.pb.h"

namespace gatehouse::cli {
namespace {

using Stub = v1::EnforcementService::Stub;

constexpr int64_t kDefaultUsers = 50;
constexpr int64_t kMaxPageSize = 1000;

struct ReportOptions {
  std::string domain;
  int64_t limit = kDefaultUsers;
};

// The report with up to `limit` users, however many pages they come in; it says
// by its next_page_token whether there are more.
absl::StatusOr<v1::EnforcementReport> GetReport(Session& session, const std::string& name,
                                                int64_t limit) {
  v1::GetEnforcementReportRequest request;
  request.set_name(name);
  v1::EnforcementReport report;
  do {
    request.set_page_size(
        static_cast<int32_t>(std::min<int64_t>(limit - report.refused_users_size(), kMaxPageSize)));
    ASSIGN_OR_RETURN(v1::EnforcementReport page,
                     Call(session, &Stub::GetEnforcementReport, request));
    request.set_page_token(page.next_page_token());
    page.mutable_refused_users()->Swap(report.mutable_refused_users());
    for (v1::EnforcementReport::RefusedUser& user : *report.mutable_refused_users()) {
      page.mutable_refused_users()->Add(std::move(user));
    }
    report = std::move(page);
  } while (!report.next_page_token().empty() && report.refused_users_size() < limit);
  return report;
}

void PrintDecisions(Session& session, const v1::EnforcementReport& report) {
  Table table({{"BECAUSE"}, {"VERDICT"}, {"IF ENFORCED"}, {"COUNT", Align::kRight}},
              session.out_palette());
  for (const auto& count : report.decision_counts()) {
    table.Add({ShortName(count.reason()), ShortName(count.verdict()),
               ShortName(count.observed_verdict()), Grouped(count.count())});
  }
  session.out() << "\nDecisions\n";
  if (report.decision_counts().empty()) session.out() << "none yet\n";
  table.Print(session.out());
}

void PrintUsers(Session& session, const v1::EnforcementReport& report, bool observed) {
  Table table({{"EMAIL"}, {"BECAUSE"}, {"LAST SIGN-IN"}, {"LAST BY SSO"}, {"SSO FAILED"}},
              session.out_palette());
  for (const auto& refused : report.refused_users()) {
    const v1::LoginActivity& activity = refused.user().login_activity();
    table.Add(
        {refused.user().email(), ShortName(refused.reason()),
         session.Ago(activity.has_last_sign_in_time(), activity.last_sign_in_time()),
         session.Ago(activity.has_last_sso_sign_in_time(), activity.last_sso_sign_in_time()),
         session.Ago(activity.has_last_sso_failure_time(), activity.last_sso_failure_time())});
  }
  session.out() << "\nUsers who " << (observed ? "would be" : "are") << " refused a password\n";
  if (report.refused_users().empty()) session.out() << "none\n";
  table.Print(session.out());
  if (!report.next_page_token().empty()) {
    session.Note(
        absl::StrCat("the first ", Grouped(report.refused_users_size()), " users; there are more"));
  }
}

absl::StatusOr<ExitCode> Report(Session& session, const ReportOptions& options) {
  ASSIGN_OR_RETURN(const std::string name, DomainResource(session, options.domain, "enforcements"));
  ASSIGN_OR_RETURN(const v1::EnforcementReport report, GetReport(session, name, options.limit));
  const v1::Enforcement& enforcement = report.enforcement();
  FieldList fields;
  fields.Add("domain", enforcement.domain());
  fields.Add("mode", ShortName(enforcement.mode()));
  fields.Add("paused",
             session.When(enforcement.pause().has_pause_time(), enforcement.pause().pause_time()));
  fields.Add("because", enforcement.pause().reason());
  fields.Add("SSO sign-ins", Grouped(report.sso_success_count()));
  fields.Add("SSO failures", Cell(Grouped(report.sso_failure_count()),
                                  report.sso_failure_count() > 0 ? Tone::kWarning : Tone::kPlain));
  session.Print(report, fields);
  if (session.json()) return ExitCode::kOk;
  PrintDecisions(session, report);
  PrintUsers(session, report, enforcement.mode() == v1::Enforcement::MODE_OBSERVE);
  return ExitCode::kOk;
}

}  // namespace

void AddEnforcementReportCommand(CommandTree& tree, CLI::App* noun) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* report =
      tree.Add(noun, "report", "Show what an enforcement does, or under observe would do",
               {"gatehouse enforcement report acme.example --org acme",
                "gatehouse enforcement report acme.example --org acme --limit 5000 -o json \\",
                "    | jq -r '.refusedUsers[].user.email'"},
               [options](Session& session) { return Report(session, *options); });
  AddArgument(report, "DOMAIN", options->domain, "the domain, or the enforcement's full name");
  AddNumber(report, "--limit", options->limit, 1, 100'000,
            "most users to show, who are or would be refused a password; else 50");
}

}  // namespace gatehouse::cli
