// Writes a population for the benchmark into a store.
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/status_macros.h"
#include "storage/rocksdb_engine.h"
#include "storage/secrets/key_ring.h"
#include "tests/benchmark/populate_store.h"

namespace gatehouse::benchmark {
namespace {

absl::Status Populate(const Population& population, const std::string& directory) {
  // Nobody relies on this store after a power loss.
  ASSIGN_OR_RETURN(auto engine,
                   storage::OpenRocksDbEngine({.directory = directory, .sync = false}));
  // Where a server that is given the directory looks for it.
  ASSIGN_OR_RETURN(storage::KeyRing keys,
                   storage::LoadOrCreateKeyRing({.file = absl::StrCat(directory, "/key-ring")}));
  return PopulateStore(population, std::move(engine), std::move(keys.box));
}

int Main(int argc, char** argv) {
  CLI::App app("Writes a store of many users, through the API.");
  Population population;
  std::string directory;
  app.add_option("--directory", directory, "of the store, new, or with other populations")
      ->required();
  app.add_option("--users", population.users, "in all")->capture_default_str();
  app.add_option("--domains", population.domains, "an even number")->capture_default_str();
  app.add_option("--first-domain", population.first_domain, "number of the first one, even")
      ->capture_default_str();
  app.add_option("--organizations", population.max_organizations, "at most; an even number")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = Populate(population, directory);
  if (status.ok()) return 0;
  std::cerr << "populate: " << status << "\n";
  return 1;
}

}  // namespace
}  // namespace gatehouse::benchmark

int main(int argc, char** argv) { return gatehouse::benchmark::Main(argc, argv); }
