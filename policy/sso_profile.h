// An SSO profile: one identity provider (IdP) connection of an organization.
#ifndef GATEHOUSE_POLICY_SSO_PROFILE_H_
#define GATEHOUSE_POLICY_SSO_PROFILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "policy/ids.h"

namespace gatehouse {

// SAML 2.0 connection: what the IdP is, and what Gatehouse says it is itself.
struct SamlSettings {
  std::string idp_entity_id;  // the Issuer of every assertion
  std::string idp_sso_url;    // SingleSignOnService, HTTP-Redirect binding
  // Signing certificates (PEM, one each); a response may be signed by any of
  // them, so that an IdP's key can be rolled over. 1 to kMaxCertificates.
  std::vector<std::string> idp_certificates;
  // Attribute that carries the user's address; empty: the NameID does.
  std::string email_attribute;
  std::string sp_entity_id;  // our entity id: the Audience of every assertion
  std::string acs_url;       // AssertionConsumerService: Recipient and Destination
  // Our certificate (PEM) that an IdP encrypts assertions for. The private key
  // is a record of its own, read only to decrypt.
  std::string sp_certificate;

  friend bool operator==(const SamlSettings&, const SamlSettings&) = default;
};

inline constexpr int kMaxCertificates = 10;

// OpenID Connect 1.0 connection, authorization code flow with PKCE.
struct OidcSettings {
  std::string issuer;
  std::string client_id;
  std::string redirect_uri;
  std::vector<std::string> extra_scopes;  // beside "openid email"
  std::string email_claim;                // empty: "email"
  bool allow_missing_email_verified = false;
  // Counts the changes of the client secret, which is a record of its own; 0:
  // there is none (a public client).
  int64_t client_secret_version = 0;

  friend bool operator==(const OidcSettings&, const OidcSettings&) = default;
};

// What protocol an IdP speaks. Numbers as gatehouse.v1.SsoDestination.Protocol.
// Persisted, never renumber.
enum class SsoProtocol { kSaml = 1, kOidc = 2 };

// New SAML settings that the IdP's metadata brought, which wait for a
// connection test to take the place of the profile's.
struct StagedSettings {
  SamlSettings saml;
  absl::Time stage_time;
};

struct SsoProfile {
  OrganizationId organization;
  SsoProfileId id;
  std::string display_name;
  SsoProtocol protocol = SsoProtocol::kSaml;
  SamlSettings saml;  // of a SAML profile
  OidcSettings oidc;  // of an OIDC profile
  // SAML: where the IdP publishes its metadata; empty: not followed.
  std::string metadata_url;
  std::optional<StagedSettings> staged;
  // ConfigurationBytes of the settings that last passed a connection test;
  // empty: none passed.
  std::string tested_configuration;
  absl::Time test_pass_time = absl::InfinitePast();
  absl::Time create_time;
  absl::Time update_time;
};

// Whether enforcement may go through the profile (docs/architecture.md, rule 2).
enum class TestStatus {
  kUntested,  // no connection test has passed
  kStale,     // one passed, but what the IdP must prove has changed since
  kPassed,    // the latest configuration has passed
};

// Everything the IdP must prove, in one comparable string: entity ids, URLs,
// certificates (as a set: order and repetition do not count), the email
// attribute, our encryption certificate. Names and times are not in it. Two
// settings get equal bytes if and only if they ask the same of the IdP.
// Never empty. Persisted: a changed encoding makes every test stale.
//
//   bytes   = %x01 idp_entity_id idp_sso_url email_attribute sp_entity_id
//             acs_url sp_certificate count *certificate
//   each string as its length (4 bytes, big-endian) and its bytes; count as 4
//   bytes, big-endian; certificates in ascending byte order, each once.
std::string ConfigurationBytes(const SamlSettings& settings);
// The same of an OIDC connection:
//   bytes   = %x02 issuer client_id redirect_uri email_claim
//             allow_missing_email_verified client_secret_version count *scope
//   the flag as one byte, the version as 8 bytes, big-endian; scopes in
//   ascending byte order, each once.
std::string ConfigurationBytes(const OidcSettings& settings);
// Of the profile's settings, whatever its protocol.
std::string ConfigurationBytes(const SsoProfile& profile);

TestStatus TestStatusOf(const SsoProfile& profile);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_SSO_PROFILE_H_
