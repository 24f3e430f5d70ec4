#include "storage/records/keys.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace gatehouse::storage::keys {
namespace {

std::string Key(char kind, absl::string_view first) {
  return absl::StrCat(absl::string_view(&kind, 1), "/", first);
}

std::string Key(char kind, absl::string_view first, absl::string_view second) {
  return absl::StrCat(absl::string_view(&kind, 1), "/", first, "/", second);
}

std::string Key(char kind, absl::string_view first, absl::string_view second,
                absl::string_view third) {
  return absl::StrCat(absl::string_view(&kind, 1), "/", first, "/", second, "/", third);
}

// 16 hex digits of microseconds: byte order is time order. Times before 1970
// count as 1970.
std::string TimePart(absl::Time time) {
  return absl::StrFormat("%016x", std::max<int64_t>(0, absl::ToUnixMicros(time)));
}

}  // namespace

std::string Organization(const OrganizationId& organization) {
  return Key(kOrganization, organization.value());
}

std::string PolicyGuard(const OrganizationId& organization) {
  return Key(kPolicyGuard, organization.value());
}

std::string Totals(const OrganizationId& organization) {
  return Key(kTotals, organization.value());
}

std::string Domain(const OrganizationId& organization, const DomainName& domain) {
  return Key(kDomain, organization.value(), domain.ascii());
}

std::string DomainHolder(const DomainName& domain) { return Key(kDomainHolder, domain.ascii()); }

std::string DomainCounts(const OrganizationId& organization, const DomainName& domain) {
  return Key(kDomainCounts, organization.value(), domain.ascii());
}

std::string User(const OrganizationId& organization, const EmailAddress& email) {
  return Key(kUser, organization.value(), email.domain().ascii(), email.local());
}

std::string UserAddress(const OrganizationId& organization, const UserId& user) {
  return Key(kUserAddress, organization.value(), user.value());
}

std::string Admin(const OrganizationId& organization, const UserId& user) {
  return Key(kAdmin, organization.value(), user.value());
}

std::string SsoProfile(const OrganizationId& organization, const SsoProfileId& profile) {
  return Key(kSsoProfile, organization.value(), profile.value());
}

std::string ProfileKey(const OrganizationId& organization, const SsoProfileId& profile) {
  return Key(kProfileKey, organization.value(), profile.value());
}

std::string ConnectionTest(const OrganizationId& organization, const SsoProfileId& profile,
                           const ConnectionTestId& test) {
  return Key(kConnectionTest, organization.value(), profile.value(), test.value());
}

std::string Enforcement(const OrganizationId& organization, const DomainName& domain) {
  return Key(kEnforcement, organization.value(), domain.ascii());
}

std::string Exemption(const OrganizationId& organization, const UserId& user) {
  return Key(kExemption, organization.value(), user.value());
}

std::string SsoOverride(const OrganizationId& organization, const UserId& user) {
  return Key(kSsoOverride, organization.value(), user.value());
}

std::string LoginActivity(const OrganizationId& organization, const UserId& user) {
  return Key(kLoginActivity, organization.value(), user.value());
}

std::string EnforcementCounts(const OrganizationId& organization, const DomainName& domain) {
  return Key(kEnforcementCounts, organization.value(), domain.ascii());
}

std::string DomainCheck(const OrganizationId& organization, const DomainName& domain) {
  return Key(kDomainCheck, organization.value(), domain.ascii());
}

std::string ProfileWatch(const OrganizationId& organization, const SsoProfileId& profile) {
  return Key(kProfileWatch, organization.value(), profile.value());
}

std::string AccessToken(const AccessTokenId& token) { return Key(kAccessToken, token.value()); }

std::string AccessTokenUse(const AccessTokenId& token) {
  return Key(kAccessTokenUse, token.value());
}

std::string AuditEntry(const OrganizationId& organization, int64_t sequence) {
  return Key(kAuditEntry, organization.value(), absl::StrFormat("%016x", sequence));
}

std::string AuditChain(const OrganizationId& organization) {
  return Key(kAuditChain, organization.value());
}

std::string UsedAssertion(const OrganizationId& organization, const SsoProfileId& profile,
                          absl::string_view assertion_id) {
  return Key(kUsedAssertion, organization.value(), profile.value(), assertion_id);
}

std::string Request(const OrganizationId& organization, absl::string_view request_id) {
  return Key(kRequest, organization.value(), request_id);
}

std::string Expiry(absl::Time time, absl::string_view key) {
  return Key(kExpiry, TimePart(time), key);
}

std::string ExpiryBefore(absl::Time time) { return Key(kExpiry, TimePart(time)); }

std::string KindPrefix(char kind) { return Key(kind, ""); }

std::string OrganizationPrefix(char kind, const OrganizationId& organization) {
  return Key(kind, organization.value(), "");
}

std::string UsersOnDomainPrefix(const OrganizationId& organization, const DomainName& domain) {
  return Key(kUser, organization.value(), domain.ascii(), "");
}

std::string ConnectionTestsPrefix(const OrganizationId& organization, const SsoProfileId& profile) {
  return Key(kConnectionTest, organization.value(), profile.value(), "");
}

std::optional<Parsed> Parse(absl::string_view key) {
  if (key.size() < 2 || key[1] != '/') return std::nullopt;
  Parsed parsed{.kind = key[0], .first = key.substr(2), .second = {}, .third = {}};
  if (size_t slash = parsed.first.find('/'); slash != absl::string_view::npos) {
    parsed.second = parsed.first.substr(slash + 1);
    parsed.first = parsed.first.substr(0, slash);
  }
  if (size_t slash = parsed.second.find('/'); slash != absl::string_view::npos) {
    parsed.third = parsed.second.substr(slash + 1);
    parsed.second = parsed.second.substr(0, slash);
  }
  return parsed;
}

}  // namespace gatehouse::storage::keys
