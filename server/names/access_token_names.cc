#include "server/names/access_token_names.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

constexpr absl::string_view kCollection = "accessTokens/";

}  // namespace

absl::StatusOr<AccessTokenId> ParseAccessTokenName(absl::string_view field,
                                                   absl::string_view name) {
  absl::string_view id = name;
  if (absl::ConsumePrefix(&id, kCollection)) {
    auto parsed = AccessTokenId::Parse(field, id);
    if (parsed.ok()) return parsed;
  }
  return InvalidField(field, name, "accessTokens/{token}");
}

std::string AccessTokenNameOf(const AccessTokenId& id) {
  return absl::StrCat(kCollection, id.value());
}

}  // namespace gatehouse
