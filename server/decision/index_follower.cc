#include "server/decision/index_follower.h"

#include <chrono>

#include "policy/status_macros.h"
#include "server/decision/rule_table_reader.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

// Users read at a time: a commit waits no longer than for these.
constexpr int kStretch = 1'000;
constexpr std::chrono::milliseconds kRetry(500);

AddressEntry EntryOf(const User& user, const RuleTable& rules) {
  const std::string key = UserKey(user.organization, user.id);
  if (user.suspended || rules.exemptions->Find(key) != nullptr ||
      rules.overrides->Find(key) != nullptr) {
    return {.kind = AddressEntry::Kind::kAskStore};
  }
  if (!user.claimed) return {.kind = AddressEntry::Kind::kIndependent};
  return AddressEntry::Managed(user.claim_time);
}

}  // namespace

absl::StatusOr<std::unique_ptr<IndexFollower>> IndexFollower::Start(storage::CommitFeed* feed,
                                                                    DecisionIndex* index) {
  std::unique_ptr<IndexFollower> follower(new IndexFollower(feed, index));
  std::lock_guard<std::mutex> lock(follower->mutex_);  // the first commit heard of waits
  feed->Subscribe(follower.get());
  ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::Open(feed->engine()));
  ASSIGN_OR_RETURN(RuleTable rules, ReadRuleTable(reader));
  DecisionIndex::Change change(index, /*of_rules=*/true);
  change.SetRules(std::make_shared<RuleTable>(std::move(rules)));
  change.SetRevision(reader.revision());
  follower->reader_ = std::thread([self = follower.get()] { self->ReadAddresses(); });
  return follower;
}

IndexFollower::~IndexFollower() {
  feed_->Unsubscribe(this);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (reader_.joinable()) reader_.join();
}

bool IndexFollower::WaitUntilLoaded(absl::Duration timeout) {
  std::unique_lock<std::mutex> lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoNanoseconds(timeout),
                           [this] { return index_->loaded(); });
}

void IndexFollower::OnCommits(const std::vector<storage::Change>& changes) {
  waiting_commits_.fetch_add(1, std::memory_order_relaxed);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    waiting_commits_.fetch_sub(1, std::memory_order_relaxed);
    // What cannot be followed is read anew; until then the store answers.
    if (!Follow(changes).ok()) Forget(changes.back().revision);
  }
  changed_.notify_all();
}

absl::Status IndexFollower::Follow(const std::vector<storage::Change>& changes) {
  const storage::Revision revision = changes.back().revision;
  const RuleTable* const old_rules = index_->rules();
  const storage::UserChanges users(changes);
  storage::PolicyChanges policy = storage::PolicyChangesOf(changes);
  if (old_rules == nullptr || (policy.empty() && users.empty())) {
    DecisionIndex::Change(index_, /*of_rules=*/false).SetRevision(revision);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::Open(feed_->engine()));
  std::shared_ptr<const RuleTable> rules;
  if (!policy.empty()) {
    ASSIGN_OR_RETURN(RuleTable changed, ReadChangedRuleTable(reader, *old_rules, &policy));
    rules = std::make_shared<RuleTable>(std::move(changed));
  }
  ASSIGN_OR_RETURN(const EntryChanges entries,
                   ReadEntries(reader, rules ? *rules : *old_rules, users, policy));
  DecisionIndex::Change change(index_, /*of_rules=*/rules != nullptr);
  for (const EntryChange& entry : entries) {
    if (entry.entry) {
      change.addresses().Put(entry.hash, *entry.entry, entry.may_be_new);
    } else {
      change.addresses().Erase(entry.hash);
    }
  }
  change.SetRules(std::move(rules));
  change.SetRevision(revision);
  return absl::OkStatus();
}

absl::StatusOr<IndexFollower::EntryChanges> IndexFollower::ReadEntries(
    storage::Reader& reader, const RuleTable& rules, const storage::UserChanges& users,
    const storage::PolicyChanges& policy) {
  EntryChanges entries;
  for (const auto& address : users.Addresses()) {
    if (!IsRead(address.key)) continue;
    ASSIGN_OR_RETURN(const auto user,
                     storage::UserStore::FindByEmail(reader, address.organization, address.email));
    EntryChange& change = entries.emplace_back();
    change.hash = index_->HashOf(address.organization, address.email);
    if (!user) continue;
    change.entry = EntryOf(**user, rules);
    change.may_be_new = users.MayBeNew(**user);
  }
  // Who gained or lost an exception, with a record that did not change.
  for (const auto* changed : {&policy.exemptions, &policy.overrides}) {
    for (const auto& [organization, id] : *changed) {
      ASSIGN_OR_RETURN(const auto user, storage::UserStore::Find(reader, organization, id));
      if (!user || users.MayBeNew(**user) || !IsRead(storage::UserStore::KeyOf(**user))) continue;
      entries.push_back(
          {.hash = index_->HashOf(organization, (*user)->email), .entry = EntryOf(**user, rules)});
    }
  }
  return entries;
}

bool IndexFollower::IsRead(absl::string_view key) const {
  return index_->loaded() || key <= read_to_;
}

void IndexFollower::Forget(storage::Revision revision) {
  read_to_.clear();
  DecisionIndex::Change change(index_, /*of_rules=*/true);
  change.SetLoaded(false);
  change.addresses().Clear();
  change.SetRevision(revision);
}

void IndexFollower::ReadAddresses() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    if (index_->loaded()) {
      changed_.wait(lock, [this] { return stopping_ || !index_->loaded(); });
    } else if (const absl::Status read = ReadStretch(); absl::IsAborted(read)) {
      changed_.wait_for(lock, std::chrono::milliseconds(1));
    } else if (!read.ok()) {
      Forget(index_->revision());
      changed_.wait_for(lock, kRetry, [this] { return stopping_; });
    } else {
      // Commits first: a lock goes to whoever is fast, and that is this thread.
      changed_.wait_for(lock, kRetry, [this] {
        return stopping_ || waiting_commits_.load(std::memory_order_relaxed) == 0;
      });
    }
    if (index_->loaded()) changed_.notify_all();
  }
}

// ABORTED: a commit is visible that has not been heard of yet.
absl::Status IndexFollower::ReadStretch() {
  ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::Open(feed_->engine()));
  if (reader.revision() != index_->revision()) return absl::AbortedError("behind the commits");
  if (index_->rules() == nullptr) {
    ASSIGN_OR_RETURN(RuleTable rules, ReadRuleTable(reader));
    DecisionIndex::Change change(index_, /*of_rules=*/true);
    change.SetRules(std::make_shared<RuleTable>(std::move(rules)));
  }
  const RuleTable& rules = *index_->rules();
  DecisionIndex::Change change(index_, /*of_rules=*/false);
  int count = 0;
  std::string last;
  RETURN_IF_ERROR(
      storage::UserStore::ScanAll(reader, read_to_, [&](absl::string_view key, const User& user) {
        change.addresses().Put(index_->HashOf(user.organization, user.email), EntryOf(user, rules),
                               /*is_new=*/true);
        last.assign(key.data(), key.size());
        return ++count < kStretch;
      }));
  if (count < kStretch) change.SetLoaded(true);
  if (count > 0) read_to_ = std::move(last);
  return absl::OkStatus();
}

}  // namespace gatehouse
