#include "server/managers/sso_override_changes.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/sso_profile.h"
#include "policy/status_macros.h"
#include "policy/text.h"
#include "server/decision/store_facts.h"
#include "server/managers/preconditions.h"
#include "server/managers/user_view.h"
#include "server/managers/way_in_guard.h"
#include "server/names/resource_names.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/sso_override_store.h"

namespace gatehouse {
namespace {

absl::Status Precondition(absl::string_view error_reason, const std::string& resource,
                          absl::string_view what, absl::string_view advice) {
  return Error(absl::StatusCode::kFailedPrecondition, error_reason,
               absl::StrCat(resource, " ", what, "; ", advice))
      .Subject(resource, what)
      .Build();
}

absl::Status CheckManaged(storage::Transaction& tx, const storage::Stored<User>& user,
                          absl::Time now) {
  StoreFacts facts(tx);
  ASSIGN_OR_RETURN(const UserView view, ViewOf(facts, user, now));
  if (view.type == UserType::kManaged) return absl::OkStatus();
  return Precondition(reason::kUserNotManaged, UserNameOf(user->organization, user->id),
                      "is not managed by the organization",
                      "only a managed user can be made to use SSO: verify the domain of the "
                      "address, and import the user to claim it");
}

absl::Status CheckNotExempt(storage::Transaction& tx, const User& user, absl::Time now) {
  ASSIGN_OR_RETURN(auto exemption, storage::ExemptionStore::Find(tx, user.organization, user.id));
  if (!exemption || !(*exemption)->IsActiveAt(now)) return absl::OkStatus();
  return Precondition(reason::kUserExempt, ExemptionNameOf(user.organization, user.id),
                      "keeps the user off SSO", "delete it first");
}

absl::Status CheckTested(const SsoProfile& profile) {
  const std::string name = SsoProfileNameOf(profile.organization, profile.id);
  switch (TestStatusOf(profile)) {
    case TestStatus::kPassed:
      return absl::OkStatus();
    case TestStatus::kUntested:
      return Precondition(reason::kConnectionTestRequired, name, "has not passed a connection test",
                          "run one first");
    case TestStatus::kStale:
      return Precondition(reason::kConnectionTestStale, name,
                          "has changed since its connection test", "run one again");
  }
  return absl::InternalError("a test status that does not exist");
}

}  // namespace

absl::Status CheckFields(const SsoOverrideChange& change) {
  const bool requires_sso = change.mode == SsoOverrideMode::kRequireSso;
  if (requires_sso == change.profile.empty()) {
    return InvalidField("user.sso_override.sso_profile", change.profile.value(),
                        requires_sso ? "a profile" : "nothing unless mode is REQUIRE_SSO");
  }
  if (!change.mode && !change.reason.empty()) {
    return InvalidField("user.sso_override.reason", change.reason,
                        "nothing: FOLLOW_DOMAIN removes the override");
  }
  const size_t min_bytes = change.mode == SsoOverrideMode::kExempt ? 1 : 0;
  return CheckText("user.sso_override.reason", change.reason, min_bytes, kMaxNoteBytes);
}

absl::StatusOr<bool> Changes(storage::Reader& reader, const User& user,
                             const SsoOverrideChange& change) {
  ASSIGN_OR_RETURN(auto current,
                   storage::SsoOverrideStore::Find(reader, user.organization, user.id));
  if (!current || !change.mode) return current.has_value() != change.mode.has_value();
  return (*current)->mode != *change.mode || (*current)->profile != change.profile ||
         (*current)->reason != change.reason;
}

absl::Status ChangeSsoOverride(storage::Transaction& tx, const User& user,
                               const SsoOverrideChange& change, const std::string& approver,
                               absl::Time now) {
  if (change.mode == SsoOverrideMode::kRequireSso) {
    RETURN_IF_ERROR(CheckManaged(tx, {.value = user}, now));
    RETURN_IF_ERROR(CheckNotExempt(tx, user, now));
    ASSIGN_OR_RETURN(const auto profile, FindSsoProfile(tx, user.organization, change.profile));
    RETURN_IF_ERROR(CheckTested(*profile));
  }
  return KeepWayIn(tx, user.organization, [&]() -> absl::Status {
    if (!change.mode) return storage::SsoOverrideStore::Delete(tx, user.organization, user.id);
    return storage::SsoOverrideStore::Put(tx, {.organization = user.organization,
                                               .user = user.id,
                                               .mode = *change.mode,
                                               .profile = change.profile,
                                               .reason = change.reason,
                                               .approver = approver,
                                               .create_time = now});
  });
}

}  // namespace gatehouse
