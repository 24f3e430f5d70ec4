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

namespace gatehouse::benchmark {
namespace {

using Clock = std::chrono::steady_clock;

// A call that takes longer has failed: no run hangs.
constexpr auto kCallDeadline = std::chrono::seconds(10);
constexpr size_t kMaxAddresses = 1'000'000;
// Open loop: calls under way; what is due beyond them waits here, its latency running.
constexpr int kMaxOutstanding = 2'000;
// How long an open loop that does not keep up may go on after its time.
constexpr auto kMaxOverrun = std::chrono::seconds(30);
// One answer in so many is weighed.
constexpr int64_t kWeighEvery = 64;

Clock::duration ToChrono(absl::Duration duration) {
  return std::chrono::duration_cast<Clock::duration>(absl::ToChronoNanoseconds(duration));
}

std::shared_ptr<grpc::Channel> Connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  // Each client has a connection of its own.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

v1::Verdict ExpectedVerdict(absl::string_view email) {
  return Population::IsEnforced(email) ? v1::VERDICT_REQUIRE_SSO : v1::VERDICT_ALLOW_PASSWORD;
}

absl::Status CheckAnswer(const grpc::Status& status, const v1::CheckLoginRequest& request,
                         const v1::CheckLoginResponse& response) {
  if (!status.ok()) {
    return absl::AbortedError(
        absl::StrCat("a call failed: code ", status.error_code(), ": ", status.error_message()));
  }
  const v1::Verdict expected = ExpectedVerdict(request.email());
  if (response.verdict() == expected) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat(request.email(), " is answered ",
                                         v1::Verdict_Name(response.verdict()), ", expected ",
                                         v1::Verdict_Name(expected)));
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

// When the figures count.
struct Window {
  Clock::time_point start;
  Clock::time_point end;
  bool Contains(Clock::time_point time) const { return start <= time && time < end; }
};

struct Call {
  std::optional<grpc::ClientContext> context;  // one per use
  v1::LoginService::Stub* stub;
  v1::CheckLoginRequest request;
  v1::CheckLoginResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::CheckLoginResponse>> reader;
  Clock::time_point start;  // what the latency counts from
};

// What one thread's clients do. Subclasses decide when calls start; one thread
// reaps their ends.
class Loop {
 public:
  Loop(const LoadOptions& options, int clients, uint64_t seed, const Window& window,
       const std::vector<std::string>& addresses)
      : window_(window), addresses_(addresses), random_(seed) {
    for (int i = 0; i < clients; ++i) {
      stubs_.push_back(v1::LoginService::NewStub(Connect(options.target)));
    }
  }
  virtual ~Loop() = default;

  virtual void Run() = 0;

  // Adds its figures; the first error, if any.
  absl::Status AddTo(LoadResult* result) const {
    result->calls += calls_ended_;
    result->latency.Add(latency_);
    result->lateness.Add(lateness_);
    result->answer_bytes.Add(answer_bytes_);
    return error_;
  }

 protected:
  void Start(Call* call, Clock::time_point start) {
    call->start = start;
    call->reader.reset();  // stands in the context's memory
    call->context.emplace();
    call->context->set_deadline(std::chrono::system_clock::now() + kCallDeadline);
    call->request.set_email(addresses_[random_() % addresses_.size()]);
    call->reader = call->stub->AsyncCheckLogin(&*call->context, call->request, &queue_);
    call->reader->Finish(&call->response, &call->status, call);
  }

  // Judges a call that ended; its latency counts if `counts_at` is in the window.
  void Finish(const Call& call, Clock::time_point counts_at) {
    absl::Status answer = CheckAnswer(call.status, call.request, call.response);
    if (!answer.ok()) {
      Fail(std::move(answer));
      return;
    }
    const Clock::time_point now = Clock::now();
    if (window_.Contains(now)) ++calls_ended_;
    if (!window_.Contains(counts_at)) return;
    latency_.Record(absl::FromChrono(now - call.start));
    if (latency_.count() % kWeighEvery != 1) return;
    answer_bytes_.Record(static_cast<int64_t>(call.response.ByteSizeLong()));
  }

  void Fail(absl::Status error) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (error_.ok()) error_ = std::move(error);
    failed_ = true;
  }

  const Window window_;
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
  Mean answer_bytes_;
};

class ClosedLoop final : public Loop {
 public:
  ClosedLoop(const LoadOptions& options, int clients, uint64_t seed, const Window& window,
             const std::vector<std::string>& addresses, int outstanding)
      : Loop(options, clients, seed, window, addresses), calls_(clients * outstanding) {
    for (size_t i = 0; i < calls_.size(); ++i) calls_[i].stub = stubs_[i % clients].get();
  }

  void Run() override {
    for (Call& call : calls_) Start(&call, Clock::now());
    size_t under_way = calls_.size();
    void* tag;
    bool ok;
    while (under_way > 0 && queue_.Next(&tag, &ok)) {
      auto* call = static_cast<Call*>(tag);
      const Clock::time_point now = Clock::now();
      Finish(*call, now);
      if (now < window_.end && !failed_) {
        Start(call, now);
      } else {
        --under_way;
      }
    }
    queue_.Shutdown();
    while (queue_.Next(&tag, &ok)) {
    }
  }

 private:
  std::vector<Call> calls_;
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
    size_t next_stub = 0;
    Clock::time_point due = Clock::now();
    while (!failed_) {
      due += std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double>(gap_seconds_(random_)));
      if (due >= window_.end) return;
      std::this_thread::sleep_until(due);
      if (!AwaitRoom()) return;
      if (window_.Contains(due)) lateness_.Record(absl::FromChrono(Clock::now() - due));
      auto call = std::make_unique<Call>();
      call->stub = stubs_[next_stub++ % stubs_.size()].get();
      Start(call.release(), due);  // the reaper's from here
    }
  }

  // False if there is none, and it is time to give up.
  bool AwaitRoom() {
    while (under_way_.load() >= kMaxOutstanding) {
      if (failed_) return false;
      if (Clock::now() > window_.end + kMaxOverrun) {
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
      const std::unique_ptr<Call> call(static_cast<Call*>(tag));
      Finish(*call, call->start);
      under_way_.fetch_sub(1);
    }
  }

  std::exponential_distribution<double> gap_seconds_;
  std::atomic<int> under_way_{0};
};

using MakeLoop = std::function<std::unique_ptr<Loop>(
    int clients, uint64_t seed, const Window& window, const std::vector<std::string>& addresses)>;

absl::StatusOr<LoadResult> Run(const LoadOptions& options, const MakeLoop& make) {
  const std::vector<std::string> addresses = Addresses(options.population);
  const int threads = std::min(options.threads, options.clients);
  const Clock::time_point start = Clock::now() + ToChrono(options.warmup);
  const Window window{start, start + ToChrono(options.duration)};

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
  std::this_thread::sleep_until(window.start);
  const absl::StatusOr<absl::Duration> server_before = server_cpu(), client_before = client_cpu();
  std::this_thread::sleep_until(window.end);
  const absl::StatusOr<absl::Duration> server_after = server_cpu(), client_after = client_cpu();
  for (std::thread& thread : running) thread.join();

  auto result = std::make_unique<LoadResult>();
  result->elapsed = options.duration;
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

absl::StatusOr<LoadResult> RunClosedLoop(const LoadOptions& options, int outstanding) {
  return Run(options, [&](int clients, uint64_t seed, const Window& window,
                          const std::vector<std::string>& addresses) {
    return std::make_unique<ClosedLoop>(options, clients, seed, window, addresses, outstanding);
  });
}

absl::StatusOr<LoadResult> RunOpenLoop(const LoadOptions& options, double rate) {
  return Run(options, [&](int clients, uint64_t seed, const Window& window,
                          const std::vector<std::string>& addresses) {
    return std::make_unique<OpenLoop>(options, clients, seed, window, addresses,
                                      rate * clients / options.clients);
  });
}

absl::StatusOr<v1::BatchCheckLoginResponse> RecordAnswers(const std::string& target,
                                                          const Population& population) {
  auto stub = v1::LoginService::NewStub(Connect(target));
  v1::BatchCheckLoginResponse answers;
  // The first two domains: one enforced, one open.
  for (int domain : {0, 1}) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
    v1::CheckLoginRequest request;
    request.set_email(population.Email(population.domains + domain));
    v1::CheckLoginResponse* response = answers.add_results()->mutable_decision();
    const grpc::Status status = stub->CheckLogin(&context, request, response);
    RETURN_IF_ERROR(CheckAnswer(status, request, *response));
  }
  return answers;
}

}  // namespace gatehouse::benchmark
