// Short ids and full resource names, either of which a command accepts.
#ifndef GATEHOUSE_CLIENT_CLI_RESOURCE_NAMES_H_
#define GATEHOUSE_CLIENT_CLI_RESOURCE_NAMES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gatehouse::cli {

// Whether `text` is meant as a full name: it begins with "organizations/".
bool IsFullName(absl::string_view text);

// "acme" or "organizations/acme" as "organizations/acme". A usage error for
// anything else.
absl::StatusOr<std::string> OrganizationName(absl::string_view text);

// Of "domains" and "acme.example" in "organizations/acme":
// "organizations/acme/domains/acme.example". A full name of that collection
// stays, whatever `organization` is. Usage errors: a full name of something
// else, or a short id when `organization` is empty.
absl::StatusOr<std::string> ChildName(absl::string_view text, absl::string_view collection,
                                      absl::string_view organization);

// "organizations/acme" of a full name in it.
std::string OrganizationOf(absl::string_view full_name);

// What stands after the last '/'.
std::string LastPart(absl::string_view name);

// "domain" for "domains", "profile" for "ssoProfiles"; "" for none of ours.
absl::string_view NounOfCollection(absl::string_view collection);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_RESOURCE_NAMES_H_
