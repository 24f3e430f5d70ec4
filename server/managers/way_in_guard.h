// Nobody locks an organization out (docs/architecture.md, rule 9): every use case that could
// end somebody's way in asks here, inside its transaction.
//
// Who has a way in is policy/way_in.h's answer; this finds the users to ask it
// about. All of it makes what it read a condition of the commit, so two changes
// that each leave the other's way in cannot both commit.
#ifndef GATEHOUSE_SERVER_MANAGERS_WAY_IN_GUARD_H_
#define GATEHOUSE_SERVER_MANAGERS_WAY_IN_GUARD_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "policy/ids.h"
#include "policy/user.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

// Whether the organization can be administered should its identity providers
// fail: it enforces no domain that it holds (in mode ENFORCE) and no user by an
// override, or some user has a lasting way in. What a rollout or a pause leaves
// out for now counts as enforced. Stops at the first. In a transaction: with its
// own writes.
absl::StatusOr<bool> HasWayIn(storage::Reader& reader, const OrganizationId& organization);

// For a change that begins to block users. To be called after the writes:
// FAILED_PRECONDITION (WOULD_LOCK_OUT) if they leave no way in.
absl::Status RequireWayIn(storage::Transaction& tx, const OrganizationId& organization);

// For a change to exemptions or overrides, and for the end of an enforcement. Runs `change`, which
// writes to `tx`; WOULD_LOCK_OUT if there was a way in before and is none after. So an organization
// that has none already can still be repaired.
absl::Status KeepWayIn(storage::Transaction& tx, const OrganizationId& organization,
                       absl::FunctionRef<absl::Status()> change);

// For a change of one user from `before`, which is what `tx` holds, to `after`
// (null: deleted, with the user's exemption). To be called before the writes:
// WOULD_LOCK_OUT if the user is the last way in and would not be any more.
// Reads nothing for a change that cannot end a way in, and little for a user
// who has none, so it may be asked about every one of many users.
absl::Status CheckUserChange(storage::Transaction& tx, const User& before, const User* after);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_WAY_IN_GUARD_H_
