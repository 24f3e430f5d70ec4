// The storage engine seam: an ordered map of byte strings with revisions.
//
// Everything durable goes through this interface. It is small on purpose, so
// that a replicated engine (etcd, Raft) can stand behind it: point get, ordered
// scan at a snapshot, one atomic conditional commit that yields a revision,
// changes since a revision, checkpoint. Every engine passes the conformance
// suite in tests/storage/engine_conformance.h.
//
// Revisions. A commit that changes something is numbered one above the commit
// before it. A new store is at revision 0. Each key remembers the revision of
// the commit that last put it ("mod revision"), which is what conditions test.
//
// Keys that begin with the byte 0x00 are the engine's own: no write may name
// one, and no read or scan shows one.
//
// Errors, from every method: UNAVAILABLE with reason STORE_UNAVAILABLE (I/O
// error, disk full), DATA_LOSS with reason STORE_CORRUPT (the store's bytes are
// damaged), never a wrong answer. After a failed Commit the caller does not know
// whether it took effect only if the code is UNAVAILABLE; every other code
// changed nothing.
#ifndef GATEHOUSE_STORAGE_ENGINE_H_
#define GATEHOUSE_STORAGE_ENGINE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/engine_statistics.h"

namespace gatehouse::storage {

using Revision = uint64_t;

struct Entry {
  std::string value;
  Revision mod_revision = 0;
};

// Keys k with start <= k < end, in byte order. An empty `end` means no bound.
struct KeyRange {
  std::string start;
  std::string end;
};

// The range of all keys that begin with `prefix` (which must not be empty).
KeyRange PrefixRange(absl::string_view prefix);

// The store as one commit left it. Immutable, safe for concurrent use; holds
// resources (old versions) until destroyed, so do not keep one for long. Must
// not outlive its engine.
class Snapshot {
 public:
  virtual ~Snapshot() = default;

  // The revision of the last commit that this snapshot contains.
  virtual Revision revision() const = 0;

  // nullopt if the key does not exist.
  virtual absl::StatusOr<std::optional<Entry>> Get(absl::string_view key) const = 0;

  // Calls `visit` for each entry of `range` in key order, until it returns
  // false or the range ends. The views are valid during the call only.
  virtual absl::Status Scan(
      const KeyRange& range,
      absl::FunctionRef<bool(absl::string_view key, absl::string_view value, Revision mod_revision)>
          visit) const = 0;
};

// What a key must be for a commit to happen.
struct Condition {
  std::string key;
  // The key's mod revision; 0: the key must not exist.
  Revision mod_revision = 0;
};

struct Write {
  std::string key;
  std::optional<std::string> value;  // nullopt: delete (of a missing key: no effect)
};

struct CommitRequest {
  std::vector<Condition> conditions;  // each key at most once
  std::vector<Write> writes;          // each key at most once; not empty
};

// One commit, as a follower sees it: the keys it put or removed, in no given
// order. Values are read from a snapshot; a later commit may have changed them
// again.
struct Change {
  Revision revision = 0;
  std::vector<std::string> keys;
};

// Hears of each commit, in revision order, after it is durable and visible to
// new snapshots and before Commit returns to its caller. So what a listener
// derives (the decision rules in memory) is never behind an acknowledged write.
// Called from one thread at a time; must not call Commit or SetListener.
class CommitListener {
 public:
  virtual ~CommitListener() = default;
  // `changes` is not empty and goes on where the call before ended; nothing
  // newer than its last revision is visible yet.
  virtual void OnCommits(const std::vector<Change>& changes) = 0;
};

// Thread-safe. Destroying an engine waits for commits under way; no call may
// begin after that.
class Engine {
 public:
  virtual ~Engine() = default;

  // The newest committed state.
  virtual absl::StatusOr<std::shared_ptr<const Snapshot>> NewSnapshot() const = 0;

  // NewSnapshot()->Get(key) without a snapshot's cost. Takes no lock that a
  // commit holds.
  virtual absl::StatusOr<std::optional<Entry>> Get(absl::string_view key) const = 0;

  // The newest visible revision. Takes no lock that a commit holds.
  virtual Revision revision() const = 0;

  // Checks every condition and applies every write, atomically, and returns
  // when the commit is durable (survives power loss). Blocks for a disk sync;
  // concurrent commits share one. A commit whose writes change nothing (deletes
  // of missing keys) takes no revision and returns the newest.
  //
  // ABORTED with reason CONCURRENT_CHANGE: a condition does not hold; nothing
  // changed. INVALID_ARGUMENT: an empty, reserved or repeated key, an empty
  // write list, or a size above the limits below.
  virtual absl::StatusOr<Revision> Commit(const CommitRequest& request) = 0;

  // Up to `limit` commits with revision > `after`, oldest first; empty if there
  // are none. OUT_OF_RANGE: `after` is ahead of the store, or so far behind
  // that the log was trimmed; then read a snapshot and go on from its revision.
  virtual absl::StatusOr<std::vector<Change>> ChangesSince(Revision after, size_t limit) const = 0;

  // Writes a consistent copy, which the engine's Open accepts, into `directory`:
  // whole or not at all. It contains every commit acknowledged before the call.
  // ALREADY_EXISTS: there is something at that path. UNIMPLEMENTED: the engine
  // has no files.
  virtual absl::Status Checkpoint(const std::string& directory) const = 0;

  // At most one listener; nullptr removes it. When this returns, a removed
  // listener is not called any more. The listener hears of every commit above
  // the returned revision and of none below, so a caller that reads a snapshot
  // afterwards misses nothing.
  virtual Revision SetListener(CommitListener* listener) = 0;

  // How the engine is doing. Waits for no disk; meant to be asked every few
  // seconds, not with each call.
  virtual EngineStatistics Statistics() const = 0;
};

inline constexpr size_t kMaxKeyBytes = 1024;
inline constexpr size_t kMaxValueBytes = 1 << 20;
// The keys and values of one commit's writes, together.
inline constexpr size_t kMaxCommitBytes = 16 << 20;

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_ENGINE_H_
