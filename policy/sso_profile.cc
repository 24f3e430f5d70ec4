#include "policy/sso_profile.h"

#include <cstdint>
#include <set>

#include "absl/strings/string_view.h"

namespace gatehouse {
namespace {

constexpr char kSamlEncoding = '\x01';
constexpr char kOidcEncoding = '\x02';

void AppendNumber(uint32_t number, std::string& bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
}

// The length in front keeps ("ab", "c") apart from ("a", "bc").
void AppendString(absl::string_view value, std::string& bytes) {
  AppendNumber(static_cast<uint32_t>(value.size()), bytes);
  bytes.append(value.data(), value.size());
}

}  // namespace

std::string ConfigurationBytes(const SamlSettings& settings) {
  std::string bytes(1, kSamlEncoding);
  AppendString(settings.idp_entity_id, bytes);
  AppendString(settings.idp_sso_url, bytes);
  AppendString(settings.email_attribute, bytes);
  AppendString(settings.sp_entity_id, bytes);
  AppendString(settings.acs_url, bytes);
  AppendString(settings.sp_certificate, bytes);
  const std::set<absl::string_view> certificates(settings.idp_certificates.begin(),
                                                 settings.idp_certificates.end());
  AppendNumber(static_cast<uint32_t>(certificates.size()), bytes);
  for (absl::string_view certificate : certificates) AppendString(certificate, bytes);
  return bytes;
}

std::string ConfigurationBytes(const OidcSettings& settings) {
  std::string bytes(1, kOidcEncoding);
  AppendString(settings.issuer, bytes);
  AppendString(settings.client_id, bytes);
  AppendString(settings.redirect_uri, bytes);
  AppendString(settings.email_claim, bytes);
  bytes.push_back(settings.allow_missing_email_verified ? 1 : 0);
  const auto version = static_cast<uint64_t>(settings.client_secret_version);
  AppendNumber(static_cast<uint32_t>(version >> 32), bytes);
  AppendNumber(static_cast<uint32_t>(version), bytes);
  const std::set<absl::string_view> scopes(settings.extra_scopes.begin(),
                                           settings.extra_scopes.end());
  AppendNumber(static_cast<uint32_t>(scopes.size()), bytes);
  for (absl::string_view scope : scopes) AppendString(scope, bytes);
  return bytes;
}

std::string ConfigurationBytes(const SsoProfile& profile) {
  return profile.protocol == SsoProtocol::kOidc ? ConfigurationBytes(profile.oidc)
                                                : ConfigurationBytes(profile.saml);
}

TestStatus TestStatusOf(const SsoProfile& profile) {
  if (profile.tested_configuration.empty()) return TestStatus::kUntested;
  return profile.tested_configuration == ConfigurationBytes(profile) ? TestStatus::kPassed
                                                                     : TestStatus::kStale;
}

}  // namespace gatehouse
