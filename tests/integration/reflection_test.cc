// Reflection in both its versions, by stubs and by buf's client.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>
#include <grpc/reflection/v1/reflection.grpc.pb.h>
#include <grpc/reflection/v1alpha/reflection.grpc.pb.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "tests/integration/api_descriptors.h"
#include "tests/integration/server_test_case.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;

struct V1 {
  using Service = grpc::reflection::v1::ServerReflection;
  using Request = grpc::reflection::v1::ServerReflectionRequest;
  using Response = grpc::reflection::v1::ServerReflectionResponse;
};

struct V1Alpha {
  using Service = grpc::reflection::v1alpha::ServerReflection;
  using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = grpc::reflection::v1alpha::ServerReflectionResponse;
};

template <typename Version>
class Reflection : public ServerTestCase {
 protected:
  using Request = typename Version::Request;
  using Response = typename Version::Response;

  // One answer for each request, all on one stream.
  static std::vector<Response> Ask(const std::vector<Request>& requests) {
    const auto stub = Version::Service::NewStub(api().channel());
    grpc::ClientContext context;
    SetDeadline(context);
    const auto stream = stub->ServerReflectionInfo(&context);
    std::vector<Response> responses;
    for (const Request& request : requests) {
      Response response;
      if (!stream->Write(request) || !stream->Read(&response)) break;
      responses.push_back(std::move(response));
    }
    stream->WritesDone();
    EXPECT_OK(client::FromGrpcStatus(stream->Finish()));
    EXPECT_EQ(responses.size(), requests.size());
    responses.resize(requests.size());
    return responses;
  }

  static Response AskForSymbol(const std::string& symbol) {
    Request request;
    request.set_file_containing_symbol(symbol);
    return Ask({request})[0];
  }

  const ApiDescriptors descriptors_;
};

using Versions = ::testing::Types<V1, V1Alpha>;
TYPED_TEST_SUITE(Reflection, Versions);

TYPED_TEST(Reflection, ListsEveryServiceAndNoOther) {
  typename TypeParam::Request request;
  request.set_list_services("*");
  const auto response = this->Ask({request})[0];
  std::vector<std::string> names;
  for (const auto& service : response.list_services_response().service()) {
    names.push_back(service.name());
  }
  std::vector<std::string> expected = {"grpc.health.v1.Health",
                                       "grpc.reflection.v1.ServerReflection",
                                       "grpc.reflection.v1alpha.ServerReflection"};
  for (const auto* service : this->descriptors_.services())
    expected.push_back(service->full_name());
  EXPECT_THAT(names, ::testing::UnorderedElementsAreArray(expected));
}

// A client that knows nothing can build every type from one answer.
TYPED_TEST(Reflection, AnswersWithTheFileItsImportsAndTheirComments) {
  for (const auto* service : this->descriptors_.services()) {
    const auto response = this->AskForSymbol(service->full_name());
    ASSERT_TRUE(response.has_file_descriptor_response()) << response.DebugString();
    google::protobuf::SimpleDescriptorDatabase files;
    for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      ASSERT_TRUE(file.ParseFromString(bytes));
      ASSERT_TRUE(files.Add(file)) << file.name() << " twice";
    }
    google::protobuf::DescriptorPool pool(&files);
    const auto* served = pool.FindServiceByName(service->full_name());
    ASSERT_NE(served, nullptr) << service->full_name();
    EXPECT_EQ(CommentLines(*served), CommentLines(*service));
  }
}

TYPED_TEST(Reflection, FindsSymbolsOfEveryKind) {
  for (const char* symbol :
       {"gatehouse.v1.CheckLoginRequest", "gatehouse.v1.CheckLoginRequest.email",
        "gatehouse.v1.Verdict", "gatehouse.v1.VERDICT_DENY", "gatehouse.v1.LoginService.CheckLogin",
        "gatehouse.v1.ImportUsersRequest.Row", "google.rpc.BadRequest",
        "grpc.health.v1.Health.Watch", "google.protobuf.Timestamp"}) {
    EXPECT_TRUE(this->AskForSymbol(symbol).has_file_descriptor_response()) << symbol;
  }
}

TYPED_TEST(Reflection, SaysWhatItDoesNotHave) {
  typename TypeParam::Request by_name;
  by_name.set_file_by_filename("../../etc/passwd");
  typename TypeParam::Request by_extension;
  by_extension.mutable_file_containing_extension()->set_containing_type("gatehouse.v1.User");
  by_extension.mutable_file_containing_extension()->set_extension_number(7);
  typename TypeParam::Request extensions;
  extensions.set_all_extension_numbers_of_type("gatehouse.v1.NoSuchMessage");
  typename TypeParam::Request symbol;
  symbol.set_file_containing_symbol("gatehouse.v1.NoSuchMessage");
  for (const auto& response : this->Ask({by_name, by_extension, extensions, symbol})) {
    EXPECT_EQ(response.error_response().error_code(), grpc::StatusCode::NOT_FOUND)
        << response.DebugString();
  }
  EXPECT_EQ(this->Ask({typename TypeParam::Request()})[0].error_response().error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

class BufCurl : public ServerTestCase {
 protected:
  void SetUp() override {
    ServerTestCase::SetUp();
    ASSERT_OK_AND_ASSIGN(buf_, InstalledTool("buf"));
  }

  ProgramResult Run(const std::vector<std::string>& arguments, absl::string_view input = "") {
    std::vector<std::string> argv = {"env",
                                     absl::StrCat("HOME=", home_.path()),
                                     buf_,
                                     "curl",
                                     "--protocol",
                                     "grpc",
                                     "--http2-prior-knowledge"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const auto result = RunProgram(argv, input);
    EXPECT_OK(result);
    return result.ok() ? *result : ProgramResult();
  }

  std::string Url(absl::string_view method) {
    return absl::StrCat("http://", address(), "/gatehouse.v1.", method);
  }

  const ApiDescriptors descriptors_;
  ShortTempDir home_;
  std::string buf_;
};

TEST_F(BufCurl, ListsEveryMethod) {
  const ProgramResult result = Run({absl::StrCat("http://", address()), "--list-methods"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const auto* method : descriptors_.unary_methods()) {
    EXPECT_THAT(result.out,
                HasSubstr(absl::StrCat(method->service()->full_name(), "/", method->name())));
  }
}

TEST_F(BufCurl, CallsByEitherVersionOfReflection) {
  for (const char* version : {"grpc-v1", "grpc-v1alpha"}) {
    const ProgramResult result =
        Run({"--reflect-protocol", version, "-d", R"({"email": "carol@nobody.example"})",
             Url("LoginService/CheckLogin")});
    EXPECT_EQ(result.exit_code, 0) << version << result.err;
    EXPECT_THAT(result.out, HasSubstr("VERDICT_ALLOW_PASSWORD"));
  }
}

TEST_F(BufCurl, ShowsTheDetailsOfAnError) {
  const ProgramResult result =
      Run({"-d", R"({"email": "two@at@signs.example"})", Url("LoginService/CheckLogin")});
  EXPECT_NE(result.exit_code, 0);
  const auto error = nlohmann::json::parse(result.out + result.err, nullptr, false);
  ASSERT_FALSE(error.is_discarded()) << result.out << result.err;
  EXPECT_EQ(error.value("code", ""), "invalid_argument");
  ASSERT_EQ(error["details"].size(), 2u);
  EXPECT_EQ(error["details"][0].value("type", ""), "google.rpc.ErrorInfo");
  EXPECT_EQ(error["details"][1].value("type", ""), "google.rpc.BadRequest");
  std::string bytes;
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(absl::Base64Unescape(error["details"][0].value("value", ""), &bytes));
  ASSERT_TRUE(info.ParseFromString(bytes));
  EXPECT_EQ(info.reason(), "INVALID_FIELD");
}

TEST_F(BufCurl, StreamsAnImport) {
  ASSERT_OK(api().Call(&Organizations::CreateOrganization,
                       R"(organization_id: "buf" organization { display_name: "Buf" })"));
  const ProgramResult result =
      Run({"-d", "@-", Url("UserService/ImportUsers")},
          R"({"parent": "organizations/buf", "rows": [{"email": "a@b.example"}]}
                                      {"rows": [{"email": "c@d.example"}]})");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(R"("createdCount": "2")"));
}

}  // namespace
}  // namespace gatehouse
