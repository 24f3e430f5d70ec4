// Identifiers of resources: parsed once at the edge, strings nowhere else.
//
//   ASSIGN_OR_RETURN(auto organization, OrganizationId::Parse("organization_id", "acme"));
#ifndef GATEHOUSE_POLICY_IDS_H_
#define GATEHOUSE_POLICY_IDS_H_

#include <compare>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gatehouse {

// OK if `id` is `[a-z][a-z0-9-]{1,62}`; else INVALID_ARGUMENT naming `field`.
absl::Status CheckSlug(absl::string_view field, absl::string_view id);

// A slug `[a-z][a-z0-9-]{1,62}`; `Tag` keeps the kinds apart.
template <typename Tag>
class Id {
 public:
  // The empty id: of nothing.
  Id() = default;

  static absl::StatusOr<Id> Parse(absl::string_view field, absl::string_view id) {
    if (absl::Status status = CheckSlug(field, id); !status.ok()) return status;
    return Id(std::string(id));
  }
  // For an id that was parsed before: read from a record, or made by NewId.
  static Id FromTrusted(absl::string_view id) { return Id(std::string(id)); }

  const std::string& value() const { return value_; }
  bool empty() const { return value_.empty(); }

  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Id& id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  explicit Id(std::string value) : value_(std::move(value)) {}
  std::string value_;
};

using OrganizationId = Id<struct OrganizationTag>;
using UserId = Id<struct UserTag>;                      // "u" + 20 random base32 digits
using SsoProfileId = Id<struct SsoProfileTag>;          // chosen by the caller
using ConnectionTestId = Id<struct ConnectionTestTag>;  // "t" + 20 random base32 digits

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_IDS_H_
