#include "client/cli/resource_names.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/cli/errors.h"
#include "policy/errors.h"

namespace gatehouse::cli {
namespace {

constexpr std::pair<absl::string_view, absl::string_view> kNouns[] = {
    {"domains", "domain"},           {"users", "user"},           {"ssoProfiles", "profile"},
    {"enforcements", "enforcement"}, {"exemptions", "exemption"},
};

bool IsShortId(absl::string_view text) { return !text.empty() && !absl::StrContains(text, '/'); }

}  // namespace

bool IsFullName(absl::string_view text) { return absl::StartsWith(text, "organizations/"); }

absl::StatusOr<std::string> OrganizationName(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  if (IsShortId(text)) return absl::StrCat("organizations/", text);
  if (parts.size() == 2 && IsFullName(text) && !parts[1].empty()) return std::string(text);
  return UsageError(absl::StrCat("organization ", Quoted(text),
                                 ": expected an id like acme, or organizations/acme"));
}

absl::StatusOr<std::string> ChildName(absl::string_view text, absl::string_view collection,
                                      absl::string_view organization) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  if (IsFullName(text) && parts.size() == 4 && parts[2] == collection && !parts[1].empty() &&
      !parts[3].empty()) {
    return std::string(text);
  }
  if (!IsShortId(text)) {
    return UsageError(absl::StrCat(NounOfCollection(collection), " ", Quoted(text),
                                   ": expected a short id, or organizations/ORG/", collection,
                                   "/ID"));
  }
  if (organization.empty()) {
    return UsageError(absl::StrCat("whose ", NounOfCollection(collection), " ", Quoted(text),
                                   " is meant? Give --org (or set GATEHOUSE_ORG), or its full "
                                   "name, organizations/ORG/",
                                   collection, "/", text));
  }
  return absl::StrCat(organization, "/", collection, "/", text);
}

std::string OrganizationOf(absl::string_view full_name) {
  std::vector<absl::string_view> parts = absl::StrSplit(full_name, '/');
  if (parts.size() > 2) parts.resize(2);
  return absl::StrJoin(parts, "/");
}

std::string LastPart(absl::string_view name) {
  return std::string(name.substr(name.rfind('/') + 1));
}

absl::string_view NounOfCollection(absl::string_view collection) {
  for (const auto& [plural, noun] : kNouns) {
    if (plural == collection) return noun;
  }
  return "";
}

}  // namespace gatehouse::cli
