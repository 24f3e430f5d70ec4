#include "storage/stores/secret_sealing.h"

#include <optional>
#include <utility>

#include "policy/caller.h"
#include "storage/records/keys.h"
#include "storage/stores/record_io.h"
#include "storage/stores/sealed_fields.h"

namespace gatehouse::storage {
namespace {

constexpr size_t kRecordsPerTransaction = 50;
constexpr size_t kMaxDamagedReported = 100;

// Judges one record, and brings it up to date; counts what it did.
class Resealer {
 public:
  explicit Resealer(const SecretBox& secrets) : secrets_(secrets) {}

  bool IsDue(const v1::ProfileKeyRecord& record) const {
    return !record.private_key_pem().empty() || IsStale(record.sealed_private_key_pem()) ||
           IsStale(record.sealed_client_secret());
  }
  bool IsDue(const v1::ConnectionTestRecord& record) const {
    return IsStale(record.sealed_code_verifier());
  }

  absl::Status Reseal(const std::string& key, v1::ProfileKeyRecord& record,
                      SecretSealing& done) const {
    if (!record.private_key_pem().empty()) {
      record.set_sealed_private_key_pem(
          secrets_.Seal(key, sealed_fields::kPrivateKeyPem, record.private_key_pem()));
      record.clear_private_key_pem();
      ++done.sealed;
    }
    RETURN_IF_ERROR(ResealField(key, sealed_fields::kPrivateKeyPem,
                                *record.mutable_sealed_private_key_pem(), done));
    return ResealField(key, sealed_fields::kClientSecret, *record.mutable_sealed_client_secret(),
                       done);
  }
  absl::Status Reseal(const std::string& key, v1::ConnectionTestRecord& record,
                      SecretSealing& done) const {
    return ResealField(key, sealed_fields::kCodeVerifier, *record.mutable_sealed_code_verifier(),
                       done);
  }

 private:
  bool IsStale(const std::string& sealed) const {
    return !sealed.empty() && !secrets_.IsSealedByFirstKey(sealed);
  }
  absl::Status ResealField(const std::string& key, absl::string_view field, std::string& sealed,
                           SecretSealing& done) const {
    if (!IsStale(sealed)) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::string secret, secrets_.Open(key, field, sealed));
    sealed = secrets_.Seal(key, field, secret);
    ++done.resealed;
    return absl::OkStatus();
  }

  const SecretBox& secrets_;
};

absl::string_view OrganizationOf(absl::string_view key) {
  const std::optional<keys::Parsed> parsed = keys::Parse(key);
  return parsed ? parsed->first : absl::string_view();
}

void ReportDamage(const std::string& key, SecretSealing& result) {
  if (result.damaged.size() < kMaxDamagedReported) result.damaged.push_back(key);
}

// Of a kind: the keys of records to reseal, all of one organization, of which
// the first is at or above `from`; `from` moves behind the last record looked at.
template <typename Record>
absl::StatusOr<std::vector<std::string>> NextDue(const TransactionRunner& runner, char kind,
                                                 const Resealer& resealer, std::string& from,
                                                 SecretSealing& result) {
  ASSIGN_OR_RETURN(SnapshotReader reader, SnapshotReader::Open(runner.engine()));
  KeyRange range = PrefixRange(keys::KindPrefix(kind));
  range.start = from;
  std::vector<std::string> due;
  bool is_complete = true;
  RETURN_IF_ERROR(reader.Scan(range, [&](absl::string_view key, absl::string_view value, Revision) {
    if (!due.empty() && (due.size() == kRecordsPerTransaction ||
                         OrganizationOf(key) != OrganizationOf(due.front()))) {
      is_complete = false;
      from = std::string(key);
      return false;
    }
    Record record;
    if (!OpenRecord(key, value, &record).ok()) {
      ReportDamage(std::string(key), result);
    } else if (resealer.IsDue(record)) {
      due.emplace_back(key);
    }
    return true;
  }));
  if (is_complete) from.clear();
  return due;
}

template <typename Record>
absl::Status ResealKind(TransactionRunner& runner, const Caller& caller, char kind,
                        const Resealer& resealer, SecretSealing& result) {
  std::string from = keys::KindPrefix(kind);
  while (!from.empty()) {
    ASSIGN_OR_RETURN(const std::vector<std::string> due,
                     NextDue<Record>(runner, kind, resealer, from, result));
    if (due.empty()) continue;
    SecretSealing done;
    const auto reseal = [&](Transaction& tx) -> absl::Status {
      done = {};
      for (const std::string& key : due) {
        ASSIGN_OR_RETURN(auto stored, GetRecord<Record>(tx, key));
        if (!stored || !resealer.IsDue(stored->value)) continue;
        SecretSealing of_record = done;
        const absl::Status status = resealer.Reseal(key, stored->value, of_record);
        if (absl::IsDataLoss(status)) {
          ReportDamage(key, done);
          continue;
        }
        RETURN_IF_ERROR(status);
        done = std::move(of_record);
        PutRecord(tx, key, stored->value);
      }
      return absl::OkStatus();
    };
    const auto organization = OrganizationId::FromTrusted(OrganizationOf(due.front()));
    RETURN_IF_ERROR(runner.Run(caller, organization, reseal).status());
    result.sealed += done.sealed;
    result.resealed += done.resealed;
    for (const std::string& key : done.damaged) ReportDamage(key, result);
  }
  return absl::OkStatus();
}

template <typename Record>
absl::StatusOr<bool> HasSealed(Reader& reader, char kind,
                               absl::FunctionRef<bool(const Record&)> is_sealed) {
  bool found = false;
  RETURN_IF_ERROR(reader.Scan(PrefixRange(keys::KindPrefix(kind)),
                              [&](absl::string_view key, absl::string_view value, Revision) {
                                Record record;
                                found = OpenRecord(key, value, &record).ok() && is_sealed(record);
                                return !found;
                              }));
  return found;
}

}  // namespace

absl::StatusOr<bool> HasSealedSecrets(Reader& reader) {
  ASSIGN_OR_RETURN(const bool of_profiles,
                   HasSealed<v1::ProfileKeyRecord>(
                       reader, keys::kProfileKey, [](const v1::ProfileKeyRecord& record) {
                         return !record.sealed_private_key_pem().empty() ||
                                !record.sealed_client_secret().empty();
                       }));
  if (of_profiles) return true;
  return HasSealed<v1::ConnectionTestRecord>(reader, keys::kConnectionTest,
                                             [](const v1::ConnectionTestRecord& record) {
                                               return !record.sealed_code_verifier().empty();
                                             });
}

absl::StatusOr<SecretSealing> SealSecrets(TransactionRunner& runner, const SecretBox& secrets,
                                          absl::Time now) {
  const Caller caller = Caller::System("seal-secrets", now);
  const Resealer resealer(secrets);
  SecretSealing result;
  RETURN_IF_ERROR(
      ResealKind<v1::ProfileKeyRecord>(runner, caller, keys::kProfileKey, resealer, result));
  RETURN_IF_ERROR(ResealKind<v1::ConnectionTestRecord>(runner, caller, keys::kConnectionTest,
                                                       resealer, result));
  return result;
}

}  // namespace gatehouse::storage
