#include "policy/sso_profile.h"

#include <cstdint>
#include <set>

#include "absl/strings/string_view.h"

namespace gatehouse {
namespace {

constexpr char kEncodingVersion = '\x01';

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
  std::string bytes(1, kEncodingVersion);
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

TestStatus TestStatusOf(const SsoProfile& profile) {
  if (profile.tested_configuration.empty()) return TestStatus::kUntested;
  return profile.tested_configuration == ConfigurationBytes(profile.saml) ? TestStatus::kPassed
                                                                          : TestStatus::kStale;
}

}  // namespace gatehouse
