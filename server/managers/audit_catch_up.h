// What was committed to chains of the audit log between two revisions, in the
// order of revisions, however many chains there are.
#ifndef GATEHOUSE_SERVER_MANAGERS_AUDIT_CATCH_UP_H_
#define GATEHOUSE_SERVER_MANAGERS_AUDIT_CATCH_UP_H_

#include <compare>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "policy/ids.h"
#include "storage/stores/audit_trail.h"

namespace gatehouse {

// An event, by its place; in the order in which a watch shows events.
struct AuditReference {
  storage::Revision revision = 0;
  storage::AuditTrail::Place place;

  friend auto operator<=>(const AuditReference&, const AuditReference&) = default;
};

// Holds one reference for each chain that has something to show.
class AuditCatchUp {
 public:
  // The events after `after` and up to the revision of `reader`, of one chain or
  // (nullopt) of every chain that `may_see`.
  //
  // OUT_OF_RANGE (AUDIT_EVENTS_REMOVED): some were removed; unless
  // `from_oldest`: then those that are kept.
  static absl::StatusOr<AuditCatchUp> Begin(storage::SnapshotReader& reader,
                                            const std::optional<OrganizationId>& chain,
                                            absl::FunctionRef<bool(const OrganizationId&)> may_see,
                                            storage::Revision after, bool from_oldest);

  bool done() const { return heads_.empty(); }
  // The next event; not if done.
  const AuditReference& next() const { return heads_.top().reference; }
  absl::Status Advance(storage::Reader& reader);
  // The revision that it goes up to.
  storage::Revision until() const { return until_; }

 private:
  struct Head {
    AuditReference reference;
    int64_t last_sequence = 0;
    friend bool operator>(const Head& a, const Head& b) { return a.reference > b.reference; }
  };

  absl::Status AddChain(storage::Reader& reader, const OrganizationId& chain,
                        const storage::AuditChainEnds& ends, storage::Revision after,
                        bool from_oldest);

  storage::Revision until_ = 0;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads_;
};

// OUT_OF_RANGE (AUDIT_EVENTS_REMOVED).
absl::Status AuditEventsRemoved(const OrganizationId& chain);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_AUDIT_CATCH_UP_H_
