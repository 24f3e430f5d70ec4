// docs/connection-test-failures.md explains every reason that a test can end with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "policy/connection_test.h"

namespace gatehouse {
namespace {

// The names in the first column of the tables.
std::multiset<std::string> ReasonsInTheGuide() {
  std::ifstream file("docs/connection-test-failures.md");
  EXPECT_TRUE(file.is_open());
  std::multiset<std::string> reasons;
  for (std::string line; std::getline(file, line);) {
    if (!absl::StartsWith(line, "| `")) continue;
    reasons.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return reasons;
}

TEST(ConnectionTestFailureGuide, ExplainsEachReasonOnceAndNoOther) {
  std::multiset<std::string> expected;
  for (int number = 1; number <= static_cast<int>(ConnectionTestFailure::kDiscoveryInvalid);
       ++number) {
    expected.insert(std::string(Name(static_cast<ConnectionTestFailure>(number))));
  }
  EXPECT_EQ(ReasonsInTheGuide(), expected);
}

}  // namespace
}  // namespace gatehouse
