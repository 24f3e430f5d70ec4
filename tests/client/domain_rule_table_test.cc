#include "client/domain_rule_table.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/decision/rule_match.h"

namespace gatehouse::client {
namespace {

DomainRuleChanges Put(const v1::DomainRule& rule) {
  return {.rules = {{rule.domain(), std::make_shared<const v1::DomainRule>(rule)}}};
}

v1::DomainRule Rule(const std::string& domain, const std::string& organization,
                    v1::Domain::State state, std::optional<bool> match_subdomains) {
  v1::DomainRule rule;
  rule.set_domain(domain);
  rule.set_organization(organization);
  rule.set_state(state);
  if (match_subdomains) rule.mutable_enforcement()->set_match_subdomains(*match_subdomains);
  return rule;
}

TEST(DomainRuleTable, SharesWhatHasNotChanged) {
  DomainRuleTable before;
  for (int i = 0; i < 1000; ++i) {
    before = before.With(
        Put(Rule(absl::StrCat("d", i, ".example"), "o", v1::Domain::STATE_VERIFIED, false)));
  }
  DomainRuleChanges changes = Put(Rule("d7.example", "p", v1::Domain::STATE_VERIFIED, false));
  changes.rules.emplace("d8.example", nullptr);
  changes.rules.emplace("unknown.example", nullptr);
  const DomainRuleTable after = before.With(changes);
  EXPECT_EQ(before.size(), 1000);
  EXPECT_EQ(after.size(), 999);
  EXPECT_EQ(before.Match("d7.example")->organization(), "o");
  EXPECT_EQ(after.Match("d7.example")->organization(), "p");
  EXPECT_NE(before.Match("d8.example"), nullptr);
  EXPECT_EQ(after.Match("d8.example"), nullptr);
  for (int i = 9; i < 1000; ++i) {
    const std::string domain = absl::StrCat("d", i, ".example");
    EXPECT_EQ(after.Match(domain), before.Match(domain));
  }
}

TEST(DomainRuleTable, ForgetsEverythingAtAReset) {
  const DomainRuleTable before =
      DomainRuleTable().With(Put(Rule("a.example", "o", v1::Domain::STATE_VERIFIED, true)));
  DomainRuleChanges changes = Put(Rule("b.example", "o", v1::Domain::STATE_VERIFIED, false));
  changes.reset = true;
  const DomainRuleTable after = before.With(changes);
  EXPECT_EQ(after.size(), 1);
  EXPECT_EQ(after.Match("a.example"), nullptr);
  EXPECT_EQ(after.Match("x.a.example"), nullptr);
  EXPECT_NE(after.Match("b.example"), nullptr);
}

// The server's table, and this one, through the same changes.
class BothTables {
 public:
  void Change(std::mt19937& random, const std::vector<std::string>& domains) {
    const std::string& domain = domains[random() % domains.size()];
    const auto state = static_cast<v1::Domain::State>(1 + random() % 4);
    const std::string organization = random() % 2 == 0 ? "organizations/a" : "organizations/b";
    std::optional<bool> match_subdomains;
    if (random() % 3 > 0) match_subdomains = random() % 2 == 0;
    if (random() % 4 == 0) {
      theirs_.erase(domain);
      ours_ = ours_.With({.rules = {{domain, nullptr}}});
      return;
    }
    gatehouse::DomainRule& rule = theirs_[domain];
    rule = {};
    rule.domain = DomainName::FromTrusted(domain);
    rule.organization = *OrganizationId::Parse("o", organization.substr(14) + "-organization");
    rule.state = static_cast<DomainState>(state);
    if (match_subdomains) {
      rule.enforcement.emplace();
      rule.enforcement->match_subdomains = *match_subdomains;
    }
    ours_ = ours_.With(Put(Rule(domain, organization, state, match_subdomains)));
  }

  void ExpectSameMatch(const std::string& domain) const {
    const absl::StatusOr<const gatehouse::DomainRule*> expected = MatchRule(
        domain, [this](absl::string_view name) -> absl::StatusOr<const gatehouse::DomainRule*> {
          const auto found = theirs_.find(std::string(name));
          return found == theirs_.end() ? nullptr : &found->second;
        });
    ASSERT_TRUE(expected.ok());
    const v1::DomainRule* const matched = ours_.Match(domain);
    EXPECT_EQ(matched == nullptr ? "" : matched->domain(),
              *expected == nullptr ? "" : (*expected)->domain.ascii())
        << domain;
  }

  size_t size() const { return ours_.size(); }
  size_t expected_size() const { return theirs_.size(); }

 private:
  std::map<std::string, gatehouse::DomainRule> theirs_;
  DomainRuleTable ours_;
};

TEST(DomainRuleTable, FindsTheRuleThatTheServerFinds) {
  std::mt19937 random(20'260'101);
  // All names of up to four labels of two, which are parents of each other.
  std::vector<std::string> domains = {"a", "b"}, longest = domains;
  for (int depth = 0; depth < 3; ++depth) {
    std::vector<std::string> longer;
    for (const std::string& name : longest) {
      for (const char* label : {"a.", "b."}) longer.push_back(label + name);
    }
    domains.insert(domains.end(), longer.begin(), longer.end());
    longest = std::move(longer);
  }
  BothTables tables;
  for (int i = 0; i < 3000; ++i) {
    tables.Change(random, domains);
    ASSERT_EQ(tables.size(), tables.expected_size());
    for (int j = 0; j < 10; ++j) tables.ExpectSameMatch(domains[random() % domains.size()]);
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace gatehouse::client
