// gatehouse login watch, against streams that a test writes.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "client/cli/app.h"
#include "client/cli/session.h"
#include "gatehouse/v1/login_service.grpc.pb.h"
#include "tests/client/cli/watched_output.h"

namespace gatehouse::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kAcme[] =
    "rules { domain: 'acme.test' organization: 'organizations/acme' state: STATE_VERIFIED "
    "        enforcement { mode: MODE_ENFORCE on_unavailable: UNAVAILABLE_POLICY_DENY "
    "                      sso { sso_profile: 'organizations/acme/ssoProfiles/idp' "
    "                            protocol: PROTOCOL_SAML sign_in_url: 'https://idp.test/sso' } } "
    "} ";
constexpr char kOpen[] =
    "rules { domain: 'open.test' organization: 'organizations/open' state: STATE_AT_RISK } ";

// Gives the streams that are asked for one after another, each by its messages in
// text format. All break off but the last, which stays open.
class ScriptedService final : public v1::LoginService::Service {
 public:
  explicit ScriptedService(std::vector<std::vector<std::string>> streams)
      : streams_(std::move(streams)) {}

  grpc::Status WatchPolicy(grpc::ServerContext* context, const v1::WatchPolicyRequest* request,
                           grpc::ServerWriter<v1::WatchPolicyResponse>* writer) override {
    std::vector<std::string> messages;
    bool is_last = false;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      const size_t index = asked_.size();
      asked_.push_back(request->after_revision());
      if (index >= streams_.size()) return {grpc::StatusCode::INVALID_ARGUMENT, "no more"};
      messages = streams_[index];
      is_last = index + 1 == streams_.size();
    }
    for (const std::string& text : messages) {
      v1::WatchPolicyResponse message;
      EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
      writer->Write(message);
    }
    while (is_last && !context->IsCancelled()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return {grpc::StatusCode::UNAVAILABLE, "going"};
  }
  // The revisions that streams were asked to go on from.
  std::vector<int64_t> asked() {
    std::lock_guard<std::mutex> lock(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  const std::vector<std::vector<std::string>> streams_;
  std::vector<int64_t> asked_;
};

struct Result {
  ExitCode code = ExitCode::kOk;
  std::string out;
  std::string err;
};

// Runs the command until it has printed `last`, then interrupts it.
Result RunUntil(ScriptedService& service, const std::string& command_line,
                const std::string& last) {
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  std::istringstream in;
  WatchedOutput printed;
  std::ostream out(&printed);
  std::ostringstream err;
  std::mutex mutex;
  std::function<void()> interrupt;
  Environment environment{.in = in,
                          .out = out,
                          .err = err,
                          .variable = [](const std::string&) { return std::string(); },
                          .now = [] { return absl::FromUnixSeconds(1'780'000'000); },
                          .connect = [&](const auto&...) { return server->InProcessChannel({}); },
                          .on_interrupt =
                              [&](std::function<void()> interrupted) {
                                std::lock_guard<std::mutex> lock(mutex);
                                interrupt = std::move(interrupted);
                              }};
  Result result;
  std::thread command([&] {
    result.code = RunCli(absl::StrSplit(command_line, ' ', absl::SkipEmpty()), environment);
  });
  if (!last.empty()) {
    printed.WaitFor(last);
    std::lock_guard<std::mutex> lock(mutex);
    interrupt();
  }
  command.join();
  server->Shutdown();
  result.out = printed.str();
  result.err = err.str();
  return result;
}

TEST(LoginWatchTest, PrintsTheRulesAndThenTheirChanges) {
  ScriptedService service({{absl::StrCat("reset: true ", kAcme), absl::StrCat(kOpen, "revision: 7"),
                            "revision: 8", "removed_domains: 'open.test' revision: 9"}});
  const Result result = RunUntil(service, "login watch", "removed");
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  std::vector<std::string> lines = absl::StrSplit(result.out, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 4u) << result.out;
  EXPECT_THAT(lines[0], testing::StartsWith("REVISION"));
  const auto words = [](const std::string& line) {
    return std::vector<std::string>(absl::StrSplit(line, ' ', absl::SkipEmpty()));
  };
  EXPECT_THAT(words(lines[1]),
              ElementsAre("7", "acme.test", "organizations/acme", "verified", "enforce", "-",
                          "organizations/acme/ssoProfiles/idp", "https://idp.test/sso", "deny"));
  EXPECT_THAT(words(lines[2]), ElementsAre("7", "open.test", "organizations/open", "at-risk", "-",
                                           "-", "-", "-", "-"));
  EXPECT_THAT(words(lines[3]),
              ElementsAre("9", "open.test", "-", "removed", "-", "-", "-", "-", "-"));
  EXPECT_THAT(result.err, HasSubstr("the rules of revision 7"));
  EXPECT_THAT(service.asked(), ElementsAre(0));
}

TEST(LoginWatchTest, GoesOnWhereAStreamBrokeOff) {
  ScriptedService service({{"revision: 42", absl::StrCat(kAcme, "revision: 43")},
                           {absl::StrCat(kOpen, "revision: 50")}});
  const Result result = RunUntil(service, "login watch --after-revision 41", "open.test");
  EXPECT_EQ(result.code, ExitCode::kOk);
  EXPECT_THAT(service.asked(), ElementsAre(41, 43));
  EXPECT_THAT(result.err, HasSubstr("going on from revision 43"));
  EXPECT_THAT(result.out, HasSubstr("acme.test"));
}

TEST(LoginWatchTest, PrintsALineOfJsonForEachMessageButHeartbeats) {
  ScriptedService service(
      {{absl::StrCat("reset: true revision: 7 ", kOpen), "revision: 8",
        "revision: 9 stream_time { seconds: 1 }", "removed_domains: 'open.test' revision: 10"}});
  const Result result = RunUntil(service, "login watch -o json", "\"10\"");
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 2u) << result.out;
  EXPECT_THAT(lines[0], HasSubstr("\"open.test\""));
  EXPECT_THAT(lines[0], HasSubstr("\"7\""));
  EXPECT_THAT(lines[1], HasSubstr("\"10\""));
  EXPECT_EQ(result.err, "");
}

TEST(LoginWatchTest, SaysWhenItCannotFollow) {
  ScriptedService none({});
  EXPECT_EQ(RunUntil(none, "login watch", "").code, ExitCode::kFailed);
  EXPECT_EQ(RunUntil(none, "login watch --after-revision 0", "").code, ExitCode::kUsage);
  EXPECT_EQ(RunUntil(none, "login watch --after-revision x", "").code, ExitCode::kUsage);
  EXPECT_THAT(none.asked(), ElementsAre(0));
}

}  // namespace
}  // namespace gatehouse::cli
