#include "storage/engine_group_commit.h"

#include <utility>

#include "storage/engine_request.h"

namespace gatehouse::storage {

GroupCommit::GroupCommit(Process process) : process_(std::move(process)) {}

GroupCommit::~GroupCommit() {
  std::unique_lock<std::mutex> lock(mutex_);
  idle_.wait(lock, [this] { return callers_ == 0; });
}

absl::StatusOr<Revision> GroupCommit::Commit(const CommitRequest& request) {
  Waiter self;
  self.request = &request;
  std::unique_lock<std::mutex> lock(mutex_);
  ++callers_;
  queue_.push_back(&self);
  self.wake.wait(lock, [&] { return self.done || queue_.front() == &self; });
  if (!self.done) {
    std::vector<Pending*> group = FirstGroup();
    lock.unlock();
    process_(group);
    lock.lock();
    for (size_t i = 0; i < group.size(); ++i) {
      Waiter* waiter = queue_.front();
      queue_.pop_front();
      waiter->done = true;
      // With the lock held: once it is released, the waiter may be gone.
      if (waiter != &self) waiter->wake.notify_one();
    }
    if (!queue_.empty()) queue_.front()->wake.notify_one();
  }
  if (--callers_ == 0) idle_.notify_all();
  return std::move(self.result);
}

std::vector<GroupCommit::Pending*> GroupCommit::FirstGroup() const {
  std::vector<Pending*> group;
  size_t bytes = 0;
  for (Waiter* waiter : queue_) {
    bytes += WriteBytes(*waiter->request);
    if (!group.empty() && (bytes > kMaxBytes || group.size() == kMaxRequests)) break;
    group.push_back(waiter);
  }
  return group;
}

}  // namespace gatehouse::storage
