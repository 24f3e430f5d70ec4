#include "server/managers/user_manager.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "policy/text.h"
#include "server/managers/idempotent_request.h"
#include "server/managers/preconditions.h"
#include "server/managers/responsible.h"
#include "server/managers/way_in_guard.h"
#include "server/names/resource_names.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/login_activity_store.h"
#include "storage/stores/sso_override_store.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

absl::Status UserExists(const User& user) {
  const std::string name = UserNameOf(user.organization, user.id);
  return Error(absl::StatusCode::kAlreadyExists, reason::kUserExists,
               absl::StrCat("email ", Quoted(user.email.Canonical()), " is the address of ", name,
                            "; use that user"))
      .Subject(name, "has this address")
      .Metadata("resource", name);
}

absl::Status CheckDisplayName(absl::string_view name) {
  return CheckText("user.display_name", name, 0, kMaxDisplayNameBytes);
}

// `user` as `command` would have it.
User Changed(User user, const UserManager::UpdateCommand& command) {
  if (command.display_name) user.display_name = *command.display_name;
  if (command.role) user.role = *command.role;
  if (command.suspended) user.suspended = *command.suspended;
  return user;
}

absl::StatusOr<UserView> DetailedViewOf(storage::Reader& reader, storage::Stored<User> user,
                                        absl::Time now) {
  StoreFacts facts(reader);
  ASSIGN_OR_RETURN(UserView view, ViewOf(facts, std::move(user), now));
  RETURN_IF_ERROR(LoadDetails(reader, view));
  return view;
}

}  // namespace

absl::StatusOr<UserView> UserManager::Create(const Caller& caller, const CreateCommand& command) {
  RETURN_IF_ERROR(CheckDisplayName(command.display_name));
  const IdempotentRequest request(command.organization, command.request_id,
                                  {"CreateUser", command.email.Canonical(), command.display_name,
                                   Name(command.role), command.suspended ? "suspended" : "active"});
  const absl::Time now = context_.clock->Now();
  UserId id;
  auto create = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto done, request.FindResult(tx));
    if (done) {
      id = UserId::FromTrusted(*done);
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(CheckOrganizationExists(tx, command.organization));
    ASSIGN_OR_RETURN(auto existing,
                     storage::UserStore::FindByEmail(tx, command.organization, command.email));
    if (existing) return UserExists(**existing);
    // A condition of the commit: nobody is claimed on a domain that goes.
    ASSIGN_OR_RETURN(const bool holds, storage::DomainStore::ClaimsOn(tx, command.organization,
                                                                      command.email.domain()));
    id = UserId::FromTrusted(NewIdText(*context_.random, "u"));
    const User user{.organization = command.organization,
                    .id = id,
                    .email = command.email,
                    .display_name = command.display_name,
                    .role = command.role,
                    .suspended = command.suspended,
                    .claimed = holds,
                    .claim_time = holds ? ClaimTimeAt(now) : absl::InfinitePast(),
                    .create_time = now,
                    .update_time = now};
    RETURN_IF_ERROR(storage::UserStore::Put(tx, nullptr, user));
    return request.Remember(tx, id.value(), now);
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, command.organization, create).status());
  return Get(command.organization, id);
}

absl::StatusOr<UserView> UserManager::Get(const OrganizationId& organization, const UserId& id) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(auto user, storage::UserStore::Find(reader, organization, id));
  if (!user) return ResourceNotFound(UserNameOf(organization, id));
  return DetailedViewOf(reader, *std::move(user), context_.clock->Now());
}

absl::StatusOr<UserView> UserManager::Lookup(const OrganizationId& organization,
                                             const EmailAddress& email) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  RETURN_IF_ERROR(CheckOrganizationExists(reader, organization));
  ASSIGN_OR_RETURN(auto user, storage::UserStore::FindByEmail(reader, organization, email));
  if (!user) {
    return Error(absl::StatusCode::kNotFound, reason::kResourceNotFound,
                 absl::StrCat("email ", Quoted(email.Canonical()), " is no user's address in ",
                              OrganizationNameOf(organization)))
        .Build();
  }
  return DetailedViewOf(reader, *std::move(user), context_.clock->Now());
}

absl::StatusOr<Page<UserView>> UserManager::List(const OrganizationId& organization,
                                                 const Filter& filter, const PageRequest& page) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  RETURN_IF_ERROR(CheckOrganizationExists(reader, organization));
  const absl::Time now = context_.clock->Now();
  StoreFacts facts(reader);
  Page<UserView> found;
  size_t looked_at = 0;
  std::string last;
  auto visit = [&](storage::Stored<User> user) -> absl::StatusOr<bool> {
    if (found.items.size() == page.size || looked_at == kMaxUsersPerPage) {
      found.next = std::move(last);
      return false;
    }
    ++looked_at;
    last = storage::UserStore::Cursor(*user);
    if (filter.role && user->role != *filter.role) return true;
    ASSIGN_OR_RETURN(UserView view, ViewOf(facts, std::move(user), now));
    if (filter.type && view.type != *filter.type) return true;
    if (filter.sso_status && view.sso_status() != *filter.sso_status) return true;
    found.items.push_back(std::move(view));
    return true;
  };
  RETURN_IF_ERROR(storage::UserStore::Scan(reader, organization, filter.domain, page.after, visit));
  for (UserView& view : found.items) RETURN_IF_ERROR(LoadDetails(reader, view));
  return found;
}

absl::Status UserManager::Change(storage::Transaction& tx, const UpdateCommand& command,
                                 const std::string& approver, absl::Time now) {
  const std::string name = UserNameOf(command.organization, command.id);
  ASSIGN_OR_RETURN(auto stored, storage::UserStore::Find(tx, command.organization, command.id));
  if (!stored) return ResourceNotFound(name);
  RETURN_IF_ERROR(CheckVersion(command.version, stored->mod_revision, name));
  const User& before = **stored;
  User after = Changed(before, command);
  const bool record_changes = after.display_name != before.display_name ||
                              after.role != before.role || after.suspended != before.suspended;
  bool override_changes = false;
  if (command.sso_override) {
    ASSIGN_OR_RETURN(override_changes, Changes(tx, before, *command.sso_override));
  }
  if (!record_changes && !override_changes) return absl::OkStatus();
  if (record_changes) RETURN_IF_ERROR(CheckUserChange(tx, before, &after));
  // The override is part of the resource, so the etag changes with it.
  after.update_time = now;
  RETURN_IF_ERROR(storage::UserStore::Put(tx, &before, after));
  if (!override_changes) return absl::OkStatus();
  return ChangeSsoOverride(tx, after, *command.sso_override, approver, now);
}

absl::StatusOr<UserView> UserManager::Update(const Caller& caller, const UpdateCommand& command) {
  if (command.display_name) RETURN_IF_ERROR(CheckDisplayName(*command.display_name));
  if (command.sso_override) RETURN_IF_ERROR(CheckFields(*command.sso_override));
  const absl::Time now = context_.clock->Now();
  const std::string approver = ResponsibleFor(caller, command.organization);
  auto update = [&](storage::Transaction& tx) { return Change(tx, command, approver, now); };
  RETURN_IF_ERROR(context_.transactions->Run(caller, command.organization, update).status());
  return Get(command.organization, command.id);
}

absl::Status UserManager::Delete(const Caller& caller, const OrganizationId& organization,
                                 const UserId& id, std::optional<storage::Revision> version) {
  auto remove = [&](storage::Transaction& tx) -> absl::Status {
    const std::string name = UserNameOf(organization, id);
    ASSIGN_OR_RETURN(auto stored, storage::UserStore::Find(tx, organization, id));
    if (!stored) return ResourceNotFound(name);
    RETURN_IF_ERROR(CheckVersion(version, stored->mod_revision, name));
    RETURN_IF_ERROR(CheckUserChange(tx, **stored, nullptr));
    ASSIGN_OR_RETURN(auto exemption, storage::ExemptionStore::Find(tx, organization, id));
    if (exemption) RETURN_IF_ERROR(storage::ExemptionStore::Delete(tx, organization, id));
    RETURN_IF_ERROR(storage::SsoOverrideStore::Delete(tx, organization, id));
    storage::LoginActivityStore::Delete(tx, organization, id);
    return storage::UserStore::Delete(tx, **stored);
  };
  return context_.transactions->Run(caller, organization, remove).status();
}

}  // namespace gatehouse
