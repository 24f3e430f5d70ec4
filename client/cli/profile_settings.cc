#include "client/cli/profile_settings.h"

#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/cli/command_options.h"
#include "client/cli/errors.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::cli {
namespace {

// The server's limits; a longer file is a mistake that need not travel.
constexpr size_t kMaxMetadataBytes = size_t{1} << 20;
constexpr size_t kMaxCertificateFileBytes = size_t{256} << 10;
constexpr size_t kMaxSecretFileBytes = 4096;

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

void AddOidcSettings(CLI::App* app, ProfileSettings& settings) {
  AddSetting(app, "--oidc-issuer", "URL", settings.issuer,
             "OpenID Connect: the IdP's issuer, exactly as it names itself");
  AddSetting(app, "--client-id", "ID", settings.client_id, "who we are at the IdP");
  CLI::Option* secret =
      AddSetting(app, "--client-secret-file", "FILE", settings.client_secret_file,
                 "the secret that goes with it, or - to read it from the standard input");
  app->add_flag("--no-client-secret", settings.no_client_secret,
                "forget the secret: a public client")
      ->excludes(secret);
  AddSetting(app, "--redirect-uri", "URL", settings.redirect_uri,
             "where the IdP sends the browser back: the gateway's redirect URI");
  CLI::Option* scopes = AddTexts(app, "--scopes", "SCOPE", settings.scopes,
                                 "a scope to ask for beside \"openid email\"; give all");
  app->add_flag("--no-scopes", settings.no_scopes, "ask for no other scopes")->excludes(scopes);
  AddSetting(app, "--email-claim", "CLAIM", settings.email_claim,
             "the claim that carries the address; else \"email\"");
  CLI::Option* allow =
      app->add_flag("--allow-missing-email-verified", settings.allow_missing_email_verified,
                    "for IdPs that vouch for every address and never say so (Entra ID)");
  app->add_flag("--require-email-verified", settings.require_email_verified,
                "the IdP must say that it verified the address")
      ->excludes(allow);
}

// What a file holds, without the line break that editors end it with.
absl::StatusOr<std::string> ReadSecret(Session& session, const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, session.ReadFile(path, kMaxSecretFileBytes));
  absl::string_view secret = text;
  absl::ConsumeSuffix(&secret, "\n");
  absl::ConsumeSuffix(&secret, "\r");
  if (secret.empty()) return UsageError(absl::StrCat(Quoted(path), ": it holds no secret"));
  return std::string(secret);
}

bool SaysOidc(const ProfileSettings& settings) {
  return settings.issuer.given || settings.client_id.given || settings.client_secret_file.given ||
         settings.no_client_secret || settings.redirect_uri.given || !settings.scopes.empty() ||
         settings.no_scopes || settings.email_claim.given ||
         settings.allow_missing_email_verified || settings.require_email_verified;
}

bool SaysSaml(const ProfileSettings& settings) {
  return settings.idp_metadata_file.given || settings.idp_metadata_url.given ||
         settings.idp_entity_id.given || settings.idp_sso_url.given ||
         !settings.certificate_files.empty() || settings.email_attribute.given ||
         settings.acs_url.given || settings.sp_entity_id.given;
}

// Puts settings into a profile and their paths into a mask, which may be null.
class Taker {
 public:
  explicit Taker(google::protobuf::FieldMask* mask) : mask_(mask) {}

  void Changed(const char* path) const {
    if (mask_ != nullptr) mask_->add_paths(path);
  }
  void Take(const ProfileSettings::Text& text, std::string* field, const char* path) const {
    if (!text.given) return;
    *field = text.value;
    Changed(path);
  }

 private:
  google::protobuf::FieldMask* mask_;
};

absl::Status ReadOidc(Session& session, const ProfileSettings& settings, const Taker& taker,
                      v1::OidcConfig& oidc) {
  taker.Take(settings.issuer, oidc.mutable_issuer(), "oidc.issuer");
  taker.Take(settings.client_id, oidc.mutable_client_id(), "oidc.client_id");
  taker.Take(settings.redirect_uri, oidc.mutable_redirect_uri(), "oidc.redirect_uri");
  taker.Take(settings.email_claim, oidc.mutable_email_claim(), "oidc.email_claim");
  oidc.mutable_extra_scopes()->Add(settings.scopes.begin(), settings.scopes.end());
  if (!settings.scopes.empty() || settings.no_scopes) taker.Changed("oidc.extra_scopes");
  if (settings.allow_missing_email_verified || settings.require_email_verified) {
    oidc.set_allow_missing_email_verified(settings.allow_missing_email_verified);
    taker.Changed("oidc.allow_missing_email_verified");
  }
  if (settings.client_secret_file.given) {
    ASSIGN_OR_RETURN(*oidc.mutable_client_secret(),
                     ReadSecret(session, settings.client_secret_file.value));
  }
  if (settings.client_secret_file.given || settings.no_client_secret) {
    taker.Changed("oidc.client_secret");
  }
  return absl::OkStatus();
}

absl::Status ReadSaml(Session& session, const ProfileSettings& settings, const Taker& taker,
                      v1::SamlConfig& saml) {
  taker.Take(settings.idp_metadata_url, saml.mutable_idp_metadata_url(), "saml.idp_metadata_url");
  taker.Take(settings.idp_entity_id, saml.mutable_idp_entity_id(), "saml.idp_entity_id");
  taker.Take(settings.idp_sso_url, saml.mutable_idp_sso_url(), "saml.idp_sso_url");
  taker.Take(settings.email_attribute, saml.mutable_email_attribute(), "saml.email_attribute");
  taker.Take(settings.acs_url, saml.mutable_acs_url(), "saml.acs_url");
  taker.Take(settings.sp_entity_id, saml.mutable_sp_entity_id(), "saml.sp_entity_id");
  if (settings.idp_metadata_file.given) {
    ASSIGN_OR_RETURN(*saml.mutable_idp_metadata_xml(),
                     session.ReadFile(settings.idp_metadata_file.value, kMaxMetadataBytes));
    taker.Changed("saml.idp_metadata_xml");
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
  if (!settings.certificate_files.empty()) taker.Changed("saml.idp_certificates");
  return absl::OkStatus();
}

}  // namespace

void AddSettings(CLI::App* app, ProfileSettings& settings) {
  AddSetting(app, "--display-name", "NAME", settings.display_name, "for people");
  CLI::Option* metadata =
      AddSetting(app, "--idp-metadata", "FILE", settings.idp_metadata_file,
                 "the IdP's SAML metadata, or - to read it from the standard input");
  AddSetting(app, "--metadata-url", "URL", settings.idp_metadata_url,
             "where the IdP publishes its SAML metadata: fetched once a day, and at creation if "
             "nothing else says what the IdP is");
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
  AddOidcSettings(app, settings);
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
  const Taker taker(mask);
  taker.Take(settings.display_name, profile.mutable_display_name(), "display_name");
  if (SaysOidc(settings)) {
    if (SaysSaml(settings)) {
      return UsageError("these are settings of SAML and of OpenID Connect; a profile speaks one");
    }
    return ReadOidc(session, settings, taker, *profile.mutable_oidc());
  }
  // At creation, the server says what is missing.
  if (mask != nullptr && !SaysSaml(settings)) return absl::OkStatus();
  return ReadSaml(session, settings, taker, *profile.mutable_saml());
}

}  // namespace gatehouse::cli
