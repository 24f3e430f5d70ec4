// Use case: users in bulk.
//
//   ASSIGN_OR_RETURN(auto importer, UserImporter::Begin(context, organization, false));
//   while (…) {
//     ASSIGN_OR_RETURN(auto results, importer.AddRows(rows));
//     …
//   }
//   Reply(importer.totals());
#ifndef GATEHOUSE_SERVER_MANAGERS_USER_IMPORTER_H_
#define GATEHOUSE_SERVER_MANAGERS_USER_IMPORTER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "policy/caller.h"
#include "policy/email_address.h"
#include "policy/user.h"
#include "server/managers/manager_context.h"
#include "storage/engine.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

// A row as it came, not checked.
struct ImportRow {
  absl::string_view email;
  absl::string_view display_name;  // empty: a user that exists keeps its own
  int role = 0;  // number of a Role; 0: MEMBER for a new user, a user that exists keeps its own
};

// Numbers as gatehouse.v1.ImportUsersResponse.RowResult.Outcome.
enum class ImportOutcome { kCreated = 1, kUpdated = 2, kClaimed = 3, kUnchanged = 4, kFailed = 5 };

struct ImportRowResult {
  ImportOutcome outcome = ImportOutcome::kFailed;
  absl::Status error;  // not OK if and only if the outcome is kFailed
};

// Sums over all rows so far.
struct ImportTotals {
  int64_t rows = 0;
  int64_t created = 0;
  int64_t updated = 0;
  int64_t claimed = 0;
  int64_t unchanged = 0;
  int64_t failed = 0;
  storage::Revision revision = 0;  // of the last commit; 0: there was none
};

// One import. Not thread-safe.
class UserImporter {
 public:
  // NOT_FOUND: no such organization. With `validate_only` nothing is changed,
  // and each row is judged as if those before it had been: a duplicate is
  // UNCHANGED, as it would be. (A very long import is judged in stretches, of
  // 10,000 rows or more, that do not know of each other.)
  static absl::StatusOr<UserImporter> Begin(const Caller& caller, const ManagerContext& context,
                                            const OrganizationId& organization, bool validate_only);

  // Imports `rows` in order, in batches that each commit whole or not at all (of
  // kMaxBatchBytes, so give it as many rows as there are); the result of each
  // row, in the same order. A row fails alone: bad address,
  // name or role, or WOULD_LOCK_OUT if it would demote or claim the
  // organization's last way in.
  //
  // Other errors end the import: NOT_FOUND (the organization is gone), ABORTED,
  // or the store's. Batches before the one that failed remain.
  absl::StatusOr<std::vector<ImportRowResult>> AddRows(absl::Span<const ImportRow> rows);

  const ImportTotals& totals() const { return totals_; }

  // Of one commit, as BytesOf estimates it: enough rows to make the disk syncs
  // cheap, few enough that other changes of the organization wait a fraction of
  // a second.
  static constexpr size_t kMaxBatchBytes = 3 << 20;
  // About what a row writes: the user, its address by id, both keys in the change
  // log, and its change in the audit log. Never less than half of it.
  static size_t BytesOf(const ImportRow& row) {
    return 512 + 4 * (row.email.size() + row.display_name.size());
  }

 private:
  struct ParsedRow {
    EmailAddress email;
    absl::string_view display_name;
    std::optional<Role> role;
  };
  class Batch;

  UserImporter(const Caller& caller, const ManagerContext& context,
               const OrganizationId& organization, bool validate_only)
      : caller_(caller),
        context_(context),
        organization_(organization),
        validate_only_(validate_only) {}

  static absl::StatusOr<ParsedRow> Parse(const ImportRow& row);
  absl::Status RunBatch(absl::Span<const absl::StatusOr<ParsedRow>> rows,
                        absl::Span<ImportRowResult> results);
  absl::Status Rehearse(absl::Span<const absl::StatusOr<ParsedRow>> rows,
                        absl::Span<ImportRowResult> results);
  void Count(absl::Span<const ImportRowResult> results);

  Caller caller_;
  ManagerContext context_;
  OrganizationId organization_;
  bool validate_only_;
  ImportTotals totals_;
  // With validate_only: what the rows would have written.
  std::optional<storage::Transaction> rehearsal_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_USER_IMPORTER_H_
