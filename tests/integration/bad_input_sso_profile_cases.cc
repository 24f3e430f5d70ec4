#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/bad_input_cases.h"

namespace gatehouse {
namespace {

using Code = absl::StatusCode;
using Cases = std::vector<BadInputCase>;

constexpr char kCreate[] = "SsoProfileService/CreateSsoProfile";
constexpr char kUpdate[] = "SsoProfileService/UpdateSsoProfile";
constexpr char kAcme[] = "parent: 'organizations/acme' ";

// The parts of a configuration that is right.
constexpr char kEntity[] = "idp_entity_id: 'https://idp.example' ";
constexpr char kUrl[] = "idp_sso_url: 'https://idp.example/sso' ";
constexpr char kCertificate[] = "idp_certificates: '{certificate}' ";
constexpr char kAcs[] = "acs_url: 'https://login.acme.example/acs' ";

std::string Quote(absl::string_view value) {
  return absl::StrCat("\"", absl::CEscape(value), "\" ");
}

std::string Create(absl::string_view saml) {
  return absl::StrCat(kAcme, "sso_profile_id: 'new' sso_profile { display_name: 'x' saml { ", saml,
                      " } }");
}

std::string Update(absl::string_view fields, absl::string_view path) {
  return absl::StrCat("sso_profile { name: 'organizations/acme/ssoProfiles/idp' ", fields,
                      " } update_mask { paths: '", path, "' } ");
}

void AddBadSettings(Cases& cases) {
  const std::string saml = "sso_profile.saml.";
  for (const char* url :
       {"", "ftp://idp.example/sso", "http://idp.example/sso", "javascript:alert(1)", "idp.example",
        "https://", "https://user@idp.example/", "https://idp.example/#fragment",
        "https://idp.example:99999/", "https://idp.example /sso", "https://idp.example\\\\@evil/",
        "http://2130706433/", "https://i\u00e9.example/"}) {
    const std::string quoted = Quote(url);
    cases.push_back({kCreate,
                     Create(absl::StrCat(kEntity, kCertificate, kAcs, "idp_sso_url: ", quoted)),
                     saml + "idp_sso_url"});
    cases.push_back({kCreate,
                     Create(absl::StrCat(kEntity, kUrl, kCertificate, "acs_url: ", quoted)),
                     saml + "acs_url"});
    cases.push_back({kUpdate, Update(absl::StrCat("saml { acs_url: ", quoted, "}"), "saml.acs_url"),
                     saml + "acs_url"});
  }
  for (const char* certificate :
       {"", "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMIIB",
        "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
        "{certificate}{certificate}", "AAAA"}) {
    // The placeholder is for the test to replace, so it is not escaped.
    const std::string quoted = absl::StrCat("'", absl::CEscape(certificate), "' ");
    cases.push_back(
        {kCreate,
         Create(absl::StrCat(kEntity, kUrl, kAcs, kCertificate, "idp_certificates: ", quoted)),
         saml + "idp_certificates[1]"});
  }
  for (const char* xml :
       {"<", "not XML", "<a/>", "<EntityDescriptor/>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;'>]><a>&c;</a>",
        "<?xml version='1.0' encoding='UTF-16'?><a/>",
        "<EntityDescriptor xmlns='urn:oasis:names:tc:SAML:2.0:metadata' entityID='x'/>",
        "<EntitiesDescriptor xmlns='urn:oasis:names:tc:SAML:2.0:metadata'/>"}) {
    cases.push_back({kCreate, Create(absl::StrCat(kAcs, "idp_metadata_xml: ", Quote(xml))),
                     saml + "idp_metadata_xml"});
  }
  std::string eleven;
  for (int i = 0; i < 11; ++i) absl::StrAppend(&eleven, kCertificate);
  const Cases others = {
      {kCreate, Create(absl::StrCat(kUrl, kCertificate, kAcs)), saml + "idp_entity_id"},
      {kCreate,
       Create(absl::StrCat(kUrl, kCertificate, kAcs,
                           "idp_entity_id: ", Quote(std::string(1025, 'x')))),
       saml + "idp_entity_id"},
      {kCreate, Create(absl::StrCat(kUrl, kCertificate, kAcs, "idp_entity_id: ' x'")),
       saml + "idp_entity_id"},
      {kCreate, Create(absl::StrCat(kEntity, kUrl, kAcs)), saml + "idp_certificates"},
      {kCreate, Create(absl::StrCat(kEntity, kUrl, kAcs, eleven)), saml + "idp_certificates"},
      {kCreate, Create(absl::StrCat(kEntity, kUrl, kCertificate)), saml + "acs_url"},
      {kCreate,
       Create(absl::StrCat(kEntity, kUrl, kCertificate, kAcs,
                           "email_attribute: ", Quote(std::string(257, 'x')))),
       saml + "email_attribute"},
      {kCreate, Create(absl::StrCat(kEntity, kUrl, kCertificate, kAcs, "sp_entity_id: 'a\\nb'")),
       saml + "sp_entity_id"},
      {kCreate, Create(absl::StrCat(kAcs, kEntity, "idp_metadata_xml: '{metadata}'")),
       saml + "idp_entity_id"},
      {kCreate,
       Create(absl::StrCat(kAcs, "idp_metadata_xml: ", Quote(std::string((1 << 20) + 1, ' ')))),
       saml + "idp_metadata_xml"},
  };
  cases.insert(cases.end(), others.begin(), others.end());
}

void AddBadLists(Cases& cases) {
  const std::string enforced = "sso_profile.enforced_domains";
  const std::string admin = "acting_admin: '{user}' ";
  std::string many;
  for (int i = 0; i <= 1000; ++i) absl::StrAppend(&many, "enforced_domains: 'd", i, ".example' ");
  const Cases lists = {
      {kUpdate, Update("enforced_domains: 'a_b.example'", "enforced_domains") + admin,
       enforced + "[0]"},
      {kUpdate, Update(many, "enforced_domains") + admin, enforced},
      {kUpdate, Update("enforced_domains: 'acme.example'", "enforced_domains"), "acting_admin"},
      {kUpdate,
       Update("enforced_domains: 'acme.example'", "enforced_domains") +
           "acting_admin: '{rival_user}'",
       "acting_admin"},
      {kUpdate, Update("enforced_domains: 'acme.example'", "enforced_domains") + admin, "",
       Code::kFailedPrecondition, "DOMAIN_NOT_VERIFIED"},
      {kUpdate, "sso_profile { name: 'organizations/acme/ssoProfiles/idp' }", "update_mask"},
      {kUpdate, Update("", "saml"), "update_mask"},
      {kUpdate, Update("", "saml.sp_certificate"), "update_mask"},
      {kUpdate, Update("", "test_state"), "update_mask"},
      {kUpdate, Update("", "display_name"), "sso_profile.display_name"},
      {kUpdate, Update("display_name: 'x' etag: '999999'", "display_name"), "", Code::kAborted,
       "ETAG_MISMATCH"},
      {kUpdate, Update("etag: 'x'", "display_name"), "sso_profile.etag"},
  };
  cases.insert(cases.end(), lists.begin(), lists.end());
}

}  // namespace

Cases BadSsoProfileRequests() {
  const std::string complete = "SsoProfileService/CompleteConnectionTest";
  const std::string start = "SsoProfileService/StartConnectionTest";
  const std::string list = "SsoProfileService/ListSsoProfiles";
  Cases cases = {
      {kCreate, absl::StrCat(kAcme, "sso_profile_id: 'new'"), "sso_profile.saml"},
      {kCreate, absl::StrCat(kAcme, "sso_profile_id: 'New' sso_profile { saml {} }"),
       "sso_profile_id"},
      {kCreate, absl::StrCat(kAcme, "sso_profile { saml {} }"), "sso_profile_id"},
      {kCreate,
       absl::StrCat(kAcme, "sso_profile_id: 'new' sso_profile { saml { ", kEntity, kUrl,
                    kCertificate, kAcs, " } }"),
       "sso_profile.display_name"},
      {kCreate, "parent: 'organizations/acme/ssoProfiles/x' sso_profile_id: 'new'", "parent"},
      {start, "name: 'organizations/acme/ssoProfiles/none'", "", Code::kNotFound,
       "RESOURCE_NOT_FOUND"},
      {complete, "name: 'organizations/acme/ssoProfiles/idp/connectionTests/t0'", "saml_response"},
      {complete,
       absl::StrCat("name: 'organizations/acme/ssoProfiles/idp/connectionTests/t0' saml_response: ",
                    Quote(std::string((512 << 10) + 1, 'A'))),
       "saml_response"},
      {complete,
       "name: 'organizations/acme/ssoProfiles/idp/connectionTests/t0' saml_response: 'AAAA'", "",
       Code::kNotFound, "RESOURCE_NOT_FOUND"},
      // Another organization's test by one's own profile.
      {complete,
       "name: 'organizations/acme/ssoProfiles/idp/connectionTests/{rival_test_id}' "
       "saml_response: 'AAAA'",
       "", Code::kNotFound, "RESOURCE_NOT_FOUND"},
      {"SsoProfileService/GetConnectionTest",
       "name: 'organizations/acme/ssoProfiles/idp/connectionTests/{rival_test_id}'", "",
       Code::kNotFound, "RESOURCE_NOT_FOUND"},
      {"SsoProfileService/GetConnectionTest", "name: 'organizations/acme/ssoProfiles/idp'", "name"},
      {complete, "name: 'organizations/acme/ssoProfiles/idp' saml_response: 'AAAA'", "name"},
      {list, "parent: 'organizations/acme/ssoProfiles'", "parent"},
      {list, absl::StrCat(kAcme, "page_size: -1"), "page_size"},
      {list, absl::StrCat(kAcme, "page_token: '{domains_token}'"), "page_token"},
      {"SsoProfileService/DeleteSsoProfile", "name: 'organizations/acme/ssoProfiles/idp' etag: 'x'",
       "etag"},
      {"SsoProfileService/DeleteSsoProfile",
       "name: 'organizations/acme/ssoProfiles/idp' etag: '999999'", "", Code::kAborted,
       "ETAG_MISMATCH"},
  };
  for (const char* method :
       {"GetSsoProfile", "DeleteSsoProfile", "GetServiceProviderMetadata", "StartConnectionTest"}) {
    for (const char* name :
         {"", "organizations/acme", "organizations/acme/users/idp",
          "organizations/acme/ssoProfiles/", "organizations/acme/ssoProfiles/Idp",
          "organizations/acme/ssoProfiles/idp/connectionTests/t0"}) {
      cases.push_back(
          {absl::StrCat("SsoProfileService/", method), absl::StrCat("name: '", name, "'"), "name"});
    }
  }
  AddBadSettings(cases);
  AddBadLists(cases);
  return cases;
}

}  // namespace gatehouse
