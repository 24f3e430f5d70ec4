#include "client/cli/login_watch.h"

#include <grpcpp/channel.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/command_options.h"
#include "client/cli/enum_names.h"
#include "client/cli/json.h"
#include "client/cli/session.h"
#include "client/cli/stream_follower.h"
#include "client/cli/table.h"
#include "gatehouse/v1/login_service.grpc.pb.h"

namespace gatehouse::cli {
namespace {

Tone ToneOf(v1::Domain::State state) {
  return state == v1::Domain::STATE_VERIFIED ? Tone::kGood : Tone::kBad;
}

std::vector<Cell> RowOf(const v1::DomainRule& rule) {
  std::vector<Cell> row = {rule.domain(), rule.organization(),
                           Cell(ShortName(rule.state()), ToneOf(rule.state()))};
  if (!rule.has_enforcement()) {
    row.insert(row.end(), {"", "", "", "", ""});
    return row;
  }
  const v1::EnforcementRule& enforcement = rule.enforcement();
  row.emplace_back(ShortName(enforcement.mode()));
  row.emplace_back(enforcement.match_subdomains() ? "yes" : "");
  row.emplace_back(enforcement.sso().sso_profile());
  row.emplace_back(enforcement.sso().protocol() == v1::SsoDestination::PROTOCOL_OIDC
                       ? enforcement.sso().issuer()
                       : enforcement.sso().sign_in_url());
  row.emplace_back(ShortName(enforcement.on_unavailable()));
  return row;
}

// Prints states that are whole, each change as it stands then.
class RuleTable {
 public:
  explicit RuleTable(Session& session)
      : session_(session),
        table_({{"REVISION", Align::kRight},
                {"DOMAIN"},
                {"ORGANIZATION"},
                {"STATE"},
                {"MODE"},
                {"SUBDOMAINS"},
                {"PROFILE"},
                {"SIGN IN AT"},
                {"IF UNAVAILABLE"}},
               session.out_palette()) {}

  void Show(const v1::WatchPolicyResponse& response) {
    if (response.reset()) {
      if (shown_) session_.Note("the server sends all rules anew");
      rows_.clear();
    }
    for (const std::string& domain : response.removed_domains()) {
      rows_.push_back({domain, "", Cell("removed", Tone::kFaint), "", "", "", "", ""});
    }
    for (const v1::DomainRule& rule : response.rules()) rows_.push_back(RowOf(rule));
    if (response.revision() == 0) return;
    for (std::vector<Cell>& row : rows_) {
      row.insert(row.begin(), Cell(absl::StrCat(response.revision())));
      table_.Add(std::move(row));
    }
    rows_.clear();
    table_.Print(session_.out());
    if (!shown_) {
      session_.Note(absl::StrCat("these are the rules of revision ", response.revision(),
                                 "; what changes follows, until Ctrl-C"));
    }
    shown_ = true;
  }

 private:
  Session& session_;
  Table table_;
  std::vector<std::vector<Cell>> rows_;  // of a state that is not whole yet
  bool shown_ = false;
};

bool IsHeartbeat(const v1::WatchPolicyResponse& response) {
  return !response.reset() && response.rules().empty() && response.removed_domains().empty();
}

absl::StatusOr<ExitCode> Watch(Session& session, int64_t after_revision) {
  v1::WatchPolicyRequest request;
  int64_t revision = after_revision;
  RuleTable table(session);
  return StreamFollower(session).Run<v1::WatchPolicyResponse>(
      [&](grpc::ClientContext* context) {
        request.set_after_revision(revision);
        return v1::LoginService::NewStub(session.channel())->WatchPolicy(context, request);
      },
      [&](const v1::WatchPolicyResponse& response) {
        if (!session.json()) {
          table.Show(response);
        } else if (!IsHeartbeat(response)) {
          session.out() << ToJsonLine(response) << "\n";
        }
        if (response.revision() > 0) revision = response.revision();
      },
      revision);
}

}  // namespace

void AddLoginWatch(CommandTree& tree, CLI::App* noun) {
  auto after_revision = std::make_shared<int64_t>(0);
  CLI::App* watch =
      tree.Add(noun, "watch", "Follow the rules of all domains as they change, until Ctrl-C",
               {"gatehouse login watch", "gatehouse login watch --after-revision 42 -o json"},
               [after_revision](Session& session) { return Watch(session, *after_revision); });
  AddNumber(watch, "--after-revision", *after_revision, 1, std::numeric_limits<int64_t>::max(),
            "leave out the rules that have not changed since this revision");
}

}  // namespace gatehouse::cli
