// Times as people write and read them.
#ifndef GATEHOUSE_CLIENT_CLI_TIME_TEXT_H_
#define GATEHOUSE_CLIENT_CLI_TIME_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gatehouse::cli {

// "2026-03-01T09:30:00Z", in UTC, to the second.
std::string Rfc3339(absl::Time time);

// "just now", "5 minutes ago", "in 3 days"; one unit, rounded down but
// for the last second of a time ahead.
std::string Relative(absl::Time time, absl::Time now);

// Like "90s", "5m", "1h30m", "30d", "2w"; positive.
// INVALID_ARGUMENT says what was expected.
absl::StatusOr<absl::Duration> ParsePeriod(absl::string_view text);

// An RFC 3339 time, or a period from `now` on ("30d").
// INVALID_ARGUMENT says what was expected.
absl::StatusOr<absl::Time> ParseMoment(absl::string_view text, absl::Time now);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_TIME_TEXT_H_
