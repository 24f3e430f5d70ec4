#include "server/managers/organization_manager.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "policy/text.h"
#include "server/managers/idempotent_request.h"
#include "server/managers/preconditions.h"
#include "server/names/resource_names.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/sso_profile_store.h"

namespace gatehouse {
namespace {

// Organizations come and go one after another: each is audited in the server's
// own chain too, on which all but one of them would otherwise fail.
const OrganizationId kOnServerChain;

absl::StatusOr<OrganizationView> Read(storage::Reader& reader, const OrganizationId& id) {
  ASSIGN_OR_RETURN(auto organization, storage::OrganizationStore::Find(reader, id));
  if (!organization) return ResourceNotFound(OrganizationNameOf(id));
  ASSIGN_OR_RETURN(auto totals, storage::OrganizationStore::Totals(reader, id));
  return OrganizationView{*std::move(organization), totals};
}

// Those of `scopes` after the id `after`, by id.
absl::StatusOr<std::vector<storage::Stored<Organization>>> FindScoped(
    storage::Reader& reader, const std::vector<Scope>& scopes, const std::string& after,
    size_t limit) {
  std::set<OrganizationId> ids;
  for (const Scope& scope : scopes) {
    if (scope.organization.value() > after) ids.insert(scope.organization);
  }
  std::vector<storage::Stored<Organization>> organizations;
  for (const OrganizationId& id : ids) {
    if (organizations.size() == limit) break;
    ASSIGN_OR_RETURN(auto organization, storage::OrganizationStore::Find(reader, id));
    if (organization) organizations.push_back(*std::move(organization));
  }
  return organizations;
}

// FAILED_PRECONDITION unless the organization owns nothing. Reads the guard and
// the totals, which every writer of what it may own writes: so nothing can be
// added between this check and the commit.
absl::Status CheckEmpty(storage::Transaction& tx, const OrganizationId& id) {
  RETURN_IF_ERROR(storage::PolicyGuard::Version(tx, id).status());
  ASSIGN_OR_RETURN(auto totals, storage::OrganizationStore::Totals(tx, id));
  ASSIGN_OR_RETURN(auto domains, storage::DomainStore::List(tx, id, "", 1));
  ASSIGN_OR_RETURN(auto profiles, storage::SsoProfileStore::List(tx, id, "", 1));
  std::vector<std::string> owned;
  if (totals.users > 0) owned.push_back(absl::StrCat(totals.users, " users"));
  if (!domains.empty()) owned.push_back("domains");
  if (!profiles.empty()) owned.push_back("SSO profiles");
  if (owned.empty()) return absl::OkStatus();
  Error error(absl::StatusCode::kFailedPrecondition, reason::kOrganizationNotEmpty,
              absl::StrCat("organization \"", id.value(), "\" still has ", owned.front(),
                           "; delete what it owns first"));
  for (const std::string& what : owned) {
    std::move(error).Subject(OrganizationNameOf(id), absl::StrCat("has ", what));
  }
  return std::move(error).Build();
}

}  // namespace

absl::StatusOr<OrganizationView> OrganizationManager::Create(const Caller& caller,
                                                             const CreateCommand& command) {
  RETURN_IF_ERROR(
      CheckText("organization.display_name", command.display_name, 1, kMaxDisplayNameBytes));
  // Remembered apart from any organization: the id that it names may be taken.
  const IdempotentRequest request(OrganizationId(), command.request_id,
                                  {"CreateOrganization", command.id.value(), command.display_name});
  const absl::Time now = context_.clock->Now();
  auto create = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto done, request.FindResult(tx));
    if (done) return absl::OkStatus();
    ASSIGN_OR_RETURN(auto existing, storage::OrganizationStore::Find(tx, command.id));
    if (existing) return ResourceExists(OrganizationNameOf(command.id));
    storage::OrganizationStore::Put(tx, {.id = command.id,
                                         .display_name = command.display_name,
                                         .create_time = now,
                                         .update_time = now});
    return request.Remember(tx, command.id.value(), now);
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, kOnServerChain, create).status());
  return Get(command.id);
}

absl::StatusOr<OrganizationView> OrganizationManager::Get(const OrganizationId& id) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  return Read(reader, id);
}

absl::StatusOr<Page<OrganizationView>> OrganizationManager::List(const Caller& caller,
                                                                 const PageRequest& page) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  const std::vector<Scope>& scopes = caller.principal.scopes;
  ASSIGN_OR_RETURN(auto found,
                   scopes.empty()
                       ? storage::OrganizationStore::List(reader, page.after, page.size + 1)
                       : FindScoped(reader, scopes, page.after, page.size + 1));
  std::vector<OrganizationView> views;
  for (auto& organization : found) {
    ASSIGN_OR_RETURN(auto totals, storage::OrganizationStore::Totals(reader, organization->id));
    views.push_back({std::move(organization), totals});
  }
  return Page<OrganizationView>::Of(std::move(views), page.size, [](const OrganizationView& view) {
    return view.organization->id.value();
  });
}

absl::StatusOr<OrganizationView> OrganizationManager::Update(const Caller& caller,
                                                             const UpdateCommand& command) {
  if (command.display_name) {
    RETURN_IF_ERROR(
        CheckText("organization.display_name", *command.display_name, 1, kMaxDisplayNameBytes));
  }
  const absl::Time now = context_.clock->Now();
  auto update = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto stored, storage::OrganizationStore::Find(tx, command.id));
    if (!stored) return ResourceNotFound(OrganizationNameOf(command.id));
    RETURN_IF_ERROR(
        CheckVersion(command.version, stored->mod_revision, OrganizationNameOf(command.id)));
    if (!command.display_name || (*stored)->display_name == *command.display_name) {
      return absl::OkStatus();
    }
    (*stored)->display_name = *command.display_name;
    (*stored)->update_time = now;
    storage::OrganizationStore::Put(tx, **stored);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, command.id, update).status());
  return Get(command.id);
}

absl::Status OrganizationManager::Delete(const Caller& caller, const OrganizationId& id,
                                         std::optional<storage::Revision> version) {
  auto remove = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto stored, storage::OrganizationStore::Find(tx, id));
    if (!stored) return ResourceNotFound(OrganizationNameOf(id));
    RETURN_IF_ERROR(CheckVersion(version, stored->mod_revision, OrganizationNameOf(id)));
    RETURN_IF_ERROR(CheckEmpty(tx, id));
    return storage::OrganizationStore::Delete(tx, id);
  };
  return context_.transactions->Run(caller, kOnServerChain, remove).status();
}

}  // namespace gatehouse
