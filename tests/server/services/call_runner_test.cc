#include "server/services/call_runner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "policy/errors.h"
#include "tests/fakes/open_access_gate.h"

namespace gatehouse {
namespace {

class RecordingLogger final : public Logger {
 public:
  struct Line {
    LogLevel level;
    std::string event;
    std::string fields;  // "key=value key=value"
  };

  explicit RecordingLogger(LogLevel from) : from_(from) {}

  void Log(LogLevel level, absl::string_view event, LogFields fields) override {
    Line line{level, std::string(event), ""};
    for (const auto& [key, value] : fields) {
      absl::StrAppend(&line.fields, key, "=");
      if (const auto* text = std::get_if<std::string>(&value)) absl::StrAppend(&line.fields, *text);
      if (const auto* number = std::get_if<int64_t>(&value)) {
        EXPECT_GE(*number, 0) << key;
      }
      absl::StrAppend(&line.fields, " ");
    }
    std::lock_guard<std::mutex> lock(mutex_);
    lines_.push_back(line);
  }
  bool IsEnabled(LogLevel level) const override { return level >= from_; }
  std::vector<Line> lines() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return lines_;
  }

 private:
  const LogLevel from_;
  mutable std::mutex mutex_;
  std::vector<Line> lines_;
};

bool NotCancelled() { return false; }

// How one call ended, when it has.
grpc::Status RunOne(CallRunner& runner, std::function<absl::Status()> body,
                    std::function<bool()> is_cancelled = NotCancelled) {
  const auto finished = std::make_shared<std::promise<grpc::Status>>();
  runner.Submit("Service/Method", "r1", std::move(is_cancelled), std::move(body),
                [finished](const grpc::Status& status) { finished->set_value(status); });
  return finished->get_future().get();
}

TEST(CallRunner, RunsTheBodyOffTheCallersThread) {
  RecordingLogger logger(LogLevel::kError);
  WorkerPool pool(1, {.max_queued = 10});
  OpenAccessGate gate;
  CallRunner runner(&pool, &logger, &gate);
  std::thread::id thread;
  EXPECT_TRUE(RunOne(runner, [&] {
                thread = std::this_thread::get_id();
                return absl::OkStatus();
              }).ok());
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST(CallRunner, FinishesWithTheBodysErrorRendered) {
  RecordingLogger logger(LogLevel::kError);
  WorkerPool pool(1, {.max_queued = 10});
  OpenAccessGate gate;
  CallRunner runner(&pool, &logger, &gate);
  const grpc::Status status = RunOne(runner, [] { return ResourceNotFound("organizations/x"); });
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(absl::StrContains(status.error_details(), "RESOURCE_NOT_FOUND"));
}

TEST(CallRunner, RunsNoCallThatWasCancelledWhileItWaited) {
  RecordingLogger logger(LogLevel::kDebug);
  WorkerPool pool(1, {.max_queued = 10});
  OpenAccessGate gate;
  CallRunner runner(&pool, &logger, &gate);
  bool ran = false;
  const grpc::Status status = RunOne(
      runner,
      [&] {
        ran = true;
        return absl::OkStatus();
      },
      [] { return true; });
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_FALSE(ran);
}

TEST(CallRunner, RefusesAtOnceWhatCannotWaitAndSaysWhenToRetry) {
  RecordingLogger logger(LogLevel::kDebug);
  std::promise<void> entered, go_on;
  std::atomic<int> ran{0};
  std::vector<grpc::Status> refused;
  {
    WorkerPool pool(1, {.max_queued = 1});
    OpenAccessGate gate;
    CallRunner runner(&pool, &logger, &gate);
    const auto ignore = [](const grpc::Status&) {};
    runner.Submit(
        "blocks", "", NotCancelled,
        [&] {
          entered.set_value();
          go_on.get_future().wait();
          return absl::OkStatus();
        },
        ignore);
    entered.get_future().wait();
    runner.Submit(
        "waits", "", NotCancelled,
        [&] {
          ++ran;
          return absl::OkStatus();
        },
        ignore);
    runner.Submit(
        "is refused", "", NotCancelled,
        [&] {
          ran += 100;
          return absl::OkStatus();
        },
        [&](const grpc::Status& status) { refused.push_back(status); });
    ASSERT_EQ(refused.size(), 1u) << "while the others still run";
    go_on.set_value();
  }
  EXPECT_EQ(ran, 1);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(refused[0].error_details()));
  google::rpc::ErrorInfo info;
  google::rpc::RetryInfo retry;
  int found = 0;
  for (const auto& any : details.details()) found += any.UnpackTo(&info) + any.UnpackTo(&retry);
  EXPECT_EQ(found, 2);
  EXPECT_EQ(info.reason(), reason::kOverloaded);
  EXPECT_GT(retry.retry_delay().nanos(), 0);
}

TEST(CallRunner, FinishesEachOfManyCallsOnce) {
  constexpr int kThreads = 4, kCalls = 200;
  RecordingLogger logger(LogLevel::kError);
  std::vector<std::atomic<int>> finished(kThreads * kCalls);
  std::atomic<int> ran{0}, succeeded{0};
  {
    WorkerPool pool(2, {.max_queued = 8});  // so that some are refused
    OpenAccessGate gate;
    CallRunner runner(&pool, &logger, &gate);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        for (int n = 0; n < kCalls; ++n) {
          runner.Submit(
              "m", "", NotCancelled,
              [&] {
                ++ran;
                return absl::OkStatus();
              },
              [&, call = i * kCalls + n](const grpc::Status& status) {
                ++finished[call];
                succeeded += status.ok();
              });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  for (const std::atomic<int>& times : finished) EXPECT_EQ(times, 1);
  EXPECT_EQ(ran, succeeded);
}

TEST(CallRunner, LogsWhatIsOurFaultAsAnErrorAndTheRestForDebuggingOnly) {
  struct Case {
    absl::Status status;
    LogLevel level;
    std::string event;
  };
  const std::string address = "jo@acme.test";
  for (const Case& c :
       {Case{absl::OkStatus(), LogLevel::kDebug, "call"},
        Case{InvalidField("email", address, "an address"), LogLevel::kDebug, "call"},
        Case{ResourceNotFound(address), LogLevel::kDebug, "call"},
        Case{Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt, "stored record u#1").Build(),
             LogLevel::kError, "call failed"},
        Case{Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable, "disk full").Build(),
             LogLevel::kError, "call failed"},
        // Not ours: others who could not be asked, and an answer from the future.
        Case{Error(absl::StatusCode::kUnavailable, reason::kDnsUnavailable, "no answer").Build(),
             LogLevel::kDebug, "call"},
        Case{Error(absl::StatusCode::kUnavailable, reason::kHttpsUnavailable, "no answer").Build(),
             LogLevel::kDebug, "call"},
        Case{Error(absl::StatusCode::kUnavailable, reason::kIdpUnavailable, "no answer").Build(),
             LogLevel::kDebug, "call"},
        Case{Error(absl::StatusCode::kUnavailable, reason::kRevisionNotReached, "wait").Build(),
             LogLevel::kDebug, "call"},
        Case{absl::InternalError("ICU: broken"), LogLevel::kError, "call failed"},
        Case{absl::UnknownError("?"), LogLevel::kError, "call failed"}}) {
    RecordingLogger logger(LogLevel::kDebug);
    WorkerPool pool(1, {.max_queued = 10});
    OpenAccessGate gate;
    CallRunner runner(&pool, &logger, &gate);
    RunOne(runner, [&] { return c.status; });
    const auto lines = logger.lines();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].level, c.level) << c.status;
    EXPECT_EQ(lines[0].event, c.event);
    for (const std::string& said :
         {std::string("method=Service/Method "), std::string("request_id=r1 "),
          absl::StrCat("code=", absl::StatusCodeToString(c.status.code()), " "),
          absl::StrCat("reason=", ReasonOf(c.status), " ")}) {
      EXPECT_TRUE(absl::StrContains(lines[0].fields, said)) << lines[0].fields;
    }
    EXPECT_FALSE(absl::StrContains(lines[0].fields, address)) << "no log holds a whole address";
    // What the caller is not told, the log has.
    EXPECT_EQ(absl::StrContains(lines[0].fields, "message="), c.level == LogLevel::kError);
  }
}

TEST(CallRunner, LogsNothingBelowTheLoggersLevel) {
  RecordingLogger logger(LogLevel::kError);
  WorkerPool pool(1, {.max_queued = 10});
  OpenAccessGate gate;
  CallRunner runner(&pool, &logger, &gate);
  RunOne(runner, [] { return absl::OkStatus(); });
  EXPECT_TRUE(logger.lines().empty());
}

}  // namespace
}  // namespace gatehouse
