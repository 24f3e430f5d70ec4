// The roles of clients' certificates, as the configuration gives them:
//
//   "URI:spiffe://example/portal organization-admin organizations/acme/users/u1"
//   "DNS:gateway.example gateway"
//   "DNS:audit.example auditor organizations/acme"
//
// A name in the certificate, a role, and the scopes of that role: an admin user
// for each organization of an organization-admin, at least one; organizations
// for an auditor, none meaning all; nothing for the others.
#ifndef GATEHOUSE_SERVER_ACCESS_CERTIFICATE_IDENTITIES_H_
#define GATEHOUSE_SERVER_ACCESS_CERTIFICATE_IDENTITIES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/caller.h"
#include "server/access/rate_limit.h"

namespace gatehouse {

// "operator", "organization-admin", "gateway", "auditor"; INVALID_ARGUMENT naming `field`.
absl::StatusOr<AccessRole> ParseRoleName(absl::string_view field, absl::string_view name);

// The scopes of a role from the names that give them. INVALID_ARGUMENT naming
// `field`: a wrong name, an organization twice, none or too many for the role.
absl::StatusOr<std::vector<Scope>> ParseScopes(absl::string_view field, AccessRole role,
                                               const std::vector<std::string>& names);

class CertificateIdentities {
 public:
  struct Identity {
    Principal principal;
    mutable RateBucket bucket;
  };

  // INVALID_ARGUMENT naming what is wrong: "access.certificate_identities[2]".
  static absl::StatusOr<CertificateIdentities> Parse(const std::vector<std::string>& lines);

  // That of the first of a certificate's names that has one; null: none has.
  const Identity* Find(const std::vector<std::string>& certificate_names) const;
  // Whether an identity has the role.
  bool HasRole(AccessRole role) const;

 private:
  absl::flat_hash_map<std::string, std::unique_ptr<Identity>> by_name_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_ACCESS_CERTIFICATE_IDENTITIES_H_
