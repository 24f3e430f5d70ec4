#include "server/managers/audit_catch_up.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/names/audit_names.h"

namespace gatehouse {
namespace {

using storage::AuditChainEnds;
using storage::AuditTrail;
using storage::Revision;

// The commit that wrote an event of a chain.
absl::StatusOr<Revision> RevisionOf(storage::Reader& reader, const OrganizationId& chain,
                                    int64_t sequence) {
  ASSIGN_OR_RETURN(const auto event, AuditTrail::Find(reader, chain, sequence));
  if (!event) return AuditEventsRemoved(chain);
  return event->revision;
}

}  // namespace

absl::Status AuditEventsRemoved(const OrganizationId& chain) {
  return Error(absl::StatusCode::kOutOfRange, reason::kAuditEventsRemoved,
               absl::StrCat("events of ", AuditChainNameOf(chain),
                            " after this revision have been removed; list what is kept"))
      .Build();
}

absl::StatusOr<AuditCatchUp> AuditCatchUp::Begin(
    storage::SnapshotReader& reader, const std::optional<OrganizationId>& chain,
    absl::FunctionRef<bool(const OrganizationId&)> may_see, Revision after, bool from_oldest) {
  AuditCatchUp catch_up;
  catch_up.until_ = reader.revision();
  if (chain) {
    ASSIGN_OR_RETURN(const AuditChainEnds ends, AuditTrail::Ends(reader, *chain));
    RETURN_IF_ERROR(catch_up.AddChain(reader, *chain, ends, after, from_oldest));
    return catch_up;
  }
  RETURN_IF_ERROR(AuditTrail::ScanChains(
      reader, OrganizationId(),
      [&](const OrganizationId& each, const AuditChainEnds& ends) -> absl::StatusOr<bool> {
        if (may_see(each)) {
          RETURN_IF_ERROR(catch_up.AddChain(reader, each, ends, after, from_oldest));
        }
        return true;
      }));
  return catch_up;
}

absl::Status AuditCatchUp::AddChain(storage::Reader& reader, const OrganizationId& chain,
                                    const AuditChainEnds& ends, Revision after, bool from_oldest) {
  if (ends.removed_revision > after && !from_oldest) return AuditEventsRemoved(chain);
  if (ends.mod_revision <= after) return absl::OkStatus();
  // The first event above `after`, by bisection: revisions grow along a chain.
  int64_t low = ends.first_sequence;
  int64_t high = ends.last_sequence + 1;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const Revision revision, RevisionOf(reader, chain, middle));
    if (revision > after) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  if (low > ends.last_sequence) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Revision first, RevisionOf(reader, chain, low));
  heads_.push({{first, {chain, low}}, ends.last_sequence});
  return absl::OkStatus();
}

absl::Status AuditCatchUp::Advance(storage::Reader& reader) {
  Head head = heads_.top();
  heads_.pop();
  AuditTrail::Place& place = head.reference.place;
  if (place.sequence == head.last_sequence) return absl::OkStatus();
  ++place.sequence;
  ASSIGN_OR_RETURN(head.reference.revision, RevisionOf(reader, place.chain, place.sequence));
  heads_.push(std::move(head));
  return absl::OkStatus();
}

}  // namespace gatehouse
