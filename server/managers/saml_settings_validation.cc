#include "server/managers/saml_settings_validation.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "policy/text.h"
#include "server/connectors/certificates.h"
#include "server/managers/web_url.h"

namespace gatehouse {
namespace {

constexpr char kMetadataField[] = "sso_profile.saml.idp_metadata_xml";
constexpr char kEntityIdField[] = "sso_profile.saml.idp_entity_id";
constexpr char kSsoUrlField[] = "sso_profile.saml.idp_sso_url";
constexpr char kCertificatesField[] = "sso_profile.saml.idp_certificates";
constexpr char kMetadataUrlField[] = "sso_profile.saml.idp_metadata_url";
constexpr char kEmailAttributeField[] = "sso_profile.saml.email_attribute";
constexpr char kAcsUrlField[] = "sso_profile.saml.acs_url";
constexpr char kSpEntityIdField[] = "sso_profile.saml.sp_entity_id";

// The certificates, normalized, each once.
std::vector<std::string> NormalizeCertificates(const std::vector<std::string>& certificates,
                                               FieldFaults& faults) {
  if (certificates.empty() || certificates.size() > kMaxCertificates) {
    faults.Add(InvalidField(kCertificatesField, absl::StrCat(certificates.size(), " certificates"),
                            absl::StrCat("1 to ", kMaxCertificates, " certificates")));
    return {};
  }
  std::vector<std::string> normalized;
  for (size_t i = 0; i < certificates.size(); ++i) {
    absl::StatusOr<CertificateInfo> info =
        ParseCertificate(absl::StrCat(kCertificatesField, "[", i, "]"), certificates[i]);
    faults.Add(info.status());
    if (!info.ok()) continue;
    if (std::find(normalized.begin(), normalized.end(), info->pem) == normalized.end()) {
      normalized.push_back(std::move(info->pem));
    }
  }
  return normalized;
}

void ReadMetadata(SamlConnector& connector, SamlSettingsInput& input, FieldFaults& faults) {
  constexpr char kExcluded[] = "nothing beside idp_metadata_xml, which says it";
  if (input.idp_entity_id) {
    faults.Add(InvalidField(kEntityIdField, *input.idp_entity_id, kExcluded));
  }
  if (input.idp_sso_url) faults.Add(InvalidField(kSsoUrlField, *input.idp_sso_url, kExcluded));
  if (input.idp_certificates) {
    faults.Add(InvalidField(kCertificatesField,
                            absl::StrCat(input.idp_certificates->size(), " certificates"),
                            kExcluded));
  }
  absl::StatusOr<SamlIdpMetadata> metadata =
      ReadIdpMetadata(kMetadataField, *input.idp_metadata_xml, connector);
  faults.Add(metadata.status());
  if (!metadata.ok()) return;
  input.idp_metadata_xml.reset();
  input.idp_entity_id = std::move(metadata->entity_id);
  input.idp_sso_url = std::move(metadata->sso_url);
  input.idp_certificates = std::move(metadata->certificates);
}

}  // namespace

SamlSettingsInput SamlSettingsInput::Complete() const {
  SamlSettingsInput complete = *this;
  if (!idp_metadata_xml && !NeedsMetadata()) {
    if (!idp_entity_id) complete.idp_entity_id.emplace();
    if (!idp_sso_url) complete.idp_sso_url.emplace();
    if (!idp_certificates) complete.idp_certificates.emplace();
  }
  if (!acs_url) complete.acs_url.emplace();
  if (!sp_entity_id) complete.sp_entity_id.emplace();
  return complete;
}

bool SamlSettingsInput::NeedsMetadata() const {
  return idp_metadata_url && !idp_metadata_url->empty() && !idp_metadata_xml && !idp_entity_id &&
         !idp_sso_url && !idp_certificates;
}

SamlSettingsInput CheckSamlInput(SamlSettingsInput input, absl::string_view default_sp_entity_id,
                                 SamlConnector& connector, FieldFaults& faults) {
  if (input.idp_metadata_xml) {
    ReadMetadata(connector, input, faults);
  } else {
    if (input.idp_entity_id) faults.Add(CheckEntityId(kEntityIdField, *input.idp_entity_id));
    if (input.idp_sso_url) faults.Add(CheckWebUrl(kSsoUrlField, *input.idp_sso_url));
    if (input.idp_certificates) {
      input.idp_certificates = NormalizeCertificates(*input.idp_certificates, faults);
    }
  }
  if (input.idp_metadata_url && !input.idp_metadata_url->empty()) {
    faults.Add(CheckWebUrl(kMetadataUrlField, *input.idp_metadata_url));
  }
  if (input.email_attribute) {
    faults.Add(CheckText(kEmailAttributeField, *input.email_attribute, 0, kMaxEmailAttributeBytes));
  }
  if (input.acs_url) faults.Add(CheckWebUrl(kAcsUrlField, *input.acs_url));
  if (input.sp_entity_id) {
    if (input.sp_entity_id->empty()) input.sp_entity_id = std::string(default_sp_entity_id);
    faults.Add(CheckEntityId(kSpEntityIdField, *input.sp_entity_id));
  }
  return input;
}

absl::StatusOr<SamlIdpMetadata> ReadIdpMetadata(absl::string_view field, absl::string_view xml,
                                                SamlConnector& connector) {
  ASSIGN_OR_RETURN(SamlIdpMetadata metadata, connector.ParseIdpMetadata(field, xml));
  FieldFaults faults;
  faults.Add(CheckEntityId(field, metadata.entity_id));
  faults.Add(CheckWebUrl(field, metadata.sso_url));
  RETURN_IF_ERROR(faults.Result());
  return metadata;
}

void ApplySamlInput(const SamlSettingsInput& checked, SamlSettings& settings) {
  if (checked.idp_entity_id) settings.idp_entity_id = *checked.idp_entity_id;
  if (checked.idp_sso_url) settings.idp_sso_url = *checked.idp_sso_url;
  if (checked.idp_certificates) settings.idp_certificates = *checked.idp_certificates;
  if (checked.email_attribute) settings.email_attribute = *checked.email_attribute;
  if (checked.acs_url) settings.acs_url = *checked.acs_url;
  if (checked.sp_entity_id) settings.sp_entity_id = *checked.sp_entity_id;
}

absl::Status CheckEntityId(absl::string_view field, absl::string_view entity_id) {
  RETURN_IF_ERROR(CheckText(field, entity_id, 1, kMaxEntityIdBytes));
  if (absl::StripAsciiWhitespace(entity_id) != entity_id) {
    return InvalidField(field, entity_id, "an entity id without a space at either end");
  }
  return absl::OkStatus();
}

}  // namespace gatehouse
