#include "policy/certificate_expiry.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "policy/enforcement_rules.h"

namespace gatehouse {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
constexpr absl::Duration kDay = absl::Hours(24);
constexpr absl::Duration kSecond = absl::Seconds(1);

TEST(ExpiryNoticeDays, NamesTheNarrowestPeriod) {
  const struct {
    absl::Duration left;
    std::optional<int> days;
  } cases[] = {
      {31 * kDay, std::nullopt},
      {30 * kDay + kSecond, std::nullopt},
      {30 * kDay, 30},
      {14 * kDay + kSecond, 30},
      {14 * kDay, 14},
      {7 * kDay + kSecond, 14},
      {7 * kDay, 7},
      {kDay + kSecond, 7},
      {kDay, 1},
      {kSecond, 1},
      {absl::ZeroDuration(), 0},
      {-400 * kDay, 0},
  };
  for (const auto& c : cases) EXPECT_EQ(ExpiryNoticeDays(kNow + c.left, kNow), c.days) << c.left;
}

TEST(ExpiryNoticeDays, StandsInTheWarning) {
  const struct {
    absl::Duration left;
    const char* text;
  } cases[] = {{20 * kDay, "within 30 days"},
               {10 * kDay, "within 14 days"},
               {5 * kDay, "within 7 days"},
               {kDay / 2, "within 1 day;"},
               {-kDay, "expired on"}};
  for (const auto& c : cases) {
    const std::vector<absl::Time> ends = {kNow + c.left};
    const std::vector<Warning> warnings = Warnings(std::nullopt, ends, kNow);
    ASSERT_EQ(warnings.size(), 1u) << c.text;
    EXPECT_TRUE(absl::StrContains(warnings[0].description, c.text)) << warnings[0].description;
  }
}

}  // namespace
}  // namespace gatehouse
