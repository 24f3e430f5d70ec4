// Runs client/examples/gateway.cc, which the documentation shows, as a gateway
// would run: its own process, asking a server.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/client/fake_login_service.h"

namespace gatehouse::client {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int exit_code = -1;
  std::string output;
};

Outcome RunGateway(const std::string& target) {
  Outcome run;
  FILE* pipe = popen(
      absl::StrCat("client/examples/gateway alice@acme.example ", target, " 2>&1").c_str(), "r");
  if (pipe == nullptr) return run;
  char buffer[1024];
  while (fgets(buffer, sizeof(buffer), pipe) != nullptr) run.output += buffer;
  run.exit_code = WEXITSTATUS(pclose(pipe));
  return run;
}

// As a person would: again, if a busy machine let a check run into its deadline.
Outcome RunGatewayUntilAnswered(const std::string& target) {
  Outcome run = RunGateway(target);
  for (int attempt = 1; attempt < 20 && run.exit_code == 1; ++attempt) run = RunGateway(target);
  return run;
}

TEST(GatewayExample, DoesWhatTheVerdictSays) {
  struct Case {
    v1::Verdict verdict;
    const char* output;
  };
  const Case cases[] = {
      {v1::VERDICT_ALLOW_PASSWORD, "Password: ask for it"},
      {v1::VERDICT_REQUIRE_SSO, "Redirect to https://idp.example/sso"},
      {v1::VERDICT_DENY, "Refused: USER_SUSPENDED"},
  };
  std::atomic<v1::Verdict> verdict{};
  FakeLoginService service;
  service.OnCheck([&verdict](int, v1::CheckLoginResponse& response) {
    response.set_verdict(verdict);
    response.set_reason(v1::DECISION_REASON_USER_SUSPENDED);
    response.mutable_sso()->set_protocol(v1::SsoDestination::PROTOCOL_SAML);
    response.mutable_sso()->set_sign_in_url("https://idp.example/sso");
    return grpc::Status::OK;
  });
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  const std::unique_ptr<grpc::Server> server = builder.RegisterService(&service).BuildAndStart();
  const std::string target = absl::StrCat("127.0.0.1:", port);
  for (const Case& c : cases) {
    verdict = c.verdict;
    const Outcome run = RunGatewayUntilAnswered(target);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_THAT(run.output, HasSubstr(c.output));
  }
  server->Shutdown(std::chrono::system_clock::now());
  const Outcome run = RunGateway(target);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("Sign-in is not possible right now"));
}

}  // namespace
}  // namespace gatehouse::client
