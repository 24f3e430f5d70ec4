// The server by grpcurl alone, with no proto file. Skipped where grpcurl is not
// installed (tools/setup builds it where Go is); reflection_test runs anywhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/integration/api_descriptors.h"
#include "tests/integration/server_test_case.h"

namespace gatehouse {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using Json = nlohmann::json;

class Grpcurl : public ServerTestCase {
 protected:
  void SetUp() override {
    ServerTestCase::SetUp();
    const auto installed = InstalledTool("grpcurl");
    if (!installed.ok()) GTEST_SKIP() << installed.status();
    grpcurl_ = *installed;
  }

  std::vector<std::string> Argv(const std::vector<std::string>& options,
                                const std::vector<std::string>& target) const {
    std::vector<std::string> argv = {grpcurl_, "-plaintext"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.push_back(address());
    argv.insert(argv.end(), target.begin(), target.end());
    return argv;
  }

  ProgramResult Run(const std::vector<std::string>& options, const std::vector<std::string>& target,
                    absl::string_view input = "") const {
    const auto result = RunProgram(Argv(options, target), input);
    EXPECT_OK(result);
    return result.ok() ? *result : ProgramResult();
  }

  // What a call answers: the response or, if it fails, the status.
  Json Call(const std::string& method, const std::string& request) const {
    const ProgramResult result = Run({"-format-error", "-emit-defaults", "-d", request}, {method});
    Json json = Json::parse(result.exit_code == 0 ? result.out : result.err, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << method << ": " << result.out << result.err;
    return json;
  }

  // The detail of a failed call with this type.
  static Json Detail(const Json& error, const std::string& type) {
    for (const Json& detail : error.value("details", Json::array())) {
      if (detail.value("@type", "") == "type.googleapis.com/google.rpc." + type) return detail;
    }
    return Json::object();
  }

  const ApiDescriptors descriptors_;
  std::string grpcurl_;
};

TEST_F(Grpcurl, ListsServicesAndMethods) {
  const ProgramResult services = Run({}, {"list"});
  for (const auto* service : descriptors_.services()) {
    EXPECT_THAT(services.out, HasSubstr(service->full_name() + "\n"));
    const ProgramResult methods = Run({}, {"list", service->full_name()});
    for (int i = 0; i < service->method_count(); ++i) {
      EXPECT_THAT(methods.out, HasSubstr(service->method(i)->full_name() + "\n"));
    }
  }
  EXPECT_THAT(services.out, HasSubstr("grpc.health.v1.Health\n"));
}

// The lines of comment in what grpcurl prints.
std::vector<std::string> ShownComments(const std::string& description) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(description, '\n')) {
    line = absl::StripLeadingAsciiWhitespace(line);
    if (!absl::ConsumePrefix(&line, "//")) continue;
    lines.emplace_back(absl::StripAsciiWhitespace(line));
  }
  return lines;
}

TEST_F(Grpcurl, DescribesEverythingWithItsComments) {
  const auto expect_described = [this](const auto& element) {
    const ProgramResult result = Run({}, {"describe", element.full_name()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(ShownComments(result.out), IsSupersetOf(CommentLines(element)))
        << element.full_name();
  };
  for (const auto* service : descriptors_.services()) expect_described(*service);
  for (const auto* message : descriptors_.messages()) expect_described(*message);
  for (const auto* type : descriptors_.enums()) expect_described(*type);
}

TEST_F(Grpcurl, CallsEveryMethodAndDecodesItsError) {
  for (const auto* method : descriptors_.unary_methods()) {
    SCOPED_TRACE(method->full_name());
    const Json answer = Call(method->full_name(), "{}");
    const std::set<std::string> need_nothing = {"ListOrganizations", "ListAccessTokens",
                                                "ListAuditEvents"};
    if (need_nothing.count(method->name()) > 0) {
      EXPECT_TRUE(answer.contains("nextPageToken")) << answer;
      continue;
    }
    EXPECT_EQ(answer.value("code", 0), grpc::StatusCode::INVALID_ARGUMENT) << answer;
    const Json info = Detail(answer, "ErrorInfo");
    EXPECT_EQ(info.value("reason", ""), "INVALID_FIELD") << answer;
    EXPECT_EQ(info.value("domain", ""), "gatehouse");
    const Json violations = Detail(answer, "BadRequest").value("fieldViolations", Json::array());
    ASSERT_FALSE(violations.empty()) << answer;
    EXPECT_FALSE(violations[0].value("field", "").empty());
    EXPECT_FALSE(violations[0].value("description", "").empty());
  }
}

TEST_F(Grpcurl, CreatesWhatItThenGets) {
  const Json created = Call("gatehouse.v1.OrganizationService/CreateOrganization",
                            R"({"organization_id": "grpcurl",
                                "organization": {"display_name": "Made by grpcurl"}})");
  EXPECT_EQ(created.value("name", ""), "organizations/grpcurl") << created;
  EXPECT_EQ(Call("gatehouse.v1.OrganizationService/GetOrganization",
                 R"({"name": "organizations/grpcurl"})"),
            created);

  Call("gatehouse.v1.DomainService/AddDomain",
       R"({"parent": "organizations/grpcurl", "domain": "grpcurl.example"})");
  const Json refused = Call("gatehouse.v1.OrganizationService/DeleteOrganization",
                            R"({"name": "organizations/grpcurl"})");
  const Json violations = Detail(refused, "PreconditionFailure").value("violations", Json::array());
  ASSERT_EQ(violations.size(), 1u) << refused;
  EXPECT_EQ(violations[0].value("type", ""), "ORGANIZATION_NOT_EMPTY");
  EXPECT_EQ(violations[0].value("subject", ""), "organizations/grpcurl");
}

TEST_F(Grpcurl, ShowsWhyForPeople) {
  const ProgramResult result =
      Run({"-d", R"({"email": "two@at@signs.example"})"}, {"gatehouse.v1.LoginService/CheckLogin"});
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("Code: InvalidArgument"), HasSubstr("exactly one '@'"),
                    HasSubstr(R"("reason": "INVALID_FIELD")"), HasSubstr(R"("field": "email")")));
}

TEST_F(Grpcurl, StreamsAnImportFromItsStdin) {
  Call("gatehouse.v1.OrganizationService/CreateOrganization",
       R"({"organization_id": "stream", "organization": {"display_name": "Stream"}})");
  const ProgramResult result = Run(
      {"-d", "@"}, {"gatehouse.v1.UserService/ImportUsers"},
      R"({"parent": "organizations/stream", "rows": [{"email": "a@b.example"}, {"email": "bad"}]}
             {"rows": [{"email": "c@d.example", "role": "ROLE_ADMIN"}]})");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json response = Json::parse(result.out, nullptr, false);
  ASSERT_FALSE(response.is_discarded()) << result.out;
  EXPECT_EQ(response.value("rowCount", ""), "3");
  EXPECT_EQ(response.value("createdCount", ""), "2");
  EXPECT_EQ(response["failures"][0].value("rowNumber", ""), "2");
  EXPECT_EQ(response["failures"][0]["error"]["details"]["info"].value("reason", ""),
            "INVALID_FIELD");
}

TEST_F(Grpcurl, AsksForHealthServiceByService) {
  std::vector<std::string> services = {""};  // the server as a whole
  for (const auto* service : descriptors_.services()) services.push_back(service->full_name());
  for (const std::string& service : services) {
    SCOPED_TRACE(service);
    const std::string request = Json{{"service", service}}.dump();
    EXPECT_EQ(Call("grpc.health.v1.Health/Check", request).value("status", ""), "SERVING");

    // A watch has no end: its first answer is enough.
    const auto watch = ChildProcess::Start(Argv({"-d", request}, {"grpc.health.v1.Health/Watch"}));
    ASSERT_OK(watch);
    std::string answer;
    while (!absl::EndsWith(answer, "}")) {
      const auto line = (*watch)->ReadLine(absl::Seconds(30));
      ASSERT_OK(line);
      answer += *line;
    }
    EXPECT_THAT(answer, HasSubstr(R"("status": "SERVING")"));
    (*watch)->Signal(SIGKILL);
  }
  EXPECT_EQ(
      Call("grpc.health.v1.Health/Check", R"({"service": "gatehouse.v1.None"})").value("code", 0),
      grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace gatehouse
