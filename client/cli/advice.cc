#include "client/cli/advice.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/cli/resource_names.h"
#include "client/cli/text.h"

namespace gatehouse::cli {
namespace {

struct Advice {
  absl::string_view reason;
  // {subject}: the resource, or the placeholder that follows it.
  // {profile}: the SSO profile that the resource belongs to.
  // {org}: " --org acme" of the resource's organization, or nothing.
  absl::string_view text;
};

constexpr Advice kAdvice[] = {
    {"REQUEST_ID_REUSED", "use a --request-id that no other request had, or none"},
    {"ETAG_MISMATCH", "someone else has changed it: read it again and give the new --etag"},
    {"CONCURRENT_CHANGE", "run the command again"},
    {"REVISION_NOT_REACHED", "this server is behind; try again in a moment"},
    {"ORGANIZATION_NOT_EMPTY",
     "remove what it owns first: gatehouse domain list{org}; gatehouse user list{org}; "
     "gatehouse profile list{org}"},
    {"PUBLIC_SUFFIX", "claim the registered domain itself, acme.co.uk for example"},
    {"DOMAIN_HELD_ELSEWHERE", "that organization has to remove the domain first"},
    {"DOMAIN_NOT_VERIFIED", "gatehouse domain verify {subject:DOMAIN}"},
    {"DOMAIN_ENFORCED", "gatehouse enforcement release {subject:DOMAIN}"},
    {"DOMAIN_NOT_ENFORCED", "see what is enforced: gatehouse enforcement list{org}"},
    {"DNS_RECORD_MISSING",
     "once your name servers answer with the record: gatehouse domain verify {subject:DOMAIN}"},
    {"DNS_RECORD_WRONG", "once it is corrected: gatehouse domain verify {subject:DOMAIN}"},
    {"DNS_UNAVAILABLE", "nothing has changed; verify again when DNS answers"},
    {"USER_EXISTS", "find the user by address: gatehouse user lookup EMAIL{org}"},
    {"PROFILE_ENFORCED",
     "release its domains, or enforce them through another profile, first: "
     "gatehouse enforcement list{org}"},
    {"CONNECTION_TEST_REQUIRED", "gatehouse test start {profile}"},
    {"CONNECTION_TEST_STALE", "gatehouse test start {profile}"},
    {"CONNECTION_TEST_FINISHED", "start another: gatehouse test start {profile}"},
    {"CONNECTION_TEST_EXPIRED", "start another: gatehouse test start {profile}"},
    {"ACTING_USER_NOT_ADMIN", "see who is: gatehouse user list{org} --role admin, or --role owner"},
    {"WOULD_LOCK_OUT",
     "keep a way in: gatehouse exemption create ADMIN{org} --kind break-glass --reason WHY"},
    {"PLAN_OUTDATED", "run the command again and look at the new plan"},
    {"STORE_UNAVAILABLE",
     "read back what you changed, since a write may have taken effect; then try again"},
    {"STORE_CORRUPT", "trying again does not help: an operator must restore the record"},
    {"SHUTTING_DOWN", "the server is going down; try again in a moment, or at another server"},
    {"OVERLOADED", "wait, then try again"},
    {"INTERNAL", "tell the operator; the server's log has more"},
    {"CREDENTIAL_MISSING",
     "give a token: --token-file FILE, or GATEHOUSE_TOKEN; the server's first start wrote one to "
     "operator.token in its data directory"},
    {"CREDENTIAL_INVALID", "the token is not known here, or was revoked: ask an operator for one"},
    {"CREDENTIAL_EXPIRED", "ask an operator: gatehouse token create, or rotate it in time"},
    {"PERMISSION_DENIED", "use a token whose role and organizations reach this"},
    {"RATE_LIMITED", "wait, then go on more slowly"},
    {"ACCESS_TOKEN_ENDED", "make a new one: gatehouse token create"},
    {"AUDIT_EVENTS_REMOVED", "see what is kept: gatehouse audit list{org}"},
    {"WATCH_TOO_SLOW", "run the command again; it goes on where it stopped"},
    {"HTTPS_FILE_MISSING",
     "once the file is there: gatehouse domain verify {subject:DOMAIN} --https"},
    {"HTTPS_FILE_WRONG", "once it is corrected: gatehouse domain verify {subject:DOMAIN} --https"},
    {"HTTPS_UNAVAILABLE", "nothing has changed; verify again when the web server answers"},
    {"IDP_UNAVAILABLE", "check the URL, and try again when the IdP answers"},
    {"USER_NOT_MANAGED", "verify the user's domain and import the user, which claims them"},
    {"USER_EXEMPT", "delete the exemption first: gatehouse exemption delete {subject:USER}"},
    {"NOTHING_STAGED", "there is nothing to test but the profile itself: leave out --staged"},
    {"NOT_PAUSED", "there is nothing to resume"},
    // Warnings of a plan.
    {"CERTIFICATE_EXPIRES_SOON",
     "add the next one beside it: "
     "gatehouse profile update {profile} --certificate OLD.pem --certificate NEW.pem"},
    {"CERTIFICATE_EXPIRED", "replace it: gatehouse profile update {profile} --certificate NEW.pem"},
    {"NO_BREAK_GLASS", "gatehouse exemption create ADMIN{org} --kind break-glass --reason WHY"},
    {"SETTINGS_STAGED", "gatehouse test start {profile} --staged"},
    {"NO_MANAGED_USERS", "gatehouse user import FILE{org}"},
    {"INDEPENDENT_USERS_LEFT_OUT", "gatehouse user import FILE{org}"},
    {"DOMAIN_MOVES", ""},
};

std::string OrganizationFlag(absl::string_view subject) {
  const std::vector<absl::string_view> parts = absl::StrSplit(subject, '/');
  if (parts.size() < 2 || parts[0] != "organizations") return "";
  return absl::StrCat(" --org ", parts[1]);
}

std::string ProfileOf(absl::string_view subject) {
  std::vector<absl::string_view> parts = absl::StrSplit(subject, '/');
  if (parts.size() < 4 || parts[2] != "ssoProfiles") return "PROFILE";
  parts.resize(4);
  return absl::StrJoin(parts, "/");
}

// The command that shows what exists beside a name that does not.
std::string ListBeside(absl::string_view subject) {
  const std::vector<absl::string_view> parts = absl::StrSplit(subject, '/');
  if (parts.size() <= 2) return "see what exists: gatehouse organization list";
  absl::string_view noun = NounOfCollection(parts[2]);
  if (parts.size() > 4 || noun.empty()) return "";
  return absl::StrCat("see what exists: gatehouse ", noun, " list", OrganizationFlag(subject));
}

// The command that shows what has the name already.
std::string ShowExisting(absl::string_view subject) {
  const std::vector<absl::string_view> parts = absl::StrSplit(subject, '/');
  const absl::string_view noun = parts.size() == 2   ? "organization"
                                 : parts.size() == 4 ? NounOfCollection(parts[2])
                                                     : "";
  if (noun == "exemption")
    return absl::StrCat("see it: gatehouse exemption list", OrganizationFlag(subject));
  if (noun.empty()) return "choose another id, or use the one that exists";
  return absl::StrCat("see it: gatehouse ", noun, " get ", subject);
}

}  // namespace

std::string NextStep(absl::string_view reason, absl::string_view subject) {
  const std::string shown = Printable(subject);
  if (reason == "RESOURCE_NOT_FOUND") return shown.empty() ? "" : ListBeside(shown);
  if (reason == "RESOURCE_EXISTS") return ShowExisting(shown);
  for (const Advice& advice : kAdvice) {
    if (advice.reason != reason) continue;
    return absl::StrReplaceAll(advice.text, {{"{subject:DOMAIN}", shown.empty() ? "DOMAIN" : shown},
                                             {"{profile}", ProfileOf(shown)},
                                             {"{org}", OrganizationFlag(shown)}});
  }
  return "";
}

}  // namespace gatehouse::cli
