// Which records are audited, and what of them: decided here, once.
#ifndef GATEHOUSE_STORAGE_STORES_AUDITED_RECORDS_H_
#define GATEHOUSE_STORAGE_STORES_AUDITED_RECORDS_H_

#include <google/protobuf/message.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/ids.h"
#include "storage/records/keys.h"
#include "storage/records/records.pb.h"
#include "storage/stores/audited_kind.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

// Letters of keys.h that are not audited: indexes, counts and guards, which
// follow from what is; what Gatehouse observes by itself; and the audit log. A
// test finds each letter either here or among the audited ones.
inline constexpr char kNotAudited[] = {
    keys::kUsedAssertion, keys::kAccessTokenUse, keys::kDomainCounts,
    keys::kPolicyGuard,   keys::kDomainHolder,   keys::kUserAddress,
    keys::kDomainCheck,   keys::kLoginActivity,  keys::kProfileWatch,
    keys::kRequest,       keys::kAdmin,          keys::kTotals,
    keys::kAuditEntry,    keys::kAuditChain,     keys::kEnforcementCounts,
    keys::kExpiry,
};

// Secrets of a profile, kept apart from it: that one was written is audited as a
// change of the profile; nothing of the record is.
inline constexpr char kAuditedByName = keys::kProfileKey;

// nullopt: not audited by content.
std::optional<AuditedKind> AuditedKindOf(char letter);

// An empty message of the record's type.
std::unique_ptr<google::protobuf::Message> NewAuditedRecord(AuditedKind kind);

// The chain of a change: the organization in the key; empty, the server's own,
// for access tokens.
OrganizationId ChainOf(AuditedKind kind, const keys::Parsed& key);

// The change of the audited record under `key` from `before` to `after`, each as
// stored (enveloped); nullopt if it is none. DATA_LOSS: a damaged record.
absl::StatusOr<std::optional<v1::AuditEventRecord::Change>> ChangeOf(
    AuditedKind kind, absl::string_view key, const std::optional<Entry>& before,
    const std::optional<std::string>& after);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_AUDITED_RECORDS_H_
