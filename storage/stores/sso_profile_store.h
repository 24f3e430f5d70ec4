// SSO profiles, their secrets, their connection tests and the assertions
// that tests have used up.
#ifndef GATEHOUSE_STORAGE_STORES_SSO_PROFILE_STORE_H_
#define GATEHOUSE_STORAGE_STORES_SSO_PROFILE_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/connection_test.h"
#include "policy/sso_profile.h"
#include "storage/secrets/secret_box.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

struct SsoProfileStore {
  static absl::StatusOr<std::optional<Stored<SsoProfile>>> Find(Reader& reader,
                                                                const OrganizationId& organization,
                                                                const SsoProfileId& id);
  // Up to `limit` profiles with id > `after`, by id.
  static absl::StatusOr<std::vector<Stored<SsoProfile>>> List(Reader& reader,
                                                              const OrganizationId& organization,
                                                              const std::string& after,
                                                              size_t limit);
  // Touches the policy guard.
  static absl::Status Put(Transaction& tx, const SsoProfile& profile);
  // Deletes the profile, its secrets, its tests and what its watch found.
  static absl::Status Delete(Transaction& tx, const SsoProfile& profile);

  // Secrets: a record of their own, sealed by `secrets`. Errors are those of
  // SecretBox::Open and of the store.

  // The private key of saml.sp_certificate. DATA_LOSS if it is missing.
  static absl::StatusOr<std::string> FindPrivateKey(Reader& reader, const SsoProfile& profile,
                                                    const SecretBox& secrets);
  static absl::Status PutPrivateKey(Transaction& tx, const SsoProfile& profile,
                                    const SecretBox& secrets, absl::string_view private_key_pem);
  // nullopt: there is none (a public client).
  static absl::StatusOr<std::optional<std::string>> FindClientSecret(Reader& reader,
                                                                     const SsoProfile& profile,
                                                                     const SecretBox& secrets);
  // Whether there is one, without opening it.
  static absl::StatusOr<bool> HasClientSecret(Reader& reader, const SsoProfile& profile);
  // Empty: removes it.
  static absl::Status PutClientSecret(Transaction& tx, const SsoProfile& profile,
                                      const SecretBox& secrets, absl::string_view client_secret);
};

struct ConnectionTestStore {
  // How long a test can be looked up after it was started.
  static constexpr absl::Duration kRetention = absl::Hours(24 * 30);

  static absl::StatusOr<std::optional<Stored<ConnectionTest>>> Find(
      Reader& reader, const OrganizationId& organization, const SsoProfileId& profile,
      const ConnectionTestId& id);
  static void Put(Transaction& tx, const ConnectionTest& test);

  // The PKCE verifier of an OIDC test, as test.sealed_code_verifier holds it.
  static std::string SealCodeVerifier(const ConnectionTest& test, const SecretBox& secrets,
                                      absl::string_view code_verifier);
  // Errors are those of SecretBox::Open.
  static absl::StatusOr<std::string> OpenCodeVerifier(const ConnectionTest& test,
                                                      const SecretBox& secrets);

  // Whether an assertion was used by a test of this profile. Also a condition
  // of the commit: of two completions with one assertion, one commits.
  static absl::StatusOr<bool> IsAssertionUsed(Reader& reader, const OrganizationId& organization,
                                              const SsoProfileId& profile,
                                              absl::string_view assertion_id);
  // Remembers it until `until`. `assertion_id`: at most kMaxAssertionIdBytes.
  static void PutUsedAssertion(Transaction& tx, const OrganizationId& organization,
                               const SsoProfileId& profile, absl::string_view assertion_id,
                               absl::Time until);
  static constexpr size_t kMaxAssertionIdBytes = 512;
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_SSO_PROFILE_STORE_H_
