// The key of each record. Persisted; the table stands in docs/storage-format.md.
//
// A key is a kind letter, '/', and parts joined by '/'. Ids and domains cannot
// contain '/'; what can (local parts, request ids) comes last.
#ifndef GATEHOUSE_STORAGE_RECORDS_KEYS_H_
#define GATEHOUSE_STORAGE_RECORDS_KEYS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/access_token.h"
#include "policy/domain_name.h"
#include "policy/email_address.h"
#include "policy/ids.h"

namespace gatehouse::storage::keys {

// Persisted, never reuse a letter.
inline constexpr char kUsedAssertion = 'a';
inline constexpr char kAccessTokenUse = 'b';
inline constexpr char kDomainCounts = 'c';
inline constexpr char kDomain = 'd';
inline constexpr char kEnforcement = 'e';
inline constexpr char kSsoOverride = 'f';
inline constexpr char kPolicyGuard = 'g';
inline constexpr char kDomainHolder = 'h';
inline constexpr char kUserAddress = 'i';
inline constexpr char kDomainCheck = 'j';
inline constexpr char kProfileKey = 'k';
inline constexpr char kLoginActivity = 'l';
inline constexpr char kAccessToken = 'm';
inline constexpr char kProfileWatch = 'n';
inline constexpr char kOrganization = 'o';
inline constexpr char kSsoProfile = 'p';
inline constexpr char kRequest = 'q';
inline constexpr char kAdmin = 'r';
inline constexpr char kConnectionTest = 's';
inline constexpr char kTotals = 't';
inline constexpr char kUser = 'u';
inline constexpr char kAuditEntry = 'v';
inline constexpr char kAuditChain = 'w';
inline constexpr char kExemption = 'x';
inline constexpr char kExpiry = 'y';
inline constexpr char kEnforcementCounts = 'z';

std::string Organization(const OrganizationId& organization);
std::string PolicyGuard(const OrganizationId& organization);
std::string Totals(const OrganizationId& organization);
std::string Domain(const OrganizationId& organization, const DomainName& domain);
std::string DomainHolder(const DomainName& domain);
std::string DomainCounts(const OrganizationId& organization, const DomainName& domain);
std::string User(const OrganizationId& organization, const EmailAddress& email);
std::string UserAddress(const OrganizationId& organization, const UserId& user);
std::string Admin(const OrganizationId& organization, const UserId& user);
std::string SsoProfile(const OrganizationId& organization, const SsoProfileId& profile);
std::string ProfileKey(const OrganizationId& organization, const SsoProfileId& profile);
std::string ConnectionTest(const OrganizationId& organization, const SsoProfileId& profile,
                           const ConnectionTestId& test);
std::string Enforcement(const OrganizationId& organization, const DomainName& domain);
std::string Exemption(const OrganizationId& organization, const UserId& user);
std::string SsoOverride(const OrganizationId& organization, const UserId& user);
std::string LoginActivity(const OrganizationId& organization, const UserId& user);
std::string EnforcementCounts(const OrganizationId& organization, const DomainName& domain);
std::string DomainCheck(const OrganizationId& organization, const DomainName& domain);
std::string ProfileWatch(const OrganizationId& organization, const SsoProfileId& profile);
std::string AccessToken(const AccessTokenId& token);
std::string AccessTokenUse(const AccessTokenId& token);
// `organization` empty: the server's own chain. Ordered by sequence.
std::string AuditEntry(const OrganizationId& organization, int64_t sequence);
std::string AuditChain(const OrganizationId& organization);
std::string UsedAssertion(const OrganizationId& organization, const SsoProfileId& profile,
                          absl::string_view assertion_id);
// `organization` may be empty: requests to create an organization.
std::string Request(const OrganizationId& organization, absl::string_view request_id);
// Ordered by time; `key` keeps two that expire together apart.
std::string Expiry(absl::Time time, absl::string_view key);
// Every expiry key of a time before `time` is smaller than this.
std::string ExpiryBefore(absl::Time time);

// "<kind>/": all records of a kind.
std::string KindPrefix(char kind);
// "<kind>/<organization>/": the records of a kind that an organization has.
std::string OrganizationPrefix(char kind, const OrganizationId& organization);
// "u/<organization>/<domain>/": its users on one domain.
std::string UsersOnDomainPrefix(const OrganizationId& organization, const DomainName& domain);
std::string ConnectionTestsPrefix(const OrganizationId& organization, const SsoProfileId& profile);

// A key taken apart: `kind` and the parts between the slashes; the last part
// of a user, request or assertion key may itself contain slashes.
struct Parsed {
  char kind;
  absl::string_view first;   // organization; of a holder key: the domain
  absl::string_view second;  // domain, user, profile; may be empty
  absl::string_view third;   // local part, test; may be empty
};
// nullopt for bytes that no function above makes.
std::optional<Parsed> Parse(absl::string_view key);

}  // namespace gatehouse::storage::keys

#endif  // GATEHOUSE_STORAGE_RECORDS_KEYS_H_
