#include <fstream>
#include <istream>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "client/cli/call.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/commands.h"
#include "client/cli/enum_names.h"
#include "client/cli/errors.h"
#include "client/cli/resource_names.h"
#include "gatehouse/v1/login_service.grpc.pb.h"
#include "policy/errors.h"

namespace gatehouse::cli {
namespace {

using Stub = v1::LoginService::Stub;

// What one BatchCheckLogin takes.
constexpr int kBatchSize = 1000;
// Longer lines are no addresses (254 bytes, RFC 5321), and are not worth the
// memory.
constexpr size_t kMaxLineBytes = 4096;

struct CheckOptions {
  std::string email;
  std::string file;
  v1::LoginAction action = v1::LOGIN_ACTION_UNSPECIFIED;
  int64_t min_revision = 0;
  bool exit_code = false;
};

Cell VerdictCell(v1::Verdict verdict) {
  Tone tone = Tone::kPlain;
  if (verdict == v1::VERDICT_ALLOW_PASSWORD) tone = Tone::kWarning;
  if (verdict == v1::VERDICT_REQUIRE_SSO) tone = Tone::kGood;
  if (verdict == v1::VERDICT_DENY) tone = Tone::kBad;
  return Cell(ShortName(verdict), tone);
}

FieldList Describe(const Session& session, const v1::CheckLoginResponse& decision) {
  FieldList fields;
  fields.Add("verdict", VerdictCell(decision.verdict()));
  if (decision.observed_verdict() != v1::VERDICT_UNSPECIFIED) {
    fields.Add("if enforced", VerdictCell(decision.observed_verdict()));
  }
  fields.Add("because", ShortName(decision.reason()));
  fields.Add("organization", decision.organization());
  fields.Add("domain", decision.matched_domain());
  fields.Add("profile", decision.sso().sso_profile());
  fields.Add("protocol", ShortName(decision.sso().protocol()));
  fields.Add("sign in at", decision.sso().sign_in_url());
  fields.Add("identity provider", decision.sso().issuer());
  fields.Add("login hint", decision.sso().login_hint());
  fields.Add("enforced since",
             session.When(decision.has_enforced_since(), decision.enforced_since()));
  if (decision.enforced_since_revision() != 0) {
    fields.Add("since revision", absl::StrCat(decision.enforced_since_revision()));
  }
  fields.Add("SSO from", session.When(decision.has_enforcement_scheduled_at(),
                                      decision.enforcement_scheduled_at()));
  fields.Add("revision", absl::StrCat(decision.revision()));
  fields.Add("may be cached for",
             absl::FormatDuration(absl::Seconds(decision.cache_ttl().seconds()) +
                                  absl::Nanoseconds(decision.cache_ttl().nanos())));
  return fields;
}

absl::StatusOr<ExitCode> Check(Session& session, const CheckOptions& options) {
  v1::CheckLoginRequest request;
  request.set_email(options.email);
  request.set_action(options.action);
  request.set_min_revision(options.min_revision);
  ASSIGN_OR_RETURN(const v1::CheckLoginResponse decision,
                   Call(session, &Stub::CheckLogin, request));
  session.Print(decision, Describe(session, decision));
  if (!options.exit_code) return ExitCode::kOk;
  switch (decision.verdict()) {
    case v1::VERDICT_ALLOW_PASSWORD:
      return ExitCode::kOk;
    case v1::VERDICT_REQUIRE_SSO:
      return ExitCode::kRequireSso;
    default:
      // A verdict that this binary does not know is none that allows a password.
      return ExitCode::kDeny;
  }
}

// The next address of `in`, one a line; false at its end. Empty lines are
// skipped.
bool NextAddress(std::istream& in, std::string& address) {
  std::string line;
  while (std::getline(in, line)) {
    if (line.size() > kMaxLineBytes) line.resize(kMaxLineBytes);
    address = ValidUtf8(absl::StripAsciiWhitespace(line));
    if (!address.empty()) return true;
  }
  return false;
}

// Prints the outcomes of batches as they come.
class BatchPrinter {
 public:
  explicit BatchPrinter(Session& session)
      : session_(session),
        table_({{"EMAIL"}, {"VERDICT"}, {"BECAUSE"}, {"PROFILE"}, {"ERROR"}},
               session.out_palette()),
        array_(session.out()) {}

  void Print(const v1::BatchCheckLoginRequest& request,
             const v1::BatchCheckLoginResponse& response) {
    for (int i = 0; i < response.results_size(); ++i) {
      const v1::BatchCheckLoginResponse::Result& result = response.results(i);
      if (result.has_error()) ++failed_;
      ++count_;
      if (session_.json()) {
        AddJson(request.emails(i), result);
      } else {
        AddRow(request.emails(i), result);
      }
    }
    table_.Print(session_.out());
    session_.out().flush();
  }

  ExitCode Finish() {
    if (session_.json()) array_.Finish();
    if (count_ == 0) session_.Note("no addresses");
    if (failed_ == 0) return ExitCode::kOk;
    session_.Note(absl::StrCat(Grouped(failed_), " of ", Counted(count_, "address", "addresses"),
                               " could not be decided"));
    return ExitCode::kSomeRowsFailed;
  }

 private:
  // The result's own JSON, and which address it is of.
  void AddJson(const std::string& email, const v1::BatchCheckLoginResponse::Result& result) {
    const std::string json = ToJson(result);
    array_.Add(
        absl::StrCat("{\n  \"email\": ", JsonString(email), ",", absl::StripPrefix(json, "{")));
  }

  void AddRow(const std::string& email, const v1::BatchCheckLoginResponse::Result& result) {
    if (result.has_error()) {
      table_.Add({email, "", "", "", Cell(result.error().message(), Tone::kBad)});
      return;
    }
    const v1::CheckLoginResponse& decision = result.decision();
    table_.Add({email, VerdictCell(decision.verdict()), ShortName(decision.reason()),
                decision.sso().sso_profile(), ""});
  }

  Session& session_;
  Table table_;
  JsonArray array_;
  int64_t count_ = 0;
  int64_t failed_ = 0;
};

absl::StatusOr<ExitCode> CheckBatch(Session& session, const CheckOptions& options) {
  std::ifstream file;
  if (options.file != "-") {
    file.open(options.file);
    if (!file) return UsageError(absl::StrCat("cannot read ", Quoted(options.file)));
  }
  std::istream& in = options.file == "-" ? session.in() : file;
  BatchPrinter printer(session);
  v1::BatchCheckLoginRequest request;
  request.set_action(options.action);
  request.set_min_revision(options.min_revision);
  for (bool more = true; more;) {
    request.clear_emails();
    std::string address;
    while (request.emails_size() < kBatchSize && (more = NextAddress(in, address))) {
      *request.add_emails() = std::move(address);
    }
    if (request.emails().empty()) break;
    ASSIGN_OR_RETURN(const v1::BatchCheckLoginResponse response,
                     Call(session, &Stub::BatchCheckLogin, request));
    if (response.results_size() != request.emails_size()) {
      return absl::InternalError("the server did not answer for every address");
    }
    printer.Print(request, response);
  }
  if (in.bad()) return UsageError(absl::StrCat("cannot read ", Quoted(options.file)));
  return printer.Finish();
}

}  // namespace

void AddCheckCommands(CommandTree& tree) {
  auto options = std::make_shared<CheckOptions>();
  const auto add_common = [&options](CLI::App* app) {
    AddEnum(app, "--action", options->action, "what the person is about to do; else sign-in");
    AddNumber(app, "--min-revision", options->min_revision, 0, std::numeric_limits<int64_t>::max(),
              "answer from this revision or a newer one");
  };

  CLI::App* check = tree.Add(
      nullptr, "check", "Decide for one address: may it use a password, or must it use SSO?",
      {"gatehouse check alice@acme.example",
       "gatehouse check alice@acme.example --action password-reset",
       "gatehouse check alice@acme.example --exit-code > /dev/null || echo \"no password\""},
      [options](Session& session) { return Check(session, *options); });
  AddArgument(check, "EMAIL", options->email, "the address, as typed");
  add_common(check);
  check->add_flag("--exit-code", options->exit_code,
                  "end with 10 if SSO is required, 11 if the action is denied");

  CLI::App* batch =
      tree.Add(nullptr, "check-batch", "Decide for many addresses, a thousand with each call",
               {"gatehouse check-batch addresses.txt",
                "cut -d, -f1 users.csv | gatehouse check-batch - -o json"},
               [options](Session& session) { return CheckBatch(session, *options); });
  AddFileArgument(batch, options->file, "addresses, one a line; - reads the standard input");
  add_common(batch);
}

}  // namespace gatehouse::cli
