#include "server/decision/address_index.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"

namespace gatehouse {
namespace {

constexpr size_t kShards = size_t{1} << 18;

// Packed entries, from the lowest bit: 46 of the hash, 2 of the kind, 1 for
// `exact`, 47 of the time: milliseconds since 1970 until the year 6429.
constexpr int kKindShift = 46 - 32;
constexpr int kExactShift = kKindShift + 2;
constexpr int kTimeLowShift = kExactShift + 1;
constexpr int kTimeLowBits = 32 - kTimeLowShift;
constexpr int64_t kMaxMillis = (int64_t{1} << 47) - 1;

}  // namespace

AddressHasher::AddressHasher(std::string key) : key_(std::move(key)) { key_.resize(kKeyBytes); }

uint64_t AddressHasher::Hash(absl::string_view organization, absl::string_view domain,
                             absl::string_view local) const {
  // Neither of the first two contains a '/', so no two addresses make one text.
  const size_t size = organization.size() + domain.size() + local.size() + 2;
  std::array<char, 512> buffer;
  if (size > buffer.size()) {
    const std::string text = absl::StrCat(organization, "/", domain, "/", local);
    return XXH3_64bits_withSecret(text.data(), text.size(), key_.data(), key_.size());
  }
  char* end = std::copy(organization.begin(), organization.end(), buffer.data());
  *end++ = '/';
  end = std::copy(domain.begin(), domain.end(), end);
  *end++ = '/';
  std::copy(local.begin(), local.end(), end);
  return XXH3_64bits_withSecret(buffer.data(), size, key_.data(), key_.size());
}

AddressEntry AddressEntry::Managed(absl::Time claim_time) {
  const int64_t millis = absl::ToUnixMillis(claim_time);
  const bool exact = absl::FromUnixMillis(millis) == claim_time;
  const int64_t rounded_up = exact ? millis : millis + 1;
  if (rounded_up < 0 || rounded_up > kMaxMillis) return {.kind = Kind::kAskStore};
  return {.kind = Kind::kManaged, .claim_time = absl::FromUnixMillis(rounded_up), .exact = exact};
}

AddressIndex::AddressIndex() : shards_(new std::atomic<Shard*>[kShards]()) {
  static_assert(kShards == size_t{1} << kShardBits);
  static_assert(sizeof(Packed) == 12 && kRestBits == 46);
  bytes_ = kShards * sizeof(shards_[0]);
}

AddressIndex::~AddressIndex() {
  for (size_t i = 0; i < kShards; ++i) ::operator delete(shards_[i].load());
}

std::optional<AddressEntry> AddressIndex::Find(uint64_t hash) const {
  const ReadSections::Section section(sections_);
  const Shard* const shard = shards_[ShardOf(hash)].load(std::memory_order_acquire);
  if (shard == nullptr) return std::nullopt;
  const uint64_t rest = RestOf(hash);
  const uint32_t at = LowerBound(*shard, rest);
  if (at == shard->size || RestOf(shard->entries[at]) != rest) return std::nullopt;
  return Unpack(shard->entries[at]);
}

void AddressIndex::Put(uint64_t hash, const AddressEntry& entry, bool is_new) {
  const Shard* const old = shards_[ShardOf(hash)].load(std::memory_order_relaxed);
  const uint64_t rest = RestOf(hash);
  const uint32_t old_size = old == nullptr ? 0 : old->size;
  const uint32_t at = old == nullptr ? 0 : LowerBound(*old, rest);
  const bool present = at < old_size && RestOf(old->entries[at]) == rest;
  if (present && Unpack(old->entries[at]).kind == AddressEntry::Kind::kShared) return;
  Shard* const shard = NewShard(old_size + (present ? 0 : 1));
  if (old != nullptr) {
    std::copy_n(old->entries, at, shard->entries);
    std::copy(old->entries + at + (present ? 1 : 0), old->entries + old_size,
              shard->entries + at + 1);
  }
  const bool collides = present && is_new;
  shard->entries[at] =
      Pack(rest, collides ? AddressEntry{.kind = AddressEntry::Kind::kShared} : entry);
  Replace(ShardOf(hash), shard);
}

void AddressIndex::Erase(uint64_t hash) {
  const Shard* const old = shards_[ShardOf(hash)].load(std::memory_order_relaxed);
  if (old == nullptr) return;
  const uint64_t rest = RestOf(hash);
  const uint32_t at = LowerBound(*old, rest);
  if (at == old->size || RestOf(old->entries[at]) != rest) return;
  if (Unpack(old->entries[at]).kind == AddressEntry::Kind::kShared) return;
  Shard* shard = nullptr;
  if (old->size > 1) {
    shard = NewShard(old->size - 1);
    std::copy_n(old->entries, at, shard->entries);
    std::copy(old->entries + at + 1, old->entries + old->size, shard->entries + at);
  }
  Replace(ShardOf(hash), shard);
}

void AddressIndex::Clear() {
  for (size_t i = 0; i < kShards; ++i) Replace(i, nullptr);
}

uint64_t AddressIndex::RestOf(const Packed& packed) {
  constexpr uint32_t kUpper = (uint32_t{1} << kKindShift) - 1;
  return packed.words[0] | uint64_t{packed.words[1] & kUpper} << 32;
}

AddressIndex::Packed AddressIndex::Pack(uint64_t rest, const AddressEntry& entry) {
  const uint64_t millis = entry.kind == AddressEntry::Kind::kManaged
                              ? static_cast<uint64_t>(absl::ToUnixMillis(entry.claim_time))
                              : 0;
  const auto upper =
      static_cast<uint32_t>(rest >> 32) | static_cast<uint32_t>(entry.kind) << kKindShift |
      uint32_t{entry.exact} << kExactShift | static_cast<uint32_t>(millis) << kTimeLowShift;
  return {{static_cast<uint32_t>(rest), upper, static_cast<uint32_t>(millis >> kTimeLowBits)}};
}

AddressEntry AddressIndex::Unpack(const Packed& packed) {
  AddressEntry entry;
  entry.kind = static_cast<AddressEntry::Kind>(packed.words[1] >> kKindShift & 3);
  entry.exact = (packed.words[1] >> kExactShift & 1) != 0;
  if (entry.kind == AddressEntry::Kind::kManaged) {
    const uint64_t millis = packed.words[1] >> kTimeLowShift | uint64_t{packed.words[2]}
                                                                   << kTimeLowBits;
    entry.claim_time = absl::FromUnixMillis(static_cast<int64_t>(millis));
  }
  return entry;
}

// Hashes are spread evenly, so an entry is near the place that its hash would
// have in a perfect spread: a step or two within a cache line.
uint32_t AddressIndex::LowerBound(const Shard& shard, uint64_t rest) {
  auto at = static_cast<uint32_t>(rest * shard.size >> kRestBits);
  while (at > 0 && RestOf(shard.entries[at - 1]) >= rest) --at;
  while (at < shard.size && RestOf(shard.entries[at]) < rest) ++at;
  return at;
}

size_t AddressIndex::BytesOf(uint32_t size) { return sizeof(uint32_t) + size * sizeof(Packed); }

AddressIndex::Shard* AddressIndex::NewShard(uint32_t size) {
  auto* const shard = static_cast<Shard*>(::operator new(BytesOf(size)));
  shard->size = size;
  return shard;
}

void AddressIndex::Replace(size_t index, Shard* shard) {
  Shard* const old = shards_[index].load(std::memory_order_relaxed);
  const uint32_t before = old == nullptr ? 0 : old->size;
  const uint32_t after = shard == nullptr ? 0 : shard->size;
  // Release: who sees the shard sees its entries.
  shards_[index].store(shard, std::memory_order_release);
  sections_.Retire(old);
  size_.store(size_.load(std::memory_order_relaxed) + after - before, std::memory_order_relaxed);
  bytes_.store(bytes_.load(std::memory_order_relaxed) + (shard == nullptr ? 0 : BytesOf(after)) -
                   (old == nullptr ? 0 : BytesOf(before)),
               std::memory_order_relaxed);
}

}  // namespace gatehouse
