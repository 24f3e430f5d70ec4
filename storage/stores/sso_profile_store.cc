#include "storage/stores/sso_profile_store.h"

#include <utility>

#include "storage/records/keys.h"
#include "storage/stores/expiry_queue.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/record_io.h"
#include "storage/stores/sealed_fields.h"

namespace gatehouse::storage {
namespace {

// The secrets of a profile as they stand, to change one of them.
absl::StatusOr<v1::ProfileKeyRecord> SecretsToChange(Transaction& tx, const std::string& key) {
  ASSIGN_OR_RETURN(auto record, GetRecord<v1::ProfileKeyRecord>(tx, key));
  return record ? std::move(record->value) : v1::ProfileKeyRecord();
}

}  // namespace

absl::StatusOr<std::optional<Stored<SsoProfile>>> SsoProfileStore::Find(
    Reader& reader, const OrganizationId& organization, const SsoProfileId& id) {
  return FindValue<v1::SsoProfileRecord>(reader, keys::SsoProfile(organization, id),
                                         SsoProfile{.organization = organization, .id = id});
}

absl::StatusOr<std::vector<Stored<SsoProfile>>> SsoProfileStore::List(
    Reader& reader, const OrganizationId& organization, const std::string& after, size_t limit) {
  std::vector<Stored<SsoProfile>> profiles;
  const KeyRange range =
      RangeAfter(keys::OrganizationPrefix(keys::kSsoProfile, organization), after);
  RETURN_IF_ERROR(
      ScanRange(reader, range,
                [&](absl::string_view key, absl::string_view value,
                    Revision mod_revision) -> absl::StatusOr<bool> {
                  SsoProfile profile{.organization = organization,
                                     .id = SsoProfileId::FromTrusted(keys::Parse(key)->second)};
                  RETURN_IF_ERROR(DecodeRecord<v1::SsoProfileRecord>(key, value, &profile));
                  profiles.push_back({std::move(profile), mod_revision});
                  return profiles.size() < limit;
                }));
  return profiles;
}

absl::Status SsoProfileStore::Put(Transaction& tx, const SsoProfile& profile) {
  RETURN_IF_ERROR(PolicyGuard::Touch(tx, profile.organization));
  PutRecord(tx, keys::SsoProfile(profile.organization, profile.id), ToRecord(profile));
  return absl::OkStatus();
}

absl::Status SsoProfileStore::Delete(Transaction& tx, const SsoProfile& profile) {
  RETURN_IF_ERROR(PolicyGuard::Touch(tx, profile.organization));
  tx.Delete(keys::SsoProfile(profile.organization, profile.id));
  tx.Delete(keys::ProfileKey(profile.organization, profile.id));
  tx.Delete(keys::ProfileWatch(profile.organization, profile.id));
  return DeleteRange(tx,
                     PrefixRange(keys::ConnectionTestsPrefix(profile.organization, profile.id)));
}

absl::StatusOr<std::string> SsoProfileStore::FindPrivateKey(Reader& reader,
                                                            const SsoProfile& profile,
                                                            const SecretBox& secrets) {
  const std::string key = keys::ProfileKey(profile.organization, profile.id);
  ASSIGN_OR_RETURN(auto record, GetRecord<v1::ProfileKeyRecord>(reader, key));
  if (record && !(*record)->sealed_private_key_pem().empty()) {
    return secrets.Open(key, sealed_fields::kPrivateKeyPem, (*record)->sealed_private_key_pem());
  }
  // In clear: of an older store, before SealSecrets has come to it.
  if (record && !(*record)->private_key_pem().empty()) return (*record)->private_key_pem();
  return CorruptRecord(key, "has no private key, though its profile exists");
}

absl::Status SsoProfileStore::PutPrivateKey(Transaction& tx, const SsoProfile& profile,
                                            const SecretBox& secrets,
                                            absl::string_view private_key_pem) {
  const std::string key = keys::ProfileKey(profile.organization, profile.id);
  ASSIGN_OR_RETURN(v1::ProfileKeyRecord record, SecretsToChange(tx, key));
  record.clear_private_key_pem();
  record.set_sealed_private_key_pem(
      secrets.Seal(key, sealed_fields::kPrivateKeyPem, private_key_pem));
  PutRecord(tx, key, record);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> SsoProfileStore::FindClientSecret(
    Reader& reader, const SsoProfile& profile, const SecretBox& secrets) {
  const std::string key = keys::ProfileKey(profile.organization, profile.id);
  ASSIGN_OR_RETURN(auto record, GetRecord<v1::ProfileKeyRecord>(reader, key));
  if (!record || (*record)->sealed_client_secret().empty()) return std::nullopt;
  ASSIGN_OR_RETURN(std::string secret, secrets.Open(key, sealed_fields::kClientSecret,
                                                    (*record)->sealed_client_secret()));
  return std::optional<std::string>(std::move(secret));
}

absl::StatusOr<bool> SsoProfileStore::HasClientSecret(Reader& reader, const SsoProfile& profile) {
  ASSIGN_OR_RETURN(auto record, GetRecord<v1::ProfileKeyRecord>(
                                    reader, keys::ProfileKey(profile.organization, profile.id)));
  return record && !(*record)->sealed_client_secret().empty();
}

absl::Status SsoProfileStore::PutClientSecret(Transaction& tx, const SsoProfile& profile,
                                              const SecretBox& secrets,
                                              absl::string_view client_secret) {
  const std::string key = keys::ProfileKey(profile.organization, profile.id);
  ASSIGN_OR_RETURN(v1::ProfileKeyRecord record, SecretsToChange(tx, key));
  if (client_secret.empty()) {
    record.clear_sealed_client_secret();
  } else {
    record.set_sealed_client_secret(secrets.Seal(key, sealed_fields::kClientSecret, client_secret));
  }
  PutRecord(tx, key, record);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Stored<ConnectionTest>>> ConnectionTestStore::Find(
    Reader& reader, const OrganizationId& organization, const SsoProfileId& profile,
    const ConnectionTestId& id) {
  return FindValue<v1::ConnectionTestRecord>(
      reader, keys::ConnectionTest(organization, profile, id),
      ConnectionTest{.organization = organization, .profile = profile, .id = id});
}

void ConnectionTestStore::Put(Transaction& tx, const ConnectionTest& test) {
  const std::string key = keys::ConnectionTest(test.organization, test.profile, test.id);
  PutRecord(tx, key, ToRecord(test));
  ExpiryQueue::Add(tx, key, test.create_time + kRetention);
}

std::string ConnectionTestStore::SealCodeVerifier(const ConnectionTest& test,
                                                  const SecretBox& secrets,
                                                  absl::string_view code_verifier) {
  return secrets.Seal(keys::ConnectionTest(test.organization, test.profile, test.id),
                      sealed_fields::kCodeVerifier, code_verifier);
}

absl::StatusOr<std::string> ConnectionTestStore::OpenCodeVerifier(const ConnectionTest& test,
                                                                  const SecretBox& secrets) {
  return secrets.Open(keys::ConnectionTest(test.organization, test.profile, test.id),
                      sealed_fields::kCodeVerifier, test.sealed_code_verifier);
}

absl::StatusOr<bool> ConnectionTestStore::IsAssertionUsed(Reader& reader,
                                                          const OrganizationId& organization,
                                                          const SsoProfileId& profile,
                                                          absl::string_view assertion_id) {
  ASSIGN_OR_RETURN(auto record,
                   GetRecord<v1::UsedAssertionRecord>(
                       reader, keys::UsedAssertion(organization, profile, assertion_id)));
  return record.has_value();
}

void ConnectionTestStore::PutUsedAssertion(Transaction& tx, const OrganizationId& organization,
                                           const SsoProfileId& profile,
                                           absl::string_view assertion_id, absl::Time until) {
  const std::string key = keys::UsedAssertion(organization, profile, assertion_id);
  PutRecord(tx, key, v1::UsedAssertionRecord());
  ExpiryQueue::Add(tx, key, until);
}

}  // namespace gatehouse::storage
