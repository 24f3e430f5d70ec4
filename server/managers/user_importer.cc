#include "server/managers/user_importer.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "policy/text.h"
#include "server/managers/preconditions.h"
#include "server/managers/way_in_guard.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/user_store.h"
#include "storage/stores/user_writer.h"

namespace gatehouse {
namespace {

// What a rehearsal remembers at most: 10,000 of the largest rows, far more of
// common ones.
constexpr size_t kMaxRehearsalBytes = 16 << 20;

// Draws for many ids at once: one draw costs about as much as for a hundred.
class BulkRandom final : public RandomSource {
 public:
  explicit BulkRandom(RandomSource& source) : source_(source) {}

  std::string Bytes(size_t count) override {
    if (bytes_.size() - used_ < count) {
      bytes_ = source_.Bytes(std::max(count, kDrawnAtOnce));
      used_ = 0;
    }
    used_ += count;
    return bytes_.substr(used_ - count, count);
  }

 private:
  static constexpr size_t kDrawnAtOnce = 2000;

  RandomSource& source_;
  std::string bytes_;
  size_t used_ = 0;
};

// How many of `rows`, the first at least, are one batch.
size_t BatchSize(absl::Span<const ImportRow> rows) {
  size_t bytes = UserImporter::BytesOf(rows[0]);
  size_t size = 1;
  while (size < rows.size()) {
    bytes += UserImporter::BytesOf(rows[size]);
    if (bytes > UserImporter::kMaxBatchBytes) break;
    ++size;
  }
  return size;
}
static_assert(4 * UserImporter::kMaxBatchBytes < storage::kMaxCommitBytes);

}  // namespace

// The rows of one batch against one transaction.
class UserImporter::Batch {
 public:
  Batch(storage::Transaction& tx, RandomSource& random, const OrganizationId& organization,
        absl::Time now)
      : tx_(tx),
        random_(random),
        organization_(organization),
        now_(now),
        writer_(&tx, organization) {}

  // An error is the store's; the row's own is in the result.
  absl::StatusOr<ImportRowResult> Import(const absl::StatusOr<ParsedRow>& row) {
    if (!row.ok()) return ImportRowResult{.error = row.status()};
    ASSIGN_OR_RETURN(const bool claims_here, ClaimsOn(row->email.domain()));
    ASSIGN_OR_RETURN(auto existing,
                     storage::UserStore::FindByEmail(tx_, organization_, row->email));
    return existing ? Update(**existing, *row, claims_here) : Create(*row, claims_here);
  }

  // After the last row.
  absl::Status Finish() { return writer_.Finish(); }

 private:
  absl::StatusOr<ImportRowResult> Create(const ParsedRow& row, bool claims_here) {
    const User user{.organization = organization_,
                    .id = UserId::FromTrusted(NewIdText(random_, "u")),
                    .email = row.email,
                    .display_name = std::string(row.display_name),
                    .role = row.role.value_or(Role::kMember),
                    .claimed = claims_here,
                    .claim_time = claims_here ? ClaimTimeAt(now_) : absl::InfinitePast(),
                    .create_time = now_,
                    .update_time = now_};
    RETURN_IF_ERROR(writer_.Put(nullptr, user));
    return ImportRowResult{.outcome = ImportOutcome::kCreated};
  }

  absl::StatusOr<ImportRowResult> Update(const User& before, const ParsedRow& row,
                                         bool claims_here) {
    User after = before;
    if (!row.display_name.empty()) after.display_name = std::string(row.display_name);
    if (row.role) after.role = *row.role;
    const bool claims = claims_here && !before.claimed;
    if (claims) {
      after.claimed = true;
      after.claim_time = ClaimTimeAt(now_);
    }
    if (!claims && after.role == before.role && after.display_name == before.display_name) {
      return ImportRowResult{.outcome = ImportOutcome::kUnchanged};
    }
    absl::Status kept = CheckUserChange(tx_, before, &after);
    if (ReasonOf(kept) == reason::kWouldLockOut) return ImportRowResult{.error = std::move(kept)};
    RETURN_IF_ERROR(kept);
    after.update_time = now_;
    RETURN_IF_ERROR(writer_.Put(&before, after));
    return ImportRowResult{.outcome = claims ? ImportOutcome::kClaimed : ImportOutcome::kUpdated};
  }

  // Asks once per domain. A condition of the commit: nobody is claimed on a
  // domain that goes, or left unclaimed on one that comes.
  absl::StatusOr<bool> ClaimsOn(const DomainName& domain) {
    if (auto known = claims_on_.find(domain); known != claims_on_.end()) return known->second;
    ASSIGN_OR_RETURN(const bool claims_here,
                     storage::DomainStore::ClaimsOn(tx_, organization_, domain));
    claims_on_.emplace(domain, claims_here);
    return claims_here;
  }

  storage::Transaction& tx_;
  BulkRandom random_;
  const OrganizationId& organization_;
  const absl::Time now_;
  std::map<DomainName, bool> claims_on_;
  storage::UserWriter writer_;
};

absl::StatusOr<UserImporter> UserImporter::Begin(const Caller& caller,
                                                 const ManagerContext& context,
                                                 const OrganizationId& organization,
                                                 bool validate_only) {
  ASSIGN_OR_RETURN(auto reader, context.OpenReader());
  RETURN_IF_ERROR(CheckOrganizationExists(reader, organization));
  return UserImporter(caller, context, organization, validate_only);
}

absl::StatusOr<std::vector<ImportRowResult>> UserImporter::AddRows(
    absl::Span<const ImportRow> rows) {
  // Outside the transactions: nobody waits for it, and no retry repeats it.
  std::vector<absl::StatusOr<ParsedRow>> parsed;
  parsed.reserve(rows.size());
  for (const ImportRow& row : rows) parsed.push_back(Parse(row));
  std::vector<ImportRowResult> results(rows.size());
  for (size_t begin = 0; begin < rows.size();) {
    const size_t size = BatchSize(rows.subspan(begin));
    const auto batch = absl::MakeConstSpan(parsed).subspan(begin, size);
    const auto batch_results = absl::MakeSpan(results).subspan(begin, size);
    RETURN_IF_ERROR(validate_only_ ? Rehearse(batch, batch_results)
                                   : RunBatch(batch, batch_results));
    Count(batch_results);
    begin += size;
  }
  return results;
}

absl::StatusOr<UserImporter::ParsedRow> UserImporter::Parse(const ImportRow& row) {
  ParsedRow parsed;
  ASSIGN_OR_RETURN(parsed.email, EmailAddress::Parse("email", row.email));
  RETURN_IF_ERROR(CheckText("display_name", row.display_name, 0, kMaxDisplayNameBytes));
  parsed.display_name = row.display_name;
  if (row.role == 0) return parsed;
  for (Role role : {Role::kMember, Role::kAdmin, Role::kOwner}) {
    if (row.role == static_cast<int>(role)) {
      parsed.role = role;
      return parsed;
    }
  }
  return InvalidField("role", absl::StrCat(row.role), "a role that the API defines");
}

absl::Status UserImporter::RunBatch(absl::Span<const absl::StatusOr<ParsedRow>> rows,
                                    absl::Span<ImportRowResult> results) {
  const absl::Time now = context_.clock->Now();
  bool writes = false;
  auto body = [&](storage::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(CheckOrganizationExists(tx, organization_));
    Batch batch(tx, *context_.random, organization_, now);
    for (size_t i = 0; i < rows.size(); ++i) {
      ASSIGN_OR_RETURN(results[i], batch.Import(rows[i]));
    }
    RETURN_IF_ERROR(batch.Finish());
    writes = tx.has_writes();
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const storage::Revision revision,
                   context_.transactions->Run(caller_, organization_, body));
  if (writes) totals_.revision = revision;
  return absl::OkStatus();
}

absl::Status UserImporter::Rehearse(absl::Span<const absl::StatusOr<ParsedRow>> rows,
                                    absl::Span<ImportRowResult> results) {
  ASSIGN_OR_RETURN(auto snapshot, context_.transactions->engine().NewSnapshot());
  if (!rehearsal_ || rehearsal_->write_bytes() > kMaxRehearsalBytes) rehearsal_.emplace(nullptr);
  rehearsal_->MoveTo(std::move(snapshot));
  RETURN_IF_ERROR(CheckOrganizationExists(*rehearsal_, organization_));
  Batch batch(*rehearsal_, *context_.random, organization_, context_.clock->Now());
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSIGN_OR_RETURN(results[i], batch.Import(rows[i]));
  }
  RETURN_IF_ERROR(batch.Finish());
  // The next rows may be long in coming.
  rehearsal_->MoveTo(nullptr);
  return absl::OkStatus();
}

void UserImporter::Count(absl::Span<const ImportRowResult> results) {
  totals_.rows += static_cast<int64_t>(results.size());
  for (const ImportRowResult& result : results) {
    switch (result.outcome) {
      case ImportOutcome::kCreated:
        ++totals_.created;
        break;
      case ImportOutcome::kUpdated:
        ++totals_.updated;
        break;
      case ImportOutcome::kClaimed:
        ++totals_.claimed;
        break;
      case ImportOutcome::kUnchanged:
        ++totals_.unchanged;
        break;
      case ImportOutcome::kFailed:
        ++totals_.failed;
        break;
    }
  }
}

}  // namespace gatehouse
