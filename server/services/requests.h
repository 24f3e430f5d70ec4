// Parsing of what many requests have in common: pages, etags, masks, times.
#ifndef GATEHOUSE_SERVER_SERVICES_REQUESTS_H_
#define GATEHOUSE_SERVER_SERVICES_REQUESTS_H_

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <initializer_list>
#include <optional>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/errors.h"
#include "server/managers/page.h"
#include "storage/engine.h"

namespace gatehouse {

// A page request. `scope`: everything that must be the same on every page
// (method, parent, filters); it is bound into the token. INVALID_ARGUMENT: a
// negative page_size (above 1,000 means 1,000), or a page_token that no earlier
// page of this very list gave.
absl::StatusOr<PageRequest> ParsePage(int32_t page_size, absl::string_view page_token,
                                      std::initializer_list<absl::string_view> scope);
// The token for the page after `cursor`; empty if the cursor is.
std::string RenderPageToken(absl::string_view cursor,
                            std::initializer_list<absl::string_view> scope);

// nullopt if empty. INVALID_ARGUMENT if it is not of the form that RenderEtag makes.
absl::StatusOr<std::optional<storage::Revision>> ParseEtag(absl::string_view field,
                                                           absl::string_view etag);
std::string RenderEtag(storage::Revision mod_revision);

// The paths of a mask. INVALID_ARGUMENT for one that is not in `allowed`.
absl::StatusOr<std::set<std::string>> ParseUpdateMask(
    const google::protobuf::FieldMask& mask, std::initializer_list<absl::string_view> allowed);

// INVALID_ARGUMENT for one outside 0001-01-01 to 9999-12-31.
absl::StatusOr<absl::Time> ParseTime(absl::string_view field,
                                     const google::protobuf::Timestamp& time);
// Microseconds; must be finite.
google::protobuf::Timestamp RenderTime(absl::Time time);

// An enum of the API as one of policy/, whose values are numbered alike.
// `unspecified` stands for 0; nullopt: 0 is refused. INVALID_ARGUMENT for a
// number that the API does not define.
template <typename PolicyEnum, typename ApiEnum>
absl::StatusOr<PolicyEnum> ParseEnum(absl::string_view field, ApiEnum value,
                                     std::optional<PolicyEnum> unspecified, bool (*is_valid)(int)) {
  if (value == 0 && unspecified) return *unspecified;
  if (value == 0) return InvalidField(field, "UNSPECIFIED", "a value to be given");
  if (!is_valid(value)) {
    return InvalidField(field, absl::StrCat(static_cast<int>(value)),
                        "a value that the API defines");
  }
  return static_cast<PolicyEnum>(value);
}

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_REQUESTS_H_
