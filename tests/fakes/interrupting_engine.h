// An engine on which somebody else commits between what a transaction read and
// its commit:
//
//   InterruptingEngine engine(NewMemoryEngine());
//   engine.BeforeNextCommit([&] { … });  // may use the engine, by another runner
#ifndef GATEHOUSE_TESTS_FAKES_INTERRUPTING_ENGINE_H_
#define GATEHOUSE_TESTS_FAKES_INTERRUPTING_ENGINE_H_

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "storage/engine.h"

namespace gatehouse::storage {

// Thread-safe.
class InterruptingEngine final : public Engine {
 public:
  explicit InterruptingEngine(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

  // Called once, by the next Commit, before it does anything.
  void BeforeNextCommit(std::function<void()> act) {
    std::lock_guard<std::mutex> lock(mutex_);
    act_ = std::move(act);
  }

  absl::StatusOr<std::shared_ptr<const Snapshot>> NewSnapshot() const override {
    return engine_->NewSnapshot();
  }
  absl::StatusOr<std::optional<Entry>> Get(absl::string_view key) const override {
    return engine_->Get(key);
  }
  Revision revision() const override { return engine_->revision(); }
  absl::StatusOr<Revision> Commit(const CommitRequest& request) override {
    std::function<void()> act;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      act = std::exchange(act_, nullptr);
    }
    if (act) act();
    return engine_->Commit(request);
  }
  absl::StatusOr<std::vector<Change>> ChangesSince(Revision after, size_t limit) const override {
    return engine_->ChangesSince(after, limit);
  }
  absl::Status Checkpoint(const std::string& directory) const override {
    return engine_->Checkpoint(directory);
  }
  Revision SetListener(CommitListener* listener) override { return engine_->SetListener(listener); }
  EngineStatistics Statistics() const override { return engine_->Statistics(); }

 private:
  const std::unique_ptr<Engine> engine_;
  std::mutex mutex_;
  std::function<void()> act_;
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_TESTS_FAKES_INTERRUPTING_ENGINE_H_
