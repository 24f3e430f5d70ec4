#include "storage/stores/audited_records.h"

#include <vector>

#include "policy/status_macros.h"
#include "storage/records/record_envelope.h"

namespace gatehouse::storage {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct AuditedRecord {
  char letter;
  AuditedKind kind;
  const Message& type;
  // Cleared before anything is kept. Of bytes or string type.
  std::vector<int> secret_fields;
  // Whether to tell that one of them was written: not of what is made anew for
  // each record and never replaced.
  bool tells_of_secrets = false;
};

const std::vector<AuditedRecord>& Table() {
  using Test = v1::ConnectionTestRecord;
  using Token = v1::AccessTokenRecord;
  static const auto& table = *new std::vector<AuditedRecord>{
      {keys::kOrganization,
       AuditedKind::kOrganization,
       v1::OrganizationRecord::default_instance(),
       {}},
      {keys::kDomain, AuditedKind::kDomain, v1::DomainRecord::default_instance(), {}},
      {keys::kUser, AuditedKind::kUser, v1::UserRecord::default_instance(), {}},
      {keys::kSsoProfile, AuditedKind::kSsoProfile, v1::SsoProfileRecord::default_instance(), {}},
      // While a test is pending, who knows its request id (of OIDC: the state)
      // and nonce could have a sign-in of their own accepted for it.
      {keys::kConnectionTest,
       AuditedKind::kConnectionTest,
       Test::default_instance(),
       {Test::kRequestIdFieldNumber, Test::kNonceFieldNumber,
        Test::kSealedCodeVerifierFieldNumber}},
      {keys::kEnforcement,
       AuditedKind::kEnforcement,
       v1::EnforcementRecord::default_instance(),
       {}},
      {keys::kExemption, AuditedKind::kExemption, v1::ExemptionRecord::default_instance(), {}},
      {keys::kSsoOverride,
       AuditedKind::kSsoOverride,
       v1::SsoOverrideRecord::default_instance(),
       {}},
      {keys::kAccessToken,
       AuditedKind::kAccessToken,
       Token::default_instance(),
       {Token::kSecretHashFieldNumber},
       true},
  };
  return table;
}

const AuditedRecord& RowOf(AuditedKind kind) { return Table()[static_cast<size_t>(kind)]; }

// Clears the secrets of a record; what they were.
absl::StatusOr<std::vector<std::string>> Redact(const AuditedRecord& row, absl::string_view key,
                                                absl::string_view stored, std::string* message) {
  const std::unique_ptr<Message> record(row.type.New());
  RETURN_IF_ERROR(OpenRecord(key, stored, record.get()));
  std::vector<std::string> secrets;
  for (int number : row.secret_fields) {
    const FieldDescriptor* field = record->GetDescriptor()->FindFieldByNumber(number);
    secrets.push_back(record->GetReflection()->GetString(*record, field));
    record->GetReflection()->ClearField(record.get(), field);
  }
  *message = record->SerializeAsString();
  return secrets;
}

}  // namespace

std::optional<AuditedKind> AuditedKindOf(char letter) {
  for (const AuditedRecord& row : Table()) {
    if (row.letter == letter) return row.kind;
  }
  return std::nullopt;
}

std::unique_ptr<Message> NewAuditedRecord(AuditedKind kind) {
  return std::unique_ptr<Message>(RowOf(kind).type.New());
}

OrganizationId ChainOf(AuditedKind kind, const keys::Parsed& key) {
  return kind == AuditedKind::kAccessToken ? OrganizationId()
                                           : OrganizationId::FromTrusted(key.first);
}

absl::StatusOr<std::optional<v1::AuditEventRecord::Change>> ChangeOf(
    AuditedKind kind, absl::string_view key, const std::optional<Entry>& before,
    const std::optional<std::string>& after) {
  if (!before && !after) return std::nullopt;
  if (before && after && before->value == *after) return std::nullopt;
  const AuditedRecord& row = RowOf(kind);
  v1::AuditEventRecord::Change change;
  change.set_key(std::string(key));
  if (row.secret_fields.empty()) {
    // The message as it stands: nothing is parsed when many are imported.
    if (before) {
      ASSIGN_OR_RETURN(const absl::string_view message, RecordMessage(key, before->value));
      change.set_before(message.data(), message.size());
    }
    if (after) {
      ASSIGN_OR_RETURN(const absl::string_view message, RecordMessage(key, *after));
      change.set_after(message.data(), message.size());
    }
    return change;
  }
  std::vector<std::string> old_secrets(row.secret_fields.size()), new_secrets = old_secrets;
  if (before) {
    ASSIGN_OR_RETURN(old_secrets, Redact(row, key, before->value, change.mutable_before()));
  }
  if (after) {
    ASSIGN_OR_RETURN(new_secrets, Redact(row, key, *after, change.mutable_after()));
    change.set_secret_changed(row.tells_of_secrets && new_secrets != old_secrets);
  }
  const bool same = before && after && change.before() == change.after();
  if (same && !change.secret_changed()) return std::nullopt;
  return change;
}

}  // namespace gatehouse::storage
