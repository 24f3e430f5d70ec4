#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "client/cli/call.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/commands.h"
#include "client/cli/enum_names.h"
#include "client/cli/errors.h"
#include "client/cli/profile_settings.h"
#include "client/cli/resource_names.h"
#include "client/cli/time_text.h"
#include "client/cli/user_reference.h"
#include "gatehouse/v1/sso_profile_service.grpc.pb.h"

namespace gatehouse::cli {
namespace {

using Stub = v1::SsoProfileService::Stub;

constexpr absl::Duration kCertificateAttention = absl::Hours(24 * 30);

struct ProfileOptions {
  std::string profile;
  ProfileSettings settings;
  std::vector<std::string> enforced_domains;
  bool no_enforced_domains = false;
  std::string acting_admin;
  bool yes = false;
  std::string request_id;
  std::string etag;
  ListOptions list;
};

Cell TestStateCell(v1::SsoProfile::TestState state) {
  Tone tone = Tone::kWarning;
  if (state == v1::SsoProfile::TEST_STATE_PASSED) tone = Tone::kGood;
  return Cell(ShortName(state), tone);
}

std::string ProtocolName(const v1::SsoProfile& profile) {
  return profile.has_oidc() ? "oidc" : "saml";
}

std::string IdentityProvider(const v1::SsoProfile& profile) {
  return profile.has_oidc() ? profile.oidc().issuer() : profile.saml().idp_entity_id();
}

Cell CertificateCell(const Session& session, const v1::Certificate& certificate) {
  const absl::Time end = ToTime(certificate.not_after_time());
  const absl::Time now = session.now();
  Tone tone = Tone::kPlain;
  if (end < now + kCertificateAttention) tone = Tone::kWarning;
  if (end < now) tone = Tone::kBad;
  return Cell(absl::StrCat(certificate.subject(), ", ends ", Rfc3339(end), " (", Relative(end, now),
                           "), SHA-256 ", certificate.sha256_fingerprint()),
              tone);
}

void DescribeOidc(const v1::OidcConfig& oidc, FieldList& fields) {
  fields.Add("issuer", oidc.issuer());
  fields.Add("client id", oidc.client_id());
  fields.Add("client secret", oidc.has_client_secret() ? "kept" : "none (a public client)");
  fields.Add("redirect URI", oidc.redirect_uri());
  fields.Add("other scopes", {oidc.extra_scopes().begin(), oidc.extra_scopes().end()});
  fields.Add("address from",
             absl::StrCat("claim ", oidc.email_claim().empty() ? "email" : oidc.email_claim()));
  fields.Add("email_verified", oidc.allow_missing_email_verified() ? "may be missing" : "required");
}

void DescribeCertificates(const Session& session, std::string label,
                          const google::protobuf::RepeatedPtrField<v1::Certificate>& certificates,
                          FieldList& fields) {
  for (const v1::Certificate& certificate : certificates) {
    fields.Add(label, CertificateCell(session, certificate));
    label.clear();
  }
}

void DescribeSaml(const Session& session, const v1::SamlConfig& saml, FieldList& fields) {
  fields.Add("IdP entity id", saml.idp_entity_id());
  fields.Add("IdP sign-in URL", saml.idp_sso_url());
  DescribeCertificates(session, "IdP certificates", saml.idp_certificate_details(), fields);
  fields.Add("address from", saml.email_attribute().empty()
                                 ? "NameID"
                                 : absl::StrCat("attribute ", saml.email_attribute()));
  fields.Add("ACS URL", saml.acs_url());
  fields.Add("our entity id", saml.sp_entity_id());
  fields.Add("metadata URL", saml.idp_metadata_url());
  fields.Add("metadata fetched",
             session.When(saml.has_metadata_fetch_time(), saml.metadata_fetch_time()));
  if (!saml.has_staged()) return;
  const v1::StagedSamlConfig& staged = saml.staged();
  fields.Add("staged",
             Cell(session.When(staged.has_stage_time(), staged.stage_time()), Tone::kWarning));
  fields.Add("staged sign-in URL", staged.idp_sso_url());
  DescribeCertificates(session, "staged certificates", staged.idp_certificate_details(), fields);
}

FieldList Describe(const Session& session, const v1::SsoProfile& profile) {
  FieldList fields;
  fields.Add("name", profile.name());
  fields.Add("display name", profile.display_name());
  fields.Add("connection test", TestStateCell(profile.test_state()));
  fields.Add("last passed", session.When(profile.has_test_pass_time(), profile.test_pass_time()));
  fields.Add("enforced domains",
             {profile.enforced_domains().begin(), profile.enforced_domains().end()});
  fields.Add("protocol", ProtocolName(profile));
  if (profile.has_oidc()) {
    DescribeOidc(profile.oidc(), fields);
  } else {
    DescribeSaml(session, profile.saml(), fields);
  }
  std::string label = "warnings";
  for (const std::string& warning : profile.warnings()) {
    fields.Add(label, Cell(warning, Tone::kWarning));
    label.clear();
  }
  fields.Add("created", session.When(profile.has_create_time(), profile.create_time()));
  fields.Add("updated", session.When(profile.has_update_time(), profile.update_time()));
  fields.Add("etag", profile.etag());
  return fields;
}

void PrintProfile(Session& session, const v1::SsoProfile& profile) {
  session.Print(profile, Describe(session, profile));
  if (profile.test_state() != v1::SsoProfile::TEST_STATE_PASSED) {
    session.NextStep(absl::StrCat("prove the connection: gatehouse test start ", profile.name()));
  } else if (profile.saml().has_staged()) {
    session.NextStep(
        absl::StrCat("test the settings that the IdP's metadata brought: "
                     "gatehouse test start ",
                     profile.name(), " --staged"));
  }
}

absl::StatusOr<ExitCode> Create(Session& session, const ProfileOptions& options) {
  v1::CreateSsoProfileRequest request;
  ASSIGN_OR_RETURN(const std::string name, session.Resource(options.profile, "ssoProfiles"));
  request.set_parent(OrganizationOf(name));
  request.set_sso_profile_id(LastPart(name));
  RETURN_IF_ERROR(ReadSettings(session, options.settings, *request.mutable_sso_profile(), nullptr));
  if (request.sso_profile().display_name().empty()) {
    request.mutable_sso_profile()->set_display_name(LastPart(name));
  }
  request.set_request_id(options.request_id);
  ASSIGN_OR_RETURN(const v1::SsoProfile created, Call(session, &Stub::CreateSsoProfile, request));
  PrintProfile(session, created);
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Get(Session& session, const ProfileOptions& options) {
  v1::GetSsoProfileRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), session.Resource(options.profile, "ssoProfiles"));
  ASSIGN_OR_RETURN(const v1::SsoProfile found, Call(session, &Stub::GetSsoProfile, request));
  PrintProfile(session, found);
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> ListAll(Session& session, const ProfileOptions& options) {
  v1::ListSsoProfilesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.Organization());
  const std::vector<ListColumn<v1::SsoProfile>> columns = {
      {"PROFILE", [](const v1::SsoProfile& p) { return LastPart(p.name()); }},
      {"DISPLAY NAME", [](const v1::SsoProfile& p) { return p.display_name(); }},
      {"TEST", [](const v1::SsoProfile& p) { return TestStateCell(p.test_state()); }},
      {"ENFORCED DOMAINS",
       [](const v1::SsoProfile& p) { return absl::StrJoin(p.enforced_domains(), ", "); }},
      {"PROTOCOL", [](const v1::SsoProfile& p) { return ProtocolName(p); }},
      {"IDENTITY PROVIDER", [](const v1::SsoProfile& p) { return IdentityProvider(p); }},
      {"WARNINGS",
       [](const v1::SsoProfile& p) {
         return p.warnings().empty() ? Cell("")
                                     : Cell(absl::StrCat(p.warnings_size()), Tone::kWarning);
       },
       Align::kRight},
  };
  return List(session, &Stub::ListSsoProfiles, request, &v1::ListSsoProfilesResponse::sso_profiles,
              options.list, columns, absl::StrCat("SSO profiles in ", request.parent()));
}

// Editing the list enforces and releases domains: as with "enforcement
// enforce", a person agrees first.
absl::Status AddEnforcedDomains(Session& session, const ProfileOptions& options,
                                v1::UpdateSsoProfileRequest& request) {
  const v1::SsoProfile& profile = request.sso_profile();
  if (!options.yes) {
    if (!session.interactive()) {
      return UsageError(
          "this changes which domains are enforced, and there is nobody to ask: give --yes");
    }
    const std::string what =
        options.no_enforced_domains
            ? "Release every domain that is enforced through it?"
            : absl::StrCat("Enforce exactly these domains through it, and release all others: ",
                           absl::StrJoin(options.enforced_domains, ", "), "?");
    session.err() << Printable(profile.name()) << "\n";
    if (!session.Confirm(Printable(what))) return Declined();
  }
  for (const std::string& domain : options.enforced_domains) {
    request.mutable_sso_profile()->add_enforced_domains(domain);
  }
  request.mutable_update_mask()->add_paths("enforced_domains");
  // Without one, the admin for whom the credential acts.
  if (!options.acting_admin.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_acting_admin(),
                     UserName(session, options.acting_admin, OrganizationOf(profile.name())));
  }
  return absl::OkStatus();
}

absl::StatusOr<ExitCode> Update(Session& session, const ProfileOptions& options) {
  v1::UpdateSsoProfileRequest request;
  v1::SsoProfile& profile = *request.mutable_sso_profile();
  ASSIGN_OR_RETURN(*profile.mutable_name(), session.Resource(options.profile, "ssoProfiles"));
  profile.set_etag(options.etag);
  RETURN_IF_ERROR(ReadSettings(session, options.settings, profile, request.mutable_update_mask()));
  if (!options.enforced_domains.empty() || options.no_enforced_domains) {
    RETURN_IF_ERROR(AddEnforcedDomains(session, options, request));
  }
  if (request.update_mask().paths().empty()) {
    return UsageError("nothing to change: give at least one of the options");
  }
  ASSIGN_OR_RETURN(const v1::SsoProfile updated, Call(session, &Stub::UpdateSsoProfile, request));
  PrintProfile(session, updated);
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Delete(Session& session, const ProfileOptions& options) {
  v1::DeleteSsoProfileRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), session.Resource(options.profile, "ssoProfiles"));
  request.set_etag(options.etag);
  RETURN_IF_ERROR(Call(session, &Stub::DeleteSsoProfile, request).status());
  session.Note(absl::StrCat("deleted ", request.name()));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Metadata(Session& session, const ProfileOptions& options) {
  v1::GetServiceProviderMetadataRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), session.Resource(options.profile, "ssoProfiles"));
  ASSIGN_OR_RETURN(const v1::ServiceProviderMetadata metadata,
                   Call(session, &Stub::GetServiceProviderMetadata, request));
  if (session.json()) {
    session.Print(metadata, FieldList());
  } else {
    session.out() << metadata.xml() << (absl::EndsWith(metadata.xml(), "\n") ? "" : "\n");
  }
  return ExitCode::kOk;
}

constexpr char kProfileHelp[] = "the profile's id, or its full name";

void AddWriteCommands(CommandTree& tree, CLI::App* noun, std::shared_ptr<ProfileOptions> options) {
  CLI::App* create = tree.Add(
      noun, "create", "Connect an identity provider, from its metadata or from its settings",
      {"gatehouse profile create okta --org acme --idp-metadata metadata.xml \\",
       "    --acs-url https://login.acme.example/saml/acs",
       "curl -s https://idp.example/metadata | gatehouse profile create okta --org acme \\",
       "    --idp-metadata - --acs-url https://login.acme.example/saml/acs",
       "gatehouse profile create entra --org acme --oidc-issuer https://idp.example/tenant \\",
       "    --client-id gatehouse --client-secret-file secret.txt \\",
       "    --redirect-uri https://login.acme.example/oidc/callback"},
      [options](Session& session) { return Create(session, *options); });
  AddArgument(create, "PROFILE", options->profile, "its id: a-z, 0-9 and '-'");
  AddSettings(create, options->settings);
  AddRequestId(create, options->request_id);

  CLI::App* update = tree.Add(
      noun, "update", "Change a profile; a change to what the IdP must prove needs a new test",
      {"gatehouse profile update okta --org acme --certificate old.pem --certificate new.pem",
       "gatehouse profile update okta --org acme --enforced-domain acme.example \\",
       "    --acting-admin root@acme.example"},
      [options](Session& session) { return Update(session, *options); });
  AddArgument(update, "PROFILE", options->profile, kProfileHelp);
  AddSettings(update, options->settings);
  CLI::Option* domains =
      AddTexts(update, "--enforced-domain", "DOMAIN", options->enforced_domains,
               "enforce exactly the domains named so, all or none, and release the others");
  update
      ->add_flag("--no-enforced-domains", options->no_enforced_domains,
                 "release every domain enforced through the profile")
      ->excludes(domains);
  AddText(update, "--acting-admin", "USER", options->acting_admin,
          "the admin on whose behalf domains are enforced: an email address or a user name; else "
          "the one that the token acts for");
  update->add_flag("-y,--yes", options->yes, "change the enforced domains without asking");
  AddEtag(update, options->etag);

  CLI::App* remove = tree.Add(noun, "delete", "Delete a profile through which nothing is enforced",
                              {"gatehouse profile delete okta --org acme"},
                              [options](Session& session) { return Delete(session, *options); });
  AddArgument(remove, "PROFILE", options->profile, kProfileHelp);
  AddEtag(remove, options->etag);
}

}  // namespace

void AddProfileCommands(CommandTree& tree) {
  CLI::App* noun =
      tree.AddNoun("profile", "SSO profiles: connections to identity providers",
                   {"gatehouse profile create okta --org acme --idp-metadata idp.xml \\",
                    "    --acs-url https://login.acme.example/saml/acs",
                    "gatehouse profile metadata okta --org acme > sp-metadata.xml"});
  auto options = std::make_shared<ProfileOptions>();

  AddWriteCommands(tree, noun, options);
  CLI::App* get = tree.Add(noun, "get", "Show a profile, its certificates and its warnings",
                           {"gatehouse profile get okta --org acme"},
                           [options](Session& session) { return Get(session, *options); });
  AddArgument(get, "PROFILE", options->profile, kProfileHelp);

  CLI::App* list = tree.Add(noun, "list", "List an organization's profiles",
                            {"gatehouse profile list --org acme"},
                            [options](Session& session) { return ListAll(session, *options); });
  AddListOptions(list, options->list);

  CLI::App* metadata =
      tree.Add(noun, "metadata", "Print the service provider's metadata, to import at the IdP",
               {"gatehouse profile metadata okta --org acme > sp-metadata.xml"},
               [options](Session& session) { return Metadata(session, *options); });
  AddArgument(metadata, "PROFILE", options->profile, kProfileHelp);
}

}  // namespace gatehouse::cli
