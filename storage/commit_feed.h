// One engine's commits, for any number of listeners.
#ifndef GATEHOUSE_STORAGE_COMMIT_FEED_H_
#define GATEHOUSE_STORAGE_COMMIT_FEED_H_

#include <mutex>
#include <vector>

#include "storage/engine.h"

namespace gatehouse::storage {

// Thread-safe. Each listener hears what CommitListener promises, in the order in
// which they subscribed.
class CommitFeed final : private CommitListener {
 public:
  // Becomes the engine's listener; `engine` must outlive this.
  explicit CommitFeed(Engine* engine);
  ~CommitFeed() override;

  // The listener hears of every commit above the returned revision and of none
  // below. It must not subscribe or unsubscribe from within OnCommits.
  Revision Subscribe(CommitListener* listener);
  // When this returns, the listener is not called any more.
  void Unsubscribe(CommitListener* listener);

  Engine& engine() const { return *engine_; }

 private:
  void OnCommits(const std::vector<Change>& changes) override;

  Engine* engine_;
  std::mutex mutex_;
  std::vector<CommitListener*> listeners_;
  Revision heard_ = 0;  // of the last commit given to the listeners
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_COMMIT_FEED_H_
