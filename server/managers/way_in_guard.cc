#include "server/managers/way_in_guard.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "policy/way_in.h"
#include "server/decision/store_facts.h"
#include "server/names/resource_names.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/sso_override_store.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

constexpr size_t kListChunk = 100;

// Whether any user's own rule blocks that user.
absl::StatusOr<bool> IsAnyoneBlockedByOverride(storage::Reader& reader,
                                               const OrganizationId& organization) {
  std::string after;
  while (true) {
    ASSIGN_OR_RETURN(auto overrides,
                     storage::SsoOverrideStore::List(reader, organization, after, kListChunk));
    for (const auto& own : overrides) {
      if (own->mode == SsoOverrideMode::kRequireSso) return true;
    }
    if (overrides.size() < kListChunk) return false;
    after = overrides.back()->user.value();
  }
}

// Whether any domain blocks anybody, now or when its rollout is complete, or any
// override does.
absl::StatusOr<bool> IsAnyoneBlocked(storage::Reader& reader, const OrganizationId& organization) {
  // What this scan and those after it saw must still be so at the commit.
  RETURN_IF_ERROR(storage::PolicyGuard::Version(reader, organization).status());
  ASSIGN_OR_RETURN(bool by_override, IsAnyoneBlockedByOverride(reader, organization));
  if (by_override) return true;
  std::string after;
  while (true) {
    ASSIGN_OR_RETURN(auto enforcements,
                     storage::EnforcementStore::List(reader, organization, after, kListChunk));
    for (const auto& enforcement : enforcements) {
      if (enforcement->mode != EnforcementMode::kEnforce) continue;
      ASSIGN_OR_RETURN(bool held,
                       storage::DomainStore::Holds(reader, organization, enforcement->domain));
      if (held) return true;
    }
    if (enforcements.size() < kListChunk) return false;
    after = enforcements.back()->domain.ascii();
  }
}

absl::StatusOr<bool> GetsIn(StoreFacts& facts, const User& user) {
  ASSIGN_OR_RETURN(DecisionFacts known, facts.ForUser(user));
  return WayInOf(known.Inputs(), user.role) != WayIn::kNone;
}

// Whether a user other than `except` has a way in by an exemption that is there
// to be one. Asked first: these are few, and one of them is the usual way in.
// Exempt service accounts, of which there may be many, have a way in only as
// admins.
absl::StatusOr<bool> AnyExemptGetsIn(storage::Reader& reader, StoreFacts& facts,
                                     const OrganizationId& organization, const UserId& except) {
  std::string after;
  while (true) {
    ASSIGN_OR_RETURN(auto exemptions,
                     storage::ExemptionStore::List(reader, organization, after, kListChunk));
    for (const auto& exemption : exemptions) {
      if (exemption->kind == ExemptionKind::kServiceAccount) continue;
      if (exemption->expire_time != absl::InfiniteFuture() || exemption->user == except) continue;
      ASSIGN_OR_RETURN(auto user, storage::UserStore::Find(reader, organization, exemption->user));
      if (!user) continue;
      ASSIGN_OR_RETURN(bool gets_in, GetsIn(facts, **user));
      if (gets_in) return true;
    }
    if (exemptions.size() < kListChunk) return false;
    after = exemptions.back()->user.value();
  }
}

absl::StatusOr<bool> AnyAdminGetsIn(storage::Reader& reader, StoreFacts& facts,
                                    const OrganizationId& organization, const UserId& except) {
  bool found = false;
  RETURN_IF_ERROR(storage::UserStore::ForEachAdmin(
      reader, organization, [&](storage::Stored<User> admin) -> absl::StatusOr<bool> {
        if (admin->id == except) return true;
        ASSIGN_OR_RETURN(found, GetsIn(facts, *admin));
        return !found;
      }));
  return found;
}

absl::StatusOr<bool> AnyoneGetsIn(storage::Reader& reader, StoreFacts& facts,
                                  const OrganizationId& organization, const UserId& except) {
  ASSIGN_OR_RETURN(bool found, AnyExemptGetsIn(reader, facts, organization, except));
  if (found) return true;
  return AnyAdminGetsIn(reader, facts, organization, except);
}

// Whether the change could end the user's way in, as far as the record tells. A
// member's way in is a BREAK_GLASS exemption, which a role or a claim does not
// touch.
bool MayEndWayIn(const User& before, const User* after) {
  if (after == nullptr || after->suspended) return true;
  return IsAdmin(before.role) && (!IsAdmin(after->role) || after->claimed != before.claimed);
}

absl::Status WouldLockOut(const std::string& subject, absl::string_view what) {
  return Error(absl::StatusCode::kFailedPrecondition, reason::kWouldLockOut,
               absl::StrCat(what,
                            ": no admin could sign in should the identity provider fail; first "
                            "create a BREAK_GLASS exemption without an end"))
      .Subject(subject, what);
}

}  // namespace

absl::StatusOr<bool> HasWayIn(storage::Reader& reader, const OrganizationId& organization) {
  ASSIGN_OR_RETURN(bool blocked, IsAnyoneBlocked(reader, organization));
  if (!blocked) return true;
  StoreFacts facts(reader);
  return AnyoneGetsIn(reader, facts, organization, UserId());
}

absl::Status RequireWayIn(storage::Transaction& tx, const OrganizationId& organization) {
  ASSIGN_OR_RETURN(bool has_way_in, HasWayIn(tx, organization));
  if (has_way_in) return absl::OkStatus();
  return WouldLockOut(OrganizationNameOf(organization),
                      "the change would leave the organization without a way in");
}

absl::Status KeepWayIn(storage::Transaction& tx, const OrganizationId& organization,
                       absl::FunctionRef<absl::Status()> change) {
  ASSIGN_OR_RETURN(bool had_way_in, HasWayIn(tx, organization));
  RETURN_IF_ERROR(change());
  return had_way_in ? RequireWayIn(tx, organization) : absl::OkStatus();
}

absl::Status CheckUserChange(storage::Transaction& tx, const User& before, const User* after) {
  if (!MayEndWayIn(before, after)) return absl::OkStatus();
  const OrganizationId& organization = before.organization;
  StoreFacts facts(tx);
  ASSIGN_OR_RETURN(bool got_in, GetsIn(facts, before));
  if (!got_in) return absl::OkStatus();
  if (after != nullptr) {
    ASSIGN_OR_RETURN(bool still_gets_in, GetsIn(facts, *after));
    if (still_gets_in) return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(bool blocked, IsAnyoneBlocked(tx, organization));
  if (!blocked) return absl::OkStatus();
  ASSIGN_OR_RETURN(bool another, AnyoneGetsIn(tx, facts, organization, before.id));
  if (another) return absl::OkStatus();
  return WouldLockOut(UserNameOf(organization, before.id),
                      "the user is the organization's last way in");
}

}  // namespace gatehouse
