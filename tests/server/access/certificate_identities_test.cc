#include "server/access/certificate_identities.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"

namespace gatehouse {
namespace {

TEST(CertificateIdentities, GivesEachNameItsRoleAndScopes) {
  const auto identities = CertificateIdentities::Parse(
      {"URI:spiffe://example/portal organization-admin organizations/acme/users/u1 "
       "organizations/beta/users/u2",
       "DNS:gw.example gateway", "DNS:audit.example auditor organizations/acme"});
  ASSERT_TRUE(identities.ok()) << identities.status();
  const auto* portal = identities->Find({"DNS:unknown.example", "URI:spiffe://example/portal"});
  ASSERT_NE(portal, nullptr);
  EXPECT_EQ(portal->principal.name, "URI:spiffe://example/portal");
  EXPECT_EQ(portal->principal.role, AccessRole::kOrganizationAdmin);
  ASSERT_EQ(portal->principal.scopes.size(), 2u);
  EXPECT_EQ(portal->principal.scopes[1].organization.value(), "beta");
  EXPECT_EQ(portal->principal.scopes[1].acting_admin.value(), "u2");
  EXPECT_EQ(identities->Find({"DNS:gw.example"})->principal.role, AccessRole::kGateway);
  EXPECT_EQ(identities->Find({"DNS:gw.example.evil", "URI:gw.example"}), nullptr);
  EXPECT_EQ(identities->Find({}), nullptr);
  EXPECT_TRUE(identities->HasRole(AccessRole::kAuditor));
  EXPECT_FALSE(identities->HasRole(AccessRole::kOperator));
}

TEST(CertificateIdentities, NamesWhatIsWrong) {
  struct Case {
    std::string line, says;
  };
  for (const Case& c :
       {Case{"", "a certificate's name, a role"}, Case{"DNS:gw.example", "a role"},
        Case{"gw.example gateway", "begins with URI: or DNS:"}, Case{"DNS: gateway", "begins with"},
        Case{"DNS:gw.example root", "operator, organization-admin, gateway or auditor"},
        Case{"DNS:gw.example gateway organizations/acme", "none for the role GATEWAY"},
        Case{"DNS:op.example operator organizations/acme", "none for the role OPERATOR"},
        Case{"DNS:a.example organization-admin", "1 to 100 admin users"},
        Case{"DNS:a.example organization-admin organizations/acme", "organizations/"},
        Case{"DNS:a.example organization-admin organizations/acme/users/u1 "
             "organizations/acme/users/u2",
             "each organization once"},
        Case{"DNS:a.example auditor acme", "organizations/"}}) {
    const auto parsed = CertificateIdentities::Parse({"DNS:fine.example gateway", c.line});
    ASSERT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << c.line;
    EXPECT_TRUE(absl::StrContains(parsed.status().message(), c.says)) << parsed.status();
    EXPECT_TRUE(absl::StrContains(parsed.status().message(), "access.certificate_identities[1]"))
        << parsed.status();
  }
  EXPECT_FALSE(CertificateIdentities::Parse({"DNS:a.b gateway", "DNS:a.b operator"}).ok());
}

}  // namespace
}  // namespace gatehouse
