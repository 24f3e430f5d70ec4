// A persistent hash map from text: what tables that are published to many readers
// and change a little at a time are made of.
#ifndef GATEHOUSE_POLICY_PARTITIONED_MAP_H_
#define GATEHOUSE_POLICY_PARTITIONED_MAP_H_

#include <array>
#include <climits>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace gatehouse {

// A change copies the pointers of one of its 256 parts; a copy shares all of them.
// Immutable, so safe for concurrent use.
template <typename Value>
class PartitionedMap {
 public:
  // The value of a key, or null. Valid as long as a map that has it.
  const Value* Find(absl::string_view key) const {
    const size_t hash = HashOf(key);
    const Part* const part = parts_[PartOf(hash)].get();
    if (part == nullptr) return nullptr;
    const auto found = part->find(key, hash);
    return found == part->end() ? nullptr : found->second.get();
  }

  size_t size() const { return size_; }

  // This map after `changes`, pairs of a key and a std::shared_ptr<const Value>:
  // the key's value from now on; null: it has none.
  template <typename Changes>
  PartitionedMap With(const Changes& changes) const {
    PartitionedMap changed = *this;
    std::array<std::shared_ptr<Part>, kParts> copies;
    for (const auto& [key, value] : changes) {
      const size_t index = PartOf(HashOf(key));
      std::shared_ptr<Part>& copy = copies[index];
      if (copy == nullptr) {
        const Part* const old = changed.parts_[index].get();
        copy = old == nullptr ? std::make_shared<Part>() : std::make_shared<Part>(*old);
        changed.parts_[index] = copy;
      }
      changed.size_ -= copy->size();
      if (value == nullptr) {
        copy->erase(key);
      } else {
        copy->insert_or_assign(key, value);
      }
      changed.size_ += copy->size();
    }
    return changed;
  }

 private:
  static constexpr size_t kParts = 256;
  using Part = absl::flat_hash_map<std::string, std::shared_ptr<const Value>>;

  static size_t HashOf(absl::string_view key) { return typename Part::hasher()(key); }
  // By the high bits: the parts themselves go by the low ones.
  static size_t PartOf(size_t hash) { return hash >> (CHAR_BIT * sizeof(hash) - 8); }

  std::array<std::shared_ptr<const Part>, kParts> parts_;
  size_t size_ = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_PARTITIONED_MAP_H_
