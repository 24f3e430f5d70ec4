// What decides about each address that organizations know, in 12 bytes each, so
// that a check reads no store.
//
// An address stands here as a keyed 64-bit hash; in place of the user there is
// what almost every user needs for a decision: managed since when, or
// independent. Whoever has more to them (suspended, exempt, an override) stands
// as "ask the store".
//
// Hashes collide once in 2^64 pairs. Two known addresses with one hash are
// noticed when the second comes, and both are asked about in the store. An
// unknown address that has the hash of a known one is taken for it, and so sent
// to SSO at worst. The key is the process's own, so nobody can look for
// collisions.
#ifndef GATEHOUSE_SERVER_DECISION_ADDRESS_INDEX_H_
#define GATEHOUSE_SERVER_DECISION_ADDRESS_INDEX_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/runtime/read_sections.h"

namespace gatehouse {

// Hashes the addresses of organizations under a secret key.
class AddressHasher {
 public:
  static constexpr size_t kKeyBytes = 192;

  // `key`: kKeyBytes bytes that nobody can guess.
  explicit AddressHasher(std::string key);

  // Of an address in canonical form (EmailAddress), as one organization knows it.
  uint64_t Hash(absl::string_view organization, absl::string_view domain,
                absl::string_view local) const;

 private:
  std::string key_;
};

// What stands in place of a user.
struct AddressEntry {
  enum class Kind : uint8_t {
    kShared = 0,       // two addresses have this hash: ask the store, for good
    kManaged = 1,      // claimed, and nothing else to know
    kIndependent = 2,  // not claimed, and nothing else to know
    kAskStore = 3,     // more to know
  };
  Kind kind = Kind::kAskStore;
  // kManaged: since when; never earlier than the user's claim, and no more than
  // a millisecond later. `exact`: not later either.
  absl::Time claim_time = absl::InfinitePast();
  bool exact = false;

  static AddressEntry Managed(absl::Time claim_time);
};

// Any number of readers, who never wait, and one writer at a time.
class AddressIndex {
 public:
  AddressIndex();
  ~AddressIndex();

  // The entry of a hash; nullopt: no known address has it.
  std::optional<AddressEntry> Find(uint64_t hash) const;

  // Puts the entry of an address that has one already, or (`is_new`) of one that
  // has none: then an entry that is there is of another address, and the two
  // become kShared.
  void Put(uint64_t hash, const AddressEntry& entry, bool is_new);
  // Removes an address's entry, unless another shares it.
  void Erase(uint64_t hash);
  // Removes every entry.
  void Clear();
  // Gives back memory that changes left behind and no reader sees any more.
  // After each round of changes.
  void Collect() { sections_.Collect(); }

  size_t size() const { return size_.load(std::memory_order_relaxed); }
  // Memory of the entries and what finds them.
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  // One entry, packed: the hash's lower 46 bits, then the kind, `exact` and the
  // claim's milliseconds.
  struct Packed {
    std::array<uint32_t, 3> words;
  };
  // Entries by hash; immutable. `entries` goes on behind the struct.
  struct Shard {
    uint32_t size;
    Packed entries[1];
  };
  // By the hash's upper bits: small enough that a change copies little (40
  // entries of 10 million), few enough that pointers to them weigh little.
  static constexpr int kShardBits = 18;
  static constexpr int kRestBits = 64 - kShardBits;

  static size_t ShardOf(uint64_t hash) { return hash >> kRestBits; }
  static uint64_t RestOf(uint64_t hash) { return hash & ((uint64_t{1} << kRestBits) - 1); }
  static uint64_t RestOf(const Packed& packed);
  static Packed Pack(uint64_t rest, const AddressEntry& entry);
  static AddressEntry Unpack(const Packed& packed);
  // The first entry at or above `rest`.
  static uint32_t LowerBound(const Shard& shard, uint64_t rest);
  static size_t BytesOf(uint32_t size);
  static Shard* NewShard(uint32_t size);
  // Puts a shard in place of another, which is retired. Null: none.
  void Replace(size_t index, Shard* shard);

  const std::unique_ptr<std::atomic<Shard*>[]> shards_;
  std::atomic<size_t> size_{0};
  std::atomic<size_t> bytes_{0};
  ReadSections sections_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_ADDRESS_INDEX_H_
