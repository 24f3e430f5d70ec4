// What outlives the process: a server killed after it acknowledged, and one
// that is asked to end.
#include <gmock/gmock.h>
#include <grpc/health/v1/health.grpc.pb.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "tests/integration/deployment_test_case.h"
#include "tests/server/connectors/saml_test_idp.h"

namespace gatehouse {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Code = absl::StatusCode;
using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class Restart : public DeploymentTestCase {
 protected:
  // Ends the server without a chance to say good-bye, and starts another on
  // what it left.
  static void KillAndStart() {
    deployment().server().Kill();
    ASSERT_OK(deployment().StartServer());
  }

  static absl::StatusOr<v1::Enforcement> GetEnforcement(const Tenant& tenant) {
    return api().Call(&Enforcements::GetEnforcement,
                      absl::Substitute(R"(name: "$0")", tenant.enforcement_name()));
  }
};

TEST_F(Restart, AnAcknowledgedEnforcementOutlivesAKill) {
  Tenant tenant = NewTenant("enforced");
  ASSERT_OK(MakeReady(tenant));
  ASSERT_OK(tenant.AddUser(tenant.Email("carol")));
  ASSERT_OK_AND_ASSIGN(const auto enforced, tenant.Enforce());
  ASSERT_NO_FATAL_FAILURE(KillAndStart());

  ASSERT_OK_AND_ASSIGN(
      const auto carol,
      tenant.Check(tenant.Email("carol"), v1::LOGIN_ACTION_SIGN_IN, enforced.revision()));
  EXPECT_EQ(carol.verdict(), v1::VERDICT_REQUIRE_SSO);
  EXPECT_EQ(carol.enforced_since_revision(), enforced.revision());
  EXPECT_EQ(carol.sso().issuer(), idp().metadata_url());
  ASSERT_OK_AND_ASSIGN(const auto owner, tenant.Check(tenant.Email("owner")));
  EXPECT_EQ(owner.reason(), v1::DECISION_REASON_EXEMPT_TRIGGERING_ADMIN);
  ASSERT_OK_AND_ASSIGN(const v1::Enforcement enforcement, GetEnforcement(tenant));
  EXPECT_EQ(enforcement.SerializeAsString(), enforced.enforcements(0).SerializeAsString());

  ASSERT_OK_AND_ASSIGN(
      const auto released,
      api().Call(&Enforcements::ReleaseDomains, absl::Substitute(R"(parent: "$0" domains: "$1")",
                                                                 tenant.name(), tenant.domain())));
  ASSERT_NO_FATAL_FAILURE(KillAndStart());
  ASSERT_OK_AND_ASSIGN(
      const auto free,
      tenant.Check(tenant.Email("carol"), v1::LOGIN_ACTION_SIGN_IN, released.revision()));
  EXPECT_EQ(free.verdict(), v1::VERDICT_ALLOW_PASSWORD);
  // What was proven stays proven.
  EXPECT_OK(tenant.Enforce());
}

TEST_F(Restart, EveryAcknowledgedWriteOutlivesAKillAmongWriters) {
  constexpr int kWriters = 4;
  constexpr size_t kAcknowledgedBeforeKill = 40;
  Tenant tenant = NewTenant("writers");
  ASSERT_OK(MakeReady(tenant));
  ASSERT_OK(tenant.Enforce());

  std::mutex mutex;
  std::condition_variable more;
  std::vector<std::string> acknowledged;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0;; ++i) {
        const std::string email = tenant.Email(absl::StrCat("user-", writer, "-", i));
        if (!tenant.AddUser(email).ok()) return;  // the server is gone
        std::lock_guard<std::mutex> lock(mutex);
        acknowledged.push_back(email);
        more.notify_one();
      }
    });
  }
  {
    std::unique_lock<std::mutex> lock(mutex);
    more.wait(lock, [&] { return acknowledged.size() >= kAcknowledgedBeforeKill; });
  }
  deployment().server().Kill();
  for (std::thread& writer : writers) writer.join();
  ASSERT_OK(deployment().StartServer());

  EXPECT_GE(acknowledged.size(), kAcknowledgedBeforeKill);
  for (const std::string& email : acknowledged) {
    ASSERT_OK_AND_ASSIGN(const auto answer, tenant.Check(email));
    EXPECT_EQ(answer.reason(), v1::DECISION_REASON_ENFORCED) << email;
  }
  // And the counts are those of what is there.
  ASSERT_OK_AND_ASSIGN(
      const v1::Domain domain,
      api().Call(&Domains::GetDomain, absl::Substitute(R"(name: "$0")", tenant.domain_name())));
  ASSERT_OK_AND_ASSIGN(
      const auto users,
      api().Call(
          &Users::ListUsers,
          absl::Substitute(R"(parent: "$0" page_size: 1000 type: TYPE_MANAGED)", tenant.name())));
  EXPECT_EQ(domain.managed_user_count(), users.users_size());
}

TEST_F(Restart, AUsedAssertionStaysUsed) {
  Tenant tenant = NewTenant("replay");
  ASSERT_OK(tenant.Create());
  ASSERT_OK(tenant.HoldDomain(dns()));
  // An identity provider in this process, which can issue an assertion twice.
  const TestIdp idp = TestIdp::Create();
  ASSERT_OK(tenant.Connect(idp.MetadataXml()));
  const auto respond = [&](const v1::ConnectionTest& test) {
    SamlAnswer answer = AnswerTo(test.sign_in_url(), absl::Now(), tenant.Email("owner"));
    answer.assertion_id = "_issued-twice";
    return tenant.CompleteConnectionTest(test.name(), idp.Respond(answer));
  };
  ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest first, tenant.StartConnectionTest());
  ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest passed, respond(first));
  ASSERT_EQ(passed.state(), v1::ConnectionTest::STATE_PASSED) << passed.failure_detail();
  ASSERT_NO_FATAL_FAILURE(KillAndStart());

  EXPECT_THAT(respond(first), FailsWith(Code::kFailedPrecondition, "CONNECTION_TEST_FINISHED"));
  ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest second, tenant.StartConnectionTest());
  ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest replayed, respond(second));
  EXPECT_EQ(replayed.failure_reason(), v1::ConnectionTest::FAILURE_REASON_REPLAYED)
      << replayed.failure_detail();
}

TEST_F(Restart, ARequestIdIsRememberedAcrossAKill) {
  const std::string request = R"(organization_id: "once" organization { display_name: "Once" }
                                 request_id: "a-retry")";
  ASSERT_OK_AND_ASSIGN(const v1::Organization made,
                       api().Call(&Organizations::CreateOrganization, request));
  ASSERT_NO_FATAL_FAILURE(KillAndStart());
  ASSERT_OK_AND_ASSIGN(const v1::Organization again,
                       api().Call(&Organizations::CreateOrganization, request));
  EXPECT_EQ(again.SerializeAsString(), made.SerializeAsString());
}

// A server of its own, for tests of its end.
class Drain : public ::testing::Test {
 protected:
  void SetUp() override {
    // A drain that waits for what it should not would outlast the test.
    ASSERT_OK_AND_ASSIGN(server_, ServerProcess::Start({.data_directory = data_.path(),
                                                        .flags = {{"--drain-seconds", "300"}}}));
    api_.emplace(server_->address());
  }

  // Reads until the stream says `wanted`; false if it ends before.
  static bool ReadUntil(grpc::ClientReader<HealthCheckResponse>& stream,
                        HealthCheckResponse::ServingStatus wanted) {
    HealthCheckResponse response;
    while (stream.Read(&response)) {
      if (response.status() == wanted) return true;
    }
    return false;
  }

  ShortTempDir data_;
  std::unique_ptr<ServerProcess> server_;
  std::optional<Api> api_;
};

TEST_F(Drain, FinishesTheCallUnderWayAndTakesNoOther) {
  Tenant tenant(*api_, "drain", "drain.example");
  ASSERT_OK(tenant.Create());
  const auto health = Health::NewStub(api_->channel());
  grpc::ClientContext watching;
  SetDeadline(watching);
  HealthCheckRequest of_login;
  of_login.set_service(v1::LoginService::service_full_name());
  const auto watch = health->Watch(&watching, of_login);
  ASSERT_TRUE(ReadUntil(*watch, HealthCheckResponse::SERVING));

  grpc::ClientContext importing;
  SetDeadline(importing);
  v1::ImportUsersResponse imported;
  const auto import = api_->stub<Users>().ImportUsers(&importing, &imported);
  v1::ImportUsersRequest rows;
  rows.set_parent(tenant.name());
  rows.add_rows()->set_email("before@drain.example");
  ASSERT_TRUE(import->Write(rows));
  // The call is under way once its first row can be seen.
  const std::string lookup =
      absl::Substitute(R"(parent: "$0" email: "before@drain.example")", tenant.name());
  const absl::Time give_up = absl::Now() + absl::Seconds(30);
  while (!api_->Call(&Users::LookupUser, lookup).ok()) ASSERT_LT(absl::Now(), give_up);

  server_->Terminate();
  EXPECT_TRUE(ReadUntil(*watch, HealthCheckResponse::NOT_SERVING));
  HealthCheckResponse nothing_more;
  EXPECT_FALSE(watch->Read(&nothing_more)) << "a watch would hold the drain";
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);

  rows.mutable_rows(0)->set_email("after@drain.example");
  EXPECT_TRUE(import->Write(rows));
  EXPECT_TRUE(import->WritesDone());
  EXPECT_OK(client::FromGrpcStatus(import->Finish()));
  EXPECT_EQ(imported.created_count(), 2);
  ASSERT_OK_AND_ASSIGN(const int exit_code, server_->Wait());
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(api_->Call(&Users::LookupUser, lookup).status().code(), Code::kUnavailable);

  ASSERT_OK_AND_ASSIGN(server_, ServerProcess::Start({.data_directory = data_.path()}));
  api_.emplace(server_->address());
  EXPECT_OK(api_->Call(&Users::LookupUser, lookup));
}

TEST_F(Drain, EndsACallThatTakesTooLong) {
  ASSERT_OK_AND_ASSIGN(server_, ServerProcess::Start({.data_directory = data_.path() + "/other",
                                                      .flags = {{"--drain-seconds", "0"}}}));
  api_.emplace(server_->address());
  Tenant tenant(*api_, "stuck", "stuck.example");
  ASSERT_OK(tenant.Create());
  grpc::ClientContext importing;
  SetDeadline(importing);
  v1::ImportUsersResponse imported;
  const auto import = api_->stub<Users>().ImportUsers(&importing, &imported);
  v1::ImportUsersRequest rows;
  rows.set_parent(tenant.name());
  ASSERT_TRUE(import->Write(rows));  // and then nothing more
  server_->Terminate();
  ASSERT_OK_AND_ASSIGN(const int exit_code, server_->Wait());
  EXPECT_EQ(exit_code, 0);
  EXPECT_FALSE(import->Finish().ok());
}

TEST_F(Drain, ASecondServerOnTheSameDataDoesNotStart) {
  const auto second = RunProgram(
      {ServerBinary(), "--insecure", "--listen", "127.0.0.1:0", "--data-directory", data_.path()});
  ASSERT_OK(second);
  EXPECT_EQ(second->exit_code, 1);
  EXPECT_THAT(second->err, AllOf(HasSubstr(data_.path()), HasSubstr("another process")));
  // The first has not suffered.
  EXPECT_OK(api_->Call(&Organizations::ListOrganizations, ""));
}

TEST_F(Drain, ASecondServerOnTheSamePortDoesNotStart) {
  const ShortTempDir other_data;
  const auto second = RunProgram({ServerBinary(), "--insecure", "--listen", server_->address(),
                                  "--data-directory", other_data.path()});
  ASSERT_OK(second);
  EXPECT_EQ(second->exit_code, 1);
  EXPECT_THAT(second->err, AllOf(HasSubstr(server_->address()), HasSubstr("in use")));
}

TEST(Configuration, IsRefusedWithTheReason) {
  const ShortTempDir directory;
  const std::string file = directory.path() + "/gatehouse.toml";
  const struct {
    std::string toml;
    std::vector<std::string> flags;
    std::vector<std::string> says;
  } cases[] = {
      {"", {}, {"tls.certificate_file \"\"", "--insecure"}},
      {"", {"--listen", "0.0.0.0:0"}, {"tls.certificate_file \"\"", "0.0.0.0:0", "loopback"}},
      {"", {"--insecure", "--listen", "[::]:8443"}, {"insecure", "[::]:8443", "loopback"}},
      {"insecure = true", {"--listen", "127.example:8443"}, {"insecure", "loopback"}},
      {"listen = \"192.0.2.1:8443\"\n[access]\nauthentication = \"off\"",
       {"--tls-certificate-file", "/c", "--tls-key-file", "/k"},
       {"access.authentication \"off\"", "192.0.2.1:8443", "loopback"}},
      {"", {"--tls-certificate-file", "/c"}, {"tls.key_file"}},
      {"\n[dns]\nserver = [\"127.0.0.1\"]", {}, {file + ":3", "dns.server"}},
      {"worker_threads = 0", {}, {file + ":1", "worker_threads", "1 to 256"}},
      {"worker_threads = \"many\"", {}, {file + ":1", "worker_threads", "a whole number"}},
      {"listen =", {}, {file + ":1"}},
      {"", {"--worker-threads", "many"}, {"--worker-threads", "many", "a whole number"}},
      {"", {"--store-engine", "postgres"}, {"postgres", "rocksdb"}},
      {"", {"--no-such-flag", "1"}, {"--no-such-flag"}},
      {"", {"--config", "/no/such/file"}, {"/no/such/file"}},
  };
  for (const auto& test : cases) {
    std::ofstream(file) << test.toml;
    std::vector<std::string> argv = {ServerBinary(), "--data-directory",
                                     directory.path() + "/data"};
    if (!test.toml.empty()) argv.insert(argv.end(), {"--config", file});
    argv.insert(argv.end(), test.flags.begin(), test.flags.end());
    const auto result = RunProgram(argv, "", absl::Seconds(20));
    ASSERT_OK(result);
    EXPECT_EQ(result->exit_code, 2) << test.says[0];
    for (const std::string& text : test.says) EXPECT_THAT(result->err, HasSubstr(text));
  }
}

}  // namespace
}  // namespace gatehouse
