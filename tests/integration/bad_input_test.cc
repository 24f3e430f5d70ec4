// Hostile requests over the real gRPC: each is refused by code, reason and
// field, and none brings the server down or shows its insides.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "tests/integration/bad_input_cases.h"
#include "tests/integration/server_test_case.h"
#include "tests/integration/tenant.h"
#include "tests/server/connectors/saml_test_idp.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

const google::protobuf::MethodDescriptor* FindMethod(const std::string& method) {
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      "gatehouse.v1." + absl::StrReplaceAll(method, {{"/", "."}}));
}

// The fields at fault, in the error's order.
std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  if (const std::optional<ErrorDetails> details = DetailsOf(status)) {
    for (const auto& [field, expectation] : details->field_violations) fields.push_back(field);
  }
  return fields;
}

class BadInput : public ServerTestCase {
 protected:
  static void SetUpTestSuite() {
    ServerTestCase::SetUpTestSuite();
    const TestIdp idp = TestIdp::Create();
    for (const char* id : {"acme", "rival"}) {
      Tenant tenant(api(), id, absl::StrCat(id, ".example"));
      ASSERT_OK(tenant.Create());
      ASSERT_OK(tenant.AddDomain(tenant.domain()));
      ASSERT_OK(tenant.AddDomain(absl::StrCat(id, "-two.example")));
      ASSERT_OK(tenant.AddUser(tenant.Email("second")));
      ASSERT_OK(tenant.Connect(idp.MetadataXml()));
      ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest test, tenant.StartConnectionTest());
      // acme's own are {user}, {id}, …; the other's {rival_user}, {rival_id}, ….
      const std::string prefix = absl::StrCat("{", id == std::string("acme") ? "" : "rival_");
      const std::string first_page = absl::Substitute("parent: '$0' page_size: 1", tenant.name());
      ASSERT_OK_AND_ASSIGN(const auto domains, api().Call(&Domains::ListDomains, first_page));
      ASSERT_OK_AND_ASSIGN(const auto users, api().Call(&Users::ListUsers, first_page));
      placeholders_[prefix + "user}"] = tenant.owner();
      placeholders_[prefix + "id}"] = tenant.owner().substr(tenant.owner().rfind('/') + 1);
      placeholders_[prefix + "test_id}"] = test.name().substr(test.name().rfind('/') + 1);
      placeholders_[prefix + "domains_token}"] = domains.next_page_token();
      placeholders_[prefix + "users_token}"] = users.next_page_token();
    }
    ASSERT_OK_AND_ASSIGN(const auto organizations,
                         api().Call(&Organizations::ListOrganizations, "page_size: 1"));
    placeholders_["{organizations_token}"] = organizations.next_page_token();
    placeholders_["{certificate}"] = absl::CEscape(idp.certificate_pem());
    placeholders_["{metadata}"] = absl::CEscape(idp.MetadataXml());
    for (const auto& [name, value] : placeholders_) ASSERT_FALSE(value.empty()) << name;
  }

  // Sends `bytes` as the request of a unary method.
  static absl::Status CallWithBytes(const std::string& method, const std::string& bytes) {
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::ClientContext context;
    SetDeadline(context);
    std::promise<grpc::Status> done;
    grpc::GenericStub(api().channel())
        .UnaryCall(&context, "/gatehouse.v1." + method, {}, &request, &response,
                   [&done](grpc::Status status) { done.set_value(std::move(status)); });
    return client::FromGrpcStatus(done.get_future().get());
  }

  static absl::Status Call(const BadInputCase& test) {
    const auto* method = FindMethod(test.method);
    if (method == nullptr) return absl::NotFoundError("no such method");
    const std::unique_ptr<google::protobuf::Message> request(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(method->input_type())
            ->New());
    if (!google::protobuf::TextFormat::ParseFromString(
            absl::StrReplaceAll(test.request, placeholders_), request.get())) {
      return absl::UnknownError("the test's request is no text format");
    }
    return CallWithBytes(test.method, request->SerializeAsString());
  }

  static void ExpectRefused(const BadInputCase& test) {
    SCOPED_TRACE(absl::StrCat(test.method, " ", test.request.substr(0, 300)));
    const absl::Status status = Call(test);
    EXPECT_THAT(status, FailsWith(test.code, test.reason));
    if (test.field.empty()) {
      EXPECT_THAT(FieldsOf(status), ElementsAre());
    } else {
      EXPECT_THAT(FieldsOf(status), ElementsAre(test.field)) << status;
    }
    ExpectNoInsides(status);
  }

  // Nothing of the code, the store or the machine.
  static void ExpectNoInsides(const absl::Status& status) {
    std::string text(status.message());
    const ErrorDetails details = DetailsOf(status).value_or(ErrorDetails());
    for (const auto& [field, expectation] : details.field_violations) {
      EXPECT_FALSE(expectation.empty()) << field;
      text += expectation;
    }
    for (const auto& violation : details.precondition_violations) text += violation.description;
    for (const auto& [key, value] : details.metadata) text += key + value;
    // Nothing sent is that long; a message that repeats what was sent is a lever.
    EXPECT_LT(text.size(), 1500u);
    for (const char* inside :
         {".cc", ".h:", "std::", "absl::", "rocksdb", "protobuf", "libxml", "OpenSSL", "openssl",
          "error:0", "errno", "/tmp", "/usr", " 0x", "nullptr"}) {
      EXPECT_FALSE(absl::StrContains(text, inside)) << inside << " in " << text;
    }
  }

  static void ExpectServing() {
    EXPECT_OK(api().Call(&Organizations::GetOrganization, "name: 'organizations/acme'"));
  }

  static inline std::map<std::string, std::string> placeholders_;
};

std::vector<BadInputCase> AllCases() {
  std::vector<BadInputCase> all;
  for (const auto& cases :
       {BadOrganizationRequests(), BadDomainRequests(), BadUserRequests(), BadSsoProfileRequests(),
        BadEnforcementRequests(), BadLoginRequests()}) {
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

TEST_F(BadInput, IsRefusedByCodeReasonAndField) {
  for (const BadInputCase& test : AllCases()) ExpectRefused(test);
}

TEST_F(BadInput, IsTriedOnEveryMethod) {
  std::set<std::string> tried;
  for (const BadInputCase& test : AllCases()) tried.insert(test.method);
  for (const std::string& method : tried) {
    const auto* service = FindMethod(method)->service();
    for (int i = 0; i < service->method_count(); ++i) {
      const auto* other = service->method(i);
      if (other->client_streaming()) continue;  // see ImportUsers below
      EXPECT_EQ(tried.count(absl::StrCat(service->name(), "/", other->name())), 1u)
          << other->full_name();
    }
  }
  EXPECT_GE(tried.size(), 30u);
}

TEST_F(BadInput, NamesEveryFieldAtFaultAtOnce) {
  const absl::Status status =
      Call({"SsoProfileService/CreateSsoProfile",
            "parent: 'organizations/acme' sso_profile_id: 'new' "
            "sso_profile { saml { idp_sso_url: 'http://evil.example' idp_certificates: 'x' } }"});
  ASSERT_THAT(status, FailsWith(Code::kInvalidArgument, "INVALID_FIELD"));
  EXPECT_THAT(FieldsOf(status),
              ElementsAre("sso_profile.display_name", "sso_profile.saml.idp_entity_id",
                          "sso_profile.saml.idp_sso_url", "sso_profile.saml.idp_certificates[0]",
                          "sso_profile.saml.acs_url"));
}

// A status travels in a header of limited size: one that does not fit would
// reach the caller as another error, without its reason.
TEST_F(BadInput, AnErrorAboutAHundredDomainsArrives) {
  std::string domains;
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&domains, "domains: '", std::string(60, 'a'), ".", std::string(60, 'b'), ".",
                    std::string(60, 'c'), ".d", i, ".example' ");
  }
  EXPECT_THAT(Call({"EnforcementService/EnforceDomains",
                    "parent: 'organizations/acme' acting_admin: '{user}' "
                    "sso_profile: 'organizations/acme/ssoProfiles/idp' " +
                        domains}),
              FailsWith(Code::kFailedPrecondition, "DOMAIN_NOT_VERIFIED"));
  EXPECT_THAT(
      Call({"EnforcementService/ReleaseDomains", "parent: 'organizations/acme' " + domains}),
      FailsWith(Code::kFailedPrecondition, "DOMAIN_NOT_ENFORCED"));
  std::string enforced = absl::StrReplaceAll(domains, {{"domains:", "enforced_domains:"}});
  EXPECT_THAT(Call({"SsoProfileService/UpdateSsoProfile",
                    absl::StrCat("acting_admin: '{user}' update_mask { paths: 'enforced_domains' } "
                                 "sso_profile { name: 'organizations/acme/ssoProfiles/idp' ",
                                 enforced, enforced, "}")}),
              FailsWith(Code::kFailedPrecondition, "DOMAIN_NOT_VERIFIED"));
}

TEST_F(BadInput, ALookalikeDomainDecidesNothingAboutTheOriginal) {
  const std::string cyrillic = "\u0430cme.example";  // not the letter of acme.example
  ASSERT_OK_AND_ASSIGN(
      const v1::Domain claimed,
      api().Call(&Domains::AddDomain,
                 absl::Substitute("parent: 'organizations/rival' domain: '$0'", cyrillic)));
  EXPECT_THAT(claimed.name(), HasSubstr("/domains/xn--"));
  EXPECT_OK(Call({"DomainService/GetDomain", "name: 'organizations/acme/domains/acme.example'"}));
  EXPECT_THAT(Call({"DomainService/GetDomain", "name: 'organizations/rival/domains/acme.example'"}),
              FailsWith(Code::kNotFound, "RESOURCE_NOT_FOUND"));
}

TEST_F(BadInput, BytesThatAreNoMessageAreRefused) {
  for (const char* method :
       {"LoginService/CheckLogin", "LoginService/BatchCheckLogin", "LoginService/WatchPolicy",
        "DomainService/AddDomain", "UserService/CreateUser"}) {
    for (const std::string& bytes :
         {std::string("\xff\xff\xff\xff"), std::string("\x0a\x7f"), std::string("\x0a\x02\xff\xfe"),
          std::string(10'000, '\x0b')}) {
      // Its first field is a number: a text there is a field of a later version.
      if (absl::EndsWith(method, "WatchPolicy") && bytes == "\x0a\x02\xff\xfe") continue;
      const absl::Status status = CallWithBytes(method, bytes);
      EXPECT_FALSE(status.ok()) << method;
      EXPECT_NE(status.code(), Code::kUnavailable) << status;
      EXPECT_NE(status.code(), Code::kDeadlineExceeded) << status;
      ExpectNoInsides(status);
    }
  }
  ExpectServing();
}

TEST_F(BadInput, AMessageAboveFourMebibytesIsRefused) {
  v1::BatchCheckLoginRequest request;
  request.add_emails(std::string(5 << 20, 'x'));
  EXPECT_EQ(api().Call(&Logins::BatchCheckLogin, request).status().code(),
            Code::kResourceExhausted);
  ExpectServing();
}

TEST_F(BadInput, AMethodThatDoesNotExistIsUnimplemented) {
  EXPECT_EQ(CallWithBytes("LoginService/NoSuchMethod", "").code(), Code::kUnimplemented);
  EXPECT_EQ(CallWithBytes("NoSuchService/CheckLogin", "").code(), Code::kUnimplemented);
}

TEST_F(BadInput, WhatIsPostedAsASamlResponseFailsTheTestNotTheCall) {
  const struct {
    std::string response;
    v1::ConnectionTest::FailureReason reason;
  } cases[] = {
      {"%%%", v1::ConnectionTest::FAILURE_REASON_MALFORMED_RESPONSE},
      {absl::Base64Escape("not XML"), v1::ConnectionTest::FAILURE_REASON_MALFORMED_RESPONSE},
      {absl::Base64Escape(std::string("\0\xff\xfe", 3)),
       v1::ConnectionTest::FAILURE_REASON_MALFORMED_RESPONSE},
      {absl::Base64Escape("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"),
       v1::ConnectionTest::FAILURE_REASON_FORBIDDEN_XML},
  };
  const Tenant acme(api(), "acme", "acme.example");
  for (const auto& test : cases) {
    ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest started, acme.StartConnectionTest());
    ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest failed,
                         acme.CompleteConnectionTest(started.name(), test.response));
    EXPECT_EQ(failed.state(), v1::ConnectionTest::STATE_FAILED);
    EXPECT_EQ(failed.failure_reason(), test.reason) << failed.failure_detail();
  }
}

TEST_F(BadInput, AnImportFailsForItsParentAndNothingElse) {
  using Request = v1::ImportUsersRequest;
  const auto message = [](const std::string& text) { return FromText<Request>(text); };
  EXPECT_THAT(api().ImportUsers({}), FailsWith(Code::kInvalidArgument, "INVALID_FIELD"));
  EXPECT_THAT(api().ImportUsers({message("rows { email: 'a@b.example' }")}),
              FailsWith(Code::kInvalidArgument, "INVALID_FIELD"));
  EXPECT_THAT(api().ImportUsers({message("parent: 'organizations/none'")}),
              FailsWith(Code::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(api().ImportUsers({message("parent: 'organizations/acme'"),
                                 message("parent: 'organizations/rival'")}),
              FailsWith(Code::kInvalidArgument, "INVALID_FIELD"));
  Request too_many = message("parent: 'organizations/acme'");
  for (int i = 0; i <= 1000; ++i) too_many.add_rows()->set_email("a@b.example");
  EXPECT_THAT(api().ImportUsers({too_many}), FailsWith(Code::kInvalidArgument, "INVALID_FIELD"));

  ASSERT_OK_AND_ASSIGN(const auto rows, api().ImportUsers({message(R"(parent: 'organizations/acme'
                                    rows { email: 'two@at@signs.example' }
                                    rows { email: 'good@acme.example' role: ROLE_ADMIN }
                                    rows { email: 'role@acme.example' role: 99 }
                                    rows { email: 'name@acme.example' display_name: 'a\nb' }
                                    rows {})")}));
  EXPECT_EQ(rows.created_count(), 1);
  EXPECT_EQ(rows.failed_count(), 4);
  std::vector<std::string> fields;
  for (const auto& failure : rows.failures()) {
    fields.push_back(failure.error().details().bad_request().field_violations(0).field());
  }
  EXPECT_THAT(fields, ElementsAre("email", "role", "display_name", "email"));
}

TEST_F(BadInput, AnImportCutInTheMiddleKeepsAPrefixAndCanBeRepeated) {
  v1::ImportUsersRequest first;
  first.set_parent("organizations/acme");
  first.add_rows()->set_email("first@cut.example");
  v1::ImportUsersRequest second;
  second.add_rows()->set_email("second@cut.example");
  const std::string lookup = "parent: 'organizations/acme' email: 'first@cut.example'";
  {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::ImportUsersResponse response;
    const auto stream = api().stub<Users>().ImportUsers(&context, &response);
    ASSERT_TRUE(stream->Write(first));
    const absl::Time give_up = absl::Now() + absl::Seconds(30);
    while (!api().Call(&Users::LookupUser, lookup).ok()) ASSERT_LT(absl::Now(), give_up);
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  ASSERT_OK_AND_ASSIGN(const auto repeated, api().ImportUsers({first, second}));
  EXPECT_EQ(repeated.unchanged_count(), 1);
  EXPECT_EQ(repeated.created_count(), 1);
}

}  // namespace
}  // namespace gatehouse
