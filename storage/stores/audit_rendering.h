// Stored records as JSON, for those who read the audit log.
#ifndef GATEHOUSE_STORAGE_STORES_AUDIT_RENDERING_H_
#define GATEHOUSE_STORAGE_STORES_AUDIT_RENDERING_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/records/keys.h"
#include "storage/stores/audited_kind.h"

namespace gatehouse::storage {

// The message `bytes` of an audited record as one JSON object. Fields are named
// as in records.proto, times are RFC 3339 text without the suffix "_us", enum
// values their names in the API without prefix, other bytes hex. Numbers and
// text that are not set are left out.
//
// An address that the key holds is a field "email"; an override is the field
// "sso_override" of its user.
// DATA_LOSS: the bytes are not that message.
absl::StatusOr<std::string> RenderAuditedRecord(AuditedKind kind, const keys::Parsed& key,
                                                absl::string_view bytes);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_AUDIT_RENDERING_H_
