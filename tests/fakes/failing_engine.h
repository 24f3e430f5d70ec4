// An engine whose calls fail on request, for tests of what is built on it:
//
//   FailingEngine engine(NewMemoryEngine());
//   engine.FailAt(FailingEngine::Method::kCommit, 2, absl::UnavailableError("disk"));
//   // The second Commit from here fails and changes nothing; all others go through.
#ifndef GATEHOUSE_TESTS_FAKES_FAILING_ENGINE_H_
#define GATEHOUSE_TESTS_FAKES_FAILING_ENGINE_H_

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/engine.h"

namespace gatehouse::storage {

// Thread-safe.
class FailingEngine final : public Engine {
 public:
  enum class Method {
    kNewSnapshot,
    kGet,
    kCommit,
    // The commit takes effect, its acknowledgement is lost: what UNAVAILABLE may mean.
    kCommitAcknowledgement,
    kChangesSince,
    kCheckpoint,
    kSnapshotGet,
    // The scan visits up to one entry, then fails.
    kSnapshotScan,
    kCount,  // not a method
  };

  explicit FailingEngine(std::unique_ptr<Engine> engine);
  ~FailingEngine() override;

  // The `nth` call of `method` from now on (1: the next) returns `error`, once. Replaces what was
  // asked before for that method. Snapshots taken earlier are affected too.
  void FailAt(Method method, int nth, absl::Status error);
  // Each call from now on returns `error`.
  void FailAlways(Method method, absl::Status error);
  // All methods work again.
  void Heal();

  // Calls of `method` so far, failed ones included. A commit that fails never comes to its
  // acknowledgement.
  int calls(Method method) const;

  absl::StatusOr<std::shared_ptr<const Snapshot>> NewSnapshot() const override;
  absl::StatusOr<std::optional<Entry>> Get(absl::string_view key) const override;
  Revision revision() const override;
  absl::StatusOr<Revision> Commit(const CommitRequest& request) override;
  absl::StatusOr<std::vector<Change>> ChangesSince(Revision after, size_t limit) const override;
  absl::Status Checkpoint(const std::string& directory) const override;
  Revision SetListener(CommitListener* listener) override;
  EngineStatistics Statistics() const override;

 private:
  class FailingSnapshot;

  struct Plan {
    int calls = 0;
    int fail_at = 0;  // a value of `calls`; 0: none
    bool always = false;
    absl::Status error;
  };

  // Shared with the snapshots.
  class Plans {
   public:
    // Counts a call; the error it is to return, or OK.
    absl::Status Enter(Method method);
    void Set(Method method, int nth, bool always, absl::Status error);
    void Clear();
    int calls(Method method) const;

   private:
    mutable std::mutex mutex_;
    std::array<Plan, static_cast<size_t>(Method::kCount)> plans_;
  };

  const std::unique_ptr<Engine> engine_;
  const std::shared_ptr<Plans> plans_ = std::make_shared<Plans>();
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_TESTS_FAKES_FAILING_ENGINE_H_
