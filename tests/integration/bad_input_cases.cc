#include "tests/integration/bad_input_cases.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace gatehouse {
namespace {

using Code = absl::StatusCode;
using Cases = std::vector<BadInputCase>;

// `value` as a string of the text format.
std::string Text(absl::string_view value) { return absl::StrCat("\"", absl::CEscape(value), "\""); }

// Names that are of another kind, or of nothing. `kind`: what the right name has
// after its organization ("/domains/acme.example"); empty: an organization's.
std::vector<std::string> WrongNames(absl::string_view kind) {
  std::vector<std::string> names = {
      "",
      "acme",
      "/",
      "organizations",
      "organizations/",
      "organizations//",
      "organizations/Acme",
      "organizations/a",
      "organizations/acme/",
      "projects/acme",
      "/organizations/acme",
      "organizations/acme/domains/acme.example/users/u",
      "organizations/../acme",
      absl::StrCat("organizations/", std::string(64, 'a')),
      absl::StrCat("organizations/acme", kind, "/"),
      absl::StrCat("organizations/", std::string(100'000, '/')),
  };
  for (const char* other :
       {"", "/domains/acme.example", "/users/u0", "/ssoProfiles/idp", "/enforcements/acme.example",
        "/exemptions/u0", "/ssoProfiles/idp/connectionTests/t0"}) {
    if (kind != other) names.push_back(absl::StrCat("organizations/acme", other));
  }
  return names;
}

void AddWrongNames(absl::string_view method, absl::string_view field, absl::string_view kind,
                   Cases& cases) {
  for (const std::string& name : WrongNames(kind)) {
    // "user.name" is written as a message in a message.
    const size_t dot = field.find('.');
    std::string request = dot == absl::string_view::npos
                              ? absl::StrCat(field, ": ", Text(name))
                              : absl::StrCat(field.substr(0, dot), " { ", field.substr(dot + 1),
                                             ": ", Text(name), " }");
    cases.push_back({std::string(method), std::move(request), std::string(field)});
  }
}

// What each list must refuse. `others`: placeholders of page tokens of other
// lists.
void AddBadPages(absl::string_view method, absl::string_view parent,
                 std::initializer_list<absl::string_view> others, Cases& cases) {
  const auto add = [&](absl::string_view request, absl::string_view field) {
    cases.push_back({std::string(method), absl::StrCat(parent, " ", request), std::string(field)});
  };
  add("page_size: -1", "page_size");
  add("page_size: -2147483648", "page_size");
  for (absl::string_view token : {"garbage", "!!!", "=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    add(absl::StrCat("page_token: '", token, "'"), "page_token");
  }
  add(absl::StrCat("page_token: ", Text(std::string(100'000, 'A'))), "page_token");
  for (absl::string_view other : others) {
    add(absl::StrCat("page_token: '{", other, "}'"), "page_token");
  }
}

void AddBadEtags(absl::string_view method, absl::string_view request, absl::string_view before,
                 absl::string_view after, absl::string_view field, Cases& cases) {
  for (absl::string_view etag : {"x", "-1", "+1", " 1", "01", "1.0", "99999999999999999999"}) {
    cases.push_back({std::string(method),
                     absl::StrCat(request, before, "etag: '", etag, "'", after),
                     std::string(field)});
  }
}

const std::string& LongText() {
  static const auto* text = new std::string(100'000, 'x');
  return *text;
}

std::vector<std::string> BadEmails() {
  return {"",
          "plain",
          "two@at@signs.example",
          "@acme.example",
          "a@",
          "a b@acme.example",
          "\"quoted\"@acme.example",
          "a@[127.0.0.1]",
          "a@127.0.0.1",
          "a@localhost",
          "a..b@acme.example",
          "a@acme.example\n",
          "a\r\nBcc: b@acme.example",
          "a@acme_.example",
          "a@xn--a.example",
          "a\u202e@acme.example",
          absl::StrCat(std::string(65, 'a'), "@acme.example"),
          absl::StrCat("a@", std::string(260, 'b'), ".example"),
          LongText()};
}

std::vector<std::string> BadDomains() {
  return {"",
          ".",
          "localhost",
          "com",
          "acme.example.",
          "acme..example",
          ".acme.example",
          "a_b.example",
          "-a.example",
          "a-.example",
          "ab--c.example",
          "xn--a.example",
          "xn--99999999999.example",
          "127.0.0.1",
          "127.1",
          "[::1]",
          "a b.example",
          "*.example",
          "a@b.example",
          "https://acme.example",
          "acme.example/x",
          "a\u05d0.example",
          "\u05d0a.example",
          "a\u200db.example",
          "a\u202eb.example",
          "a\uff0fb.example",
          "\u0301a.example",
          absl::StrCat(std::string(64, 'a'), ".example"),
          LongText()};
}

// What PlanEnforcement and EnforceDomains both refuse. `through`: a profile and
// an admin that are right.
void AddBadEnforcements(const std::string& through, const std::string& hundred_and_one,
                        Cases& cases) {
  const std::string acme = "parent: 'organizations/acme' ";
  const std::string on_acme = acme + "domains: 'acme.example' ";
  const std::string whole = on_acme + through;
  for (const std::string method :
       {"EnforcementService/PlanEnforcement", "EnforcementService/EnforceDomains"}) {
    const Cases both = {
        {method, acme + through, "domains"},
        {method, absl::StrCat(acme, through, hundred_and_one), "domains"},
        {method, whole + "domains: 'acme.example'", "domains[1]"},
        {method, whole + "domains: '127.0.0.1'", "domains[1]"},
        {method, on_acme + "acting_admin: '{user}'", "sso_profile"},
        {method,
         on_acme + "acting_admin: '{user}' "
                   "sso_profile: 'organizations/rival/ssoProfiles/idp'",
         "sso_profile"},
        {method,
         on_acme + "acting_admin: '{user}' "
                   "sso_profile: 'organizations/acme/ssoProfiles/none'",
         "", Code::kNotFound, "RESOURCE_NOT_FOUND"},
        {method, on_acme + "sso_profile: 'organizations/acme/ssoProfiles/idp'", "acting_admin"},
        {method,
         on_acme + "sso_profile: 'organizations/acme/ssoProfiles/idp' "
                   "acting_admin: '{rival_user}'",
         "acting_admin"},
        {method, whole + "mode: 7", "mode"},
        {method, whole + "unmanaged_users: -7", "unmanaged_users"},
        {method, whole + "exemption_expire_time { seconds: 1 }", "exemption_expire_time"},
        {method, whole + "exemption_expire_time { nanos: -1 }", "exemption_expire_time"},
        {method, whole + "exemption_expire_time { seconds: 4102444800 nanos: 1000000000 }",
         "exemption_expire_time"},
        {method, whole + "exemption_expire_time { seconds: -9223372036854775808 }",
         "exemption_expire_time"},
    };
    cases.insert(cases.end(), both.begin(), both.end());
    AddWrongNames(method, "parent", "", cases);
  }
}

}  // namespace

Cases BadOrganizationRequests() {
  const std::string create = "OrganizationService/CreateOrganization";
  const std::string update = "OrganizationService/UpdateOrganization";
  const std::string named = "organization { name: 'organizations/acme' ";
  Cases cases = {
      {create, "organization_id: 'new'", "organization.display_name"},
      {create, "organization_id: 'new' organization { display_name: 'a\\nb' }",
       "organization.display_name"},
      {create,
       absl::StrCat("organization_id: 'new' organization { display_name: ",
                    Text(std::string(201, 'x')), " }"),
       "organization.display_name"},
      {create,
       absl::StrCat("organization_id: 'new' organization { display_name: 'x' } request_id: ",
                    Text(std::string(65, 'x'))),
       "request_id"},
      {create, "organization_id: 'new' organization { display_name: 'x' } request_id: 'a b'",
       "request_id"},
      {create, "organization_id: 'acme' organization { display_name: 'x' }", "",
       Code::kAlreadyExists, "RESOURCE_EXISTS"},
      {"OrganizationService/GetOrganization", "name: 'organizations/none'", "", Code::kNotFound,
       "RESOURCE_NOT_FOUND"},
      {update, named + "display_name: '' } update_mask { paths: 'display_name' }",
       "organization.display_name"},
      {update, named + "} update_mask { paths: 'name' }", "update_mask"},
      {update, named + "} update_mask { paths: '*' }", "update_mask"},
      {update, named + "} update_mask { paths: 'organization.display_name' }", "update_mask"},
      {update, named + "} update_mask { paths: 'display_name' paths: '' }", "update_mask"},
      {update, named + "display_name: 'x' etag: '999999' }", "", Code::kAborted, "ETAG_MISMATCH"},
      {"OrganizationService/DeleteOrganization", "name: 'organizations/acme' etag: '999999'", "",
       Code::kAborted, "ETAG_MISMATCH"},
      {"OrganizationService/DeleteOrganization", "name: 'organizations/acme'", "",
       Code::kFailedPrecondition, "ORGANIZATION_NOT_EMPTY"},
  };
  for (const std::string& id :
       {std::string(), std::string("a"), std::string("Acme"), std::string("1acme"),
        std::string("-acme"), std::string("ac_me"), std::string("ac/me"), std::string("acm\u00e9"),
        std::string(64, 'a'), LongText()}) {
    cases.push_back(
        {create, absl::StrCat("organization_id: ", Text(id), " organization { display_name: 'x' }"),
         "organization_id"});
  }
  AddWrongNames("OrganizationService/GetOrganization", "name", "", cases);
  AddWrongNames("OrganizationService/DeleteOrganization", "name", "", cases);
  AddWrongNames(update, "organization.name", "", cases);
  AddBadEtags(update, named, "", " }", "organization.etag", cases);
  AddBadEtags("OrganizationService/DeleteOrganization", "name: 'organizations/acme' ", "", "",
              "etag", cases);
  AddBadPages("OrganizationService/ListOrganizations", "", {"domains_token", "users_token"}, cases);
  return cases;
}

Cases BadDomainRequests() {
  const std::string add = "DomainService/AddDomain";
  const std::string acme = "parent: 'organizations/acme' ";
  Cases cases = {
      {add, acme + "domain: 'co.uk'", "domain", Code::kInvalidArgument, "PUBLIC_SUFFIX"},
      {add, acme + "domain: 'github.io'", "domain", Code::kInvalidArgument, "PUBLIC_SUFFIX"},
      {add, acme + "domain: 'acme.example'", "", Code::kAlreadyExists, "RESOURCE_EXISTS"},
      {add, acme + "domain: 'ACME.\uff45xample'", "", Code::kAlreadyExists, "RESOURCE_EXISTS"},
      {add, "parent: 'organizations/none' domain: 'a.example'", "", Code::kNotFound,
       "RESOURCE_NOT_FOUND"},
      {add, acme + "domain: 'b.example' request_id: 'a\\tb'", "request_id"},
      {"DomainService/GetDomain", "name: 'organizations/acme/domains/none.example'", "",
       Code::kNotFound, "RESOURCE_NOT_FOUND"},
      // Of another organization, by one's own name and by its.
      {"DomainService/GetDomain", "name: 'organizations/acme/domains/rival.example'", "",
       Code::kNotFound, "RESOURCE_NOT_FOUND"},
      {"DomainService/VerifyDomain", "name: 'organizations/acme/domains/rival.example'", "",
       Code::kNotFound, "RESOURCE_NOT_FOUND"},
      {"DomainService/RemoveDomain", "name: 'organizations/acme/domains/rival.example'", "",
       Code::kNotFound, "RESOURCE_NOT_FOUND"},
      {"DomainService/RemoveDomain",
       "name: 'organizations/acme/domains/acme.example' etag: '999999'", "", Code::kAborted,
       "ETAG_MISMATCH"},
      {"DomainService/ListDomains", "parent: 'organizations/none'", "", Code::kNotFound,
       "RESOURCE_NOT_FOUND"},
  };
  for (const std::string& domain : BadDomains()) {
    cases.push_back({add, absl::StrCat(acme, "domain: ", Text(domain)), "domain"});
    if (domain.find('/') != std::string::npos) continue;
    cases.push_back({"DomainService/GetDomain",
                     absl::StrCat("name: ", Text("organizations/acme/domains/" + domain)), "name"});
  }
  AddWrongNames(add, "parent", "", cases);
  AddWrongNames("DomainService/ListDomains", "parent", "", cases);
  for (const char* method : {"GetDomain", "VerifyDomain", "RemoveDomain"}) {
    AddWrongNames(absl::StrCat("DomainService/", method), "name", "/domains/acme.example", cases);
  }
  AddBadEtags("DomainService/RemoveDomain", "name: 'organizations/acme/domains/acme.example' ", "",
              "", "etag", cases);
  AddBadPages("DomainService/ListDomains", acme,
              {"rival_domains_token", "users_token", "organizations_token"}, cases);
  return cases;
}

Cases BadUserRequests() {
  const std::string create = "UserService/CreateUser";
  const std::string list = "UserService/ListUsers";
  const std::string update = "UserService/UpdateUser";
  const std::string acme = "parent: 'organizations/acme' ";
  const std::string named = "user { name: '{user}' ";
  const std::string own = " update_mask { paths: 'sso_override' }";
  Cases cases = {
      {create, acme, "user.email"},
      {create, acme + "user { email: 'new@acme.example' role: 99 }", "user.role"},
      {create, acme + "user { email: 'new@acme.example' role: -1 }", "user.role"},
      {create,
       absl::StrCat(acme, "user { email: 'new@acme.example' display_name: ",
                    Text(std::string(201, 'x')), " }"),
       "user.display_name"},
      {create, acme + "user { email: 'new@acme.example' display_name: 'a\\u0085b' }",
       "user.display_name"},
      {create, acme + "user { email: 'OWNER@acme.example' }", "", Code::kAlreadyExists,
       "USER_EXISTS"},
      {create, "parent: 'organizations/none' user { email: 'a@b.example' }", "", Code::kNotFound,
       "RESOURCE_NOT_FOUND"},
      {"UserService/GetUser", "name: 'organizations/acme/users/u0'", "", Code::kNotFound,
       "RESOURCE_NOT_FOUND"},
      {"UserService/GetUser", "name: 'organizations/acme/users/{rival_id}'", "", Code::kNotFound,
       "RESOURCE_NOT_FOUND"},
      {"UserService/LookupUser", acme + "email: 'owner@rival.example'", "", Code::kNotFound,
       "RESOURCE_NOT_FOUND"},
      {list, acme + "type: 9", "type"},
      {list, acme + "type: -1", "type"},
      {list, acme + "role: 9", "role"},
      {list, acme + "sso_status: 2147483647", "sso_status"},
      {list, acme + "domain: 'a_b.example'", "domain"},
      {list, acme + "page_token: '{users_token}' type: TYPE_MANAGED", "page_token"},
      {update, named + "} update_mask { paths: 'email' }", "update_mask"},
      {update, named + "} update_mask { paths: 'type' }", "update_mask"},
      {update, named + "} update_mask { paths: 'role' }", "user.role"},
      {update, named + "role: 77 }", "user.role"},
      {update, named + "display_name: 'a\\tb' }", "user.display_name"},
      {update, named + "display_name: 'x' etag: '999999' }", "", Code::kAborted, "ETAG_MISMATCH"},
      {create, acme + "user { email: 'new@acme.example' sso_override { mode: MODE_EXEMPT } }",
       "user.sso_override"},
      {update, named + "} update_mask { paths: 'login_activity' }", "update_mask"},
      {update, named + "} update_mask { paths: 'sso_override.mode' }", "update_mask"},
      {update, named + "sso_override { mode: 9 } }" + own, "user.sso_override.mode"},
      {update, named + "sso_override { mode: MODE_REQUIRE_SSO } }" + own,
       "user.sso_override.sso_profile"},
      {update, named + "sso_override { mode: MODE_REQUIRE_SSO sso_profile: 'idp' } }" + own,
       "user.sso_override.sso_profile"},
      {update,
       named +
           "sso_override { mode: MODE_REQUIRE_SSO "
           "sso_profile: 'organizations/rival/ssoProfiles/idp' } }" +
           own,
       "user.sso_override.sso_profile"},
      {update, named + "sso_override { mode: MODE_EXEMPT } }" + own, "user.sso_override.reason"},
      {update, named + "sso_override { mode: MODE_FOLLOW_DOMAIN reason: 'x' } }" + own,
       "user.sso_override.reason"},
      {update,
       named +
           "sso_override { mode: MODE_REQUIRE_SSO "
           "sso_profile: 'organizations/acme/ssoProfiles/idp' } }" +
           own,
       "", Code::kFailedPrecondition, "USER_NOT_MANAGED"},
      {update, "user { name: 'organizations/acme/users/{rival_id}' display_name: 'x' }", "",
       Code::kNotFound, "RESOURCE_NOT_FOUND"},
      {"UserService/DeleteUser", "name: 'organizations/acme/users/{rival_id}'", "", Code::kNotFound,
       "RESOURCE_NOT_FOUND"},
      {"UserService/DeleteUser", "name: '{user}' etag: '999999'", "", Code::kAborted,
       "ETAG_MISMATCH"},
  };
  for (const std::string& email : BadEmails()) {
    cases.push_back(
        {create, absl::StrCat(acme, "user { email: ", Text(email), " }"), "user.email"});
    cases.push_back(
        {"UserService/LookupUser", absl::StrCat(acme, "email: ", Text(email)), "email"});
  }
  for (const char* method : {"CreateUser", "LookupUser", "ListUsers"}) {
    AddWrongNames(absl::StrCat("UserService/", method), "parent", "", cases);
  }
  for (const char* method : {"GetUser", "DeleteUser"}) {
    AddWrongNames(absl::StrCat("UserService/", method), "name", "/users/u0", cases);
  }
  AddWrongNames(update, "user.name", "/users/u0", cases);
  AddBadEtags(update, named, "", " }", "user.etag", cases);
  AddBadEtags("UserService/DeleteUser", "name: '{user}' ", "", "", "etag", cases);
  AddBadPages(list, acme, {"domains_token", "organizations_token"}, cases);
  return cases;
}

Cases BadLoginRequests() {
  const std::string check = "LoginService/CheckLogin";
  const std::string batch = "LoginService/BatchCheckLogin";
  const std::string report = "LoginService/ReportLogin";
  const std::string watch = "LoginService/WatchPolicy";
  const std::string by_sso =
      "email: 'a@b.example' method: METHOD_SSO sso_profile: 'organizations/acme/ssoProfiles/idp' ";
  Cases cases = {
      {check, "email: 'a@b.example' action: 9", "action"},
      {check, "email: 'a@b.example' action: -1", "action"},
      {check, "email: 'a@b.example' min_revision: -1", "min_revision"},
      {check, "email: 'a@b.example' min_revision: 9223372036854775807", "", Code::kUnavailable,
       "REVISION_NOT_REACHED"},
      {report, "email: 'a@b.example' outcome: OUTCOME_SUCCEEDED", "method"},
      {report, "email: 'a@b.example' method: 4 outcome: OUTCOME_SUCCEEDED", "method"},
      {report, "email: 'a@b.example' method: METHOD_PASSWORD", "outcome"},
      {report, "email: 'a@b.example' method: METHOD_PASSWORD outcome: 3", "outcome"},
      {report, "email: 'a@b.example' method: METHOD_PASSWORD outcome: OUTCOME_FAILED", "outcome"},
      {report, "email: 'a@b.example' method: METHOD_SSO outcome: OUTCOME_SUCCEEDED", "sso_profile"},
      {report,
       "email: 'a@b.example' method: METHOD_SSO outcome: OUTCOME_SUCCEEDED sso_profile: 'idp'",
       "sso_profile"},
      {report, by_sso + "outcome: OUTCOME_SUCCEEDED failure_reason: 'x'", "failure_reason"},
      {report, by_sso + "outcome: OUTCOME_FAILED failure_reason: 'a\\nb'", "failure_reason"},
      {report, by_sso + "outcome: OUTCOME_FAILED failure_reason: 'not for a@b.example'",
       "failure_reason"},
      {watch, "after_revision: -1", "after_revision"},
      {watch, "after_revision: -9223372036854775808", "after_revision"},
      {watch, "after_revision: 9223372036854775807", "", Code::kUnavailable,
       "REVISION_NOT_REACHED"},
      {batch, "", "emails"},
      {batch, "emails: 'a@b.example' action: 9", "action"},
      {batch, "emails: 'a@b.example' min_revision: -9223372036854775808", "min_revision"},
      {batch, "emails: 'a@b.example' min_revision: 9223372036854775807", "", Code::kUnavailable,
       "REVISION_NOT_REACHED"},
  };
  for (const std::string& email : BadEmails()) {
    cases.push_back({check, absl::StrCat("email: ", Text(email)), "email"});
    cases.push_back({report,
                     absl::StrCat("email: ", Text(email),
                                  " method: METHOD_PASSWORD outcome: OUTCOME_SUCCEEDED"),
                     "email"});
  }
  return cases;
}

Cases BadEnforcementRequests() {
  const std::string create = "EnforcementService/CreateExemption";
  const std::string release = "EnforcementService/ReleaseDomains";
  const std::string acme = "parent: 'organizations/acme' ";
  const std::string through =
      "sso_profile: 'organizations/acme/ssoProfiles/idp' acting_admin: '{user}' ";
  const std::string whole = acme + through + "domains: 'acme.example' ";
  std::string hundred_and_one;
  for (int i = 0; i <= 100; ++i) absl::StrAppend(&hundred_and_one, "domains: 'd", i, ".example' ");
  Cases cases = {
      {"EnforcementService/PlanEnforcement", whole + "page_size: -1", "page_size"},
      {"EnforcementService/EnforceDomains", whole, "", Code::kFailedPrecondition,
       "DOMAIN_NOT_VERIFIED"},
      {"EnforcementService/EnforceDomains", whole + "plan_token: 'made up'", "", Code::kAborted,
       "PLAN_OUTDATED"},
      {release, acme, "domains"},
      {release, acme + "domains: 'acme.example' domains: 'ACME.example'", "domains[1]"},
      {release, acme + "domains: 'acme.example' domains: 'a_b.example'", "domains[1]"},
      {release, acme + hundred_and_one, "domains"},
      {release, acme + "domains: 'acme.example'", "", Code::kFailedPrecondition,
       "DOMAIN_NOT_ENFORCED"},
      {"EnforcementService/GetEnforcement", "name: 'organizations/acme/enforcements/acme.example'",
       "", Code::kNotFound, "RESOURCE_NOT_FOUND"},
      {"EnforcementService/PauseEnforcement",
       "name: 'organizations/acme/enforcements/acme.example'", "reason"},
      {"EnforcementService/PauseEnforcement",
       absl::StrCat("name: 'organizations/acme/enforcements/acme.example' reason: ",
                    Text(std::string(1001, 'x'))),
       "reason"},
      {"EnforcementService/PauseEnforcement",
       "name: 'organizations/acme/enforcements/acme.example' reason: 'x'", "", Code::kNotFound,
       "RESOURCE_NOT_FOUND"},
      {"EnforcementService/ResumeEnforcement", "name: 'organizations/acme'", "name"},
      {"EnforcementService/ResumeEnforcement",
       "name: 'organizations/acme/enforcements/acme.example'", "", Code::kNotFound,
       "RESOURCE_NOT_FOUND"},
      {create, acme + "exemption { user: '{user}' }", "exemption.kind"},
      {create, acme + "exemption { user: '{user}' kind: KIND_TRIGGERING_ADMIN }", "exemption.kind"},
      {create, acme + "exemption { user: '{user}' kind: 9 }", "exemption.kind"},
      {create, acme + "exemption { kind: KIND_BREAK_GLASS }", "exemption.user"},
      {create, acme + "exemption { user: '{rival_user}' kind: KIND_BREAK_GLASS }",
       "exemption.user"},
      {create, acme + "exemption { user: 'organizations/acme' kind: KIND_BREAK_GLASS }",
       "exemption.user"},
      {create,
       acme + "exemption { user: 'organizations/acme/users/u0' kind: KIND_BREAK_GLASS "
              "reason: 'x' }",
       "", Code::kNotFound, "RESOURCE_NOT_FOUND"},
      {create, acme + "exemption { user: '{user}' kind: KIND_BREAK_GLASS }", "exemption.reason"},
      {create,
       absl::StrCat(acme, "exemption { user: '{user}' kind: KIND_BREAK_GLASS reason: ",
                    Text(std::string(1001, 'x')), " }"),
       "exemption.reason"},
      {create,
       acme + "exemption { user: '{user}' kind: KIND_BREAK_GLASS reason: 'x' "
              "expire_time { seconds: 1 } }",
       "exemption.expire_time"},
      {create,
       acme + "exemption { user: '{user}' kind: KIND_BREAK_GLASS "
              "expire_time { seconds: 9999999999999 } }",
       "exemption.expire_time"},
      {"EnforcementService/GetEnforcementReport",
       "name: 'organizations/acme/enforcements/acme.example'", "", Code::kNotFound,
       "RESOURCE_NOT_FOUND"},
      {"EnforcementService/GetEnforcementReport",
       "name: 'organizations/acme/enforcements/acme.example' page_size: -1", "page_size"},
      {"EnforcementService/GetEnforcementReport",
       "name: 'organizations/acme/enforcements/acme.example' page_token: '{users_token}'",
       "page_token"},
      {"EnforcementService/DeleteExemption", "name: 'organizations/acme/exemptions/{rival_id}'", "",
       Code::kNotFound, "RESOURCE_NOT_FOUND"},
  };
  AddBadEnforcements(through, hundred_and_one, cases);
  for (const char* method :
       {"ReleaseDomains", "ListEnforcements", "ListExemptions", "CreateExemption"}) {
    AddWrongNames(absl::StrCat("EnforcementService/", method), "parent", "", cases);
  }
  for (const char* method : {"GetEnforcement", "GetEnforcementReport"}) {
    AddWrongNames(absl::StrCat("EnforcementService/", method), "name", "/enforcements/acme.example",
                  cases);
  }
  AddWrongNames("EnforcementService/DeleteExemption", "name", "/exemptions/u0", cases);
  for (const char* method : {"ListEnforcements", "ListExemptions"}) {
    AddBadPages(absl::StrCat("EnforcementService/", method), acme, {"domains_token", "users_token"},
                cases);
  }
  return cases;
}

}  // namespace gatehouse
