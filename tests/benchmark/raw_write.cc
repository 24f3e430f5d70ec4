// Writes the user records of a store into a fresh RocksDB database, and says how
// fast: the ceiling of an import.
#include <CLI/CLI.hpp>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "policy/status_macros.h"
#include "tests/benchmark/raw_writer.h"

namespace gatehouse::benchmark {
namespace {

struct Options {
  std::string from;
  std::string to;
  int rows_per_batch = 1'000;
  size_t rows = std::numeric_limits<size_t>::max();
};

absl::StatusOr<RawWriteResult> Run(const Options& options) {
  ASSIGN_OR_RETURN(const std::vector<RawRecord> records,
                   LoadUserRecords(options.from, options.rows));
  return WriteRaw(records, options.to, options.rows_per_batch);
}

int Main(int argc, char** argv) {
  CLI::App app("Writes the users of a store into a fresh database, as fast as RocksDB can.");
  Options options;
  app.add_option("--from", options.from, "directory of a store with users, not in use")->required();
  app.add_option("--to", options.to, "directory, empty or new")->required();
  app.add_option("--rows-per-batch", options.rows_per_batch, "users of one synced write")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--rows", options.rows, "users at most; without, all");
  CLI11_PARSE(app, argc, argv);
  const absl::StatusOr<RawWriteResult> result = Run(options);
  if (!result.ok() || result->rows == 0) {
    std::cerr << "raw_write: " << (result.ok() ? "the store has no users" : "") << result.status()
              << "\n";
    return 1;
  }
  std::cout << nlohmann::json{{"rows_per_second", result->rows / result->seconds},
                              {"rows", result->rows},
                              {"records", result->records},
                              {"bytes", result->bytes},
                              {"batches", result->batches},
                              {"seconds", result->seconds}}
            << "\n";
  return 0;
}

}  // namespace
}  // namespace gatehouse::benchmark

int main(int argc, char** argv) { return gatehouse::benchmark::Main(argc, argv); }
