// What an administrator says of a SAML connection: checked, normalized, and put
// into the settings of a profile.
#ifndef GATEHOUSE_SERVER_MANAGERS_SAML_SETTINGS_VALIDATION_H_
#define GATEHOUSE_SERVER_MANAGERS_SAML_SETTINGS_VALIDATION_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "policy/sso_profile.h"
#include "server/connectors/saml_connector.h"
#include "server/managers/field_faults.h"

namespace gatehouse {

inline constexpr size_t kMaxEntityIdBytes = 1024;  // SAML Core 8.3.6
inline constexpr size_t kMaxWebUrlBytes = 2048;
inline constexpr size_t kMaxEmailAttributeBytes = 256;

// Settings that a request gives; the others stay as they are.
struct SamlSettingsInput {
  std::optional<std::string> idp_metadata_xml;  // stands for the next three
  std::optional<std::string> idp_entity_id;
  std::optional<std::string> idp_sso_url;
  std::optional<std::vector<std::string>> idp_certificates;
  std::optional<std::string> email_attribute;
  std::optional<std::string> acs_url;
  std::optional<std::string> sp_entity_id;  // empty: the default

  // For a connection that is new: what must not be missing is given as empty,
  // so that its check fails.
  SamlSettingsInput Complete() const;
};

// `input` with the metadata read into the three settings that it stands for,
// certificates normalized and kept once each, and the default in place. Adds
// to `faults` each setting that is bad, by its path under "sso_profile.saml.";
// with faults, the result is of no use.
SamlSettingsInput CheckSamlInput(SamlSettingsInput input, absl::string_view default_sp_entity_id,
                                 SamlConnector& connector, FieldFaults& faults);

// Puts what was checked into `settings`.
void ApplySamlInput(const SamlSettingsInput& checked, SamlSettings& settings);

// INVALID_ARGUMENT unless `url` is an https URL, or an http URL of a loopback
// host (127.0.0.0/8, [::1], localhost); of at most kMaxWebUrlBytes bytes, in
// the characters of RFC 3986, without user information and fragment.
absl::Status CheckWebUrl(absl::string_view field, absl::string_view url);

// INVALID_ARGUMENT unless `entity_id` is 1 to kMaxEntityIdBytes bytes of UTF-8
// without control characters and without a space at either end.
absl::Status CheckEntityId(absl::string_view field, absl::string_view entity_id);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_SAML_SETTINGS_VALIDATION_H_
