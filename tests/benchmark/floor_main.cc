// Runs a floor server until SIGTERM.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/benchmark/floor_server.h"

namespace gatehouse::benchmark {
namespace {

int Fail(absl::string_view what) {
  std::cerr << "floor-server: " << what << "\n";
  return 1;
}

int Main(int argc, char** argv) {
  CLI::App app("The floor: a LoginService that decides nothing.");
  const std::map<std::string, Health> health_names = {
      {"ours", Health::kOurs}, {"grpc", Health::kGrpcs}, {"none", Health::kNone}};
  std::string api = "callback", health = "ours", answers_file, address_file;
  app.add_option("--api", api, "callback, or async (one queue, one thread)")
      ->check(CLI::IsMember({"callback", "async"}))
      ->capture_default_str();
  app.add_option("--health", health, "whose health service: ours, grpc, none")
      ->check(CLI::IsMember(health_names))
      ->capture_default_str();
  app.add_option("--answers", answers_file, "recorded by load --mode record")->required();
  app.add_option("--address-file", address_file, "where to write the address")->required();
  CertificateFiles tls;
  auto* certificate = app.add_option("--tls-certificate-file", tls.certificate, "PEM; else no TLS");
  app.add_option("--tls-key-file", tls.key, "PEM")->needs(certificate);
  CLI11_PARSE(app, argc, argv);

  // Before any thread exists, so that only sigwait sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  FloorOptions options{.health = health_names.at(health)};
  if (!tls.certificate.empty()) options.tls = tls;
  std::ifstream answers(answers_file, std::ios::binary);
  if (!options.answers.ParseFromIstream(&answers)) {
    return Fail(absl::StrCat("cannot read answers from ", answers_file));
  }
  auto server = api == "callback" ? StartCallbackFloor(options) : StartAsyncFloor(options);
  if (!server.ok()) return Fail(server.status().ToString());
  // Moved into place: whoever waits for the file finds it whole.
  const std::string temporary = absl::StrCat(address_file, ".new");
  std::ofstream file(temporary);
  file << "127.0.0.1:" << (*server)->port() << "\n";
  file.close();
  if (!file || std::rename(temporary.c_str(), address_file.c_str()) != 0) {
    return Fail(absl::StrCat("cannot write ", address_file));
  }
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}

}  // namespace
}  // namespace gatehouse::benchmark

int main(int argc, char** argv) { return gatehouse::benchmark::Main(argc, argv); }
