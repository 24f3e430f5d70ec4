// The audit log, as it stands in the store: hash chains of events
// (docs/audit.md).
//
// TransactionRunner appends the events of a transaction to their chains in the
// same commit; nothing that is audited can be written without. Which kinds of
// record are audited is decided in audited_records.h.
#ifndef GATEHOUSE_STORAGE_STORES_AUDIT_TRAIL_H_
#define GATEHOUSE_STORAGE_STORES_AUDIT_TRAIL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/audit_event.h"
#include "policy/caller.h"
#include "policy/ids.h"
#include "storage/engine.h"
#include "storage/stores/audited_kind.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

// A resource before and after, as JSON objects of its stored fields; secrets are
// not among them.
struct AuditedChange {
  AuditedKind kind = AuditedKind::kOrganization;
  OrganizationId organization;  // empty: of the server
  // What its resource name ends in: a domain, the id of a user, profile or
  // token; empty for an organization. Of a connection test: its profile.
  std::string id;
  std::string test;  // the id of a connection test
  // Filled in by AuditTrail::RenderChanges, and empty until then. nullopt: it
  // did not exist; it was deleted.
  std::optional<std::string> before_json;
  std::optional<std::string> after_json;
  bool secret_changed = false;
};

struct AuditRefusal {
  int code = 0;  // absl::StatusCode
  std::string reason;
  std::string message;
  int64_t unwritten_count = 0;
};

struct AuditEvent {
  OrganizationId chain;  // empty: the server's own
  int64_t sequence = 0;
  Revision revision = 0;
  absl::Time time;
  AuditEventKind kind = AuditEventKind::kChange;
  std::string principal;
  std::optional<AccessRole> role;  // nullopt: no credential was valid
  UserId acting_admin;             // empty: none
  std::string peer;
  std::string method;
  std::string request_id;
  std::string resource;     // of a refusal or a described event: its name
  std::string description;  // of a described event
  std::vector<AuditedChange> changes;
  std::optional<AuditRefusal> refusal;
  std::string previous_hash;  // 32 bytes
  std::string hash;           // 32 bytes
  std::string record;         // the bytes that were hashed
};

// The ends of a chain.
struct AuditChainEnds {
  int64_t last_sequence = 0;  // 0: no events ever
  std::string last_hash;
  int64_t first_sequence = 1;  // last_sequence + 1 if none is left
  std::string first_previous_hash = std::string(32, '\0');
  absl::Time retention_time = absl::InfinitePast();
  std::string retention_signature;
  std::string retention_key_id;
  Revision removed_revision = 0;  // of the newest event that was removed
  Revision mod_revision = 0;      // of the last commit that wrote to the chain
};

struct AuditTrail {
  // Appends what `tx` wrote and what it described (Transaction::Describe) to the
  // chains concerned. Nothing if it wrote no record of an audited kind and
  // described nothing.
  //
  // The creation and the deletion of an organization stand in its own chain and
  // in the server's. What is too much for one event becomes several.
  static absl::Status AppendTransaction(Transaction& tx, const Caller& caller);
  // Appends the refusal of a call to the chain of `chain`. `caller.principal`
  // with an empty name: no valid credential.
  static absl::Status AppendRefusal(Transaction& tx, const OrganizationId& chain,
                                    const Caller& caller, const std::string& resource,
                                    const AuditRefusal& refusal);

  // What retention removes of a chain in one transaction.
  struct Removal {
    int64_t count = 0;
    int64_t first_sequence = 0;       // the first event that stays
    std::string first_previous_hash;  // and its previous_hash
  };
  struct RetentionSignature {
    std::string signature;
    std::string key_id;
  };
  // Removes up to `limit` events from the beginning of a chain, up to the first
  // that is not older than `cutoff`. Where the chain begins then is remembered,
  // with the cutoff and the signature that `sign` makes. Nothing if `count` is 0.
  static absl::StatusOr<Removal> RemoveBefore(
      Transaction& tx, const OrganizationId& chain, absl::Time cutoff, int64_t limit,
      absl::FunctionRef<RetentionSignature(const Removal&)> sign);

  // Of a chain without events: the defaults.
  static absl::StatusOr<AuditChainEnds> Ends(Reader& reader, const OrganizationId& chain);
  // nullopt: there is none, or not any more.
  static absl::StatusOr<std::optional<AuditEvent>> Find(Reader& reader, const OrganizationId& chain,
                                                        int64_t sequence);
  // Visits the events of a chain from `first_sequence` on, in order, until
  // `visit` returns false. DATA_LOSS naming the event: a damaged record.
  static absl::Status Scan(Reader& reader, const OrganizationId& chain, int64_t first_sequence,
                           absl::FunctionRef<absl::StatusOr<bool>(AuditEvent)> visit);
  // Visits every chain from `first` on, by organization, until `visit` returns
  // false; the server's own comes first.
  static absl::Status ScanChains(
      Reader& reader, const OrganizationId& first,
      absl::FunctionRef<absl::StatusOr<bool>(const OrganizationId&, const AuditChainEnds&)> visit);
  // Fills in before_json and after_json of every change.
  static absl::Status RenderChanges(AuditEvent& event);

  // SHA-256("gatehouse-audit-v1" %x00 previous_hash record).
  static std::string Hash(absl::string_view previous_hash, absl::string_view record);

  // The event that a commit wrote under `key`; nullopt if it is another record's.
  struct Place {
    OrganizationId chain;
    int64_t sequence = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  static std::optional<Place> PlaceOf(absl::string_view key);
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_AUDIT_TRAIL_H_
