// How far an enforcement has come: whom its rollout covers now, and why not yet
// the others. Pure; Decide() asks it about one address at a time.
//
// Each part of a rollout narrows whom the enforcement covers. Who is outside of
// several is told the one that lasts longest:
//
//   the wave    a percentage of addresses, and users by name; for good
//   a pause     whoever has no proven SSO sign-in, until somebody resumes
//   the proof   whoever has no proven SSO sign-in, until there is one or the
//               deadline comes
//   the start   everybody, until it comes
#ifndef GATEHOUSE_POLICY_ROLLOUT_H_
#define GATEHOUSE_POLICY_ROLLOUT_H_

#include <optional>

#include "absl/time/time.h"
#include "policy/email_address.h"
#include "policy/enforcement.h"
#include "policy/ids.h"

namespace gatehouse {

// The hundredth of all addresses that `address` belongs to: 0 to 99, evenly. A
// percentage covers the buckets below it, so it covers all that a smaller one
// does.
//
// FNV-1a (64 bit) over the canonical address's bytes, mixed by the finalizer of
// MurmurHash3, modulo 100. Persisted by what it means: it is never changed, or
// users would leave and enter running waves.
int BucketOf(const EmailAddress& address);

// What a rollout asks about an address.
struct RolloutFacts {
  int bucket = 0;      // BucketOf(address); asked for if AsksForBucket
  bool named = false;  // the user is one of Rollout.users
  // The user's first SSO sign-in through the enforcement's profile; nullopt:
  // none, or no user. Asked for if AsksForProof.
  std::optional<absl::Time> proof_time;
};

// Whether the facts make a difference, so that they need be loaded.
inline bool AsksForBucket(const Enforcement& enforcement) {
  return enforcement.rollout.percent < 100;
}
inline bool AsksForProof(const Enforcement& enforcement) {
  return enforcement.rollout.require_proof || enforcement.pause.has_value();
}

// Whether `user` is one of rollout.users.
bool Names(const Rollout& rollout, const UserId& user);

enum class Coverage {
  kCovered,
  kNotInWave,
  kPaused,
  kAwaitingProof,
  kScheduled,
};

struct CoverageAt {
  Coverage coverage = Coverage::kCovered;
  // kCovered: since when, as far as the rollout goes; InfinitePast: from the
  // beginning. Else: from when, if nothing changes; InfiniteFuture: never.
  absl::Time time = absl::InfinitePast();
};

CoverageAt CoverageOf(const Enforcement& enforcement, const RolloutFacts& facts, absl::Time now);

// Whether `after` covers, now or later, an address that `before` does not: a
// new enforcement in the sense of rule 1, and of `enforce_time`. A change of
// profile is none.
bool Widens(const Enforcement& before, const Enforcement& after, absl::Time now);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_ROLLOUT_H_
