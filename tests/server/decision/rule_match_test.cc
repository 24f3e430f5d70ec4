#include "server/decision/rule_match.h"

#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace gatehouse {
namespace {

constexpr auto kVerified = DomainState::kVerified;
constexpr auto kAtRisk = DomainState::kAtRisk;
constexpr auto kExpired = DomainState::kExpired;

enum class Enforces { kNothing, kItself, kSubdomainsToo };

struct Rule {
  std::string domain;
  std::string organization;
  DomainState state;
  Enforces enforces;
};

std::map<std::string, DomainRule, std::less<>> RulesOf(const std::vector<Rule>& rules) {
  std::map<std::string, DomainRule, std::less<>> built;
  for (const Rule& rule : rules) {
    DomainRule& made = built[rule.domain];
    made.organization = OrganizationId::FromTrusted(rule.organization);
    made.domain = DomainName::FromTrusted(rule.domain);
    made.state = rule.state;
    if (rule.enforces == Enforces::kNothing) continue;
    made.enforcement.emplace();
    made.enforcement->match_subdomains = rule.enforces == Enforces::kSubdomainsToo;
  }
  return built;
}

TEST(MatchRule, IsThatOfTheClosestDomainThatMayDecide) {
  constexpr auto kNothing = Enforces::kNothing;
  constexpr auto kItself = Enforces::kItself;
  constexpr auto kBelow = Enforces::kSubdomainsToo;
  const Rule parent = {"acme.test", "acme", kVerified, kBelow};
  struct {
    const char* what;
    std::vector<Rule> rules;
    const char* domain;
    const char* matched;  // "": none
  } const cases[] = {
      {"nothing known", {}, "a.acme.test", ""},
      {"the domain itself", {parent}, "acme.test", "acme.test"},
      {"a subdomain", {parent}, "a.acme.test", "acme.test"},
      {"far below", {parent}, "c.b.a.acme.test", "acme.test"},
      {"a name that only ends alike", {parent}, "notacme.test", ""},
      {"above it", {parent}, "other.test", ""},
      {"a single label is nobody's", {{"test", "acme", kVerified, kBelow}}, "acme.test", ""},
      {"at risk", {{"acme.test", "acme", kAtRisk, kBelow}}, "a.acme.test", "acme.test"},
      {"expired", {{"acme.test", "acme", kExpired, kBelow}}, "a.acme.test", ""},
      {"exact only", {{"acme.test", "acme", kVerified, kItself}}, "a.acme.test", ""},
      {"not enforced", {{"acme.test", "acme", kVerified, kNothing}}, "a.acme.test", ""},
      {"enforced itself",
       {parent, {"a.acme.test", "acme", kVerified, kItself}},
       "a.acme.test",
       "a.acme.test"},
      {"held, not enforced",
       {parent, {"a.acme.test", "acme", kVerified, kNothing}},
       "a.acme.test",
       "acme.test"},
      {"held by another",
       {parent, {"a.acme.test", "other", kVerified, kNothing}},
       "a.acme.test",
       "a.acme.test"},
      {"below another's",
       {parent, {"a.acme.test", "other", kVerified, kNothing}},
       "b.a.acme.test",
       ""},
      {"below another's enforced one",
       {parent, {"a.acme.test", "other", kVerified, kItself}},
       "b.a.acme.test",
       ""},
      {"another's, expired",
       {parent, {"a.acme.test", "other", kExpired, kItself}},
       "a.acme.test",
       "acme.test"},
      {"below another's, expired",
       {parent, {"a.acme.test", "other", kExpired, kItself}},
       "b.a.acme.test",
       "acme.test"},
      {"its own, expired, no parent",
       {{"a.acme.test", "acme", kExpired, kItself}},
       "a.acme.test",
       "a.acme.test"},
      {"the closest of two",
       {parent, {"a.acme.test", "acme", kVerified, kBelow}},
       "b.a.acme.test",
       "a.acme.test"},
      {"past one that is exact only",
       {parent, {"a.acme.test", "acme", kVerified, kItself}},
       "b.a.acme.test",
       "acme.test"},
  };
  for (const auto& c : cases) {
    const auto rules = RulesOf(c.rules);
    const auto matched =
        MatchRule(c.domain, [&](absl::string_view name) -> absl::StatusOr<const DomainRule*> {
          const auto found = rules.find(name);
          return found == rules.end() ? nullptr : &found->second;
        });
    ASSERT_TRUE(matched.ok()) << c.what;
    EXPECT_EQ(*matched == nullptr ? "" : (*matched)->domain.ascii(), c.matched) << c.what;
  }
}

TEST(MatchRule, FailsIfADomainOnTheWayCannotBeRead) {
  for (const char* damaged : {"b.a.acme.test", "a.acme.test", "acme.test"}) {
    const auto matched = MatchRule(
        "b.a.acme.test", [&](absl::string_view name) -> absl::StatusOr<const DomainRule*> {
          if (name == damaged) return absl::DataLossError("damaged");
          return nullptr;
        });
    EXPECT_EQ(matched.status().code(), absl::StatusCode::kDataLoss) << damaged;
  }
}

}  // namespace
}  // namespace gatehouse
