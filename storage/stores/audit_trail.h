// The audit log, as it stands in the store: hash chains of events
// (docs/audit.md).
//
// TransactionRunner appends the event of a transaction to the chain of its
// organization in the same commit; nothing that is audited can be written
// without. Which kinds of record are audited is decided here, once.
#ifndef GATEHOUSE_STORAGE_STORES_AUDIT_TRAIL_H_
#define GATEHOUSE_STORAGE_STORES_AUDIT_TRAIL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/audit_event.h"
#include "policy/caller.h"
#include "policy/ids.h"
#include "storage/engine.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

// A resource before and after, as JSON objects of its stored fields; secrets are
// not among them.
struct AuditedChange {
  char kind = 0;                // the record's (storage/records/keys.h)
  OrganizationId organization;  // empty: of the server
  std::string first;            // the parts of its key after the organization
  std::string second;
  std::optional<std::string> before_json;  // nullopt: it did not exist
  std::optional<std::string> after_json;   // nullopt: it was deleted
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
  int64_t last_sequence = 0;  // 0: no events
  std::string last_hash;
  int64_t first_sequence = 1;
  std::string first_previous_hash;
  absl::Time retention_time = absl::InfinitePast();
  std::string retention_signature;
  std::string retention_key_id;
};

struct AuditTrail {
  // Appends what `tx` wrote and what it described (Transaction::Describe) to the
  // chains concerned. Nothing if it wrote no record of an audited kind and
  // described nothing.
  static absl::Status AppendTransaction(Transaction& tx, const Caller& caller);
  // Appends the refusal of a call to the chain of `chain`. `caller.principal`
  // with an empty name: no valid credential.
  static absl::Status AppendRefusal(Transaction& tx, const OrganizationId& chain,
                                    const Caller& caller, const std::string& resource,
                                    const AuditRefusal& refusal);

  static absl::StatusOr<AuditChainEnds> Ends(Reader& reader, const OrganizationId& chain);
  // Visits the events of a chain from `first_sequence` on, in order, until
  // `visit` returns false. DATA_LOSS: a damaged record.
  static absl::Status Scan(Reader& reader, const OrganizationId& chain, int64_t first_sequence,
                           absl::FunctionRef<absl::StatusOr<bool>(AuditEvent)> visit);
  // Every chain, by organization; the server's own first.
  static absl::StatusOr<std::vector<OrganizationId>> Chains(Reader& reader);

  // SHA-256("gatehouse-audit-v1" %x00 previous_hash record).
  static std::string Hash(absl::string_view previous_hash, absl::string_view record);
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_AUDIT_TRAIL_H_
