#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/cli/audit_text.h"
#include "client/cli/audit_verification.h"
#include "client/cli/call.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/commands.h"
#include "client/cli/enum_names.h"
#include "client/cli/errors.h"
#include "client/cli/resource_names.h"
#include "client/cli/stream_follower.h"
#include "client/cli/time_text.h"
#include "gatehouse/v1/audit_service.grpc.pb.h"

namespace gatehouse::cli {
namespace {

using Stub = v1::AuditService::Stub;

constexpr char kAllChains[] = "organizations/-";
constexpr char kChain[] = "auditChain";

struct AuditOptions {
  bool all = false;
  bool of_server = false;
  std::string since;
  std::string until;
  std::string actor;
  std::string resource;
  std::vector<std::string> kinds;
  ListOptions list;
  bool from_oldest = false;
  int64_t after_revision = 0;
  std::vector<std::string> expected_heads;
};

absl::StatusOr<std::string> Parent(const Session& session, const AuditOptions& options) {
  if (options.all && options.of_server)
    return UsageError("--all and --of-server exclude each other");
  if (options.all) return kAllChains;
  if (options.of_server) return "";
  return session.Organization();
}

// A time, or a period back from now.
void SetPast(const Session& session, const std::string& text, google::protobuf::Timestamp* out) {
  const absl::StatusOr<absl::Duration> period = ParsePeriod(text);
  SetTime(period.ok() ? session.now() - *period : *ParseMoment(text, session.now()), out);
}

absl::StatusOr<v1::AuditEventFilter> Filter(const Session& session, const AuditOptions& options) {
  v1::AuditEventFilter filter;
  if (!options.since.empty()) SetPast(session, options.since, filter.mutable_start_time());
  if (!options.until.empty()) SetPast(session, options.until, filter.mutable_end_time());
  filter.set_actor(options.actor);
  filter.set_resource(options.resource);
  const auto& type = *v1::AuditEvent::Kind_descriptor();
  for (const std::string& text : options.kinds) {
    const std::optional<int> kind = FromShortName(type, text);
    if (!kind) {
      return UsageError(
          absl::StrCat("--kind \"", text, "\" is none of ", absl::StrJoin(ShortNames(type), ", ")));
    }
    filter.add_kinds(static_cast<v1::AuditEvent::Kind>(*kind));
  }
  return filter;
}

absl::StatusOr<ExitCode> ListAll(Session& session, const AuditOptions& options) {
  v1::ListAuditEventsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), Parent(session, options));
  ASSIGN_OR_RETURN(*request.mutable_filter(), Filter(session, options));
  return List(session, &Stub::ListAuditEvents, request, &v1::ListAuditEventsResponse::audit_events,
              options.list, AuditColumns(), "audit events");
}

// Prints each event once.
class Tail {
 public:
  explicit Tail(Session& session)
      : session_(session),
        columns_(AuditColumns()),
        table_(Headers(columns_), session.out_palette()) {}

  void Show(const v1::WatchAuditEventsResponse& response) {
    for (const v1::AuditEvent& event : response.audit_events()) {
      // The rest of a commit of which a broken stream has brought a part.
      if (!shown_.emplace(event.name(), event.revision()).second) continue;
      if (session_.json()) {
        session_.out() << ToJson(event) << "\n";
        continue;
      }
      std::vector<Cell> row;
      for (const auto& column : columns_) row.push_back(column.cell(event));
      table_.Add(std::move(row));
    }
    if (!session_.json()) table_.Print(session_.out());
    for (auto it = shown_.begin(); it != shown_.end();) {
      it = it->second <= response.revision() ? shown_.erase(it) : std::next(it);
    }
  }

 private:
  static std::vector<TableColumn> Headers(const std::vector<ListColumn<v1::AuditEvent>>& columns) {
    std::vector<TableColumn> headers;
    for (const auto& column : columns) headers.push_back({column.header, column.align});
    return headers;
  }

  Session& session_;
  const std::vector<ListColumn<v1::AuditEvent>> columns_;
  Table table_;
  std::map<std::string, int64_t> shown_;  // of commits that are not complete
};

absl::StatusOr<ExitCode> Follow(Session& session, const AuditOptions& options) {
  v1::WatchAuditEventsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), Parent(session, options));
  ASSIGN_OR_RETURN(*request.mutable_filter(), Filter(session, options));
  int64_t revision = options.from_oldest ? -1 : options.after_revision;
  Tail tail(session);
  return StreamFollower(session).Run<v1::WatchAuditEventsResponse>(
      [&](grpc::ClientContext* context) {
        request.set_after_revision(revision);
        return v1::AuditService::NewStub(session.channel())->WatchAuditEvents(context, request);
      },
      [&](const v1::WatchAuditEventsResponse& response) {
        tail.Show(response);
        if (response.revision() > 0) revision = response.revision();
      },
      revision);
}

// "organizations/acme" of "organizations/acme/auditChain", "" of "auditChain".
std::string ParentOf(absl::string_view chain) {
  absl::ConsumeSuffix(&chain, kChain);
  absl::ConsumeSuffix(&chain, "/");
  return std::string(chain);
}

std::string ChainOf(const std::string& parent) {
  return parent.empty() ? kChain : absl::StrCat(parent, "/", kChain);
}

absl::StatusOr<v1::AuditChain> GetChain(Session& session, const std::string& parent) {
  v1::GetAuditChainRequest request;
  request.set_name(ChainOf(parent));
  return Call(session, &Stub::GetAuditChain, request);
}

// Calls `visit` with each event of `parent`, until it returns false.
absl::Status ForEachEvent(Session& session, const std::string& parent, bool records,
                          const std::function<bool(const v1::AuditEvent&)>& visit) {
  v1::ListAuditEventsRequest request;
  request.set_parent(parent);
  request.set_page_size(1000);
  request.set_include_records(records);
  do {
    ASSIGN_OR_RETURN(const auto response, Call(session, &Stub::ListAuditEvents, request));
    for (const v1::AuditEvent& event : response.audit_events()) {
      if (!visit(event)) return absl::OkStatus();
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

// What verifying a chain found.
struct Verdict {
  AuditHead head;
  int64_t events = 0;
  std::optional<ChainVerifier::Fault> fault;
};

absl::StatusOr<Verdict> Verify(Session& session, const std::string& parent,
                               const std::vector<AuditHead>& noted) {
  ASSIGN_OR_RETURN(v1::AuditChain chain, GetChain(session, parent));
  for (;;) {
    ChainVerifier verifier(chain, noted);
    const absl::Status listed =
        ForEachEvent(session, parent, /*records=*/true,
                     [&](const v1::AuditEvent& event) { return verifier.Add(event); });
    // The server itself finds what is damaged, and names the event.
    if (absl::IsDataLoss(listed)) {
      return Verdict{
          verifier.head(), verifier.events(),
          ChainVerifier::Fault{verifier.head().sequence + 1, std::string(listed.message())}};
    }
    RETURN_IF_ERROR(listed);
    Verdict verdict{verifier.head(), verifier.events(), verifier.Finish()};
    if (!verdict.fault) return verdict;
    // Retention may have come between.
    ASSIGN_OR_RETURN(v1::AuditChain now, GetChain(session, parent));
    if (now.first_sequence() == chain.first_sequence()) return verdict;
    chain = std::move(now);
  }
}

// The parents of every chain: of those that have events, of each organization
// whose creation is in the server's chain, and of those that were noted.
absl::StatusOr<std::set<std::string>> AllChains(Session& session,
                                                const std::vector<AuditHead>& noted) {
  std::set<std::string> parents = {""};
  for (const AuditHead& head : noted) parents.insert(ParentOf(head.chain));
  RETURN_IF_ERROR(
      ForEachEvent(session, kAllChains, /*records=*/false, [&](const v1::AuditEvent& event) {
        if (event.name().rfind("auditEvents/", 0) != 0) {
          parents.insert(OrganizationOf(event.name()));
          return true;
        }
        for (const v1::AuditEvent::Change& change : event.changes()) {
          if (IsFullName(change.resource()) &&
              OrganizationOf(change.resource()) == change.resource()) {
            parents.insert(change.resource());
          }
        }
        return true;
      }));
  return parents;
}

// Prints the verdicts; whether all are good.
bool Print(Session& session, const std::vector<Verdict>& verdicts) {
  bool good = true;
  Table table({{"CHAIN"}, {"EVENTS", Align::kRight}, {"VERDICT"}}, session.out_palette());
  JsonArray array(session.out());
  for (const Verdict& verdict : verdicts) {
    good = good && !verdict.fault;
    if (session.json()) {
      array.Add(absl::StrCat(
          "{\"chain\": ", JsonString(verdict.head.chain), ", \"events\": ", verdict.events,
          ", \"head\": ", JsonString(ToText(verdict.head)),
          ", \"valid\": ", verdict.fault ? "false" : "true",
          ", \"faultSequence\": ", verdict.fault ? verdict.fault->sequence : 0,
          ", \"fault\": ", JsonString(verdict.fault ? verdict.fault->what : ""), "}"));
      continue;
    }
    table.Add({verdict.head.chain, Grouped(verdict.events),
               verdict.fault ? Cell(absl::StrCat("at event ", verdict.fault->sequence, ": ",
                                                 verdict.fault->what),
                                    Tone::kBad)
                             : Cell("whole", Tone::kGood)});
  }
  if (session.json()) {
    array.Finish();
    return good;
  }
  table.Print(session.out());
  for (const Verdict& verdict : verdicts) {
    if (!verdict.fault && verdict.events > 0) {
      session.out() << "head: " << ToText(verdict.head) << "\n";
    }
  }
  return good;
}

absl::StatusOr<ExitCode> VerifyChains(Session& session, const AuditOptions& options) {
  ASSIGN_OR_RETURN(const std::string parent, Parent(session, options));
  std::vector<AuditHead> noted;
  for (const std::string& text : options.expected_heads) {
    ASSIGN_OR_RETURN(AuditHead head, ParseAuditHead(text));
    if (head.chain.empty() && options.all) {
      return UsageError("with --all, --expect-head names the chain: CHAIN=SEQ:HASH");
    }
    if (head.chain.empty()) head.chain = ChainOf(parent);
    noted.push_back(std::move(head));
  }
  std::set<std::string> parents = {parent};
  if (options.all) {
    ASSIGN_OR_RETURN(parents, AllChains(session, noted));
  }
  std::vector<Verdict> verdicts;
  for (const std::string& each : parents) {
    std::vector<AuditHead> of_chain;
    for (const AuditHead& head : noted) {
      if (ParentOf(head.chain) == each) of_chain.push_back(head);
    }
    absl::StatusOr<Verdict> verdict = Verify(session, each, of_chain);
    if (options.all && absl::IsNotFound(verdict.status())) {
      verdict =
          Verdict{{ChainOf(each), 0, ""},
                  0,
                  ChainVerifier::Fault{1, "the chain of an organization that was is missing"}};
    }
    if (!verdict.ok()) return verdict.status();
    verdicts.push_back(*std::move(verdict));
  }
  const bool good = Print(session, verdicts);
  if (good)
    session.NextStep("note the head elsewhere; later: gatehouse audit verify --expect-head HEAD");
  return good ? ExitCode::kOk : ExitCode::kFailed;
}

void AddChainOptions(CLI::App* app, AuditOptions& options) {
  app->add_flag("--all", options.all, "every organization's events, and the server's own");
  app->add_flag("--of-server", options.of_server,
                "the server's own events: tokens, organizations, attempts that belong to none");
}

void AddFilterOptions(CLI::App* app, AuditOptions& options) {
  AddMoment(app, "--since", options.since, "not before: a time, or a period back from now (12h)");
  AddMoment(app, "--until", options.until, "before: a time, or a period back from now (1h)");
  AddText(
      app, "--actor", "NAME", options.actor,
      "by exactly this principal (accessTokens/k…) or acting admin (organizations/acme/users/u…)");
  AddText(app, "--resource", "NAME", options.resource, "about this resource, or one below it");
  AddTexts(app, "--kind", absl::StrJoin(ShortNames(*v1::AuditEvent::Kind_descriptor()), "|"),
           options.kinds, "of this kind; may be given several times");
}

}  // namespace

void AddAuditCommands(CommandTree& tree) {
  CLI::App* noun =
      tree.AddNoun("audit", "The audit log: who changed, or tried to change, what",
                   {"gatehouse audit list --org acme --since 24h", "gatehouse audit verify --all"});
  auto options = std::make_shared<AuditOptions>();

  CLI::App* list = tree.Add(noun, "list", "List events, oldest first",
                            {"gatehouse audit list --org acme --since 24h",
                             "gatehouse audit list --of-server --kind refusal -o json"},
                            [options](Session& session) { return ListAll(session, *options); });
  AddChainOptions(list, *options);
  AddFilterOptions(list, *options);
  AddListOptions(list, options->list);

  CLI::App* tail = tree.Add(noun, "tail", "Follow events as they happen, until Ctrl-C",
                            {"gatehouse audit tail --org acme",
                             "gatehouse audit tail --all --kind refusal --kind break-glass-use"},
                            [options](Session& session) { return Follow(session, *options); });
  AddChainOptions(tail, *options);
  AddFilterOptions(tail, *options);
  tail->add_flag("--from-oldest", options->from_oldest, "begin with the oldest event kept");
  AddNumber(tail, "--after-revision", options->after_revision, 1,
            std::numeric_limits<int64_t>::max(), "begin with what was committed after it");

  CLI::App* verify =
      tree.Add(noun, "verify", "Prove that no event was altered or removed",
               {"gatehouse audit verify --org acme",
                "gatehouse audit verify --all --expect-head auditChain=12:5f70bf…"},
               [options](Session& session) { return VerifyChains(session, *options); });
  AddChainOptions(verify, *options);
  AddTexts(verify, "--expect-head", "CHAIN=SEQ:HASH", options->expected_heads,
           "the chain must go on from this head, noted before; may be given several times");
}

}  // namespace gatehouse::cli
