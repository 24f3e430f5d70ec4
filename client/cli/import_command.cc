#include "client/cli/import_command.h"

#include <grpcpp/channel.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/errors.h"
#include "client/cli/json.h"
#include "client/import/user_import.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::cli {
namespace {

using client::UserImportOptions;
using client::UserImportProgress;
using client::UserImportReport;

// More would push the summary off the screen; -o json has all of them.
constexpr size_t kMaxFailuresShown = 100;

struct ImportOptions {
  std::string file;
  bool validate_only = false;
  std::string format = "auto";
  std::string separator = "auto";
};

const std::pair<absl::string_view, char> kSeparators[] = {
    {"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}};

std::string ProgressText(const UserImportProgress& progress) {
  std::string text = absl::StrCat(Counted(progress.rows_read, "row", "rows"), " read, ",
                                  Grouped(progress.rows_acknowledged), " done");
  if (progress.rows_failed > 0) {
    absl::StrAppend(&text, ", ", Grouped(progress.rows_failed), " failed");
  }
  if (progress.total_bytes.value_or(0) > 0) {
    absl::StrAppend(&text, ", ", 100 * progress.bytes_read / *progress.total_bytes, " %");
  }
  absl::StrAppend(&text, ", ", Grouped(static_cast<int64_t>(progress.rows_per_second)), " rows/s");
  if (progress.retrying) {
    absl::StrAppend(&text, ", the server is away: trying again");
  } else if (progress.time_left.has_value() && !progress.finished) {
    absl::StrAppend(&text, ", ",
                    absl::FormatDuration(absl::Ceil(*progress.time_left, absl::Seconds(1))),
                    " left");
  }
  return text;
}

// For those who wait: on a terminal one line that is written over and over, else
// a line every few seconds.
class ProgressLine {
 public:
  ProgressLine(std::ostream& err, bool is_terminal) : err_(err), is_terminal_(is_terminal) {}
  ~ProgressLine() {
    if (shown_) err_ << "\r\x1b[K" << std::flush;
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  absl::Duration interval() const {
    return is_terminal_ ? absl::Milliseconds(200) : absl::Seconds(5);
  }

  void Show(const UserImportProgress& progress) {
    if (is_terminal_) {
      err_ << "\r\x1b[K" << ProgressText(progress) << std::flush;
      shown_ = true;
    } else if (!progress.finished) {
      err_ << ProgressText(progress) << std::endl;
    }
  }

 private:
  std::ostream& err_;
  const bool is_terminal_;
  bool shown_ = false;
};

// The address as the report quotes it, without the quotes.
absl::string_view Unquoted(absl::string_view email) {
  if (absl::ConsumePrefix(&email, "\"")) absl::ConsumeSuffix(&email, "\"");
  return email;
}

std::string ReportJson(const UserImportReport& report, bool validate_only) {
  std::string json = absl::StrFormat(
      "{\n  \"format\": %s,\n  \"validateOnly\": %s,\n  \"rowCount\": %d,\n"
      "  \"createdCount\": %d,\n  \"updatedCount\": %d,\n  \"claimedCount\": %d,\n"
      "  \"unchangedCount\": %d,\n  \"unchangedOnRetryCount\": %d,\n  \"failedCount\": %d,\n"
      "  \"inactiveCount\": %d,\n  \"revision\": %d,\n  \"failures\": [",
      JsonString(client::Name(report.format)), validate_only ? "true" : "false", report.row_count,
      report.created_count, report.updated_count, report.claimed_count, report.unchanged_count,
      report.unchanged_on_retry_count, report.failed_count, report.inactive_count, report.revision);
  absl::string_view separator = "\n";
  for (const client::UserImportFailure& failure : report.failures) {
    absl::StrAppend(&json, separator, "    {\"line\": ", failure.line,
                    ", \"email\": ", JsonString(Unquoted(failure.email)),
                    ", \"reason\": ", JsonString(failure.reason),
                    ", \"message\": ", JsonString(failure.message), "}");
    separator = ",\n";
  }
  return absl::StrCat(json, report.failures.empty() ? "]\n}" : "\n  ]\n}");
}

void PrintReport(Session& session, const UserImportReport& report, bool validate_only) {
  if (session.json()) {
    session.out() << ReportJson(report, validate_only) << "\n";
    return;
  }
  Table failures({{"LINE", Align::kRight}, {"EMAIL"}, {"REASON"}, {"WHAT IS WRONG"}},
                 session.out_palette());
  for (const client::UserImportFailure& failure : report.failures) {
    if (&failure - report.failures.data() == kMaxFailuresShown) break;
    failures.Add({absl::StrCat(failure.line), std::string(Unquoted(failure.email)),
                  Cell(failure.reason, Tone::kBad), failure.message});
  }
  failures.Print(session.out());
  if (report.failed_count > static_cast<int64_t>(kMaxFailuresShown)) {
    session.out() << "… and " << Grouped(report.failed_count - kMaxFailuresShown)
                  << " more; -o json shows all\n";
  }
  if (report.failed_count > 0) session.out() << "\n";

  Table summary({{"ROWS"}, {"COUNT", Align::kRight}, {"WHAT IT MEANS"}}, session.out_palette());
  summary.Add({"created", Grouped(report.created_count), "new users"});
  summary.Add({"updated", Grouped(report.updated_count), "name or role changed"});
  summary.Add({"claimed", Grouped(report.claimed_count), "independent users, now managed"});
  summary.Add({"unchanged", Grouped(report.unchanged_count), "were as the file says"});
  summary.Add({Cell("failed", report.failed_count > 0 ? Tone::kBad : Tone::kPlain),
               Grouped(report.failed_count), "not imported"});
  summary.Print(session.out());
  session.out() << "\n"
                << Counted(report.row_count, "row", "rows") << " of a file in the format \""
                << client::Name(report.format) << "\"";
  if (validate_only) session.out() << "; nothing was changed (--validate-only)";
  if (report.revision != 0) session.out() << "; revision " << report.revision;
  session.out() << "\n";
  if (report.unchanged_on_retry_count > 0) {
    session.Note(absl::StrCat("note: the connection was lost and rows were sent again; ",
                              Counted(report.unchanged_on_retry_count, "row", "rows"),
                              " counted as unchanged may be of those just imported"));
  }
  if (report.inactive_count > 0) {
    session.Note(
        absl::StrCat("note: ", Counted(report.inactive_count, "account is", "accounts are"),
                     " suspended or disabled in the source; imported all the same, and "
                     "not suspended here"));
  }
}

std::optional<int64_t> SizeOf(std::ifstream& file) {
  file.seekg(0, std::ios::end);
  const std::streamoff size = file.tellg();
  if (size < 0) {
    // A pipe has no end to seek to.
    file.clear();
    return std::nullopt;
  }
  file.seekg(0, std::ios::beg);
  return size;
}

absl::StatusOr<ExitCode> Import(Session& session, const ImportOptions& options) {
  UserImportOptions wanted;
  ASSIGN_OR_RETURN(wanted.parent, session.Organization());
  wanted.validate_only = options.validate_only;
  if (options.format != "auto") {
    ASSIGN_OR_RETURN(wanted.format, client::ParseUserFileFormat(options.format));
  }
  for (const auto& [name, separator] : kSeparators) {
    if (options.separator == name) wanted.separator = separator;
  }
  if (session.options().timeout > absl::ZeroDuration()) {
    wanted.call_timeout = session.options().timeout;
    wanted.retry_for = std::min(wanted.retry_for, wanted.call_timeout);
  }
  std::ifstream file;
  if (options.file != "-") {
    file.open(options.file, std::ios::binary);
    if (!file) return UsageError(absl::StrCat("cannot read ", Quoted(options.file)));
    wanted.total_bytes = SizeOf(file);
  }
  UserImportReport report;
  absl::Status status;
  {
    ProgressLine line(session.err(), session.err_is_terminal());
    // With -o json a program reads what is said.
    if (!session.json()) {
      wanted.progress_interval = line.interval();
      wanted.on_progress = [&line](const UserImportProgress& progress) { line.Show(progress); };
    }
    status = client::ImportUsers(options.file == "-" ? session.in() : file, session.channel(),
                                 wanted, report);
  }
  if (report.row_count == 0 && status.code() == absl::StatusCode::kInvalidArgument) {
    // The header is read before anything is sent.
    return UsageError(status.message());
  }
  PrintReport(session, report, options.validate_only);
  RETURN_IF_ERROR(status);
  return report.failed_count > 0 ? ExitCode::kSomeRowsFailed : ExitCode::kOk;
}

}  // namespace

void AddUserImportCommand(CommandTree& tree, CLI::App* noun) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command =
      tree.Add(noun, "import",
               "Create or update users from a CSV file; bad rows are named, the rest is done",
               {"gatehouse user import users.csv --org acme --validate-only",
                "gatehouse user import okta-export.csv --org acme -o json > report.json",
                "ssh dc1 cat users.csv | gatehouse user import - --org acme"},
               [options](Session& session) { return Import(session, *options); });
  AddFileArgument(command, options->file,
                  "a CSV file with a header line, as Google Workspace, Entra and Okta export it, "
                  "or email,display_name,role; - reads the standard input");
  command->add_flag("--validate-only", options->validate_only,
                    "show what would happen and change nothing");
  AddChoice(
      command, "--format", {"auto", "plain", "google", "entra", "okta"},
      [options](const std::string& format) { options->format = format; },
      "whose export it is; else told by the header");
  AddChoice(
      command, "--separator", {"auto", "comma", "semicolon", "tab"},
      [options](const std::string& separator) { options->separator = separator; },
      "what stands between the fields; else told by the header");
}

}  // namespace gatehouse::cli
