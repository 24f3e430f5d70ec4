// Bulk import of users from a CSV file, through UserService.ImportUsers.
//
//   std::ifstream file("users.csv");
//   UserImportReport report;
//   absl::Status status =
//       ImportUsers(file, channel, {.parent = "organizations/acme"}, report);
//   for (const UserImportFailure& failure : report.failures) {
//     std::cerr << "line " << failure.line << ": " << failure.message << "\n";
//   }
#ifndef GATEHOUSE_CLIENT_IMPORT_USER_IMPORT_H_
#define GATEHOUSE_CLIENT_IMPORT_USER_IMPORT_H_

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/import/user_columns.h"

namespace grpc {
class ChannelInterface;
}  // namespace grpc

namespace gatehouse::client {

// How far an import is.
struct UserImportProgress {
  int64_t rows_read = 0;          // rows of the file, good and bad; not the header
  int64_t rows_acknowledged = 0;  // rows whose outcome the server has told
  int64_t rows_failed = 0;        // known so far, here or at the server
  int64_t bytes_read = 0;
  std::optional<int64_t> total_bytes;  // as in the options
  absl::Duration elapsed;
  double rows_per_second = 0;  // rows_read over elapsed
  // At the rate so far; nullopt: the size is not known, or nothing was read yet.
  std::optional<absl::Duration> time_left;
  bool retrying = false;  // the server cannot be reached, and is about to be tried again
  bool finished = false;  // nothing more comes
};

struct UserImportOptions {
  // Format: organizations/{organization}. Required.
  std::string parent;
  // Report what would happen and change nothing.
  bool validate_only = false;
  // None: recognized by the header.
  std::optional<UserFileFormat> format;
  // ',', ';' or '\t'. None: recognized by the header line.
  std::optional<char> separator;
  // Size of the file, if known; only handed on to on_progress.
  std::optional<int64_t> total_bytes;
  // Called on the caller's thread at most once per progress_interval, and once
  // at the end. With an interval of zero: after every message sent.
  std::function<void(const UserImportProgress&)> on_progress;
  absl::Duration progress_interval = absl::Milliseconds(200);
  // Deadline of one call, which carries at most 20,000 rows.
  absl::Duration call_timeout = absl::Minutes(5);
  // How long a call that was cut, or that the server had no room for, is tried
  // again before the import fails; from the failure on. Zero: never.
  absl::Duration retry_for = absl::Minutes(2);
  // Between the first two attempts; doubles from one to the next, to 5 s at most.
  absl::Duration retry_delay = absl::Milliseconds(250);
  // Failures kept in the report; further ones are only counted.
  int64_t max_failures = 100'000;
};

// A row that was not imported, and why.
struct UserImportFailure {
  int64_t line = 0;  // physical line of the file on which the row starts
  // For people: quoted, cut, invisible characters escaped. Empty if unknown.
  std::string email;
  std::string reason;   // as ErrorInfo.reason; "INVALID_FIELD" for what was refused here
  std::string message;  // field, value, expectation; without the line
};

// What became of the rows. Lines that are empty, or hold separators only, are
// no rows.
struct UserImportReport {
  UserFileFormat format = UserFileFormat::kPlain;
  // created + updated + claimed + unchanged + failed, when the import succeeded.
  int64_t row_count = 0;
  int64_t created_count = 0;
  int64_t updated_count = 0;
  int64_t claimed_count = 0;  // independent users that became managed
  int64_t unchanged_count = 0;
  // Of unchanged_count: rows that were sent again after their call was cut. They
  // were so before, or the call that was cut has imported them.
  int64_t unchanged_on_retry_count = 0;
  int64_t failed_count = 0;
  // Rows sent although the source says that the account is suspended or
  // disabled: enforcement must cover them too. They are not suspended here.
  int64_t inactive_count = 0;
  // By line.
  std::vector<UserImportFailure> failures;
  // Revision after the last row; 0 if nothing was committed.
  int64_t revision = 0;
};

// Imports the users of `csv`. Bad rows are reported and lose nothing else; rows
// that cannot be read or mapped are never sent. The server's row numbers are
// line numbers. Reads and sends as fast as the server takes rows; memory does
// not grow with the file, except for max_failures.
//
// Rows travel in calls of at most 20,000, one after another: the server commits
// them in the order of the file, and says what became of them when a call ends.
// Each call takes effect on its own; `report` holds what has been acknowledged
// and refused, also when the import fails. A call that is cut is made again with
// the same rows, which changes nothing that it did already; so totals count each
// row once. Where the server names only the first failures of a call, it is asked
// again, without effect, about the others.
//
// Errors:
//   INVALID_ARGUMENT: the header is not that of a known format (nothing is
//       sent), or the server refuses `parent`.
//   UNAVAILABLE, DEADLINE_EXCEEDED, …: a call failed, for retry_for if it was
//       worth trying again. The message says how many rows were acknowledged, and
//       for how many sent rows that is unknown. Importing the same file again is
//       safe and completes the work.
//   DATA_LOSS: `csv` cannot be read to its end, or a record of the server is
//       damaged.
absl::Status ImportUsers(std::istream& csv, const std::shared_ptr<grpc::ChannelInterface>& channel,
                         const UserImportOptions& options, UserImportReport& report);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_IMPORT_USER_IMPORT_H_
