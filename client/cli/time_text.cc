#include "client/cli/time_text.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"

namespace gatehouse::cli {
namespace {

struct Unit {
  absl::Duration length;
  absl::string_view singular;
};

constexpr Unit kUnits[] = {
    {absl::Hours(24 * 365), "year"}, {absl::Hours(24), "day"},     {absl::Hours(1), "hour"},
    {absl::Minutes(1), "minute"},    {absl::Seconds(1), "second"},
};

// absl::ParseDuration knows no unit above the hour.
bool ParseDays(absl::string_view text, absl::Duration* period) {
  int64_t count = 0;
  const bool weeks = absl::EndsWith(text, "w");
  if (!weeks && !absl::EndsWith(text, "d")) return false;
  text.remove_suffix(1);
  if (!absl::SimpleAtoi(text, &count)) return false;
  *period = count * absl::Hours(weeks ? 24 * 7 : 24);
  return true;
}

}  // namespace

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string Relative(absl::Time time, absl::Time now) {
  const bool past = time <= now;
  // "30d" from now on, shown a moment later, is still "in 30 days".
  const absl::Duration distance = past ? now - time : time - now + absl::Seconds(1);
  for (const Unit& unit : kUnits) {
    const int64_t count = distance / unit.length;
    if (count == 0) continue;
    const std::string amount = absl::StrCat(count, " ", unit.singular, count == 1 ? "" : "s");
    return past ? absl::StrCat(amount, " ago") : absl::StrCat("in ", amount);
  }
  return "just now";
}

absl::StatusOr<absl::Duration> ParsePeriod(absl::string_view text) {
  absl::Duration period;
  if ((ParseDays(text, &period) || absl::ParseDuration(text, &period)) &&
      period > absl::ZeroDuration() && period != absl::InfiniteDuration()) {
    return period;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(Quoted(text), " is not a period: expected one like 30s, 5m, 12h, 30d or 2w"));
}

absl::StatusOr<absl::Time> ParseMoment(absl::string_view text, absl::Time now) {
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return time;
  if (absl::StatusOr<absl::Duration> period = ParsePeriod(text); period.ok()) return now + *period;
  return absl::InvalidArgumentError(
      absl::StrCat(Quoted(text),
                   " is not a time: expected one like 2026-12-31T18:00:00Z, or a period from now "
                   "on like 12h or 30d"));
}

}  // namespace gatehouse::cli
