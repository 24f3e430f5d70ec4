// docs/troubleshooting.md explains every reason of an error and of a decision.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "gatehouse/v1/decision.pb.h"
#include "gatehouse/v1/errors.pb.h"

namespace gatehouse {
namespace {

// The names in the first column of the tables of a section: from the heading
// "## `title`" to the next of its level.
std::multiset<std::string> ReasonsUnder(const std::string& title) {
  std::ifstream file("docs/troubleshooting.md");
  EXPECT_TRUE(file.is_open());
  std::multiset<std::string> reasons;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (absl::StartsWith(line, "## ")) inside = line == "## " + title;
    if (!inside || !absl::StartsWith(line, "| `")) continue;
    reasons.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return reasons;
}

// The values of an enum without their prefix, but the unspecified.
std::multiset<std::string> NamesOf(const google::protobuf::EnumDescriptor& type,
                                   const std::string& prefix) {
  std::multiset<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) names.insert(type.value(i)->name().substr(prefix.size()));
  }
  return names;
}

TEST(TroubleshootingGuide, ExplainsEachReasonOfAnErrorOnceAndNoOther) {
  EXPECT_EQ(ReasonsUnder("When a call fails"),
            NamesOf(*v1::ErrorReason_descriptor(), "ERROR_REASON_"));
}

TEST(TroubleshootingGuide, ExplainsEachReasonOfADecisionOnceAndNoOther) {
  EXPECT_EQ(ReasonsUnder("Why a decision is what it is"),
            NamesOf(*v1::DecisionReason_descriptor(), "DECISION_REASON_"));
}

}  // namespace
}  // namespace gatehouse
