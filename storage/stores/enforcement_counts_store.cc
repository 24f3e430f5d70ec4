#include "storage/stores/enforcement_counts_store.h"

#include <algorithm>
#include <string>

#include "storage/records/keys.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {
namespace {

// Name() tells what this version knows.
bool IsVerdict(int number) { return Name(static_cast<Verdict>(number)) != "UNKNOWN"; }

bool IsReason(int number) { return Name(static_cast<DecisionReason>(number)) != "UNKNOWN"; }

bool IsMode(int number) {
  return number == static_cast<int>(EnforcementMode::kEnforce) ||
         number == static_cast<int>(EnforcementMode::kObserve);
}

bool IsValid(const v1::EnforcementCountsRecord& record) {
  const bool has_decisions = record.decisions_size() > 0;
  if (has_decisions && !IsMode(record.mode())) return false;
  return std::all_of(record.decisions().begin(), record.decisions().end(), [](const auto& kind) {
    return IsVerdict(kind.verdict()) &&
           (kind.observed_verdict() == 0 || IsVerdict(kind.observed_verdict())) &&
           IsReason(kind.reason());
  });
}

}  // namespace

void AddCount(std::vector<DecisionCount>& counts, const DecisionCount& more) {
  for (DecisionCount& count : counts) {
    if (!count.IsSameKind(more)) continue;
    count.count += more.count;
    return;
  }
  counts.push_back(more);
}

void EnforcementCounts::StartDecisionsOf(const Enforcement& enforcement) {
  if (enforce_revision == enforcement.enforce_revision && mode == enforcement.mode) return;
  decisions.clear();
  enforce_revision = enforcement.enforce_revision;
  mode = enforcement.mode;
}

void EnforcementCounts::StartSignInsAt(absl::Time since) {
  if (since_time == since) return;
  sso_successes = 0;
  sso_failures = 0;
  since_time = since;
}

absl::StatusOr<EnforcementCounts> EnforcementCountsStore::Get(Reader& reader,
                                                              const OrganizationId& organization,
                                                              const DomainName& domain) {
  const std::string key = keys::EnforcementCounts(organization, domain);
  ASSIGN_OR_RETURN(auto record, GetRecord<v1::EnforcementCountsRecord>(reader, key));
  EnforcementCounts counts;
  if (!record) return counts;
  const v1::EnforcementCountsRecord& stored = **record;
  if (!IsValid(stored)) return CorruptRecord(key, "has a value that this version does not know");
  for (const auto& kind : stored.decisions()) {
    DecisionCount count{.verdict = static_cast<Verdict>(kind.verdict()),
                        .reason = static_cast<DecisionReason>(kind.reason()),
                        .count = kind.count()};
    if (kind.observed_verdict() != 0) {
      count.observed_verdict = static_cast<Verdict>(kind.observed_verdict());
    }
    counts.decisions.push_back(count);
  }
  counts.enforce_revision = stored.enforce_revision();
  if (stored.mode() != 0) counts.mode = static_cast<EnforcementMode>(stored.mode());
  counts.sso_successes = stored.sso_successes();
  counts.sso_failures = stored.sso_failures();
  if (stored.since_time_us() != 0) counts.since_time = absl::FromUnixMicros(stored.since_time_us());
  return counts;
}

void EnforcementCountsStore::Put(Transaction& tx, const OrganizationId& organization,
                                 const DomainName& domain, const EnforcementCounts& counts) {
  v1::EnforcementCountsRecord record;
  for (const DecisionCount& count : counts.decisions) {
    auto* kind = record.add_decisions();
    kind->set_verdict(static_cast<int>(count.verdict));
    if (count.observed_verdict)
      kind->set_observed_verdict(static_cast<int>(*count.observed_verdict));
    kind->set_reason(static_cast<int>(count.reason));
    kind->set_count(count.count);
  }
  record.set_enforce_revision(counts.enforce_revision);
  record.set_mode(static_cast<int>(counts.mode));
  record.set_sso_successes(counts.sso_successes);
  record.set_sso_failures(counts.sso_failures);
  if (counts.since_time != absl::InfinitePast()) {
    record.set_since_time_us(absl::ToUnixMicros(counts.since_time));
  }
  PutRecord(tx, keys::EnforcementCounts(organization, domain), record);
}

}  // namespace gatehouse::storage
