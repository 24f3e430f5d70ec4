#include "client/cli/profile_settings.h"

#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command_options.h"
#include "client/cli/errors.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::cli {
namespace {

// The server's limits; a longer file is a mistake that need not travel.
constexpr size_t kMaxMetadataBytes = size_t{1} << 20;
constexpr size_t kMaxCertificateFileBytes = size_t{256} << 10;

constexpr absl::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr absl::string_view kEnd = "-----END CERTIFICATE-----";

CLI::Option* AddSetting(CLI::App* app, const std::string& name, const std::string& value_name,
                        ProfileSettings::Text& text, const std::string& description) {
  return app
      ->add_option_function<std::string>(
          name,
          [&text](const std::string& value) {
            text = {value, true};
          },
          description)
      ->type_name(value_name);
}

}  // namespace

void AddSettings(CLI::App* app, ProfileSettings& settings) {
  AddSetting(app, "--display-name", "NAME", settings.display_name, "for people");
  CLI::Option* metadata =
      AddSetting(app, "--idp-metadata", "FILE", settings.idp_metadata_file,
                 "the IdP's SAML metadata, or - to read it from the standard input");
  AddSetting(app, "--idp-entity-id", "ID", settings.idp_entity_id, "the IdP's entity id")
      ->excludes(metadata);
  AddSetting(app, "--idp-sso-url", "URL", settings.idp_sso_url,
             "the IdP's sign-in URL, HTTP-Redirect binding")
      ->excludes(metadata);
  AddTexts(app, "--certificate", "FILE", settings.certificate_files,
           "a certificate that the IdP signs with, PEM; give all that shall be accepted")
      ->excludes(metadata);
  AddSetting(app, "--email-attribute", "NAME", settings.email_attribute,
             "the attribute that carries the address; else the NameID does");
  AddSetting(app, "--acs-url", "URL", settings.acs_url,
             "where the IdP posts its response: the gateway's AssertionConsumerService");
  AddSetting(app, "--sp-entity-id", "ID", settings.sp_entity_id,
             "our entity id; else the server makes one");
}

absl::StatusOr<std::vector<std::string>> SplitCertificates(absl::string_view text) {
  if (absl::StrContains(text, "PRIVATE KEY-----")) {
    return UsageError("it holds a private key; give the certificate only");
  }
  std::vector<std::string> certificates;
  for (size_t begin = text.find(kBegin); begin != absl::string_view::npos;
       begin = text.find(kBegin, begin + kBegin.size())) {
    const size_t end = text.find(kEnd, begin);
    if (end == absl::string_view::npos) return UsageError("a certificate in it does not end");
    certificates.push_back(absl::StrCat(text.substr(begin, end + kEnd.size() - begin), "\n"));
  }
  if (certificates.empty()) certificates.emplace_back(text);
  return certificates;
}

absl::Status ReadSettings(Session& session, const ProfileSettings& settings,
                          v1::SsoProfile& profile, google::protobuf::FieldMask* mask) {
  v1::SamlConfig& saml = *profile.mutable_saml();
  const auto changed = [mask](const char* path) {
    if (mask != nullptr) mask->add_paths(path);
  };
  const auto take = [&changed](const ProfileSettings::Text& text, std::string* field,
                               const char* path) {
    if (!text.given) return;
    *field = text.value;
    changed(path);
  };
  take(settings.display_name, profile.mutable_display_name(), "display_name");
  take(settings.idp_entity_id, saml.mutable_idp_entity_id(), "saml.idp_entity_id");
  take(settings.idp_sso_url, saml.mutable_idp_sso_url(), "saml.idp_sso_url");
  take(settings.email_attribute, saml.mutable_email_attribute(), "saml.email_attribute");
  take(settings.acs_url, saml.mutable_acs_url(), "saml.acs_url");
  take(settings.sp_entity_id, saml.mutable_sp_entity_id(), "saml.sp_entity_id");
  if (settings.idp_metadata_file.given) {
    ASSIGN_OR_RETURN(*saml.mutable_idp_metadata_xml(),
                     session.ReadFile(settings.idp_metadata_file.value, kMaxMetadataBytes));
    changed("saml.idp_metadata_xml");
  }
  for (const std::string& path : settings.certificate_files) {
    ASSIGN_OR_RETURN(const std::string text, session.ReadFile(path, kMaxCertificateFileBytes));
    absl::StatusOr<std::vector<std::string>> certificates = SplitCertificates(text);
    if (!certificates.ok()) {
      return UsageError(absl::StrCat(Quoted(path), ": ", certificates.status().message()));
    }
    for (std::string& certificate : *certificates) {
      saml.add_idp_certificates(std::move(certificate));
    }
  }
  if (!settings.certificate_files.empty()) changed("saml.idp_certificates");
  return absl::OkStatus();
}

}  // namespace gatehouse::cli
