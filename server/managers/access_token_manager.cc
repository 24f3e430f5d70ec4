#include "server/managers/access_token_manager.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "policy/text.h"
#include "server/access/access_token_secret.h"
#include "server/managers/preconditions.h"
#include "server/managers/private_file.h"
#include "server/names/access_token_names.h"
#include "storage/stores/access_token_store.h"
#include "storage/stores/expiry_queue.h"

namespace gatehouse {
namespace {

constexpr absl::Duration kMaxOverlap = absl::Hours(24 * 30);
constexpr int kSweptPerChange = 4;
// Tokens are audited in the server's own chain.
const OrganizationId kOnServerChain;

AccessToken NewToken(const ManagerContext& context, absl::string_view secret, absl::Time now) {
  return {.id = AccessTokenId::FromTrusted(NewIdText(*context.random, "k")),
          .secret_hash = std::string(AsText(HashAccessTokenSecret(secret))),
          .create_time = now};
}

absl::Status CheckScopes(storage::Reader& reader, const std::vector<Scope>& scopes) {
  for (const Scope& scope : scopes) {
    RETURN_IF_ERROR(CheckOrganizationExists(reader, scope.organization));
    if (scope.acting_admin.empty()) continue;
    RETURN_IF_ERROR(FindActingAdmin(reader, scope.organization, scope.acting_admin).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<AccessToken> FindToken(storage::Reader& reader, const AccessTokenId& id) {
  ASSIGN_OR_RETURN(auto stored, storage::AccessTokenStore::Find(reader, id));
  if (!stored) return ResourceNotFound(AccessTokenNameOf(id));
  return std::move(stored->value);
}

absl::StatusOr<bool> HasOtherOperator(storage::Reader& reader, const AccessTokenId& id,
                                      absl::Time now) {
  bool found = false;
  RETURN_IF_ERROR(storage::AccessTokenStore::ForEach(
      reader, [&](const storage::Stored<AccessToken>& token) -> absl::Status {
        // One that is about to be replaced is no way in for long.
        found = found || (token->id != id && token->role == AccessRole::kOperator &&
                          token->IsActiveAt(now) && token->revoke_time == absl::InfiniteFuture());
        return absl::OkStatus();
      }));
  return found;
}

}  // namespace

absl::StatusOr<NewAccessToken> AccessTokenManager::Create(const Caller& caller,
                                                          const CreateCommand& command) {
  const absl::Time now = context_.clock->Now();
  RETURN_IF_ERROR(
      CheckText("access_token.display_name", command.display_name, 1, kMaxDisplayNameBytes));
  if (command.expire_time <= now) {
    return InvalidField("access_token.expire_time", absl::FormatTime(command.expire_time),
                        "a time that lies ahead");
  }
  NewAccessToken made{.secret = NewAccessTokenSecret(*context_.random)};
  AccessToken token = NewToken(context_, made.secret, now);
  token.display_name = command.display_name;
  token.role = command.role;
  token.scopes = command.scopes;
  token.creator = caller.principal.name;
  token.expire_time = command.expire_time;
  auto create = [&](storage::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(CheckScopes(tx, token.scopes));
    storage::AccessTokenStore::Put(tx, token);
    return storage::ExpiryQueue::Sweep(tx, now, kSweptPerChange).status();
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, kOnServerChain, create).status());
  made.view = {.token = std::move(token), .now = now};
  return made;
}

absl::StatusOr<AccessTokenView> AccessTokenManager::Get(const AccessTokenId& id) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(AccessToken token, FindToken(reader, id));
  return ViewOf(reader, std::move(token), context_.clock->Now());
}

absl::StatusOr<Page<AccessTokenView>> AccessTokenManager::List(const PageRequest& page) {
  const absl::Time now = context_.clock->Now();
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(auto found, storage::AccessTokenStore::List(reader, page.after, page.size + 1));
  std::vector<AccessTokenView> views;
  for (auto& token : found) {
    ASSIGN_OR_RETURN(AccessTokenView view, ViewOf(reader, std::move(token.value), now));
    views.push_back(std::move(view));
  }
  return Page<AccessTokenView>::Of(std::move(views), page.size, [](const AccessTokenView& view) {
    return view.token.id.value();
  });
}

absl::StatusOr<NewAccessToken> AccessTokenManager::Rotate(const Caller& caller,
                                                          const AccessTokenId& id,
                                                          absl::Duration overlap) {
  if (overlap < absl::ZeroDuration() || overlap > kMaxOverlap) {
    return InvalidField("overlap", absl::FormatDuration(overlap), "0 to 30 days");
  }
  const absl::Time now = context_.clock->Now();
  NewAccessToken made{.secret = NewAccessTokenSecret(*context_.random)};
  AccessToken successor = NewToken(context_, made.secret, now);
  auto rotate = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(AccessToken old, FindToken(tx, id));
    if (!old.IsActiveAt(now)) {
      return Error(absl::StatusCode::kFailedPrecondition, reason::kAccessTokenEnded,
                   "the token has expired or was revoked; create another")
          .Subject(AccessTokenNameOf(id), "has ended")
          .Build();
    }
    successor.display_name = old.display_name;
    successor.role = old.role;
    successor.scopes = old.scopes;
    successor.creator = caller.principal.name;
    // The same life span; that of a token without an end is infinite.
    successor.expire_time = now + (old.expire_time - old.create_time);
    old.revoke_time = std::min(old.revoke_time, now + overlap);
    storage::AccessTokenStore::Put(tx, old);
    storage::AccessTokenStore::Put(tx, successor);
    return storage::ExpiryQueue::Sweep(tx, now, kSweptPerChange).status();
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, kOnServerChain, rotate).status());
  made.view = {.token = std::move(successor), .now = now};
  return made;
}

absl::StatusOr<AccessTokenView> AccessTokenManager::Revoke(const Caller& caller,
                                                           const AccessTokenId& id) {
  const absl::Time now = context_.clock->Now();
  auto revoke = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(AccessToken token, FindToken(tx, id));
    // Revoking twice is revoking once.
    if (token.revoke_time <= now) return absl::OkStatus();
    if (token.role == AccessRole::kOperator && token.IsActiveAt(now) && !operator_certificate_) {
      ASSIGN_OR_RETURN(const bool other, HasOtherOperator(tx, id, now));
      if (!other) {
        return Error(absl::StatusCode::kFailedPrecondition, reason::kWouldLockOut,
                     "the token is the last operator's; create or rotate another first")
            .Subject(AccessTokenNameOf(id), "is the last operator's token")
            .Build();
      }
    }
    token.revoke_time = now;
    storage::AccessTokenStore::Put(tx, token);
    return storage::ExpiryQueue::Sweep(tx, now, kSweptPerChange).status();
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, kOnServerChain, revoke).status());
  return Get(id);
}

absl::StatusOr<bool> AccessTokenManager::CreateFirst(const std::string& path) {
  const absl::Time now = context_.clock->Now();
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(const auto existing, storage::AccessTokenStore::List(reader, "", 1));
  if (!existing.empty()) return false;
  const std::string secret = NewAccessTokenSecret(*context_.random);
  AccessToken token = NewToken(context_, secret, now);
  token.display_name = "First start";
  token.role = AccessRole::kOperator;
  const Caller caller = Caller::System("first-start", now);
  token.creator = caller.principal.name;
  // The file first: a token that nobody can read would keep a next start from
  // making another.
  RETURN_IF_ERROR(WritePrivateFile(path, absl::StrCat(secret, "\n")));
  auto create = [&](storage::Transaction& tx) -> absl::Status {
    storage::AccessTokenStore::Put(tx, token);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(context_.transactions->Run(caller, kOnServerChain, create).status());
  return true;
}

absl::StatusOr<AccessTokenView> AccessTokenManager::ViewOf(storage::Reader& reader,
                                                           AccessToken token, absl::Time now) {
  ASSIGN_OR_RETURN(const absl::Time stored, storage::AccessTokenStore::LastUse(reader, token.id));
  AccessTokenView view{.token = std::move(token), .now = now};
  view.last_use_time = std::max(stored, tokens_->LastUse(view.token.id));
  return view;
}

}  // namespace gatehouse
