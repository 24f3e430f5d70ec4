// The rules and exceptions that decide, in memory: an immutable table, and the
// cell through which readers see the newest one without a lock.
#ifndef GATEHOUSE_SERVER_DECISION_RULE_TABLE_H_
#define GATEHOUSE_SERVER_DECISION_RULE_TABLE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "server/decision/decision_source.h"

namespace gatehouse {

// A persistent hash map: a change copies one of its 256 parts. Immutable, so
// safe for concurrent use.
template <typename Value>
class PartitionedMap {
 public:
  const Value* Find(absl::string_view key) const {
    const std::shared_ptr<const Part>& part = parts_[PartOf(key)];
    if (part == nullptr) return nullptr;
    auto found = part->find(key);
    return found == part->end() ? nullptr : &found->second;
  }

  // This map with each key put, or erased if it has no value.
  PartitionedMap With(std::vector<std::pair<std::string, std::optional<Value>>> changes) const {
    PartitionedMap changed = *this;
    std::array<std::shared_ptr<Part>, kParts> copies;
    for (auto& [key, value] : changes) {
      const size_t index = PartOf(key);
      if (copies[index] == nullptr) {
        copies[index] =
            parts_[index] ? std::make_shared<Part>(*parts_[index]) : std::make_shared<Part>();
        changed.parts_[index] = copies[index];
      }
      if (value) {
        copies[index]->insert_or_assign(key, *std::move(value));
      } else {
        copies[index]->erase(key);
      }
    }
    return changed;
  }

 private:
  static constexpr size_t kParts = 256;
  using Part = absl::flat_hash_map<std::string, Value>;

  static size_t PartOf(absl::string_view key) {
    return absl::Hash<absl::string_view>()(key) % kParts;
  }

  std::array<std::shared_ptr<const Part>, kParts> parts_;
};

inline std::string UserKey(const OrganizationId& organization, const UserId& user) {
  return absl::StrCat(organization.value(), "/", user.value());
}

// Rules and exceptions, as one commit left them. Immutable; a copy is cheap.
struct RuleTable {
  std::shared_ptr<const PartitionedMap<DomainRule>> rules;        // by domain (ASCII)
  std::shared_ptr<const PartitionedMap<Exemption>> exemptions;    // by UserKey
  std::shared_ptr<const PartitionedMap<OverrideRule>> overrides;  // by UserKey
  // Rules that cover subdomains. While there is none, no parent is looked up.
  int64_t covering_subdomains = 0;
  // Overrides. While there is none, none is looked up.
  int64_t override_count = 0;

  // The rule that decides about addresses on `domain`; null: none.
  const DomainRule* Match(const DomainName& domain) const;
};

// Publishes tables and the revision they are good for. A reader pays two atomic
// loads while the rules do not change; the first time after they did, it takes a
// lock that the publisher holds for one pointer swap. Thread-safe for any number
// of readers and one publisher.
class RuleTableCell {
 public:
  RuleTableCell();
  RuleTableCell(const RuleTableCell&) = delete;
  RuleTableCell& operator=(const RuleTableCell&) = delete;

  // The revision published last. A table that is got afterwards is of that
  // revision or a later one.
  storage::Revision revision() const { return revision_.load(std::memory_order_acquire); }
  // The newest table, or nullptr if none is valid. Valid until the calling
  // thread's next Get on any cell.
  const RuleTable* Get() const;

  // Publishes a table (null: there is no valid one from now on), then `revision`.
  void Set(std::shared_ptr<const RuleTable> table, storage::Revision revision);
  // Publishes a revision at which the table is what it was.
  void SetRevision(storage::Revision revision) {
    revision_.store(revision, std::memory_order_release);
  }

 private:
  const uint64_t id_;  // unique among all cells of the process
  std::atomic<uint64_t> version_{1};
  std::atomic<storage::Revision> revision_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<const RuleTable> table_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_RULE_TABLE_H_
