#include "server/managers/saml_settings_validation.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "policy/text.h"
#include "server/connectors/certificates.h"

namespace gatehouse {
namespace {

constexpr char kMetadataField[] = "sso_profile.saml.idp_metadata_xml";
constexpr char kEntityIdField[] = "sso_profile.saml.idp_entity_id";
constexpr char kSsoUrlField[] = "sso_profile.saml.idp_sso_url";
constexpr char kCertificatesField[] = "sso_profile.saml.idp_certificates";
constexpr char kEmailAttributeField[] = "sso_profile.saml.email_attribute";
constexpr char kAcsUrlField[] = "sso_profile.saml.acs_url";
constexpr char kSpEntityIdField[] = "sso_profile.saml.sp_entity_id";

// RFC 3986, 2.2 and 2.3. What browsers read their own way (backslash, blanks,
// line breaks) is not among them.
bool IsUrlText(absl::string_view url) {
  for (size_t i = 0; i < url.size(); ++i) {
    const char c = url[i];
    if (c == '%') {
      if (i + 2 >= url.size() || !absl::ascii_isxdigit(url[i + 1]) ||
          !absl::ascii_isxdigit(url[i + 2])) {
        return false;
      }
    } else if (!absl::ascii_isalnum(c) &&
               !absl::StrContains("-._~:/?#[]@!$&'()*+,;=", absl::string_view(&c, 1))) {
      return false;
    }
  }
  return true;
}

bool IsHostName(absl::string_view host) {
  if (host.size() > 253) return false;
  for (absl::string_view label : absl::StrSplit(host, '.')) {
    if (label.empty() || label.size() > 63) return false;
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; })) {
      return false;
    }
  }
  return true;
}

struct Host {
  bool valid = false;
  bool loopback = false;
};

// `host` as it stands in a URL. An IPv4 address only in its dotted form: what
// else browsers take for one (127.1, 2130706433) ends in a number, too.
Host ParseHost(absl::string_view host) {
  if (absl::ConsumePrefix(&host, "[")) {
    in6_addr address;
    if (!absl::ConsumeSuffix(&host, "]") ||
        inet_pton(AF_INET6, std::string(host).c_str(), &address) != 1) {
      return {};
    }
    return {.valid = true, .loopback = IN6_IS_ADDR_LOOPBACK(&address) != 0};
  }
  const absl::string_view last_label = host.substr(host.rfind('.') + 1);
  if (std::all_of(last_label.begin(), last_label.end(), absl::ascii_isdigit)) {
    in_addr address;
    if (inet_pton(AF_INET, std::string(host).c_str(), &address) != 1) return {};
    return {.valid = true, .loopback = ntohl(address.s_addr) >> 24 == 127};
  }
  return {.valid = IsHostName(host), .loopback = absl::EqualsIgnoreCase(host, "localhost")};
}

// What `url` should be and is not; empty: it is right.
absl::string_view ExpectationMissedBy(absl::string_view url) {
  if (url.empty() || url.size() > kMaxWebUrlBytes) return "an https URL of 1 to 2048 bytes";
  if (!IsUrlText(url)) return "an https URL in the characters of RFC 3986, others as %XX";
  const size_t scheme_end = url.find("://");
  const absl::string_view scheme = url.substr(0, scheme_end);
  const bool is_http = absl::EqualsIgnoreCase(scheme, "http");
  if (scheme_end == absl::string_view::npos ||
      (!is_http && !absl::EqualsIgnoreCase(scheme, "https"))) {
    return "an https URL";
  }
  if (absl::StrContains(url, "#")) return "an https URL without a fragment";
  absl::string_view host = url.substr(scheme_end + 3);
  host = host.substr(0, host.find_first_of("/?"));
  if (absl::StrContains(host, "@")) return "an https URL without user information";
  const size_t colon = host.rfind(':');
  if (colon != absl::string_view::npos && !absl::EndsWith(host, "]")) {
    int port = 0;
    const absl::string_view digits = host.substr(colon + 1);
    if (digits.size() > 5 || !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) ||
        !absl::SimpleAtoi(digits, &port) || port < 1 || port > 65535) {
      return "an https URL with a port from 1 to 65535, or none";
    }
    host = host.substr(0, colon);
  }
  const Host parsed = ParseHost(host);
  if (!parsed.valid) return "an https URL with a host name, an IPv4 address or an [IPv6] address";
  if (is_http && !parsed.loopback) {
    return "an https URL; http is for loopback hosts only (127.0.0.0/8, [::1], localhost)";
  }
  return "";
}

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
      connector.ParseIdpMetadata(kMetadataField, *input.idp_metadata_xml);
  faults.Add(metadata.status());
  if (!metadata.ok()) return;
  faults.Add(CheckEntityId(kMetadataField, metadata->entity_id));
  faults.Add(CheckWebUrl(kMetadataField, metadata->sso_url));
  input.idp_metadata_xml.reset();
  input.idp_entity_id = std::move(metadata->entity_id);
  input.idp_sso_url = std::move(metadata->sso_url);
  input.idp_certificates = std::move(metadata->certificates);
}

}  // namespace

SamlSettingsInput SamlSettingsInput::Complete() const {
  SamlSettingsInput complete = *this;
  if (!idp_metadata_xml) {
    if (!idp_entity_id) complete.idp_entity_id.emplace();
    if (!idp_sso_url) complete.idp_sso_url.emplace();
    if (!idp_certificates) complete.idp_certificates.emplace();
  }
  if (!acs_url) complete.acs_url.emplace();
  if (!sp_entity_id) complete.sp_entity_id.emplace();
  return complete;
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

void ApplySamlInput(const SamlSettingsInput& checked, SamlSettings& settings) {
  if (checked.idp_entity_id) settings.idp_entity_id = *checked.idp_entity_id;
  if (checked.idp_sso_url) settings.idp_sso_url = *checked.idp_sso_url;
  if (checked.idp_certificates) settings.idp_certificates = *checked.idp_certificates;
  if (checked.email_attribute) settings.email_attribute = *checked.email_attribute;
  if (checked.acs_url) settings.acs_url = *checked.acs_url;
  if (checked.sp_entity_id) settings.sp_entity_id = *checked.sp_entity_id;
}

absl::Status CheckWebUrl(absl::string_view field, absl::string_view url) {
  const absl::string_view missed = ExpectationMissedBy(url);
  return missed.empty() ? absl::OkStatus() : InvalidField(field, url, missed);
}

absl::Status CheckEntityId(absl::string_view field, absl::string_view entity_id) {
  RETURN_IF_ERROR(CheckText(field, entity_id, 1, kMaxEntityIdBytes));
  if (absl::StripAsciiWhitespace(entity_id) != entity_id) {
    return InvalidField(field, entity_id, "an entity id without a space at either end");
  }
  return absl::OkStatus();
}

}  // namespace gatehouse
