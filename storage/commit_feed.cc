#include "storage/commit_feed.h"

#include <algorithm>

namespace gatehouse::storage {

CommitFeed::CommitFeed(Engine* engine) : engine_(engine) {
  const Revision revision = engine_->SetListener(this);
  std::lock_guard<std::mutex> lock(mutex_);
  // A commit may have been heard of in between.
  heard_ = std::max(heard_, revision);
}

CommitFeed::~CommitFeed() { engine_->SetListener(nullptr); }

Revision CommitFeed::Subscribe(CommitListener* listener) {
  std::lock_guard<std::mutex> lock(mutex_);
  listeners_.push_back(listener);
  return heard_;
}

void CommitFeed::Unsubscribe(CommitListener* listener) {
  std::lock_guard<std::mutex> lock(mutex_);
  listeners_.erase(std::remove(listeners_.begin(), listeners_.end(), listener), listeners_.end());
}

void CommitFeed::OnCommits(const std::vector<Change>& changes) {
  std::lock_guard<std::mutex> lock(mutex_);
  heard_ = changes.back().revision;
  for (CommitListener* listener : listeners_) listener->OnCommits(changes);
}

}  // namespace gatehouse::storage
