#include "server/names/resource_names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

const OrganizationId kAcme = OrganizationId::FromTrusted("acme");
const DomainName kDomain = DomainName::FromTrusted("xn--bcher-kva.example");
const UserId kUser = UserId::FromTrusted("u1");
const SsoProfileId kIdp = SsoProfileId::FromTrusted("idp");
const ConnectionTestId kTest = ConnectionTestId::FromTrusted("t1");

// A kind of name: an example, the form that errors show, and a parser that
// renders what it parsed.
struct Kind {
  std::string name;
  std::string format;
  std::function<absl::StatusOr<std::string>(absl::string_view)> parse;
};

template <typename Parsed, typename Render>
auto Reparse(absl::StatusOr<Parsed> (*parse)(absl::string_view, absl::string_view), Render render) {
  return [parse, render](absl::string_view name) -> absl::StatusOr<std::string> {
    auto parsed = parse("field", name);
    if (!parsed.ok()) return parsed.status();
    return render(*parsed);
  };
}

std::vector<Kind> Kinds() {
  return {
      {OrganizationNameOf(kAcme), "organizations/{organization}",
       Reparse(ParseOrganizationName, OrganizationNameOf)},
      {DomainNameOf(kAcme, kDomain), "organizations/{organization}/domains/{domain}",
       Reparse(ParseDomainResource,
               [](const DomainResource& r) { return DomainNameOf(r.organization, r.domain); })},
      {EnforcementNameOf(kAcme, kDomain), "organizations/{organization}/enforcements/{domain}",
       Reparse(
           ParseEnforcementResource,
           [](const DomainResource& r) { return EnforcementNameOf(r.organization, r.domain); })},
      {UserNameOf(kAcme, kUser), "organizations/{organization}/users/{user}",
       Reparse(ParseUserResource,
               [](const UserResource& r) { return UserNameOf(r.organization, r.user); })},
      {ExemptionNameOf(kAcme, kUser), "organizations/{organization}/exemptions/{exemption}",
       Reparse(ParseExemptionResource,
               [](const UserResource& r) { return ExemptionNameOf(r.organization, r.user); })},
      {SsoProfileNameOf(kAcme, kIdp), "organizations/{organization}/ssoProfiles/{profile}",
       Reparse(ParseSsoProfileResource,
               [](const SsoProfileResource& r) {
                 return SsoProfileNameOf(r.organization, r.profile);
               })},
      {ConnectionTestNameOf(kAcme, kIdp, kTest),
       "organizations/{organization}/ssoProfiles/{profile}/connectionTests/{test}",
       Reparse(ParseConnectionTestResource,
               [](const ConnectionTestResource& r) {
                 return ConnectionTestNameOf(r.organization, r.profile, r.test);
               })},
  };
}

void ExpectInvalid(const absl::Status& status, absl::string_view said) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(ReasonOf(status), reason::kInvalidField) << status;
  const auto details = DetailsOf(status);
  ASSERT_TRUE(details.has_value());
  EXPECT_EQ(details->field_violations.at(0).first, "field");
  EXPECT_TRUE(absl::StrContains(status.ToString(), said)) << status;
}

TEST(ResourceNames, AreAsTheApiSays) {
  const std::vector<std::string> expected = {
      "organizations/acme",
      "organizations/acme/domains/xn--bcher-kva.example",
      "organizations/acme/enforcements/xn--bcher-kva.example",
      "organizations/acme/users/u1",
      "organizations/acme/exemptions/u1",
      "organizations/acme/ssoProfiles/idp",
      "organizations/acme/ssoProfiles/idp/connectionTests/t1",
  };
  std::vector<std::string> rendered;
  for (const Kind& kind : Kinds()) rendered.push_back(kind.name);
  EXPECT_EQ(rendered, expected);
}

TEST(ResourceNames, AreParsedAsTheyWereRendered) {
  for (const Kind& kind : Kinds()) {
    const auto parsed = kind.parse(kind.name);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, kind.name);
  }
}

TEST(ResourceNames, OfOneKindAreNoNamesOfAnother) {
  for (const Kind& kind : Kinds()) {
    for (const Kind& other : Kinds()) {
      if (kind.name == other.name) continue;
      ExpectInvalid(kind.parse(other.name).status(), kind.format);
    }
  }
}

TEST(ResourceNames, WithAnythingMoreOrLessAreRefused) {
  for (const Kind& kind : Kinds()) {
    for (const std::string& name :
         {std::string(), std::string("/"), "/" + kind.name, kind.name + "/", kind.name + "/x",
          "x/" + kind.name, "//gatehouse/" + kind.name, " " + kind.name, kind.name + " ",
          kind.name + "\n", kind.name + std::string("\0", 1), kind.name + "\xff", kind.name + "?x",
          kind.name + "%2e", "O" + kind.name.substr(1), std::string(100'000, '/')}) {
      ExpectInvalid(kind.parse(name).status(), "expected");
    }
    for (size_t size = 0; size < kind.name.size(); ++size) {
      const std::string cut = kind.name.substr(0, size);
      const auto parsed = kind.parse(cut);
      // What is cut off an id leaves a shorter id; nothing else may be left out.
      if (parsed.ok()) {
        EXPECT_EQ(*parsed, cut);
        EXPECT_EQ(std::count(cut.begin(), cut.end(), '/'),
                  std::count(kind.name.begin(), kind.name.end(), '/'));
      } else {
        ExpectInvalid(parsed.status(), "expected");
      }
    }
  }
}

TEST(ResourceNames, WithAnEmptyOrBadPartAreRefused) {
  for (const Kind& kind : Kinds()) {
    const std::vector<std::string> parts = absl::StrSplit(kind.name, '/');
    for (size_t i = 0; i < parts.size(); ++i) {
      for (const char* bad : {"", ".", "..", "-", "*", "a..b", "A B", "{organization}", "a@b.c"}) {
        std::vector<std::string> changed = parts;
        changed[i] = bad;
        const std::string name = absl::StrJoin(changed, "/");
        ExpectInvalid(kind.parse(name).status(), "expected");
      }
    }
  }
}

TEST(ResourceNames, MayWriteADomainInAnyOfItsForms) {
  for (const char* form : {"bücher.example", "BÜCHER.example", "xn--bcher-kva.example"}) {
    const auto parsed =
        ParseDomainResource("field", absl::StrCat("organizations/acme/domains/", form));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->domain, kDomain);
  }
}

TEST(ResourceNames, InARequestAboutOneOrganizationMustBeOfIt) {
  const auto user = ParseUserOf(kAcme, "field", "organizations/acme/users/u1");
  ASSERT_TRUE(user.ok()) << user.status();
  EXPECT_EQ(*user, kUser);
  const auto profile = ParseSsoProfileOf(kAcme, "field", "organizations/acme/ssoProfiles/idp");
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(*profile, kIdp);
  for (const char* other : {"other", "acme-2", "acm"}) {
    const std::string organization = absl::StrCat("organizations/", other);
    ExpectInvalid(ParseUserOf(kAcme, "field", organization + "/users/u1").status(),
                  "a resource of organizations/acme");
    ExpectInvalid(ParseSsoProfileOf(kAcme, "field", organization + "/ssoProfiles/idp").status(),
                  "a resource of organizations/acme");
  }
  ExpectInvalid(ParseUserOf(kAcme, "field", "organizations/acme/exemptions/u1").status(), "users/");
}

}  // namespace
}  // namespace gatehouse
