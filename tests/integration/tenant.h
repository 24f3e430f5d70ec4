// An organization that goes through the story step by step, over the real API.
//
//   Tenant acme(api, "acme", "acme.example");
//   ASSERT_OK(acme.Create());
//   ASSERT_OK(acme.HoldDomain(dns));
//   ASSERT_OK(acme.Connect(idp));
//   ASSERT_OK(acme.PassConnectionTest(idp));
//   ASSERT_OK_AND_ASSIGN(auto enforced, acme.Enforce());
#ifndef GATEHOUSE_TESTS_INTEGRATION_TENANT_H_
#define GATEHOUSE_TESTS_INTEGRATION_TENANT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/integration/api.h"
#include "tests/peers/knot_server.h"
#include "tests/peers/saml_idp.h"

namespace gatehouse {

// Each step expects those before it to have been done. Thread-safe once created.
class Tenant {
 public:
  // Where the test's gateway would host the callback of the IdP.
  static constexpr char kAcsUrl[] = "https://login.acme.example/saml/acs";

  // `api` must outlive this.
  Tenant(const Api& api, absl::string_view id, absl::string_view domain)
      : api_(&api), id_(id), domain_(domain) {}

  const std::string& id() const { return id_; }
  const std::string& domain() const { return domain_; }
  std::string name() const { return absl::StrCat("organizations/", id_); }
  std::string domain_name() const { return absl::StrCat(name(), "/domains/", domain_); }
  std::string enforcement_name() const { return absl::StrCat(name(), "/enforcements/", domain_); }
  std::string profile() const { return absl::StrCat(name(), "/ssoProfiles/idp"); }
  std::string Email(absl::string_view local) const { return absl::StrCat(local, "@", domain_); }
  // The resource name of the owner that Create has made.
  const std::string& owner() const { return owner_; }

  // The organization and an owner, owner@<domain>.
  absl::Status Create();
  absl::StatusOr<v1::User> AddUser(absl::string_view email,
                                   v1::User::Role role = v1::User::ROLE_MEMBER) const;

  // Claims `domain` (default: the tenant's own) and proves it by its DNS record.
  absl::Status HoldDomain(KnotServer& dns) const { return HoldDomain(dns, domain_); }
  absl::Status HoldDomain(KnotServer& dns, absl::string_view domain) const;
  absl::StatusOr<v1::Domain> AddDomain(absl::string_view domain) const;
  absl::StatusOr<v1::Domain> VerifyDomain() const;

  // Imports one user by a stream of one row: makes an independent user managed.
  absl::Status Import(absl::string_view email) const;

  // Creates the profile from the IdP's metadata.
  absl::StatusOr<v1::SsoProfile> Connect(const SamlIdp& idp) const {
    return Connect(idp.metadata());
  }
  absl::StatusOr<v1::SsoProfile> Connect(const std::string& idp_metadata) const;
  absl::StatusOr<v1::ConnectionTest> StartConnectionTest() const;
  absl::StatusOr<v1::ConnectionTest> CompleteConnectionTest(const std::string& test,
                                                            const std::string& response) const;
  // Starts a test, signs in at the IdP with `options`, completes the test.
  absl::StatusOr<v1::ConnectionTest> RunConnectionTest(SamlIdp& idp,
                                                       SamlIdp::Options options = {}) const;
  // The same; an error unless the test passes.
  absl::Status PassConnectionTest(SamlIdp& idp) const;

  absl::StatusOr<v1::SsoProfile> GetProfile() const;

  // The request to enforce `domains` (default: the tenant's own) through the
  // profile, on behalf of the owner.
  v1::EnforceDomainsRequest EnforceRequest(std::vector<std::string> domains = {}) const;
  absl::StatusOr<v1::EnforceDomainsResponse> Enforce() const;

  absl::StatusOr<v1::CheckLoginResponse> Check(absl::string_view email,
                                               v1::LoginAction action = v1::LOGIN_ACTION_SIGN_IN,
                                               int64_t min_revision = 0) const;

 private:
  const Api* api_;
  std::string id_;
  std::string domain_;
  std::string owner_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_INTEGRATION_TENANT_H_
