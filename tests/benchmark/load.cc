// Puts load on a server and prints what it measured as JSON.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "policy/status_macros.h"
#include "tests/benchmark/load_generator.h"

namespace gatehouse::benchmark {
namespace {

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
          {"calls_per_second", calls / seconds},
          {"latency", Quantiles(result.latency)},
          {"lateness", Quantiles(result.lateness)},
          {"server_cpu_us_per_call", absl::ToDoubleMicroseconds(result.server_cpu) / calls},
          {"client_cpu_us_per_call", absl::ToDoubleMicroseconds(result.client_cpu) / calls},
          {"server_cores", absl::ToDoubleSeconds(result.server_cpu) / seconds},
          {"client_cores", absl::ToDoubleSeconds(result.client_cpu) / seconds},
          {"answer_bytes", result.answer_bytes.value()}};
}

absl::Status Record(const LoadOptions& options, const std::string& file_name) {
  ASSIGN_OR_RETURN(const auto answers, RecordAnswers(options.target, options.population));
  std::ofstream file(file_name, std::ios::binary);
  if (answers.SerializeToOstream(&file) && file.flush()) return absl::OkStatus();
  return absl::UnavailableError("cannot write " + file_name);
}

int Main(int argc, char** argv) {
  CLI::App app("Load on LoginService.CheckLogin; prints JSON.");
  LoadOptions options;
  std::string mode, answers_file;
  int outstanding = 16;
  double rate = 0, seconds = 5, warmup = 1;
  app.add_option("--mode", mode, "closed, open, or record")
      ->check(CLI::IsMember({"closed", "open", "record"}))
      ->required();
  app.add_option("--target", options.target, "host:port")->required();
  app.add_option("--users", options.population.users)->capture_default_str();
  app.add_option("--domains", options.population.domains)->capture_default_str();
  app.add_option("--clients", options.clients, "connections")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--outstanding", outstanding, "closed loop: calls under way per client")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--rate", rate, "open loop: calls per second")->check(CLI::Range(0.0, 1e6));
  app.add_option("--warmup", warmup, "seconds")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  app.add_option("--seconds", seconds)->check(CLI::Range(0.1, 600.0))->capture_default_str();
  app.add_option("--pid", options.server_pid, "server, whose CPU time to measure");
  app.add_option("--answers", answers_file, "record: where to write the answers");
  CLI11_PARSE(app, argc, argv);
  options.warmup = absl::Seconds(warmup);
  options.duration = absl::Seconds(seconds);

  absl::Status status;
  if (mode == "record") {
    status = Record(options, answers_file);
  } else if (mode == "open" && rate <= 0) {
    status = absl::InvalidArgumentError("--rate is missing");
  } else {
    const auto result =
        mode == "closed" ? RunClosedLoop(options, outstanding) : RunOpenLoop(options, rate);
    status = result.status();
    if (result.ok()) std::cout << Render(*result) << std::endl;
  }
  if (status.ok()) return 0;
  std::cerr << "load: " << status << "\n";
  return 1;
}

}  // namespace
}  // namespace gatehouse::benchmark

int main(int argc, char** argv) { return gatehouse::benchmark::Main(argc, argv); }
