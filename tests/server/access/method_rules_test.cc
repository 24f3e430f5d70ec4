// Every method that the server offers has a rule, every rule a method, and
// docs/access-control.md shows the table as it is.
#include "server/access/method_rules.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proto/embedded_descriptors.h"

namespace gatehouse {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

class MethodRulesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    google::protobuf::FileDescriptorSet set;
    ASSERT_TRUE(
        set.ParseFromArray(gatehouse_descriptors, static_cast<int>(gatehouse_descriptors_size)));
    for (const auto& file : set.file()) {
      const auto* built = pool_.BuildFile(file);
      ASSERT_NE(built, nullptr) << file.name();
      for (int s = 0; s < built->service_count(); ++s) {
        for (int m = 0; m < built->service(s)->method_count(); ++m) {
          const MethodDescriptor* method = built->service(s)->method(m);
          methods_[absl::StrCat(method->service()->name(), "/", method->name())] = method;
        }
      }
    }
    ASSERT_GT(methods_.size(), 40u);
  }

  DescriptorPool pool_;
  std::map<std::string, const MethodDescriptor*> methods_;
};

TEST_F(MethodRulesTest, EveryMethodHasARule) {
  for (const auto& [name, method] : methods_) EXPECT_NE(FindMethodRule(name), nullptr) << name;
}

TEST_F(MethodRulesTest, EveryRuleHasAMethodAndStandsOnce) {
  std::set<absl::string_view> seen;
  for (const MethodRule& rule : MethodRules()) {
    EXPECT_EQ(methods_.count(std::string(rule.method)), 1u) << rule.method;
    EXPECT_TRUE(seen.insert(rule.method).second) << rule.method;
    EXPECT_NE(rule.roles, 0u) << rule.method;
    EXPECT_TRUE(rule.Allows(AccessRole::kOperator)) << rule.method;
  }
  EXPECT_EQ(FindMethodRule("UserService/Frobnicate"), nullptr);
}

TEST_F(MethodRulesTest, EveryResourceFieldIsATextOfTheRequest) {
  for (const MethodRule& rule : MethodRules()) {
    if (rule.resource_field.empty()) continue;
    const Descriptor* message = methods_.at(std::string(rule.method))->input_type();
    const FieldDescriptor* field = nullptr;
    for (const absl::string_view part : absl::StrSplit(rule.resource_field, '.')) {
      ASSERT_NE(message, nullptr) << rule.method;
      field = message->FindFieldByName(std::string(part));
      ASSERT_NE(field, nullptr) << rule.method << " " << rule.resource_field;
      ASSERT_FALSE(field->is_repeated()) << rule.method;
      message = field->message_type();
    }
    EXPECT_EQ(field->cpp_type(), FieldDescriptor::CPPTYPE_STRING) << rule.method;
  }
}

TEST_F(MethodRulesTest, NoMethodThatNamesAnOrganizationGoesUnchecked) {
  // An organization-admin or a scoped auditor may call a method without a
  // resource field only where the answer itself is cut to its scopes.
  const std::set<std::string> cut = {"OrganizationService/ListOrganizations",
                                     "ServerReflection/ServerReflectionInfo", "Health/Check",
                                     "Health/Watch"};
  for (const MethodRule& rule : MethodRules()) {
    if (!rule.Allows(AccessRole::kOrganizationAdmin) && !rule.Allows(AccessRole::kAuditor))
      continue;
    if (cut.count(std::string(rule.method)) > 0) continue;
    EXPECT_FALSE(rule.resource_field.empty()) << rule.method;
  }
}

TEST_F(MethodRulesTest, NoAuditorAndNoGatewayChangesAnything) {
  for (const MethodRule& rule : MethodRules()) {
    if (rule.kind != MethodKind::kChange) continue;
    EXPECT_FALSE(rule.Allows(AccessRole::kAuditor)) << rule.method;
    EXPECT_FALSE(rule.Allows(AccessRole::kGateway)) << rule.method;
  }
}

TEST_F(MethodRulesTest, TheDocumentationShowsTheTable) {
  std::ifstream file("docs/access-control.md");
  std::stringstream text;
  text << file.rdbuf();
  ASSERT_FALSE(text.str().empty());
  size_t rows = 0;
  const std::string table = text.str();
  for (const absl::string_view line : absl::StrSplit(table, '\n')) {
    rows += absl::StartsWith(line, "| `") && absl::StrContains(line, "/");
  }
  EXPECT_EQ(rows, MethodRules().size());
  for (const MethodRule& rule : MethodRules()) {
    const auto cell = [&rule](AccessRole role) { return rule.Allows(role) ? " yes |" : " |"; };
    const std::string row = absl::StrCat(
        "| `", rule.method, "` | ", rule.kind == MethodKind::kChange ? "change" : "read", " |",
        cell(AccessRole::kOperator), cell(AccessRole::kOrganizationAdmin),
        cell(AccessRole::kAuditor), cell(AccessRole::kGateway), "\n");
    EXPECT_TRUE(absl::StrContains(text.str(), row)) << row;
  }
}

}  // namespace
}  // namespace gatehouse
