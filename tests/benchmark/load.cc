// Puts load on a server and prints what it measured as JSON.
//
// SIGTERM ends a run early; it has its figures up to then.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "policy/status_macros.h"
#include "tests/benchmark/load_generator.h"

namespace gatehouse::benchmark {
namespace {

// A server that has not answered by then does not start.
constexpr absl::Duration kStartTimeout = absl::Seconds(120);

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

struct Arguments {
  LoadOptions load;
  std::string mode;
  std::string ca_file;
  std::string token_file;
  std::string answers_file;
  std::string counting_file;
  std::string address_file;
  int outstanding = 16;
  double rate = 0;
  double seconds = 5;
  double warmup = 1;
};

nlohmann::json Quantiles(const Histogram& histogram) {
  auto us = [](absl::Duration duration) { return absl::ToDoubleMicroseconds(duration); };
  return {{"p50_us", us(histogram.Quantile(0.5))},
          {"p99_us", us(histogram.Quantile(0.99))},
          {"p999_us", us(histogram.Quantile(0.999))},
          {"max_us", us(histogram.max())}};
}

nlohmann::json Render(const LoadResult& result) {
  const double seconds = absl::ToDoubleSeconds(result.elapsed);
  const auto calls = static_cast<double>(result.calls);
  return {{"calls", result.calls},
          {"seconds", seconds},
          {"calls_per_second", calls / seconds},
          {"addresses_per_second", static_cast<double>(result.addresses) / seconds},
          {"latency", Quantiles(result.latency)},
          {"lateness", Quantiles(result.lateness)},
          {"server_cpu_us_per_call", absl::ToDoubleMicroseconds(result.server_cpu) / calls},
          {"client_cpu_us_per_call", absl::ToDoubleMicroseconds(result.client_cpu) / calls},
          {"server_cores", absl::ToDoubleSeconds(result.server_cpu) / seconds},
          {"client_cores", absl::ToDoubleSeconds(result.client_cpu) / seconds},
          {"answer_bytes", result.answer_bytes.value()}};
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) return absl::NotFoundError("cannot read " + path);
  return content.str();
}

absl::Status Record(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const auto answers,
                   RecordAnswers(arguments.load.target, arguments.load.population));
  std::ofstream file(arguments.answers_file, std::ios::binary);
  if (answers.SerializeToOstream(&file) && file.flush()) return absl::OkStatus();
  return absl::UnavailableError("cannot write " + arguments.answers_file);
}

// Waits for a server that is being started; when it answered first, in seconds of
// the monotonic clock, which every process of this machine shares.
absl::Status AwaitFirstAnswer(Arguments& arguments) {
  LoadTarget& target = arguments.load.target;
  const absl::Time give_up = absl::Now() + kStartTimeout;
  while (target.address.empty()) {
    if (absl::Now() > give_up) return absl::DeadlineExceededError("no address to ask");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (!std::ifstream(arguments.address_file).good()) continue;
    ASSIGN_OR_RETURN(const std::string address, ReadFile(arguments.address_file));
    target.address = std::string(absl::StripAsciiWhitespace(address));
  }
  RETURN_IF_ERROR(AwaitAnswer(target, arguments.load.population, give_up - absl::Now()));
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  std::cout << nlohmann::json{{"first_answer", std::chrono::duration<double>(now).count()}}
            << std::endl;
  return absl::OkStatus();
}

absl::Status Measure(const Arguments& arguments) {
  auto announce = [&] {
    if (!arguments.counting_file.empty()) std::ofstream(arguments.counting_file) << "counting\n";
  };
  ASSIGN_OR_RETURN(const LoadResult result,
                   arguments.mode == "closed"
                       ? RunClosedLoop(arguments.load, arguments.outstanding, announce)
                       : RunOpenLoop(arguments.load, arguments.rate, announce));
  std::cout << Render(result) << std::endl;
  return absl::OkStatus();
}

absl::Status Run(Arguments& arguments) {
  LoadOptions& load = arguments.load;
  load.warmup = absl::Seconds(arguments.warmup);
  load.duration = absl::Seconds(arguments.seconds);
  load.stop = &stop_requested;
  ASSIGN_OR_RETURN(load.target.ca_pem, ReadFile(arguments.ca_file));
  ASSIGN_OR_RETURN(const std::string token, ReadFile(arguments.token_file));
  load.target.token = std::string(absl::StripAsciiWhitespace(token));
  if (arguments.mode == "record") return Record(arguments);
  if (arguments.mode == "first-answer") return AwaitFirstAnswer(arguments);
  if (arguments.mode == "open" && arguments.rate <= 0) {
    return absl::InvalidArgumentError("--rate is missing");
  }
  return Measure(arguments);
}

int Main(int argc, char** argv) {
  CLI::App app("Load on LoginService; prints JSON.");
  Arguments arguments;
  LoadOptions& load = arguments.load;
  app.add_option("--mode", arguments.mode, "closed, open, record, or first-answer")
      ->check(CLI::IsMember({"closed", "open", "record", "first-answer"}))
      ->required();
  app.add_option("--target", load.target.address, "host:port");
  app.add_option("--ca-file", arguments.ca_file, "TLS, and who signed the server's certificate");
  app.add_option("--token-file", arguments.token_file, "shown with every call");
  app.add_option("--users", load.population.users)->capture_default_str();
  app.add_option("--domains", load.population.domains)->capture_default_str();
  app.add_option("--addresses-per-call", load.addresses_per_call, "above 1: BatchCheckLogin")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--clients", load.clients, "connections")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--threads", load.threads)->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--outstanding", arguments.outstanding, "closed loop: calls under way per client")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--rate", arguments.rate, "open loop: calls per second")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--warmup", arguments.warmup, "seconds")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  app.add_option("--seconds", arguments.seconds)
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  app.add_option("--pid", load.server_pid, "server, whose CPU time to measure");
  app.add_option("--answers", arguments.answers_file, "record: where to write the answers");
  app.add_option("--counting-file", arguments.counting_file,
                 "written when the figures begin to count");
  app.add_option("--address-file", arguments.address_file,
                 "first-answer: where the server will write its address");
  CLI11_PARSE(app, argc, argv);
  signal(SIGTERM, [](int) { stop_requested = true; });
  const absl::Status status = Run(arguments);
  if (status.ok()) return 0;
  std::cerr << "load: " << status << "\n";
  return 1;
}

}  // namespace
}  // namespace gatehouse::benchmark

int main(int argc, char** argv) { return gatehouse::benchmark::Main(argc, argv); }
