#include "server/services/requests.h"

#include <xxhash.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

constexpr int32_t kDefaultPageSize = 50;
constexpr int32_t kMaxPageSize = 1000;
constexpr size_t kChecksumDigits = 16;
constexpr size_t kMaxPageTokenBytes = 2048;

// Detects a token of another list or a broken one. No secret: a cursor gives no
// access that the list itself does not give.
std::string Checksum(absl::string_view cursor, std::initializer_list<absl::string_view> scope) {
  std::string bytes = absl::StrCat(cursor.size(), ":", cursor);
  for (absl::string_view part : scope) absl::StrAppend(&bytes, part.size(), ":", part);
  return absl::StrFormat("%016x", XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace

absl::StatusOr<PageRequest> ParsePage(int32_t page_size, absl::string_view page_token,
                                      std::initializer_list<absl::string_view> scope) {
  if (page_size < 0) {
    return InvalidField("page_size", absl::StrCat(page_size), "0 (for 50) to 1000");
  }
  PageRequest page;
  page.size =
      static_cast<size_t>(page_size == 0 ? kDefaultPageSize : std::min(page_size, kMaxPageSize));
  if (page_token.empty()) return page;
  std::string decoded;
  if (page_token.size() <= kMaxPageTokenBytes &&
      absl::WebSafeBase64Unescape(page_token, &decoded) && decoded.size() > kChecksumDigits) {
    page.after = decoded.substr(kChecksumDigits);
    if (decoded.substr(0, kChecksumDigits) == Checksum(page.after, scope)) return page;
  }
  return InvalidField("page_token", page_token,
                      "the next_page_token of this list, asked for with the same fields");
}

std::string RenderPageToken(absl::string_view cursor,
                            std::initializer_list<absl::string_view> scope) {
  if (cursor.empty()) return "";
  return absl::WebSafeBase64Escape(absl::StrCat(Checksum(cursor, scope), cursor));
}

absl::StatusOr<std::optional<storage::Revision>> ParseEtag(absl::string_view field,
                                                           absl::string_view etag) {
  if (etag.empty()) return std::nullopt;
  storage::Revision revision = 0;
  if (!absl::SimpleAtoi(etag, &revision) || RenderEtag(revision) != etag) {
    return InvalidField(field, etag, "an etag that the server gave");
  }
  return revision;
}

std::string RenderEtag(storage::Revision mod_revision) { return absl::StrCat(mod_revision); }

absl::StatusOr<std::set<std::string>> ParseUpdateMask(
    const google::protobuf::FieldMask& mask, std::initializer_list<absl::string_view> allowed) {
  std::set<std::string> paths;
  for (const std::string& path : mask.paths()) {
    if (std::find(allowed.begin(), allowed.end(), path) == allowed.end()) {
      return InvalidField("update_mask", path,
                          absl::StrCat("one of ", absl::StrJoin(allowed, ", ")));
    }
    paths.insert(path);
  }
  return paths;
}

absl::StatusOr<absl::Time> ParseTime(absl::string_view field,
                                     const google::protobuf::Timestamp& time) {
  constexpr int64_t kMinSeconds = -62135596800;  // 0001-01-01T00:00:00Z
  constexpr int64_t kMaxSeconds = 253402300799;  // 9999-12-31T23:59:59Z
  if (time.seconds() < kMinSeconds || time.seconds() > kMaxSeconds || time.nanos() < 0 ||
      time.nanos() > 999'999'999) {
    return InvalidField(field, absl::StrCat(time.seconds(), "s ", time.nanos(), "ns"),
                        "a time from 0001-01-01 to 9999-12-31");
  }
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

google::protobuf::Timestamp RenderTime(absl::Time time) {
  const int64_t micros = absl::ToUnixMicros(time);
  google::protobuf::Timestamp rendered;
  // Floor division: nanos is never negative.
  const int64_t seconds = absl::ToUnixSeconds(time);
  rendered.set_seconds(seconds);
  rendered.set_nanos(static_cast<int32_t>((micros - seconds * 1'000'000) * 1000));
  return rendered;
}

}  // namespace gatehouse
