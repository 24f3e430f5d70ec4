#include "storage/memory_engine.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "policy/status_macros.h"
#include "storage/engine_request.h"
#include "storage/engine_tree.h"

namespace gatehouse::storage {
namespace {

class MemorySnapshot final : public Snapshot {
 public:
  // `held` counts the snapshots that there are.
  MemorySnapshot(EntryTree tree, Revision revision, std::shared_ptr<std::atomic<uint64_t>> held)
      : tree_(std::move(tree)), revision_(revision), held_(std::move(held)) {
    ++*held_;
  }
  MemorySnapshot(const MemorySnapshot&) = delete;
  MemorySnapshot& operator=(const MemorySnapshot&) = delete;
  ~MemorySnapshot() override { --*held_; }

  Revision revision() const override { return revision_; }

  absl::StatusOr<std::optional<Entry>> Get(absl::string_view key) const override {
    const Entry* entry = tree_.Find(key);
    return entry == nullptr ? std::nullopt : std::make_optional(*entry);
  }

  absl::Status Scan(const KeyRange& range,
                    absl::FunctionRef<bool(absl::string_view, absl::string_view, Revision)> visit)
      const override {
    tree_.Scan(range, [&](const std::string& key, const Entry& entry) {
      return visit(key, entry.value, entry.mod_revision);
    });
    return absl::OkStatus();
  }

 private:
  const EntryTree tree_;
  const Revision revision_;
  const std::shared_ptr<std::atomic<uint64_t>> held_;
};

class MemoryEngine final : public Engine {
 public:
  explicit MemoryEngine(MemoryEngineOptions options) : options_(options) {}

  ~MemoryEngine() override {
    std::unique_lock<std::mutex> lock(state_mutex_);
    idle_.wait(lock, [this] { return commits_under_way_ == 0; });
  }

  absl::StatusOr<std::shared_ptr<const Snapshot>> NewSnapshot() const override {
    std::lock_guard<std::mutex> lock(state_mutex_);
    return std::make_shared<const MemorySnapshot>(tree_, revision_, snapshots_);
  }

  absl::StatusOr<std::optional<Entry>> Get(absl::string_view key) const override {
    EntryTree tree;
    {
      std::lock_guard<std::mutex> lock(state_mutex_);
      tree = tree_;
    }
    const Entry* entry = tree.Find(key);
    return entry == nullptr ? std::nullopt : std::make_optional(*entry);
  }

  Revision revision() const override { return revision_; }

  absl::StatusOr<Revision> Commit(const CommitRequest& request) override {
    RETURN_IF_ERROR(ValidateCommitRequest(request));
    LatencyTimer timer(&commit_times_);
    {
      std::lock_guard<std::mutex> lock(state_mutex_);
      ++commits_under_way_;
    }
    absl::StatusOr<Revision> result = CommitInOrder(request);
    if (result.ok()) timer.Stop();
    std::lock_guard<std::mutex> lock(state_mutex_);
    if (--commits_under_way_ == 0) idle_.notify_all();
    return result;
  }

  absl::StatusOr<std::vector<Change>> ChangesSince(Revision after, size_t limit) const override {
    std::lock_guard<std::mutex> lock(state_mutex_);
    RETURN_IF_ERROR(CheckChangeRange(after, revision_ - log_.size() + 1, revision_));
    auto first = log_.end() - static_cast<ptrdiff_t>(revision_ - after);
    auto count = std::min<size_t>(limit, revision_ - after);
    return std::vector<Change>(first, first + static_cast<ptrdiff_t>(count));
  }

  absl::Status Checkpoint(const std::string& directory) const override {
    return absl::UnimplementedError("the memory engine has no files to copy to " + directory);
  }

  Revision SetListener(CommitListener* listener) override {
    std::lock_guard<std::mutex> lock(commit_mutex_);
    listener_ = listener;
    return revision_;
  }

  EngineStatistics Statistics() const override {
    std::lock_guard<std::mutex> lock(state_mutex_);
    return {.commits = commit_times_.Read(),
            .keys = size_.keys,
            .live_bytes = size_.bytes,
            .snapshots = *snapshots_};
  }

 private:
  struct Size {
    uint64_t keys = 0;
    uint64_t bytes = 0;  // of keys and values
  };

  absl::StatusOr<Revision> CommitInOrder(const CommitRequest& request) {
    std::lock_guard<std::mutex> lock(commit_mutex_);
    for (size_t i = 0; i < request.conditions.size(); ++i) {
      const Condition& condition = request.conditions[i];
      const Entry* entry = tree_.Find(condition.key);
      Revision actual = entry == nullptr ? 0 : entry->mod_revision;
      if (actual != condition.mod_revision) {
        return ConditionFailed(i, condition.mod_revision, actual);
      }
    }
    EntryTree tree = tree_;
    Size size = size_;
    Change change{revision_ + 1, {}};
    for (const Write& write : request.writes) {
      const Entry* old = tree.Find(write.key);
      if (old == nullptr && !write.value.has_value()) continue;
      if (old != nullptr) {
        --size.keys;
        size.bytes -= write.key.size() + old->value.size();
      }
      if (write.value.has_value()) {
        ++size.keys;
        size.bytes += write.key.size() + write.value->size();
        tree = tree.Put(write.key, Entry{*write.value, change.revision});
      } else {
        tree = tree.Erase(write.key);
      }
      change.keys.push_back(write.key);
    }
    if (change.keys.empty()) return revision_.load();
    Publish(std::move(tree), size, change);
    if (listener_ != nullptr) listener_->OnCommits({change});
    return change.revision;
  }

  void Publish(EntryTree tree, const Size& size, const Change& change) {
    std::lock_guard<std::mutex> lock(state_mutex_);
    std::swap(tree_, tree);  // the old tree dies outside the lock
    size_ = size;
    revision_ = change.revision;
    log_.push_back(change);
    const size_t kept = std::max<size_t>(options_.change_log_commits, 1);
    if (log_.size() > kept + TrimSlack(kept)) {
      log_.erase(log_.begin(), log_.end() - static_cast<ptrdiff_t>(kept));
    }
  }

  const MemoryEngineOptions options_;

  // Held by one commit from its conditions to its listener's return. Guards listener_, and is
  // what makes it safe to read tree_ and size_ in a commit without state_mutex_.
  std::mutex commit_mutex_;
  CommitListener* listener_ = nullptr;

  // Held only to copy or exchange what it guards: readers never wait for a listener.
  mutable std::mutex state_mutex_;
  std::condition_variable idle_;
  int commits_under_way_ = 0;
  EntryTree tree_;
  Size size_;
  std::atomic<Revision> revision_{0};
  std::deque<Change> log_;

  LatencyRecorder commit_times_;
  const std::shared_ptr<std::atomic<uint64_t>> snapshots_ =
      std::make_shared<std::atomic<uint64_t>>(0);
};

}  // namespace

std::unique_ptr<Engine> NewMemoryEngine(MemoryEngineOptions options) {
  return std::make_unique<MemoryEngine>(options);
}

}  // namespace gatehouse::storage
