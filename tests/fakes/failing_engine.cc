#include "tests/fakes/failing_engine.h"

#include <utility>

#include "policy/status_macros.h"

namespace gatehouse::storage {

class FailingEngine::FailingSnapshot final : public Snapshot {
 public:
  FailingSnapshot(std::shared_ptr<const Snapshot> snapshot, std::shared_ptr<Plans> plans)
      : snapshot_(std::move(snapshot)), plans_(std::move(plans)) {}

  Revision revision() const override { return snapshot_->revision(); }

  absl::StatusOr<std::optional<Entry>> Get(absl::string_view key) const override {
    RETURN_IF_ERROR(plans_->Enter(Method::kSnapshotGet));
    return snapshot_->Get(key);
  }

  absl::Status Scan(const KeyRange& range,
                    absl::FunctionRef<bool(absl::string_view, absl::string_view, Revision)> visit)
      const override {
    absl::Status error = plans_->Enter(Method::kSnapshotScan);
    if (error.ok()) return snapshot_->Scan(range, visit);
    RETURN_IF_ERROR(snapshot_->Scan(
        range, [&](absl::string_view key, absl::string_view value, Revision mod_revision) {
          visit(key, value, mod_revision);
          return false;
        }));
    return error;
  }

 private:
  const std::shared_ptr<const Snapshot> snapshot_;
  const std::shared_ptr<Plans> plans_;
};

absl::Status FailingEngine::Plans::Enter(Method method) {
  std::lock_guard<std::mutex> lock(mutex_);
  Plan& plan = plans_[static_cast<size_t>(method)];
  ++plan.calls;
  return plan.always || plan.calls == plan.fail_at ? plan.error : absl::OkStatus();
}

void FailingEngine::Plans::Set(Method method, int nth, bool always, absl::Status error) {
  std::lock_guard<std::mutex> lock(mutex_);
  Plan& plan = plans_[static_cast<size_t>(method)];
  plan.fail_at = plan.calls + nth;
  plan.always = always;
  plan.error = std::move(error);
}

void FailingEngine::Plans::Clear() {
  std::lock_guard<std::mutex> lock(mutex_);
  for (Plan& plan : plans_) plan = Plan{plan.calls, 0, false, absl::OkStatus()};
}

int FailingEngine::Plans::calls(Method method) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return plans_[static_cast<size_t>(method)].calls;
}

FailingEngine::FailingEngine(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
FailingEngine::~FailingEngine() = default;

void FailingEngine::FailAt(Method method, int nth, absl::Status error) {
  plans_->Set(method, nth, /*always=*/false, std::move(error));
}

void FailingEngine::FailAlways(Method method, absl::Status error) {
  plans_->Set(method, 1, /*always=*/true, std::move(error));
}

void FailingEngine::Heal() { plans_->Clear(); }

int FailingEngine::calls(Method method) const { return plans_->calls(method); }

absl::StatusOr<std::shared_ptr<const Snapshot>> FailingEngine::NewSnapshot() const {
  RETURN_IF_ERROR(plans_->Enter(Method::kNewSnapshot));
  ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot, engine_->NewSnapshot());
  return std::make_shared<const FailingSnapshot>(std::move(snapshot), plans_);
}

absl::StatusOr<std::optional<Entry>> FailingEngine::Get(absl::string_view key) const {
  RETURN_IF_ERROR(plans_->Enter(Method::kGet));
  return engine_->Get(key);
}

Revision FailingEngine::revision() const { return engine_->revision(); }

absl::StatusOr<Revision> FailingEngine::Commit(const CommitRequest& request) {
  RETURN_IF_ERROR(plans_->Enter(Method::kCommit));
  ASSIGN_OR_RETURN(Revision revision, engine_->Commit(request));
  RETURN_IF_ERROR(plans_->Enter(Method::kCommitAcknowledgement));
  return revision;
}

absl::StatusOr<std::vector<Change>> FailingEngine::ChangesSince(Revision after,
                                                                size_t limit) const {
  RETURN_IF_ERROR(plans_->Enter(Method::kChangesSince));
  return engine_->ChangesSince(after, limit);
}

absl::Status FailingEngine::Checkpoint(const std::string& directory) const {
  RETURN_IF_ERROR(plans_->Enter(Method::kCheckpoint));
  return engine_->Checkpoint(directory);
}

Revision FailingEngine::SetListener(CommitListener* listener) {
  return engine_->SetListener(listener);
}

EngineStatistics FailingEngine::Statistics() const { return engine_->Statistics(); }

}  // namespace gatehouse::storage
