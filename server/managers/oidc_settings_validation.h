// What an administrator says of an OpenID Connect connection: checked,
// normalized, and put into the settings of a profile.
#ifndef GATEHOUSE_SERVER_MANAGERS_OIDC_SETTINGS_VALIDATION_H_
#define GATEHOUSE_SERVER_MANAGERS_OIDC_SETTINGS_VALIDATION_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "policy/sso_profile.h"
#include "server/managers/field_faults.h"

namespace gatehouse {

inline constexpr size_t kMaxClientIdBytes = 256;
inline constexpr size_t kMaxClientSecretBytes = 1024;
inline constexpr size_t kMaxExtraScopes = 20;
inline constexpr size_t kMaxScopeBytes = 256;
inline constexpr size_t kMaxEmailClaimBytes = 256;

// Settings that a request gives; the others stay as they are.
struct OidcSettingsInput {
  std::optional<std::string> issuer;
  std::optional<std::string> client_id;
  std::optional<std::string> client_secret;  // a secret; empty: none
  std::optional<std::string> redirect_uri;
  std::optional<std::vector<std::string>> extra_scopes;
  std::optional<std::string> email_claim;
  std::optional<bool> allow_missing_email_verified;

  // For a connection that is new: what must not be missing is given as empty,
  // so that its check fails.
  OidcSettingsInput Complete() const;

  friend bool operator==(const OidcSettingsInput&, const OidcSettingsInput&) = default;
};

// `input` with each scope once, and without "openid" and "email", which are
// asked for anyway. Adds to `faults` each setting that is bad, by its path
// under "sso_profile.oidc."; with faults, the result is of no use. No fault
// quotes the client secret.
OidcSettingsInput CheckOidcInput(OidcSettingsInput input, FieldFaults& faults);

// Puts what was checked into `settings`, all but the client secret.
void ApplyOidcInput(const OidcSettingsInput& checked, OidcSettings& settings);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_OIDC_SETTINGS_VALIDATION_H_
