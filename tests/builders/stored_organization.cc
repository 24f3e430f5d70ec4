#include "tests/builders/stored_organization.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/sso_profile_store.h"
#include "storage/stores/user_store.h"
#include "tests/builders/test_caller.h"

namespace gatehouse {
namespace {

DomainName ParsedDomain(const std::string& domain) {
  const auto name = DomainName::Parse("domain", domain);
  EXPECT_TRUE(name.ok()) << name.status();
  return name.value_or(DomainName());
}

}  // namespace

StoredOrganization::StoredOrganization(storage::TransactionRunner* runner, const std::string& id)
    : runner_(runner), id_(OrganizationId::FromTrusted(id)) {
  Write([&](storage::Transaction& tx) -> absl::Status {
    storage::OrganizationStore::Put(tx, {.id = id_,
                                         .display_name = id,
                                         .create_time = create_time(),
                                         .update_time = create_time()});
    SsoProfile idp{.organization = id_,
                   .id = profile(),
                   .display_name = "IdP",
                   .create_time = create_time(),
                   .update_time = create_time()};
    idp.saml.idp_entity_id = "https://idp.test/entity";
    idp.saml.idp_sso_url = "https://idp.test/sso";
    return storage::SsoProfileStore::Put(tx, idp);
  });
}

const SsoProfileId& StoredOrganization::profile() {
  static const SsoProfileId& id = *new SsoProfileId(SsoProfileId::FromTrusted("idp"));
  return id;
}

StoredOrganization& StoredOrganization::Hold(const std::string& domain, DomainState state) {
  // A claim that ran out leaves its last holder on record: it was held first.
  Domain claim{.organization = id_,
               .name = ParsedDomain(domain),
               .state = DomainState::kVerified,
               .verification_token = std::string(32, 'a'),
               .create_time = create_time(),
               .verify_time = create_time()};
  for (DomainState step : {DomainState::kVerified, state}) {
    claim.state = step;
    Write([&](storage::Transaction& tx) { return storage::DomainStore::Put(tx, claim); });
  }
  return *this;
}

StoredOrganization& StoredOrganization::Enforce(const std::string& domain, EnforcementMode mode,
                                                UnmanagedUsers unmanaged_users) {
  Write([&](storage::Transaction& tx) {
    return storage::EnforcementStore::Put(tx, {.organization = id_,
                                               .domain = ParsedDomain(domain),
                                               .profile = profile(),
                                               .mode = mode,
                                               .unmanaged_users = unmanaged_users,
                                               .enforce_time = create_time()});
  });
  return *this;
}

StoredOrganization& StoredOrganization::Release(const std::string& domain) {
  Write([&](storage::Transaction& tx) {
    return storage::EnforcementStore::Delete(tx, id_, ParsedDomain(domain));
  });
  return *this;
}

User StoredOrganization::Add(const NewUser& user) {
  const auto email = EmailAddress::Parse("email", user.email);
  EXPECT_TRUE(email.ok()) << email.status();
  const User stored{.organization = id_,
                    .id = UserId::FromTrusted(absl::StrCat("u", ++users_)),
                    .email = email.value_or(EmailAddress()),
                    .display_name = user.display_name,
                    .role = user.role,
                    .suspended = user.suspended,
                    .claimed = user.claimed,
                    .claim_time = user.claimed ? create_time() : absl::InfinitePast(),
                    .create_time = create_time(),
                    .update_time = create_time()};
  Write([&](storage::Transaction& tx) { return storage::UserStore::Put(tx, nullptr, stored); });
  return stored;
}

StoredOrganization& StoredOrganization::Exempt(const User& user, ExemptionKind kind,
                                               absl::Time expire_time) {
  Write([&](storage::Transaction& tx) {
    return storage::ExemptionStore::Put(tx, {.organization = id_,
                                             .user = user.id,
                                             .kind = kind,
                                             .create_time = create_time(),
                                             .expire_time = expire_time});
  });
  return *this;
}

void StoredOrganization::Write(absl::FunctionRef<absl::Status(storage::Transaction&)> body) {
  const auto committed = runner_->Run(TestCaller(), id_, body);
  EXPECT_TRUE(committed.ok()) << committed.status();
}

}  // namespace gatehouse
