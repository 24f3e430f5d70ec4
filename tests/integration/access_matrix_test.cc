// Who may call what, over the wire: every method that the server offers, by every
// role, with every state of a credential.
#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "gatehouse/v1/access_token_service.grpc.pb.h"
#include "gatehouse/v1/audit_service.grpc.pb.h"
#include "tests/builders/test_certificates.h"
#include "tests/integration/access_requests.h"
#include "tests/integration/api.h"
#include "tests/integration/api_descriptors.h"
#include "tests/integration/server_process.h"
#include "tests/integration/status_assertions.h"
#include "tests/integration/tenant.h"
#include "tests/peers/child_process.h"
#include "tests/server/access/expected_access.h"
#include "tests/server/connectors/saml_test_idp.h"

namespace gatehouse {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using AccessTokens = v1::AccessTokenService::Stub;
using Code = grpc::StatusCode;

// What a caller sees.
struct Answer {
  Code code;
  std::string message;
  std::string details;

  bool operator==(const Answer&) const = default;
  std::string reason() const {
    return std::string(ReasonOf(client::FromGrpcStatus(grpc::Status(code, message, details))));
  }
};

std::ostream& operator<<(std::ostream& out, const Answer& answer) {
  return out << answer.code << " " << answer.message;
}

std::string ShortName(const MethodDescriptor& method) {
  return absl::StrCat(method.service()->name(), "/", method.name());
}

bool IsHealth(const MethodDescriptor& method) { return method.service()->name() == "Health"; }

class AccessMatrix : public ::testing::Test {
 protected:
  // Of the credentials that are made of tokens.
  enum class State { kRight, kOther, kExpired, kRevoked };

  static void SetUpTestSuite() {
    suite_ = new Suite();
    ASSERT_NO_FATAL_FAILURE(suite_->Start());
    ASSERT_NO_FATAL_FAILURE(suite_->MakeOrganizations());
    ASSERT_NO_FATAL_FAILURE(suite_->MakeTokens());
    ready_ = true;
  }
  static void TearDownTestSuite() {
    delete suite_;
    suite_ = nullptr;
  }
  void SetUp() override { ASSERT_TRUE(ready_); }

  // Every method that is served, health's aside.
  static std::vector<const MethodDescriptor*> Methods() {
    std::vector<const MethodDescriptor*> methods;
    for (const auto* service : suite_->descriptors.all_services()) {
      for (int i = 0; i < service->method_count(); ++i) {
        if (!IsHealth(*service->method(i))) methods.push_back(service->method(i));
      }
    }
    return methods;
  }

  static bool Allows(const MethodDescriptor& method, char role) {
    return absl::StrContains(ExpectedAccess().at(ShortName(method)), role);
  }

  static std::string Bearer(char role, State state) {
    return "Bearer " + suite_->secrets.at({role, state});
  }

  // Calls with these `authorization` headers.
  static Answer Call(const MethodDescriptor& method, const Names& names,
                     const std::vector<std::string>& authorization) {
    std::unique_ptr<Message> request(suite_->messages.GetPrototype(method.input_type())->New());
    NameResources(method, names, *request);
    return Call(method, request->SerializeAsString(), authorization);
  }

  // The answer to one request. Of a stream, its first message is the answer.
  static Answer Call(const MethodDescriptor& method, const std::string& request,
                     const std::vector<std::string>& authorization) {
    grpc::ClientContext context;
    SetDeadline(context);
    for (const std::string& value : authorization) context.AddMetadata("authorization", value);
    grpc::CompletionQueue events;
    const auto done = [&events] {
      void* tag = nullptr;
      bool ok = false;
      return events.Next(&tag, &ok) && ok;
    };
    const auto call =
        grpc::GenericStub(suite_->anonymous->channel())
            .PrepareCall(&context,
                         absl::StrCat("/", method.service()->full_name(), "/", method.name()),
                         &events);
    call->StartCall(nullptr);
    done();
    const grpc::Slice slice(request);
    call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
    done();
    grpc::ByteBuffer response;
    call->Read(&response, nullptr);
    const bool answered = done();
    if (answered && method.server_streaming()) context.TryCancel();
    grpc::Status status;
    call->Finish(&status, nullptr);
    done();
    if (answered && method.server_streaming()) status = grpc::Status::OK;
    return {status.error_code(), status.error_message(), status.error_details()};
  }

  struct Suite {
    void Start() {
      const TestCertificate own = authority.Issue({.dns = {"localhost"}});
      ASSERT_OK_AND_ASSIGN(
          server, ServerProcess::Start({.data_directory = data.path(),
                                        .authentication = true,
                                        .certificate_file = Write("tls.crt", own.certificate_pem),
                                        .key_file = Write("tls.key", own.key_pem),
                                        .flags = {{"--store-engine", "memory"},
                                                  {"--limits-requests-per-second", "0"}}}));
      const std::string port = server->address().substr(server->address().rfind(':'));
      client::ConnectionSecurity security{.ca_file = Write("ca.pem", authority.certificate_pem())};
      anonymous = std::make_unique<Api>("localhost" + port, security);
      security.token_file = data.path() + "/operator.token";
      operators = std::make_unique<Api>("localhost" + port, security);
      tokens = v1::AccessTokenService::NewStub(operators->channel());
    }

    void MakeOrganizations() {
      const TestIdp idp = TestIdp::Create();
      for (Tenant* tenant : {&acme.emplace(*operators, "acme", "acme.example"),
                             &beta.emplace(*operators, "beta", "beta.example")}) {
        ASSERT_OK(tenant->Create());
        ASSERT_OK(tenant->AddDomain(tenant->domain()));
        ASSERT_OK(tenant->Connect(idp.MetadataXml()));
      }
      ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest test, acme->StartConnectionTest());
      existing = {.organization = acme->name(),
                  .domain = acme->domain(),
                  .user = acme->owner().substr(acme->owner().rfind('/') + 1),
                  .profile = "idp",
                  .test = test.name().substr(test.name().rfind('/') + 1)};
    }

    void MakeTokens() {
      const absl::Time soon = absl::Now() + absl::Seconds(1);
      std::vector<std::string> expiring;
      for (const char role : {'o', 'a', 'u', 'g'}) {
        for (const State state : {State::kRight, State::kOther, State::kExpired, State::kRevoked}) {
          v1::CreateAccessTokenRequest request;
          v1::AccessToken& token = *request.mutable_access_token();
          token.set_display_name("of the matrix");
          const Tenant& tenant = state == State::kOther ? *beta : *acme;
          if (role == 'o') token.set_role(v1::ACCESS_ROLE_OPERATOR);
          if (role == 'a') token.set_role(v1::ACCESS_ROLE_ORGANIZATION_ADMIN);
          if (role == 'a') token.add_acting_admins(tenant.owner());
          if (role == 'u') token.set_role(v1::ACCESS_ROLE_AUDITOR);
          if (role == 'u') token.add_organizations(tenant.name());
          if (role == 'g') token.set_role(v1::ACCESS_ROLE_GATEWAY);
          if (state == State::kExpired) {
            token.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(soon) + 1);
          }
          const auto made =
              Ask<v1::CreateAccessTokenResponse>(&AccessTokens::CreateAccessToken, request);
          ASSERT_NE(made.secret(), "");
          secrets[{role, state}] = made.secret();
          if (state == State::kExpired) expiring.push_back(made.access_token().name());
          if (state == State::kRevoked) {
            v1::RevokeAccessTokenRequest revoke;
            revoke.set_name(made.access_token().name());
            EXPECT_EQ(Ask<v1::AccessToken>(&AccessTokens::RevokeAccessToken, revoke).state(),
                      v1::AccessToken::STATE_REVOKED);
          }
        }
      }
      for (const std::string& name : expiring) {
        v1::GetAccessTokenRequest get;
        get.set_name(name);
        while (Ask<v1::AccessToken>(&AccessTokens::GetAccessToken, get).state() !=
               v1::AccessToken::STATE_EXPIRED) {
          ASSERT_FALSE(HasFailure());
          std::this_thread::yield();
        }
      }
    }

    // The operator's call of AccessTokenService.
    template <typename Response, typename Request>
    Response Ask(grpc::Status (AccessTokens::*method)(grpc::ClientContext*, const Request&,
                                                      Response*),
                 const Request& request) const {
      grpc::ClientContext context;
      SetDeadline(context);
      Response response;
      EXPECT_OK(client::FromGrpcStatus((tokens.get()->*method)(&context, request, &response)));
      return response;
    }

    std::string Write(const std::string& name, const std::string& content) const {
      const std::string path = files.path() + "/" + name;
      std::ofstream(path) << content;
      return path;
    }

    const TestAuthority authority;
    const ShortTempDir data, files;
    const ApiDescriptors descriptors;
    google::protobuf::DynamicMessageFactory messages;
    std::unique_ptr<ServerProcess> server;
    std::unique_ptr<Api> operators, anonymous;
    std::unique_ptr<AccessTokens> tokens;
    std::optional<Tenant> acme, beta;
    Names existing;
    std::map<std::pair<char, State>, std::string> secrets;
  };

  // acme, and nothing that is in it.
  static Names Acme() { return {.organization = suite_->acme->name()}; }

  static inline Suite* suite_ = nullptr;
  static inline bool ready_ = false;
};

TEST_F(AccessMatrix, IsOfEveryMethodThatIsServed) {
  std::set<std::string> served, expected;
  for (const MethodDescriptor* method : Methods()) served.insert(ShortName(*method));
  for (const auto& [method, roles] : ExpectedAccess()) expected.insert(method);
  EXPECT_EQ(served, expected);
}

TEST_F(AccessMatrix, LetsEachRoleDoWhatItMay) {
  // What a caller who may call gets for a request that asks for nothing useful.
  const auto fair = ::testing::AnyOf(Code::OK, Code::INVALID_ARGUMENT, Code::NOT_FOUND,
                                     Code::ABORTED, Code::FAILED_PRECONDITION);
  for (const MethodDescriptor* method : Methods()) {
    for (const char role : {'o', 'a', 'u', 'g'}) {
      const Answer answer = Call(*method, Acme(), {Bearer(role, State::kRight)});
      SCOPED_TRACE(absl::StrCat(method->full_name(), " ", std::string(1, role)));
      if (Allows(*method, role)) {
        EXPECT_THAT(answer.code, fair) << answer;
      } else {
        EXPECT_EQ(answer.code, Code::PERMISSION_DENIED) << answer;
        EXPECT_EQ(answer.reason(), reason::kPermissionDenied);
      }
    }
  }
}

TEST_F(AccessMatrix, LetsNobodyInWithoutAGoodCredential) {
  const std::string right = Bearer('o', State::kRight);
  std::vector<std::pair<std::vector<std::string>, absl::string_view>> credentials = {
      {{}, reason::kCredentialMissing},
      {{""}, reason::kCredentialInvalid},
      {{"Bearer gh_malformed"}, reason::kCredentialInvalid},
      {{"Basic " + right.substr(7)}, reason::kCredentialInvalid},
      {{right + "x"}, reason::kCredentialInvalid},
      {{right, right}, reason::kCredentialInvalid},
  };
  for (const char role : {'o', 'a', 'u', 'g'}) {
    credentials.push_back({{Bearer(role, State::kExpired)}, reason::kCredentialExpired});
    credentials.push_back({{Bearer(role, State::kRevoked)}, reason::kCredentialInvalid});
  }
  for (const MethodDescriptor* method : Methods()) {
    for (const auto& [authorization, reason] : credentials) {
      const Answer answer = Call(*method, Acme(), authorization);
      SCOPED_TRACE(absl::StrCat(method->full_name(), " ",
                                authorization.empty() ? "none" : authorization[0]));
      EXPECT_EQ(answer.code, Code::UNAUTHENTICATED) << answer;
      EXPECT_EQ(answer.reason(), reason);
    }
  }
}

TEST_F(AccessMatrix, KeepsAScopedCallerToItsOrganization) {
  for (const MethodDescriptor* method : Methods()) {
    for (const char role : {'a', 'u'}) {
      const Answer answer = Call(*method, Acme(), {Bearer(role, State::kOther)});
      SCOPED_TRACE(absl::StrCat(method->full_name(), " ", std::string(1, role)));
      if (ExpectedWithoutOrganization().count(ShortName(*method)) > 0) {
        EXPECT_EQ(answer.code, Code::OK) << answer;
      } else {
        EXPECT_EQ(answer.code, Code::PERMISSION_DENIED) << answer;
        EXPECT_EQ(answer.reason(), reason::kPermissionDenied);
      }
    }
  }
}

// Code, message and details: whoever may not see an organization cannot tell
// what exists in it, nor whether there is one.
TEST_F(AccessMatrix, AnswersTheSameOfWhatExistsElsewhereAndWhatDoesNot) {
  const Names existing = suite_->existing;
  Names nowhere = existing;
  nowhere.organization = "organizations/nowhere";
  std::vector<Names> others = {Acme(), nowhere};
  // Whoever may see it finds it.
  const std::set<std::string> exists = {
      "AuditService/GetAuditChain",          "DomainService/GetDomain",
      "OrganizationService/GetOrganization", "SsoProfileService/GetConnectionTest",
      "SsoProfileService/GetSsoProfile",     "UserService/GetUser"};
  for (std::string Names::*part : {&Names::domain, &Names::user, &Names::profile, &Names::test}) {
    others.push_back(existing);
    others.back().*part = Names{}.*part;
  }
  for (const MethodDescriptor* method : Methods()) {
    if (exists.count(ShortName(*method)) > 0) {
      ASSERT_EQ(Call(*method, existing, {Bearer('u', State::kRight)}).code, Code::OK);
    }
    for (const char role : {'a', 'u'}) {
      const std::vector<std::string> credential = {Bearer(role, State::kOther)};
      const Answer answer = Call(*method, existing, credential);
      for (const Names& names : others) {
        EXPECT_EQ(Call(*method, names, credential), answer)
            << method->full_name() << " " << role << " " << NameFor(*method, names);
      }
    }
  }
}

// The same through what a request about one's own organization may name.
TEST_F(AccessMatrix, TellsNothingOfOthersWhoAreNamedInARequestAboutOnesOwn) {
  const std::string own = suite_->beta->name();
  const std::string owner = suite_->beta->owner();
  const std::string user = suite_->acme->owner(), profile = suite_->acme->profile();
  const struct {
    const char* method;
    const char* request;  // $0: the name of another organization's resource
    std::string existing, missing;
  } kCases[] = {
      {"EnforcementService.EnforceDomains",
       "parent: '$1' domains: 'beta.example' sso_profile: '$0' acting_admin: '$2'", profile,
       "organizations/acme/ssoProfiles/none"},
      {"EnforcementService.PlanEnforcement",
       "parent: '$1' domains: 'beta.example' sso_profile: '$0' acting_admin: '$2'", profile,
       "organizations/nowhere/ssoProfiles/idp"},
      {"EnforcementService.EnforceDomains",
       "parent: '$1' domains: 'beta.example' sso_profile: '$1/ssoProfiles/idp' acting_admin: '$0'",
       user, "organizations/acme/users/u0"},
      {"EnforcementService.CreateExemption", "parent: '$1' exemption { user: '$0' reason: 'none' }",
       user, "organizations/acme/users/u0"},
      {"UserService.LookupUser", "parent: '$1' email: '$0'", "owner@acme.example",
       "nobody@acme.example"},
  };
  for (const auto& test : kCases) {
    const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
        absl::StrCat("gatehouse.v1.", test.method));
    ASSERT_NE(method, nullptr) << test.method;
    const auto ask = [&](const std::string& name) {
      const std::unique_ptr<Message> request(google::protobuf::MessageFactory::generated_factory()
                                                 ->GetPrototype(method->input_type())
                                                 ->New());
      EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
          absl::Substitute(test.request, name, own, owner), request.get()));
      const Answer answer =
          Call(*method, request->SerializeAsString(), {Bearer('a', State::kOther)});
      // The caller's own words may come back.
      return std::pair(answer.code, absl::StrReplaceAll(answer.message, {{name, "NAME"}}));
    };
    const auto answer = ask(test.existing);
    EXPECT_NE(answer.first, Code::OK) << test.method;
    EXPECT_EQ(answer, ask(test.missing)) << test.method;
  }
}

TEST_F(AccessMatrix, ListsToAScopedCallerItsOwnOrganizationsOnly) {
  const auto stub = v1::OrganizationService::NewStub(suite_->anonymous->channel());
  for (const auto& [role, count] : {std::pair('o', 2), std::pair('a', 1), std::pair('u', 1)}) {
    grpc::ClientContext context;
    SetDeadline(context);
    context.AddMetadata("authorization", Bearer(role, State::kOther));
    v1::ListOrganizationsResponse response;
    ASSERT_OK(client::FromGrpcStatus(stub->ListOrganizations(&context, {}, &response)));
    ASSERT_EQ(response.organizations_size(), count) << role;
    EXPECT_EQ(response.organizations(count - 1).name(), suite_->beta->name()) << role;
    EXPECT_EQ(response.next_page_token(), "") << role;
  }
}

TEST_F(AccessMatrix, ShowsAScopedAuditorTheEventsOfItsOrganizationsOnly) {
  const auto stub = v1::AuditService::NewStub(suite_->anonymous->channel());
  const auto list = [&stub](char role, const std::string& parent) {
    grpc::ClientContext context;
    SetDeadline(context);
    context.AddMetadata("authorization", Bearer(role, State::kOther));
    v1::ListAuditEventsRequest request;
    request.set_parent(parent);
    request.set_page_size(1000);
    v1::ListAuditEventsResponse response;
    EXPECT_OK(client::FromGrpcStatus(stub->ListAuditEvents(&context, request, &response)));
    EXPECT_EQ(response.next_page_token(), "");
    std::vector<std::string> names;
    for (const v1::AuditEvent& event : response.audit_events()) names.push_back(event.name());
    return names;
  };
  const std::vector<std::string> own = list('u', suite_->beta->name());
  EXPECT_THAT(own, ::testing::Not(::testing::IsEmpty()));
  EXPECT_EQ(list('u', "organizations/-"), own);
  EXPECT_GT(list('o', "organizations/-").size(), own.size());
}

TEST_F(AccessMatrix, EndsAWatchWhoseTokenIsRevoked) {
  v1::CreateAccessTokenRequest create;
  create.mutable_access_token()->set_display_name("of a watch");
  create.mutable_access_token()->set_role(v1::ACCESS_ROLE_AUDITOR);
  const auto made =
      suite_->Ask<v1::CreateAccessTokenResponse>(&AccessTokens::CreateAccessToken, create);
  grpc::ClientContext context;
  SetDeadline(context);
  context.AddMetadata("authorization", "Bearer " + made.secret());
  v1::WatchAuditEventsRequest watch;
  watch.set_parent(suite_->beta->name());
  const auto stub = v1::AuditService::NewStub(suite_->anonymous->channel());
  const auto stream = stub->WatchAuditEvents(&context, watch);
  v1::WatchAuditEventsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  v1::RevokeAccessTokenRequest revoke;
  revoke.set_name(made.access_token().name());
  suite_->Ask<v1::AccessToken>(&AccessTokens::RevokeAccessToken, revoke);
  ASSERT_OK(suite_->beta->AddUser("after@beta.example"));
  while (stream->Read(&response)) EXPECT_EQ(response.audit_events_size(), 0);
  EXPECT_THAT(client::FromGrpcStatus(stream->Finish()),
              FailsWith(absl::StatusCode::kUnauthenticated, reason::kCredentialInvalid));
}

TEST_F(AccessMatrix, EndsAWatchOfTheRulesWhoseTokenIsRevoked) {
  v1::CreateAccessTokenRequest create;
  create.mutable_access_token()->set_display_name("of a gateway that watches");
  create.mutable_access_token()->set_role(v1::ACCESS_ROLE_GATEWAY);
  const auto made =
      suite_->Ask<v1::CreateAccessTokenResponse>(&AccessTokens::CreateAccessToken, create);
  grpc::ClientContext context;
  SetDeadline(context);
  context.AddMetadata("authorization", "Bearer " + made.secret());
  const auto stub = v1::LoginService::NewStub(suite_->anonymous->channel());
  const auto stream = stub->WatchPolicy(&context, v1::WatchPolicyRequest());
  v1::WatchPolicyResponse response;
  ASSERT_TRUE(stream->Read(&response));
  v1::RevokeAccessTokenRequest revoke;
  revoke.set_name(made.access_token().name());
  suite_->Ask<v1::AccessToken>(&AccessTokens::RevokeAccessToken, revoke);
  // The next heartbeat finds it out.
  while (stream->Read(&response)) continue;
  EXPECT_THAT(client::FromGrpcStatus(stream->Finish()),
              FailsWith(absl::StatusCode::kUnauthenticated, reason::kCredentialInvalid));
}

TEST_F(AccessMatrix, IsOpenForHealthWhateverComesWithTheCall) {
  int methods = 0;
  for (const auto* service : suite_->descriptors.all_services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor& method = *service->method(i);
      if (!IsHealth(method)) continue;
      ++methods;
      for (const std::vector<std::string>& authorization :
           {std::vector<std::string>{}, {"Bearer gh_malformed"}, {Bearer('g', State::kRevoked)}}) {
        EXPECT_EQ(Call(method, Names(), authorization).code, Code::OK) << method.full_name();
      }
    }
  }
  EXPECT_EQ(methods, 2);
}

}  // namespace
}  // namespace gatehouse
