// What an administrator says of a SAML connection: checked, normalized, and put
// into the settings of a profile.
#ifndef GATEHOUSE_SERVER_MANAGERS_SAML_SETTINGS_VALIDATION_H_
#define GATEHOUSE_SERVER_MANAGERS_SAML_SETTINGS_VALIDATION_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/sso_profile.h"
#include "server/connectors/saml_connector.h"
#include "server/managers/field_faults.h"

namespace gatehouse {

inline constexpr size_t kMaxEntityIdBytes = 1024;  // SAML Core 8.3.6
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
  // Of the profile, not of what the IdP must prove; empty: not followed.
  std::optional<std::string> idp_metadata_url;

  // For a connection that is new: what must not be missing is given as empty,
  // so that its check fails. What the IdP is may come from its metadata.
  SamlSettingsInput Complete() const;
  // Whether what the IdP is must be fetched from idp_metadata_url: it alone says it.
  bool NeedsMetadata() const;

  friend bool operator==(const SamlSettingsInput&, const SamlSettingsInput&) = default;
};

// `input` with the metadata read into the three settings that it stands for,
// certificates normalized and kept once each, and the default in place. Adds
// to `faults` each setting that is bad, by its path under "sso_profile.saml.";
// with faults, the result is of no use.
SamlSettingsInput CheckSamlInput(SamlSettingsInput input, absl::string_view default_sp_entity_id,
                                 SamlConnector& connector, FieldFaults& faults);

// The IdP's metadata, read and checked as CheckSamlInput does it, errors under
// `field`.
absl::StatusOr<SamlIdpMetadata> ReadIdpMetadata(absl::string_view field, absl::string_view xml,
                                                SamlConnector& connector);

// Puts what was checked into `settings`.
void ApplySamlInput(const SamlSettingsInput& checked, SamlSettings& settings);

// INVALID_ARGUMENT unless `entity_id` is 1 to kMaxEntityIdBytes bytes of UTF-8
// without control characters and without a space at either end.
absl::Status CheckEntityId(absl::string_view field, absl::string_view entity_id);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_SAML_SETTINGS_VALIDATION_H_
