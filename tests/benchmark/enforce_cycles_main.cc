// Times enforcing on a large and on a small domain of one server; prints JSON.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/benchmark/enforce_cycles.h"

namespace gatehouse::benchmark {
namespace {

nlohmann::json Microseconds(const std::vector<absl::Duration>& times) {
  nlohmann::json list = nlohmann::json::array();
  for (absl::Duration time : times) list.push_back(absl::ToDoubleMicroseconds(time));
  return list;
}

nlohmann::json Render(const EnforceTimes& times) {
  return {{"release_us", Microseconds(times.release)},
          {"plan_us", Microseconds(times.plan)},
          {"enforce_us", Microseconds(times.enforce)}};
}

int Main(int argc, char** argv) {
  CLI::App app("Times enforcing on a large and on a small domain; prints JSON.");
  LoadTarget target;
  // As the store was populated: one after the other.
  Population large{.users = 2'000, .domains = 2}, small{.users = 200, .domains = 2};
  int repetitions = 20;
  app.add_option("--target", target.address, "host:port")->required();
  app.add_option("--large-users", large.users, "of the population on the domains 0 and 1");
  app.add_option("--small-users", small.users, "of the population on the domains 2 and 3");
  app.add_option("--repetitions", repetitions)->check(CLI::Range(1, 10'000))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  small.first_domain = large.first_domain + large.domains;
  const auto times = RunEnforceCycles(target, {large, small}, repetitions);
  if (!times.ok()) {
    std::cerr << "enforce-cycles: " << times.status() << "\n";
    return 1;
  }
  std::cout << nlohmann::json{{"large", Render(times->at(0))}, {"small", Render(times->at(1))}}
            << std::endl;
  return 0;
}

}  // namespace
}  // namespace gatehouse::benchmark

int main(int argc, char** argv) { return gatehouse::benchmark::Main(argc, argv); }
