// Where a command prints, for tests that wait until it has.
#ifndef GATEHOUSE_TESTS_CLIENT_CLI_WATCHED_OUTPUT_H_
#define GATEHOUSE_TESTS_CLIENT_CLI_WATCHED_OUTPUT_H_

#include <condition_variable>
#include <mutex>
#include <sstream>
#include <string>

#include "absl/strings/match.h"

namespace gatehouse::cli {

// The buffer of a stream that tells when something was printed and flushed.
class WatchedOutput final : public std::stringbuf {
 public:
  void WaitFor(const std::string& text) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return absl::StrContains(text_, text); });
  }

 protected:
  int sync() override {
    std::lock_guard<std::mutex> lock(mutex_);
    text_ = str();
    changed_.notify_all();
    return 0;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
};

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_TESTS_CLIENT_CLI_WATCHED_OUTPUT_H_
