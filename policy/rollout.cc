#include "policy/rollout.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace gatehouse {
namespace {

uint64_t Fnv1a(absl::string_view bytes, uint64_t hash) {
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 0x100000001b3;
  }
  return hash;
}

// FNV's low bits are weak, and a remainder by 100 looks at little else.
uint64_t Mix(uint64_t hash) {
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  hash ^= hash >> 33;
  return hash;
}

// From when users without a proof are covered, as far as the proof goes.
absl::Time ProofDeadline(const Enforcement& enforcement) {
  return enforcement.rollout.require_proof ? enforcement.rollout.proof_deadline
                                           : absl::InfinitePast();
}

// Whether `after` covers a user by wave whom `before` does not.
bool WidensWave(const Rollout& before, const Rollout& after) {
  if (after.percent > before.percent) return true;
  if (before.percent == 100) return false;
  return std::any_of(after.users.begin(), after.users.end(),
                     [&](const UserId& user) { return !Names(before, user); });
}

}  // namespace

int BucketOf(const EmailAddress& address) {
  uint64_t hash = Fnv1a(address.local(), 0xcbf29ce484222325);
  hash = Fnv1a("@", hash);
  hash = Fnv1a(address.domain().ascii(), hash);
  return static_cast<int>(Mix(hash) % 100);
}

bool Names(const Rollout& rollout, const UserId& user) {
  return std::binary_search(rollout.users.begin(), rollout.users.end(), user);
}

CoverageAt CoverageOf(const Enforcement& enforcement, const RolloutFacts& facts, absl::Time now) {
  const Rollout& rollout = enforcement.rollout;
  if (!facts.named && facts.bucket >= rollout.percent) {
    return {Coverage::kNotInWave, absl::InfiniteFuture()};
  }
  if (enforcement.pause && !facts.proof_time) return {Coverage::kPaused, absl::InfiniteFuture()};
  const absl::Time deadline = ProofDeadline(enforcement);
  const absl::Time proven = facts.proof_time ? std::min(*facts.proof_time, deadline) : deadline;
  const absl::Time from = std::max(rollout.start_time, proven);
  if (from <= now) return {Coverage::kCovered, from};
  return {proven > now ? Coverage::kAwaitingProof : Coverage::kScheduled, from};
}

bool Widens(const Enforcement& before, const Enforcement& after, absl::Time now) {
  if (after.mode != EnforcementMode::kEnforce) return false;
  if (before.mode != EnforcementMode::kEnforce) return true;
  if (before.pause && !after.pause) return true;
  if (after.match_subdomains && !before.match_subdomains) return true;
  if (after.unmanaged_users != before.unmanaged_users &&
      after.unmanaged_users == UnmanagedUsers::kRequireSso) {
    return true;
  }
  // What has passed already covers as well as what is unset.
  const auto earlier = [&](absl::Time a, absl::Time b) { return b > now && a < b; };
  return earlier(after.rollout.start_time, before.rollout.start_time) ||
         earlier(ProofDeadline(after), ProofDeadline(before)) ||
         WidensWave(before.rollout, after.rollout);
}

}  // namespace gatehouse
