#include "client/cli/time_text.h"

#include <gtest/gtest.h>

namespace gatehouse::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'780'000'000);  // 2026-05-28T20:26:40Z

TEST(Rfc3339, IsUtcToTheSecond) {
  EXPECT_EQ(Rfc3339(kNow + absl::Milliseconds(500)), "2026-05-28T20:26:40Z");
}

TEST(Relative, SaysTheLargestUnit) {
  const struct {
    absl::Duration ago;
    const char* text;
  } cases[] = {
      {absl::ZeroDuration(), "just now"},     {absl::Milliseconds(900), "just now"},
      {absl::Seconds(1), "1 second ago"},     {absl::Seconds(59), "59 seconds ago"},
      {absl::Seconds(119), "1 minute ago"},   {absl::Hours(23), "23 hours ago"},
      {absl::Hours(24), "1 day ago"},         {absl::Hours(24 * 65), "65 days ago"},
      {absl::Hours(24 * 800), "2 years ago"}, {-absl::Minutes(10), "in 10 minutes"},
      {-absl::Hours(24 * 3), "in 3 days"},    {-absl::Milliseconds(1), "in 1 second"},
  };
  for (const auto& c : cases) EXPECT_EQ(Relative(kNow - c.ago, kNow), c.text);
}

TEST(ParsePeriod, TakesSecondsToWeeks) {
  EXPECT_EQ(ParsePeriod("90s").value(), absl::Seconds(90));
  EXPECT_EQ(ParsePeriod("1h30m").value(), absl::Minutes(90));
  EXPECT_EQ(ParsePeriod("30d").value(), absl::Hours(24 * 30));
  EXPECT_EQ(ParsePeriod("2w").value(), absl::Hours(24 * 14));
}

TEST(ParsePeriod, RefusesWhatIsNoPositiveLength) {
  for (const char* text : {"", "d", "w", "5", "0s", "0d", "-1d", "-5m", "inf", "1y", "1.5d", "x"}) {
    EXPECT_EQ(ParsePeriod(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(ParseMoment, TakesATimeOrAPeriodFromNow) {
  EXPECT_EQ(ParseMoment("2026-12-31T18:00:00Z", kNow).value(), absl::FromUnixSeconds(1798740000));
  EXPECT_EQ(ParseMoment("2026-12-31T19:00:00+01:00", kNow).value(),
            absl::FromUnixSeconds(1798740000));
  EXPECT_EQ(ParseMoment("1d", kNow).value(), kNow + absl::Hours(24));
}

TEST(ParseMoment, SaysWhatWasExpected) {
  const absl::Status status = ParseMoment("tomorrow", kNow).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("\"tomorrow\""), absl::string_view::npos);
  EXPECT_NE(status.message().find("30d"), absl::string_view::npos);
}

}  // namespace
}  // namespace gatehouse::cli
