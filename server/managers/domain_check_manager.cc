#include "server/managers/domain_check_manager.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "policy/caller.h"
#include "policy/status_macros.h"
#include "server/managers/parallel.h"
#include "server/names/resource_names.h"
#include "server/runtime/periodic_tasks.h"
#include "storage/stores/domain_check_store.h"
#include "storage/stores/domain_store.h"

namespace gatehouse {
namespace {

constexpr double kJitter = 0.1;
// An outage is looked through sooner than a day.
constexpr int kRetriesPerInterval = 24;

std::string DescribeChange(const Domain& before, const Domain& after, const std::string& failure) {
  std::string text = absl::StrCat(Name(before.state), " to ", Name(after.state));
  switch (after.state) {
    case DomainState::kAtRisk:
      absl::StrAppend(
          &text, ": ", failure, "; unless it is proven again by ",
          absl::FormatTime("%Y-%m-%d %H:%M UTC", after.expire_time, absl::UTCTimeZone()),
          ", it is no longer held and its enforcement ends");
      break;
    case DomainState::kExpired:
      absl::StrAppend(&text, ": ", failure, "; its enforcement has ended");
      break;
    case DomainState::kVerified:
    case DomainState::kPending:
      absl::StrAppend(&text, ": the proof is there again");
      break;
  }
  return text;
}

}  // namespace

absl::Status DomainCheckManager::CheckDue(const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const std::vector<Domain> due, Due());
  return ForEachInParallel(due, options_.parallelism, stop,
                           [this](const Domain& domain) { return CheckOne(domain); });
}

absl::StatusOr<std::vector<Domain>> DomainCheckManager::Due() const {
  const absl::Time now = context_.clock->Now();
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  std::vector<Domain> due;
  RETURN_IF_ERROR(storage::DomainStore::ForEachHolder(
      reader, [&](const OrganizationId& organization, const DomainName& name) -> absl::Status {
        ASSIGN_OR_RETURN(auto domain, storage::DomainStore::Find(reader, organization, name));
        if (!domain || !IsHeld((*domain)->state)) return absl::OkStatus();
        ASSIGN_OR_RETURN(const DomainCheck check,
                         storage::DomainCheckStore::Find(reader, organization, name));
        if (CheckDueTime(**domain, check, options_.interval) <= now) due.push_back(**domain);
        return absl::OkStatus();
      }));
  return due;
}

absl::Status DomainCheckManager::CheckOne(const Domain& domain) {
  const absl::Status found = proof_->Look(domain, domain.verify_method);
  const CheckOutcome outcome = DomainProof::Outcome(found);
  const std::string failure(found.message());
  checks_[static_cast<size_t>(outcome)].fetch_add(1, std::memory_order_relaxed);

  const absl::Time now = context_.clock->Now();
  const absl::Duration interval = outcome == CheckOutcome::kUnknown
                                      ? options_.interval / kRetriesPerInterval
                                      : options_.interval;
  const absl::Time next = now + Jittered(interval, kJitter, *context_.random);
  auto record = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto present,
                     storage::DomainStore::Find(tx, domain.organization, domain.name));
    // Removed, claimed anew or proven while the proof was looked for: what was
    // found is of the past.
    if (!present || (*present)->verification_token != domain.verification_token ||
        (*present)->verify_time != domain.verify_time || (*present)->state != domain.state) {
      return absl::OkStatus();
    }
    const Domain after = AfterCheck(**present, outcome, now);
    // An end that falls before the next check is not put off until then.
    const bool ends_before = after.state == DomainState::kAtRisk && after.expire_time > now;
    storage::DomainCheckStore::Put(
        tx, {.organization = domain.organization,
             .name = domain.name,
             .check_time = now,
             .next_check_time = ends_before ? std::min(next, after.expire_time) : next,
             .failure = failure});
    if (after.state == domain.state) return absl::OkStatus();
    tx.Describe({.kind = AuditEventKind::kDomainState,
                 .resource = DomainNameOf(domain.organization, domain.name),
                 .description = DescribeChange(domain, after, failure)});
    return storage::DomainStore::Put(tx, after);
  };
  return context_.transactions->Run(Caller::System(kTask, now), domain.organization, record)
      .status();
}

}  // namespace gatehouse
