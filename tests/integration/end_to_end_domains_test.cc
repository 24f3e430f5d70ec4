// Domains and users over the real server: proof by real DNS, one holder, claims.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/substitute.h"
#include "tests/integration/deployment_test_case.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using Code = absl::StatusCode;
using Outcome = v1::ImportUsersResponse::RowResult;

using EndToEndDomains = DeploymentTestCase;

TEST_F(EndToEndDomains, ADomainIsProvenByItsTxtRecord) {
  Tenant acme = NewTenant("proof");
  ASSERT_OK(acme.Create());
  ASSERT_OK_AND_ASSIGN(const v1::Domain claimed, acme.AddDomain("proof.example"));
  EXPECT_EQ(claimed.name(), "organizations/proof/domains/proof.example");
  EXPECT_EQ(claimed.state(), v1::Domain::STATE_PENDING);
  EXPECT_FALSE(claimed.has_verify_time());
  const std::string& record = claimed.verification_record_name();
  EXPECT_EQ(record, "_gatehouse.proof.example");
  EXPECT_THAT(claimed.verification_record_value(),
              MatchesRegex("gatehouse-domain-verification=[0-9a-f]{32}"));

  const auto missing = acme.VerifyDomain();
  EXPECT_THAT(missing, FailsWith(Code::kFailedPrecondition, "DNS_RECORD_MISSING"));
  // A program can show the admin what to publish.
  EXPECT_EQ(DetailsOf(missing.status())->metadata.at("record_name"), record);
  EXPECT_EQ(DetailsOf(missing.status())->metadata.at("record_value"),
            claimed.verification_record_value());

  ASSERT_OK(dns().SetTxt(
      record, {"gatehouse-domain-verification=00000000000000000000000000000000", "v=spf1 -all"}));
  EXPECT_THAT(acme.VerifyDomain(), FailsWith(Code::kFailedPrecondition, "DNS_RECORD_WRONG"));

  ASSERT_OK(dns().SetTxt(record, {"v=spf1 -all", claimed.verification_record_value()}));
  ASSERT_OK_AND_ASSIGN(const v1::Domain verified, acme.VerifyDomain());
  EXPECT_EQ(verified.state(), v1::Domain::STATE_VERIFIED);
  EXPECT_TRUE(verified.has_verify_time());
  EXPECT_EQ(verified.verification_record_value(), claimed.verification_record_value());
}

TEST(EndToEndDns, AnOutageIsNoAnswerAndChangesNothing) {
  ASSERT_OK_AND_ASSIGN(auto dns, KnotServer::Start());
  const ShortTempDir data;
  ASSERT_OK_AND_ASSIGN(auto server,
                       ServerProcess::Start({.data_directory = data.path(),
                                             .flags = {{"--dns-servers", dns->address()},
                                                       {"--dns-timeout-ms", "200"},
                                                       {"--dns-tries", "1"}}}));
  const Api api(server->address());
  Tenant held(api, "held", "held.example");
  ASSERT_OK(held.Create());
  ASSERT_OK(held.HoldDomain(*dns));
  Tenant pending(api, "pending", "pending.example");
  ASSERT_OK(pending.Create());
  ASSERT_OK(pending.AddDomain(pending.domain()));

  dns->Stop();
  for (const Tenant* tenant : {&held, &pending}) {
    const auto unavailable = tenant->VerifyDomain();
    EXPECT_THAT(unavailable, FailsWith(Code::kUnavailable, "DNS_UNAVAILABLE"));
    EXPECT_EQ(DetailsOf(unavailable.status())->metadata.at("servers"), dns->address());
  }
  const auto state = [&](const Tenant& tenant) {
    const auto domain =
        api.Call(&Domains::GetDomain, absl::Substitute(R"(name: "$0")", tenant.domain_name()));
    return domain.ok() ? domain->state() : v1::Domain::STATE_UNSPECIFIED;
  };
  EXPECT_EQ(state(held), v1::Domain::STATE_VERIFIED);
  EXPECT_EQ(state(pending), v1::Domain::STATE_PENDING);
}

TEST_F(EndToEndDomains, OneOrganizationAtATimeHoldsADomain) {
  Tenant first(api(), "first-claim", "contested.example");
  Tenant second(api(), "second-claim", "contested.example");
  ASSERT_OK(first.Create());
  ASSERT_OK(second.Create());
  // A claim alone keeps nobody else out.
  ASSERT_OK_AND_ASSIGN(const v1::Domain of_first, first.AddDomain("contested.example"));
  ASSERT_OK_AND_ASSIGN(const v1::Domain of_second, second.AddDomain("contested.example"));
  ASSERT_OK(
      dns().SetTxt(of_first.verification_record_name(),
                   {of_first.verification_record_value(), of_second.verification_record_value()}));
  ASSERT_OK(first.VerifyDomain());

  const auto refused = second.VerifyDomain();
  EXPECT_THAT(refused, FailsWith(Code::kFailedPrecondition, "DOMAIN_HELD_ELSEWHERE"));
  EXPECT_THAT(std::string(refused.status().message()), Not(HasSubstr("first-claim")));
  Tenant third(api(), "third-claim", "contested.example");
  ASSERT_OK(third.Create());
  // Who proves nothing learns nothing.
  ASSERT_OK(third.AddDomain("contested.example"));
  EXPECT_THAT(third.VerifyDomain(), FailsWith(Code::kFailedPrecondition, "DNS_RECORD_WRONG"));

  ASSERT_OK(
      api().Call(&Domains::RemoveDomain, absl::Substitute(R"(name: "$0")", first.domain_name())));
  EXPECT_OK(second.VerifyDomain());
}

TEST_F(EndToEndDomains, AnInternationalizedDomainIsOneInBothItsForms) {
  Tenant books(api(), "books", "b\u00fccher.example");
  ASSERT_OK(books.Create());
  ASSERT_OK(books.HoldDomain(dns()));
  ASSERT_OK_AND_ASSIGN(const v1::Domain domain,
                       api().Call(&Domains::GetDomain,
                                  R"(name: "organizations/books/domains/xn--bcher-kva.example")"));
  EXPECT_EQ(domain.unicode_name(), "b\u00fccher.example");
  EXPECT_EQ(domain.state(), v1::Domain::STATE_VERIFIED);
  EXPECT_THAT(books.AddDomain("B\u00dcCHER.example"),
              FailsWith(Code::kAlreadyExists, "RESOURCE_EXISTS"));
}

class EndToEndImport : public EndToEndDomains {
 protected:
  static absl::StatusOr<v1::ImportUsersResponse> Import(const std::string& parent,
                                                        bool validate_only) {
    auto first = FromText<v1::ImportUsersRequest>(
        absl::Substitute(R"(parent: "$0" rows { email: "Anna@$1.example" display_name: "Anna" })",
                         "organizations/" + parent, parent));
    first.set_validate_only(validate_only);
    const auto second = FromText<v1::ImportUsersRequest>(absl::Substitute(
        R"(rows { email: "two@at@$0.example" row_number: 71 }
           rows { email: "new@$0.example" role: ROLE_ADMIN }
           rows { email: "guest@elsewhere.example" })",
        parent));
    return api().ImportUsers({first, second});
  }

  static absl::StatusOr<v1::User> Lookup(const Tenant& tenant, absl::string_view email) {
    return api().Call(&Users::LookupUser,
                      absl::Substitute(R"(parent: "$0" email: "$1")", tenant.name(), email));
  }
};

TEST_F(EndToEndImport, ClaimsTheUsersWhoWereThereBefore) {
  Tenant tenant = NewTenant("claims");
  ASSERT_OK(tenant.Create());
  ASSERT_OK(tenant.AddUser("anna@claims.example"));
  ASSERT_OK(tenant.HoldDomain(dns()));
  ASSERT_OK_AND_ASSIGN(const v1::User before, Lookup(tenant, "anna@claims.example"));
  // Holding the domain claims nobody by itself.
  EXPECT_EQ(before.type(), v1::User::TYPE_INDEPENDENT);

  ASSERT_OK_AND_ASSIGN(const auto rehearsal, Import("claims", /*validate_only=*/true));
  EXPECT_THAT(rehearsal.outcomes(),
              ElementsAre(Outcome::OUTCOME_CLAIMED, Outcome::OUTCOME_FAILED,
                          Outcome::OUTCOME_CREATED, Outcome::OUTCOME_CREATED));
  ASSERT_OK_AND_ASSIGN(const v1::User untouched, Lookup(tenant, "anna@claims.example"));
  EXPECT_EQ(untouched.etag(), before.etag());

  ASSERT_OK_AND_ASSIGN(const auto imported, Import("claims", /*validate_only=*/false));
  EXPECT_THAT(imported.outcomes(), ElementsAre(Outcome::OUTCOME_CLAIMED, Outcome::OUTCOME_FAILED,
                                               Outcome::OUTCOME_CREATED, Outcome::OUTCOME_CREATED));
  EXPECT_GT(imported.revision(), 0);
  ASSERT_EQ(imported.failures_size(), 1);
  EXPECT_EQ(imported.failures(0).row_number(), 71);
  EXPECT_EQ(imported.failures(0).error().details().info().reason(), "INVALID_FIELD");
  ASSERT_OK_AND_ASSIGN(const v1::User anna, Lookup(tenant, "ANNA@claims.example"));
  EXPECT_EQ(anna.name(), before.name());
  EXPECT_EQ(anna.type(), v1::User::TYPE_MANAGED);
  EXPECT_EQ(anna.display_name(), "Anna");
  ASSERT_OK_AND_ASSIGN(const v1::User guest, Lookup(tenant, "guest@elsewhere.example"));
  EXPECT_EQ(guest.type(), v1::User::TYPE_INDEPENDENT);

  ASSERT_OK_AND_ASSIGN(const auto again, Import("claims", /*validate_only=*/false));
  EXPECT_EQ(again.unchanged_count(), 3);
  EXPECT_EQ(again.failed_count(), 1);
}

TEST_F(EndToEndImport, ListsUsersByWhatTheyAre) {
  Tenant tenant = NewTenant("lists");
  ASSERT_OK(tenant.Create());
  ASSERT_OK(tenant.HoldDomain(dns()));
  ASSERT_OK(Import("lists", /*validate_only=*/false));
  const auto list = [&](absl::string_view filter) {
    std::vector<std::string> emails;
    const auto users = api().Call(&Users::ListUsers,
                                  absl::Substitute(R"(parent: "$0" $1)", tenant.name(), filter));
    EXPECT_OK(users);
    if (users.ok()) {
      for (const v1::User& user : users->users()) emails.push_back(user.email());
    }
    return emails;
  };
  // The owner was there before the domain, and not among those imported.
  EXPECT_THAT(list("type: TYPE_INDEPENDENT"),
              ElementsAre("guest@elsewhere.example", "owner@lists.example"));
  EXPECT_THAT(list("type: TYPE_MANAGED"), ElementsAre("anna@lists.example", "new@lists.example"));
  EXPECT_THAT(list("role: ROLE_ADMIN"), ElementsAre("new@lists.example"));
  EXPECT_THAT(list("domain: 'elsewhere.example'"), ElementsAre("guest@elsewhere.example"));
  EXPECT_THAT(list("page_size: 1"), ElementsAre("guest@elsewhere.example"));
}

}  // namespace
}  // namespace gatehouse
