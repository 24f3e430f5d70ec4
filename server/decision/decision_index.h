// Everything that decides, in memory: the rules of domains, the exceptions, and
// an entry for each known address.
//
// IndexFollower keeps it as the commits leave the store; IndexedDecisionSource
// reads it. A reader takes a Look, reads what it needs, and asks the look whether
// all of it was there at one time.
#ifndef GATEHOUSE_SERVER_DECISION_DECISION_INDEX_H_
#define GATEHOUSE_SERVER_DECISION_DECISION_INDEX_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "policy/email_address.h"
#include "policy/ids.h"
#include "policy/published.h"
#include "server/decision/address_index.h"
#include "server/decision/rule_table.h"
#include "storage/engine.h"

namespace gatehouse {

// Any number of readers, who never wait, and one writer at a time.
class DecisionIndex {
 public:
  // `hash_key`: AddressHasher::kKeyBytes bytes that nobody can guess.
  explicit DecisionIndex(std::string hash_key) : hasher_(std::move(hash_key)) {}

  // The index at the moment of its making, for one thread; one at a time on it.
  class Look {
   public:
    explicit Look(const DecisionIndex& index)
        : index_(index),
          changes_(index.changes_.load(std::memory_order_seq_cst)),
          rule_changes_(index.rule_changes_.load(std::memory_order_seq_cst)),
          revision_(index.revision()),
          rules_(index.rules_.Get()) {}

    // Null: there are no valid rules.
    const RuleTable* rules() const { return rules_; }
    // What is read through this look is of this revision, or a later one that is
    // being acknowledged.
    storage::Revision revision() const { return revision_; }
    // The entry of an address as `organization` knows it; nullopt: it does not.
    // Only while the addresses are loaded.
    std::optional<AddressEntry> Find(const OrganizationId& organization,
                                     const EmailAddress& email) const {
      return index_.addresses_.Find(index_.HashOf(organization, email));
    }
    bool addresses_loaded() const { return index_.loaded(); }

    // Whether the rules, and the address read with them, were there together.
    bool IsConsistent() const { return Same(index_.rule_changes_, rule_changes_); }
    // Whether everything read so far was there together.
    bool IsConsistentForMany() const { return Same(index_.changes_, changes_); }

   private:
    static bool Same(const std::atomic<uint64_t>& counter, uint64_t seen) {
      return seen % 2 == 0 && counter.load(std::memory_order_seq_cst) == seen;
    }

    const DecisionIndex& index_;
    const uint64_t changes_;
    const uint64_t rule_changes_;
    const storage::Revision revision_;
    const RuleTable* const rules_;
  };

  // Whether every address that the store knows is here.
  bool loaded() const { return loaded_.load(std::memory_order_acquire); }
  size_t address_count() const { return addresses_.size(); }
  size_t address_bytes() const { return addresses_.bytes(); }

  // A change by the writer; readers see all of it or nothing.
  class Change {
   public:
    // `of_rules`: rules change too, or exceptions.
    Change(DecisionIndex* index, bool of_rules);
    ~Change();
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;

    AddressIndex& addresses() { return index_->addresses_; }
    // Null: there are no valid rules from now on.
    void SetRules(std::shared_ptr<const RuleTable> rules) { new_rules_ = std::move(rules); }
    // Who asks the index afterwards hears this revision.
    void SetRevision(storage::Revision revision) { revision_ = revision; }
    void SetLoaded(bool loaded) { index_->loaded_.store(loaded, std::memory_order_release); }

   private:
    DecisionIndex* const index_;
    const bool of_rules_;
    std::shared_ptr<const RuleTable> new_rules_;
    storage::Revision revision_;
  };

  // The rules, for the writer.
  const RuleTable* rules() const { return rules_.Get(); }
  storage::Revision revision() const { return revision_.load(std::memory_order_acquire); }
  uint64_t HashOf(const OrganizationId& organization, const EmailAddress& email) const {
    return hasher_.Hash(organization.value(), email.domain().ascii(), email.local());
  }

 private:
  const AddressHasher hasher_;
  Published<RuleTable> rules_;
  std::atomic<storage::Revision> revision_{0};
  AddressIndex addresses_;
  std::atomic<bool> loaded_{false};
  // Odd while a change is made.
  std::atomic<uint64_t> changes_{0};
  std::atomic<uint64_t> rule_changes_{0};
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_DECISION_INDEX_H_
