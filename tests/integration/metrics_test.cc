// What Prometheus gets from a real server.

#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "tests/integration/api.h"
#include "tests/integration/server_process.h"
#include "tests/integration/status_assertions.h"
#include "tests/integration/stderr_to_file.h"
#include "tests/integration/tenant.h"
#include "tests/peers/child_process.h"
#include "tests/server/metrics/scrape.h"

namespace gatehouse {
namespace {

// The metrics that an answer tells of.
std::vector<std::string> NamesIn(const std::string& answer) {
  constexpr absl::string_view kType = "# TYPE ";
  std::vector<std::string> names;
  for (absl::string_view line : absl::StrSplit(answer, '\n')) {
    if (!absl::ConsumePrefix(&line, kType)) continue;
    names.emplace_back(line.substr(0, line.find(' ')));
  }
  return names;
}

// The port of the endpoint, as the server's log tells it; 0: it does not.
int MetricsPort(const std::string& log) {
  std::ifstream file(log);
  for (std::string line; std::getline(file, line);) {
    const auto event = nlohmann::json::parse(line, nullptr, false);
    if (event.is_object() && event.value("event", "") == "publishing metrics") {
      return event.value("port", 0);
    }
  }
  return 0;
}

TEST(Metrics, TellOfCallsDecisionsAndPolicies) {
  const ShortTempDir directory;
  const std::string log = absl::StrCat(directory.path(), "/log");
  std::unique_ptr<ServerProcess> server;
  {
    const StderrToFile to_log(log);
    ASSERT_OK_AND_ASSIGN(server,
                         ServerProcess::Start({.data_directory = directory.path(),
                                               .flags = {{"--metrics-listen", "127.0.0.1:0"}}}));
  }
  const int port = MetricsPort(log);
  ASSERT_NE(port, 0);
  const Api api(server->address());
  Tenant acme(api, "acme", "acme.example");
  ASSERT_OK(acme.Create());
  ASSERT_OK(acme.Check("bob@nowhere.example").status());
  ASSERT_OK(acme.Check("bob@nowhere.example").status());
  EXPECT_FALSE(acme.Check("nobody").ok());

  const std::string answer = Scrape(port);
  const std::string check =
      "{grpc_service=\"gatehouse.v1.LoginService\",grpc_method=\"CheckLogin\"";
  for (const std::string& line : {
           absl::StrCat("grpc_server_started_total", check, "} 3\n"),
           absl::StrCat("grpc_server_handled_total", check, ",grpc_code=\"OK\"} 2\n"),
           absl::StrCat("grpc_server_handled_total", check, ",grpc_code=\"InvalidArgument\"} 1\n"),
           absl::StrCat("grpc_server_handling_seconds_count", check, "} 3\n"),
           std::string("gatehouse_decisions_total{verdict=\"ALLOW_PASSWORD\",observed_verdict=\"\","
                       "reason=\"DOMAIN_NOT_ENFORCED\"} 2\n"),
           std::string("gatehouse_organizations 1\n"),
           std::string("gatehouse_domains{state=\"VERIFIED\"} 0\n"),
           std::string("gatehouse_domain_checks_total{outcome=\"proven\"} 0\n"),
           std::string("gatehouse_revision "),
           std::string("gatehouse_store_background_errors_total 0\n"),
           std::string("process_resident_memory_bytes "),
       }) {
    EXPECT_TRUE(absl::StrContains(answer, line)) << line << "\n" << answer;
  }

  std::ifstream file("docs/metrics.md");
  const std::string docs((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::vector<std::string> names = NamesIn(answer);
  EXPECT_GT(names.size(), 30u);
  for (const std::string& name : names) {
    // What the exposition adds by itself is about the exposition.
    if (absl::StartsWith(name, "exposer_")) continue;
    EXPECT_TRUE(absl::StrContains(docs, absl::StrCat("`", name, "`")))
        << name << " is not in docs/metrics.md";
  }
}

}  // namespace
}  // namespace gatehouse
