// Users in tables.
#ifndef GATEHOUSE_CLIENT_CLI_USER_TABLE_H_
#define GATEHOUSE_CLIENT_CLI_USER_TABLE_H_

#include <string>
#include <vector>

#include "client/cli/call.h"
#include "client/cli/enum_names.h"
#include "client/cli/resource_names.h"
#include "client/cli/table.h"
#include "gatehouse/v1/user.pb.h"

namespace gatehouse::cli {

inline Cell SsoStatusCell(v1::User::SsoStatus status) {
  Tone tone = Tone::kPlain;
  if (status == v1::User::SSO_STATUS_ENFORCED) tone = Tone::kGood;
  if (status == v1::User::SSO_STATUS_EXEMPT) tone = Tone::kWarning;
  if (status == v1::User::SSO_STATUS_DENIED) tone = Tone::kBad;
  return Cell(ShortName(status), tone);
}

inline std::vector<ListColumn<v1::User>> UserColumns() {
  return {
      {"EMAIL", [](const v1::User& u) { return u.email(); }},
      {"DISPLAY NAME", [](const v1::User& u) { return u.display_name(); }},
      {"ROLE", [](const v1::User& u) { return ShortName(u.role()); }},
      {"TYPE", [](const v1::User& u) { return ShortName(u.type()); }},
      {"SSO STATUS", [](const v1::User& u) { return SsoStatusCell(u.sso_status()); }},
      {"BECAUSE", [](const v1::User& u) { return ShortName(u.sso_status_reason()); }},
      {"USER", [](const v1::User& u) { return LastPart(u.name()); }},
  };
}

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_USER_TABLE_H_
