#include "server/managers/sso_profile_manager.h"

#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "policy/enforcement_rules.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "policy/text.h"
#include "server/managers/enforcement_changes.h"
#include "server/managers/idempotent_request.h"
#include "server/managers/preconditions.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/sso_override_store.h"
#include "storage/stores/sso_profile_store.h"

namespace gatehouse {
namespace {

constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();
// A gRPC status travels in a header of limited size.
constexpr size_t kMaxDomainsInError = 10;

// An enforcement is a record of its own, so the profile's version alone would
// let two editors of the list overwrite each other.
storage::Revision VersionOf(const storage::Stored<SsoProfile>& profile,
                            const std::vector<DomainName>& enforced_domains) {
  std::string bytes = absl::StrCat(profile.mod_revision);
  for (const DomainName& domain : enforced_domains) absl::StrAppend(&bytes, "/", domain.ascii());
  return XXH3_64bits(bytes.data(), bytes.size());
}

absl::StatusOr<SsoProfileView> ViewOf(storage::Stored<SsoProfile> profile,
                                      std::vector<DomainName> enforced_domains, absl::Time now) {
  SsoProfileView view;
  view.version = VersionOf(profile, enforced_domains);
  view.profile = std::move(profile.value);
  view.enforced_domains = std::move(enforced_domains);
  std::vector<absl::Time> ends;
  for (const std::string& pem : view.profile.saml.idp_certificates) {
    absl::StatusOr<CertificateInfo> info = ParseCertificate("idp_certificates", pem);
    if (!info.ok()) {
      return Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt,
                   absl::StrCat("a stored certificate of ",
                                SsoProfileNameOf(view.profile.organization, view.profile.id),
                                " does not parse"));
    }
    ends.push_back(info->not_after);
    view.certificates.push_back(*std::move(info));
  }
  for (Warning& warning : Warnings(std::nullopt, ends, now)) {
    view.warnings.push_back(std::move(warning.description));
  }
  return view;
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
                                     std::string sp_base_url)
    : context_(context), saml_(saml), sp_base_url_(absl::StripSuffix(sp_base_url, "/")) {}

std::string SsoProfileManager::DefaultSpEntityId(const SsoProfileResource& name) const {
  return absl::StrCat(sp_base_url_, "/", SsoProfileNameOf(name.organization, name.profile));
}

absl::StatusOr<SsoProfileView> SsoProfileManager::Create(const Caller& caller,
                                                         const CreateCommand& command) {
  const SsoProfileResource name{command.organization, command.id};
  const absl::Time now = context_.clock->Now();
  SsoProfile profile{.organization = command.organization,
                     .id = command.id,
                     .display_name = command.display_name,
                     .create_time = now,
                     .update_time = now};
  FieldFaults faults;
  faults.Add(CheckText("sso_profile.display_name", command.display_name, 1, kMaxDisplayNameBytes));
  const SamlSettingsInput saml =
      CheckSamlInput(command.saml.Complete(), DefaultSpEntityId(name), *saml_, faults);
  RETURN_IF_ERROR(faults.Result());
  ApplySamlInput(saml, profile.saml);

  const IdempotentRequest request(command.organization, command.request_id,
                                  {"CreateSsoProfile", command.id.value(), command.display_name,
                                   ConfigurationBytes(profile.saml)});
  bool is_created = false;
  auto look = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(is_created, IsCreated(tx, request, name));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, command.organization, look).status());
  if (is_created) return Get(name);

  // Takes a tenth of a second and more: not while the organization is locked.
  ASSIGN_OR_RETURN(const KeyPair keys, GenerateKeyPair(command.id.value(), now));
  profile.saml.sp_certificate = keys.certificate_pem;
  auto create = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(is_created, IsCreated(tx, request, name));
    if (is_created) return absl::OkStatus();
    RETURN_IF_ERROR(storage::SsoProfileStore::Put(tx, profile));
    RETURN_IF_ERROR(storage::SsoProfileStore::PutPrivateKey(tx, profile, *context_.secrets,
                                                            keys.private_key_pem));
    return request.Remember(tx, command.id.value(), now);
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, command.organization, create).status());
  return Get(name);
}

absl::StatusOr<SsoProfileView> SsoProfileManager::Get(const SsoProfileResource& name) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(auto profile, FindSsoProfile(reader, name.organization, name.profile));
  ASSIGN_OR_RETURN(auto domains, EnforcedDomains(reader, name.organization, name.profile));
  return ViewOf(std::move(profile), std::move(domains), context_.clock->Now());
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
    ASSIGN_OR_RETURN(SsoProfileView view, ViewOf(std::move(profile), std::move(enforced), now));
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
    ApplySamlInput(saml, profile.saml);
    if (profile.display_name != stored->display_name || profile.saml != stored->saml) {
      profile.update_time = now;
      RETURN_IF_ERROR(storage::SsoProfileStore::Put(tx, profile));
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
  const SamlSettings& saml = profile->saml;
  ASSIGN_OR_RETURN(std::string xml, saml_->ServiceProviderMetadata(saml));
  return ServiceProviderMetadataView{
      .xml = std::move(xml), .entity_id = saml.sp_entity_id, .acs_url = saml.acs_url};
}

}  // namespace gatehouse
