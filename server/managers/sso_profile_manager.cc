#include "server/managers/sso_profile_manager.h"

#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "policy/audit_event.h"
#include "policy/enforcement_rules.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "policy/text.h"
#include "server/managers/enforcement_changes.h"
#include "server/managers/idempotent_request.h"
#include "server/managers/preconditions.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/profile_watch_store.h"
#include "storage/stores/sso_override_store.h"
#include "storage/stores/sso_profile_store.h"

namespace gatehouse {
namespace {

constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();
// A gRPC status travels in a header of limited size.
constexpr size_t kMaxDomainsInError = 10;
constexpr size_t kMaxMetadataBytes = size_t{1} << 20;
constexpr int kHttpOk = 200;
// How long after its creation a profile's metadata is fetched again.
constexpr absl::Duration kMetadataPeriod = absl::Hours(24);

// An enforcement is a record of its own, so the profile's version alone would
// let two editors of the list overwrite each other.
storage::Revision VersionOf(const storage::Stored<SsoProfile>& profile,
                            const std::vector<DomainName>& enforced_domains) {
  std::string bytes = absl::StrCat(profile.mod_revision);
  for (const DomainName& domain : enforced_domains) absl::StrAppend(&bytes, "/", domain.ascii());
  return XXH3_64bits(bytes.data(), bytes.size());
}

absl::StatusOr<std::vector<CertificateInfo>> StoredCertificates(const SsoProfile& profile,
                                                                const SamlSettings& saml) {
  std::vector<CertificateInfo> certificates;
  for (const std::string& pem : saml.idp_certificates) {
    absl::StatusOr<CertificateInfo> info = ParseCertificate("idp_certificates", pem);
    if (!info.ok()) {
      return Error(
          absl::StatusCode::kDataLoss, reason::kStoreCorrupt,
          absl::StrCat("a stored certificate of ",
                       SsoProfileNameOf(profile.organization, profile.id), " does not parse"));
    }
    certificates.push_back(*std::move(info));
  }
  return certificates;
}

absl::StatusOr<SsoProfileView> ViewOf(storage::Reader& reader, storage::Stored<SsoProfile> profile,
                                      std::vector<DomainName> enforced_domains, absl::Time now) {
  SsoProfileView view;
  view.version = VersionOf(profile, enforced_domains);
  view.profile = std::move(profile.value);
  view.enforced_domains = std::move(enforced_domains);
  if (view.profile.protocol == SsoProtocol::kOidc) {
    ASSIGN_OR_RETURN(view.has_client_secret,
                     storage::SsoProfileStore::HasClientSecret(reader, view.profile));
    return view;
  }
  ASSIGN_OR_RETURN(auto watch, storage::ProfileWatchStore::Find(reader, view.profile.organization,
                                                                view.profile.id));
  if (watch) view.watch = std::move(watch->value);
  ASSIGN_OR_RETURN(view.certificates, StoredCertificates(view.profile, view.profile.saml));
  std::vector<absl::Time> ends;
  for (const CertificateInfo& info : view.certificates) ends.push_back(info.not_after);
  for (Warning& warning : Warnings(std::nullopt, ends, now)) {
    view.warnings.push_back(std::move(warning.description));
  }
  if (view.profile.staged) {
    ASSIGN_OR_RETURN(view.staged_certificates,
                     StoredCertificates(view.profile, view.profile.staged->saml));
    view.warnings.emplace_back(
        "the IdP's metadata brought new settings; test them, so that they take the place of "
        "these");
  }
  if (!view.watch.metadata_fetch_failure.empty()) {
    view.warnings.push_back(
        absl::StrCat("the IdP's metadata could not be used: ", view.watch.metadata_fetch_failure));
  }
  return view;
}

// Names each setting of the other protocol, which a profile cannot take on.
template <typename Input>
absl::Status CheckProtocolKept(const SsoProfile& profile, const Input& other) {
  if (other == Input()) return absl::OkStatus();
  const bool is_oidc = profile.protocol == SsoProtocol::kOidc;
  return InvalidField(
      is_oidc ? "sso_profile.saml" : "sso_profile.oidc", "",
      absl::StrCat("no settings of the other protocol: the profile speaks ",
                   is_oidc ? "OpenID Connect" : "SAML", ", which cannot change; create another"));
}

// Tells the secrets of two requests apart and gives neither away.
std::string SecretFingerprint(const std::optional<OidcSettingsInput>& oidc,
                              const storage::SecretBox& secrets) {
  if (!oidc || !oidc->client_secret || oidc->client_secret->empty()) return "";
  return secrets.Sign(absl::StrCat("request/client_secret/", *oidc->client_secret));
}

// What follows the IdP begins anew: at `next`, with nothing known to fail.
absl::Status RestartWatch(storage::Transaction& tx, const SsoProfile& profile, absl::Time fetched,
                          absl::Time next) {
  ASSIGN_OR_RETURN(auto stored,
                   storage::ProfileWatchStore::Find(tx, profile.organization, profile.id));
  ProfileWatch watch = stored ? std::move(stored->value)
                              : ProfileWatch{.organization = profile.organization,
                                             .profile = profile.id,
                                             .metadata_fetch_failure = "",
                                             .warned = {}};
  watch.metadata_fetch_time = fetched;
  watch.next_metadata_fetch_time = next;
  watch.metadata_fetch_failure.clear();
  storage::ProfileWatchStore::Put(tx, watch);
  return absl::OkStatus();
}

// Replaces the secret, unless `secret` is the one that is kept. A new one is
// part of what the IdP must prove.
absl::Status ChangeClientSecret(storage::Transaction& tx, const std::string& secret,
                                const storage::SecretBox& secrets, SsoProfile& profile) {
  ASSIGN_OR_RETURN(auto kept, storage::SsoProfileStore::FindClientSecret(tx, profile, secrets));
  if (kept.value_or("") == secret) return absl::OkStatus();
  RETURN_IF_ERROR(storage::SsoProfileStore::PutClientSecret(tx, profile, secrets, secret));
  // Also when it is removed: were it 0 again, the number would come back with
  // the next secret, and so would the test of another.
  ++profile.oidc.client_secret_version;
  return absl::OkStatus();
}

absl::Status ApplySettings(storage::Transaction& tx, const SamlSettingsInput& saml,
                           const OidcSettingsInput& oidc, const storage::SecretBox& secrets,
                           SsoProfile& profile) {
  if (profile.protocol == SsoProtocol::kOidc) {
    RETURN_IF_ERROR(CheckProtocolKept(profile, saml));
    ApplyOidcInput(oidc, profile.oidc);
    if (!oidc.client_secret) return absl::OkStatus();
    return ChangeClientSecret(tx, *oidc.client_secret, secrets, profile);
  }
  RETURN_IF_ERROR(CheckProtocolKept(profile, oidc));
  ApplySamlInput(saml, profile.saml);
  if (saml.idp_metadata_url) profile.metadata_url = *saml.idp_metadata_url;
  return absl::OkStatus();
}

// Whether `request` has created the profile before. If not, that it could be
// created now.
absl::StatusOr<bool> IsCreated(storage::Transaction& tx, const IdempotentRequest& request,
                               const SsoProfileResource& name) {
  ASSIGN_OR_RETURN(auto done, request.FindResult(tx));
  if (done) return true;
  RETURN_IF_ERROR(CheckOrganizationExists(tx, name.organization));
  ASSIGN_OR_RETURN(auto existing,
                   storage::SsoProfileStore::Find(tx, name.organization, name.profile));
  if (existing) return ResourceExists(SsoProfileNameOf(name.organization, name.profile));
  return false;
}

absl::Status ProfileRequired(const SsoProfileResource& name, const UserId& user) {
  const std::string user_name = UserNameOf(name.organization, user);
  return Error(absl::StatusCode::kFailedPrecondition, reason::kProfileEnforced,
               absl::StrCat(SsoProfileNameOf(name.organization, name.profile),
                            " is required by the override of ", user_name,
                            "; set the user to FOLLOW_DOMAIN, or to another profile, first"))
      .Subject(user_name, "the user's override requires SSO through the profile")
      .Build();
}

absl::Status ProfileEnforced(const SsoProfileResource& name,
                             const std::vector<DomainName>& domains) {
  const size_t shown = std::min(domains.size(), kMaxDomainsInError);
  std::vector<std::string> listed;
  for (size_t i = 0; i < shown; ++i) listed.push_back(domains[i].ascii());
  if (shown < domains.size()) listed.push_back(absl::StrCat(domains.size() - shown, " more"));
  Error error(absl::StatusCode::kFailedPrecondition, reason::kProfileEnforced,
              absl::StrCat(SsoProfileNameOf(name.organization, name.profile), " enforces ",
                           absl::StrJoin(listed, ", "),
                           "; release these domains, or move them to another profile, first"));
  for (size_t i = 0; i < shown; ++i) {
    std::move(error).Subject(EnforcementNameOf(name.organization, domains[i]),
                             "the domain is enforced through the profile");
  }
  return std::move(error).Build();
}

}  // namespace

SsoProfileManager::SsoProfileManager(const ManagerContext& context, SamlConnector* saml,
                                     HttpFetcher* web, std::string sp_base_url)
    : context_(context),
      saml_(saml),
      web_(web),
      sp_base_url_(absl::StripSuffix(sp_base_url, "/")) {}

std::string SsoProfileManager::DefaultSpEntityId(const SsoProfileResource& name) const {
  return absl::StrCat(sp_base_url_, "/", SsoProfileNameOf(name.organization, name.profile));
}

absl::StatusOr<SsoProfile> SsoProfileManager::NewProfile(const CreateCommand& command,
                                                         absl::Time now) {
  SsoProfile profile{.organization = command.organization,
                     .id = command.id,
                     .display_name = command.display_name,
                     .create_time = now,
                     .update_time = now};
  FieldFaults faults;
  faults.Add(CheckText("sso_profile.display_name", command.display_name, 1, kMaxDisplayNameBytes));
  if (command.oidc) {
    const OidcSettingsInput oidc = CheckOidcInput(command.oidc->Complete(), faults);
    profile.protocol = SsoProtocol::kOidc;
    ApplyOidcInput(oidc, profile.oidc);
    profile.oidc.client_secret_version = oidc.client_secret.value_or("").empty() ? 0 : 1;
  } else {
    const SamlSettingsInput saml =
        CheckSamlInput(command.saml.Complete(),
                       DefaultSpEntityId({command.organization, command.id}), *saml_, faults);
    ApplySamlInput(saml, profile.saml);
    profile.metadata_url = saml.idp_metadata_url.value_or("");
  }
  RETURN_IF_ERROR(faults.Result());
  return profile;
}

absl::StatusOr<std::string> SsoProfileManager::FetchMetadata(absl::string_view url) {
  ASSIGN_OR_RETURN(
      HttpResponse response,
      web_->Fetch(
          {.url = std::string(url), .form = "", .headers = {}, .max_bytes = kMaxMetadataBytes}));
  if (response.status != kHttpOk) {
    return Error(absl::StatusCode::kUnavailable, reason::kIdpUnavailable,
                 absl::StrCat("the metadata URL answers with HTTP status ", response.status,
                              ", expected 200"))
        .Build();
  }
  return std::move(response.body);
}

absl::Status SsoProfileManager::TakeMetadata(SsoProfile& profile) {
  ASSIGN_OR_RETURN(const std::string xml, FetchMetadata(profile.metadata_url));
  ASSIGN_OR_RETURN(SamlIdpMetadata metadata,
                   ReadIdpMetadata("sso_profile.saml.idp_metadata_url", xml, *saml_));
  profile.saml.idp_entity_id = std::move(metadata.entity_id);
  profile.saml.idp_sso_url = std::move(metadata.sso_url);
  profile.saml.idp_certificates = std::move(metadata.certificates);
  return absl::OkStatus();
}

absl::StatusOr<SsoProfileView> SsoProfileManager::Create(const Caller& caller,
                                                         const CreateCommand& command) {
  const SsoProfileResource name{command.organization, command.id};
  const absl::Time now = context_.clock->Now();
  ASSIGN_OR_RETURN(SsoProfile profile, NewProfile(command, now));
  // Of what was asked for, not of what its metadata says today.
  const IdempotentRequest request(
      command.organization, command.request_id,
      {"CreateSsoProfile", command.id.value(), command.display_name, ConfigurationBytes(profile),
       profile.metadata_url, SecretFingerprint(command.oidc, *context_.secrets)});
  bool is_created = false;
  auto look = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(is_created, IsCreated(tx, request, name));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, command.organization, look).status());
  if (is_created) return Get(name);

  // Both take a tenth of a second and more: not while the organization is locked.
  KeyPair keys;
  const bool is_saml = profile.protocol == SsoProtocol::kSaml;
  if (is_saml && command.saml.NeedsMetadata()) RETURN_IF_ERROR(TakeMetadata(profile));
  if (is_saml) {
    ASSIGN_OR_RETURN(keys, GenerateKeyPair(command.id.value(), now));
    profile.saml.sp_certificate = keys.certificate_pem;
  }
  auto create = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(is_created, IsCreated(tx, request, name));
    if (is_created) return absl::OkStatus();
    RETURN_IF_ERROR(storage::SsoProfileStore::Put(tx, profile));
    if (is_saml) {
      RETURN_IF_ERROR(storage::SsoProfileStore::PutPrivateKey(tx, profile, *context_.secrets,
                                                              keys.private_key_pem));
    } else if (profile.oidc.client_secret_version > 0) {
      RETURN_IF_ERROR(storage::SsoProfileStore::PutClientSecret(tx, profile, *context_.secrets,
                                                                *command.oidc->client_secret));
    }
    if (is_saml && command.saml.NeedsMetadata()) {
      RETURN_IF_ERROR(RestartWatch(tx, profile, now, now + kMetadataPeriod));
    }
    return request.Remember(tx, command.id.value(), now);
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, command.organization, create).status());
  return Get(name);
}

absl::StatusOr<SsoProfileView> SsoProfileManager::Get(const SsoProfileResource& name) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(auto profile, FindSsoProfile(reader, name.organization, name.profile));
  ASSIGN_OR_RETURN(auto domains, EnforcedDomains(reader, name.organization, name.profile));
  return ViewOf(reader, std::move(profile), std::move(domains), context_.clock->Now());
}

absl::StatusOr<Page<SsoProfileView>> SsoProfileManager::List(const OrganizationId& organization,
                                                             const PageRequest& page) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  RETURN_IF_ERROR(CheckOrganizationExists(reader, organization));
  ASSIGN_OR_RETURN(auto found,
                   storage::SsoProfileStore::List(reader, organization, page.after, page.size + 1));
  ASSIGN_OR_RETURN(auto enforcements,
                   storage::EnforcementStore::List(reader, organization, "", kNoLimit));
  std::map<SsoProfileId, std::vector<DomainName>> domains;
  for (const auto& enforcement : enforcements) {
    domains[enforcement->profile].push_back(enforcement->domain);
  }
  const absl::Time now = context_.clock->Now();
  std::vector<SsoProfileView> views;
  for (auto& profile : found) {
    std::vector<DomainName>& enforced = domains[profile->id];
    ASSIGN_OR_RETURN(SsoProfileView view,
                     ViewOf(reader, std::move(profile), std::move(enforced), now));
    views.push_back(std::move(view));
  }
  return Page<SsoProfileView>::Of(std::move(views), page.size, [](const SsoProfileView& view) {
    return view.profile.id.value();
  });
}

absl::StatusOr<SsoProfileView> SsoProfileManager::Update(const Caller& caller,
                                                         const UpdateCommand& command) {
  const SsoProfileResource& name = command.name;
  const absl::Time now = context_.clock->Now();
  FieldFaults faults;
  if (command.display_name) {
    faults.Add(
        CheckText("sso_profile.display_name", *command.display_name, 1, kMaxDisplayNameBytes));
  }
  const SamlSettingsInput saml =
      CheckSamlInput(command.saml, DefaultSpEntityId(name), *saml_, faults);
  const OidcSettingsInput oidc = CheckOidcInput(command.oidc, faults);
  RETURN_IF_ERROR(faults.Result());
  auto update = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto stored, FindSsoProfile(tx, name.organization, name.profile));
    // What enforces a domain touches the guard, so the list cannot change
    // between this check and the commit.
    RETURN_IF_ERROR(storage::PolicyGuard::Version(tx, name.organization).status());
    ASSIGN_OR_RETURN(auto domains, EnforcedDomains(tx, name.organization, name.profile));
    RETURN_IF_ERROR(CheckVersion(command.version, VersionOf(stored, domains),
                                 SsoProfileNameOf(name.organization, name.profile)));
    SsoProfile profile = *stored;
    if (command.display_name) profile.display_name = *command.display_name;
    RETURN_IF_ERROR(ApplySettings(tx, saml, oidc, *context_.secrets, profile));
    if (profile.display_name != stored->display_name || profile.saml != stored->saml ||
        profile.oidc != stored->oidc || profile.metadata_url != stored->metadata_url) {
      KeepStagedInStep(*stored, profile);
      profile.update_time = now;
      RETURN_IF_ERROR(storage::SsoProfileStore::Put(tx, profile));
    }
    if (profile.metadata_url != stored->metadata_url) {
      RETURN_IF_ERROR(RestartWatch(tx, profile, absl::InfinitePast(), absl::InfinitePast()));
    }
    if (!command.enforced_domains) return absl::OkStatus();
    return SetEnforcedDomains(tx, name.organization, name.profile, *command.enforced_domains,
                              command.acting_admin, now);
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, name.organization, update).status());
  return Get(name);
}

absl::Status SsoProfileManager::Delete(const Caller& caller, const SsoProfileResource& name,
                                       std::optional<storage::Revision> version) {
  auto remove = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto stored, FindSsoProfile(tx, name.organization, name.profile));
    ASSIGN_OR_RETURN(auto domains, EnforcedDomains(tx, name.organization, name.profile));
    RETURN_IF_ERROR(CheckVersion(version, VersionOf(stored, domains),
                                 SsoProfileNameOf(name.organization, name.profile)));
    if (!domains.empty()) return ProfileEnforced(name, domains);
    ASSIGN_OR_RETURN(
        auto user, storage::SsoOverrideStore::FindUserThrough(tx, name.organization, name.profile));
    if (user) return ProfileRequired(name, *user);
    // Touches the guard, as whoever enforces a domain does.
    return storage::SsoProfileStore::Delete(tx, *stored);
  };
  return context_.transactions->Run(caller, name.organization, remove).status();
}

absl::StatusOr<ServiceProviderMetadataView> SsoProfileManager::GetServiceProviderMetadata(
    const SsoProfileResource& name) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(auto profile, FindSsoProfile(reader, name.organization, name.profile));
  if (profile->protocol != SsoProtocol::kSaml) {
    return InvalidField("name", SsoProfileNameOf(name.organization, name.profile),
                        "a SAML profile: an OIDC profile has no service provider metadata");
  }
  const SamlSettings& saml = profile->saml;
  ASSIGN_OR_RETURN(std::string xml, saml_->ServiceProviderMetadata(saml));
  return ServiceProviderMetadataView{
      .xml = std::move(xml), .entity_id = saml.sp_entity_id, .acs_url = saml.acs_url};
}

absl::StatusOr<StagingResult> SsoProfileManager::StageMetadata(const Caller& caller,
                                                               const SsoProfileResource& name,
                                                               absl::string_view url,
                                                               absl::string_view metadata) {
  ASSIGN_OR_RETURN(const SamlIdpMetadata published, ReadIdpMetadata("metadata", metadata, *saml_));
  const absl::Time now = context_.clock->Now();
  StagingResult result = StagingResult::kUnchanged;
  auto stage = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto profile, FindSsoProfile(tx, name.organization, name.profile));
    result = StagingResult::kUnchanged;
    if (profile->metadata_url != url) return absl::OkStatus();
    if (published.entity_id != profile->saml.idp_entity_id) {
      return Error(
                 absl::StatusCode::kFailedPrecondition, reason::kInvalidField,
                 absl::StrCat("the metadata is of ", Quoted(published.entity_id),
                              ", expected the profile's IdP ", Quoted(profile->saml.idp_entity_id)))
          .Build();
    }
    result = Stage(published.sso_url, published.certificates, now, profile.value);
    if (result == StagingResult::kUnchanged) return absl::OkStatus();
    if (result == StagingResult::kStaged) {
      tx.Describe({.kind = AuditEventKind::kMetadataChange,
                   .resource = SsoProfileNameOf(name.organization, name.profile),
                   .description = "the IdP's metadata brought other settings, which wait for a "
                                  "connection test"});
    }
    // Nothing that an admin set has changed, so update_time stays.
    return storage::SsoProfileStore::Put(tx, *profile);
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, name.organization, stage).status());
  return result;
}

}  // namespace gatehouse
