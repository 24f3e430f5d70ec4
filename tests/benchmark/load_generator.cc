#include "tests/benchmark/load_generator.h"

#include <grpcpp/grpcpp.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gatehouse/v1/login_service.grpc.pb.h"
#include "policy/status_macros.h"
#include "tests/benchmark/load_call.h"

namespace gatehouse::benchmark {
namespace {

using Clock = LoadCall::Clock;

constexpr size_t kMaxAddresses = 1'000'000;
// Open loop: calls under way; what is due beyond them waits here, its latency running.
constexpr int kMaxOutstanding = 2'000;
// How long an open loop that does not keep up may go on after its time.
constexpr auto kMaxOverrun = std::chrono::seconds(30);
// How soon a run that is stopped stops.
constexpr auto kStopLatency = std::chrono::milliseconds(5);
// One answer in so many is weighed.
constexpr int64_t kWeighEvery = 16;

Clock::duration ToChrono(absl::Duration duration) {
  return std::chrono::duration_cast<Clock::duration>(absl::ToChronoNanoseconds(duration));
}

// All non-exempt users, or an even selection of a million.
std::vector<std::string> Addresses(const Population& population) {
  const size_t members = population.users - population.domains;
  const size_t count = std::min(members, kMaxAddresses);
  std::vector<std::string> addresses;
  addresses.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    addresses.push_back(
        population.Email(population.domains + static_cast<int>(i * members / count)));
  }
  return addresses;
}

absl::StatusOr<absl::Duration> CpuTime(int pid) {
  clockid_t clock;
  timespec time;
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    return absl::NotFoundError(absl::StrCat("no process ", pid, " to read the CPU time of"));
  }
  return absl::DurationFromTimespec(time);
}

// When the figures count. Its end may come nearer while it lasts.
class Window {
 public:
  Window(Clock::time_point start, Clock::time_point end)
      : start_(start), end_(end.time_since_epoch().count()) {}

  Clock::time_point start() const { return start_; }
  Clock::time_point end() const { return Clock::time_point(Clock::duration(end_.load())); }
  bool Contains(Clock::time_point time) const { return start_ <= time && time < end(); }
  void EndNow() { end_ = Clock::now().time_since_epoch().count(); }

 private:
  const Clock::time_point start_;
  std::atomic<Clock::rep> end_;
};

// What one thread's clients do. Subclasses decide when calls start; one thread
// reaps their ends.
class Loop {
 public:
  Loop(const LoadOptions& options, int clients, uint64_t seed, const Window& window,
       const std::vector<std::string>& addresses)
      : options_(options), window_(window), addresses_(addresses), random_(seed) {
    for (int i = 0; i < clients; ++i) {
      stubs_.push_back(v1::LoginService::NewStub(Connect(options.target)));
    }
  }
  virtual ~Loop() = default;

  virtual void Run() = 0;

  // Adds its figures; the first error, if any.
  absl::Status AddTo(LoadResult* result) const {
    result->calls += calls_ended_;
    result->addresses += calls_ended_ * options_.addresses_per_call;
    result->latency.Add(latency_);
    result->lateness.Add(lateness_);
    result->answer_bytes.Add(answer_bytes_);
    return error_;
  }

 protected:
  std::unique_ptr<LoadCall> NewCall(size_t client) const {
    return NewLoadCall(options_.addresses_per_call, options_.target, addresses_,
                       stubs_[client % stubs_.size()].get());
  }

  // Judges a call that ended; its latency counts if `counts_at` is in the window.
  void Finish(const LoadCall& call, Clock::time_point counts_at) {
    absl::Status answer = call.CheckAnswers();
    if (!answer.ok()) {
      Fail(std::move(answer));
      return;
    }
    const Clock::time_point now = Clock::now();
    if (window_.Contains(now)) ++calls_ended_;
    if (!window_.Contains(counts_at)) return;
    latency_.Record(absl::FromChrono(now - call.start()));
    if (latency_.count() % kWeighEvery != 1) return;
    call.Weigh(&answer_bytes_);
  }

  void Fail(absl::Status error) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (error_.ok()) error_ = std::move(error);
    failed_ = true;
  }

  const LoadOptions& options_;
  const Window& window_;
  const std::vector<std::string>& addresses_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<v1::LoginService::Stub>> stubs_;
  grpc::CompletionQueue queue_;
  Histogram latency_;
  Histogram lateness_;
  std::atomic<bool> failed_{false};

 private:
  std::mutex mutex_;
  absl::Status error_;
  int64_t calls_ended_ = 0;
  AnswerSizes answer_bytes_;
};

class ClosedLoop final : public Loop {
 public:
  ClosedLoop(const LoadOptions& options, int clients, uint64_t seed, const Window& window,
             const std::vector<std::string>& addresses, int outstanding)
      : Loop(options, clients, seed, window, addresses) {
    for (int i = 0; i < clients * outstanding; ++i) calls_.push_back(NewCall(i));
  }

  void Run() override {
    for (const auto& call : calls_) call->Start(Clock::now(), random_, &queue_);
    size_t under_way = calls_.size();
    void* tag;
    bool ok;
    while (under_way > 0 && queue_.Next(&tag, &ok)) {
      auto* call = static_cast<LoadCall*>(tag);
      const Clock::time_point now = Clock::now();
      Finish(*call, now);
      if (now < window_.end() && !failed_) {
        call->Start(now, random_, &queue_);
      } else {
        --under_way;
      }
    }
    queue_.Shutdown();
    while (queue_.Next(&tag, &ok)) {
    }
  }

 private:
  std::vector<std::unique_ptr<LoadCall>> calls_;
};

class OpenLoop final : public Loop {
 public:
  OpenLoop(const LoadOptions& options, int clients, uint64_t seed, const Window& window,
           const std::vector<std::string>& addresses, double rate)
      : Loop(options, clients, seed, window, addresses), gap_seconds_(rate) {}

  void Run() override {
    std::thread reaper([this] { Reap(); });
    Send();
    queue_.Shutdown();  // the reaper ends when the last call has
    reaper.join();
  }

 private:
  void Send() {
    // By default the kernel wakes sleepers up to 50 µs late.
    prctl(PR_SET_TIMERSLACK, 1);
    size_t next_client = 0;
    Clock::time_point due = Clock::now();
    while (!failed_) {
      due += std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double>(gap_seconds_(random_)));
      if (due >= window_.end()) return;
      std::this_thread::sleep_until(due);
      if (!AwaitRoom()) return;
      if (window_.Contains(due)) lateness_.Record(absl::FromChrono(Clock::now() - due));
      // The reaper's from here.
      NewCall(next_client++).release()->Start(due, random_, &queue_);
    }
  }

  // False if there is none, and it is time to give up.
  bool AwaitRoom() {
    while (under_way_.load() >= kMaxOutstanding) {
      if (failed_) return false;
      if (Clock::now() > window_.end() + kMaxOverrun) {
        Fail(absl::ResourceExhaustedError("the server is far below the rate"));
        return false;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    under_way_.fetch_add(1);
    return true;
  }

  void Reap() {
    void* tag;
    bool ok;
    while (queue_.Next(&tag, &ok)) {
      const std::unique_ptr<LoadCall> call(static_cast<LoadCall*>(tag));
      Finish(*call, call->start());
      under_way_.fetch_sub(1);
    }
  }

  std::exponential_distribution<double> gap_seconds_;
  std::atomic<int> under_way_{0};
};

using MakeLoop = std::function<std::unique_ptr<Loop>(
    int clients, uint64_t seed, const Window& window, const std::vector<std::string>& addresses)>;

// Sleeps until the window ends, or `stop` ends it.
void AwaitEnd(const std::atomic<bool>* stop, Window* window) {
  while (Clock::now() < window->end()) {
    if (stop != nullptr && *stop) {
      window->EndNow();
      return;
    }
    std::this_thread::sleep_until(std::min(window->end(), Clock::now() + kStopLatency));
  }
}

absl::StatusOr<LoadResult> Run(const LoadOptions& options, OnWindow on_window,
                               const MakeLoop& make) {
  const std::vector<std::string> addresses = Addresses(options.population);
  const int threads = std::min(options.threads, options.clients);
  const Clock::time_point start = Clock::now() + ToChrono(options.warmup);
  Window window(start, start + ToChrono(options.duration));

  std::vector<std::unique_ptr<Loop>> loops;
  for (int i = 0; i < threads; ++i) {
    const int clients = options.clients / threads + (i < options.clients % threads ? 1 : 0);
    loops.push_back(make(clients, i + 1, window, addresses));
  }
  std::vector<std::thread> running;
  for (const auto& loop : loops) running.emplace_back([&loop] { loop->Run(); });

  const int server = options.server_pid;
  auto server_cpu = [&] { return server == 0 ? absl::ZeroDuration() : CpuTime(server); };
  auto client_cpu = [] { return CpuTime(0); };
  std::this_thread::sleep_until(window.start());
  on_window();
  const absl::StatusOr<absl::Duration> server_before = server_cpu(), client_before = client_cpu();
  AwaitEnd(options.stop, &window);
  const absl::StatusOr<absl::Duration> server_after = server_cpu(), client_after = client_cpu();
  for (std::thread& thread : running) thread.join();

  auto result = std::make_unique<LoadResult>();
  result->elapsed = absl::FromChrono(window.end() - window.start());
  for (const auto& loop : loops) RETURN_IF_ERROR(loop->AddTo(result.get()));
  for (const auto& time : {server_before, server_after, client_before, client_after}) {
    RETURN_IF_ERROR(time.status());
  }
  result->server_cpu = *server_after - *server_before;
  result->client_cpu = *client_after - *client_before;
  if (result->calls == 0) return absl::AbortedError("no call ended while it counted");
  return *result;
}

}  // namespace

absl::StatusOr<LoadResult> RunClosedLoop(const LoadOptions& options, int outstanding,
                                         OnWindow on_window) {
  return Run(options, on_window,
             [&](int clients, uint64_t seed, const Window& window,
                 const std::vector<std::string>& addresses) {
               return std::make_unique<ClosedLoop>(options, clients, seed, window, addresses,
                                                   outstanding);
             });
}

absl::StatusOr<LoadResult> RunOpenLoop(const LoadOptions& options, double rate,
                                       OnWindow on_window) {
  return Run(options, on_window,
             [&](int clients, uint64_t seed, const Window& window,
                 const std::vector<std::string>& addresses) {
               return std::make_unique<OpenLoop>(options, clients, seed, window, addresses,
                                                 rate * clients / options.clients);
             });
}

absl::StatusOr<v1::BatchCheckLoginResponse> RecordAnswers(const LoadTarget& target,
                                                          const Population& population) {
  auto stub = v1::LoginService::NewStub(Connect(target));
  v1::BatchCheckLoginResponse answers;
  // The first two domains: one enforced, one open.
  for (int domain : {0, 1}) {
    grpc::ClientContext context;
    Prepare(target, &context);
    v1::CheckLoginRequest request;
    request.set_email(population.Email(population.domains + domain));
    v1::CheckLoginResponse* response = answers.add_results()->mutable_decision();
    const grpc::Status status = stub->CheckLogin(&context, request, response);
    RETURN_IF_ERROR(CheckAnswer(status, request.email(), *response));
  }
  return answers;
}

absl::Status AwaitAnswer(const LoadTarget& target, const Population& population,
                         absl::Duration timeout) {
  const auto give_up = Clock::now() + ToChrono(timeout);
  while (Clock::now() < give_up) {
    // A channel of its own for each try: one that was refused waits before the next.
    auto stub = v1::LoginService::NewStub(Connect(target));
    grpc::ClientContext context;
    Prepare(target, &context);
    v1::CheckLoginRequest request;
    request.set_email(population.Email(population.domains));
    v1::CheckLoginResponse response;
    const grpc::Status status = stub->CheckLogin(&context, request, &response);
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) {
      return CheckAnswer(status, request.email(), response);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return absl::DeadlineExceededError(absl::StrCat("no answer from ", target.address));
}

}  // namespace gatehouse::benchmark
