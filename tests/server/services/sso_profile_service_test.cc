#include "server/services/sso_profile_service.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/runtime/logger.h"
#include "server/runtime/worker_pool.h"
#include "server/services/call_runner.h"
#include "server/services/sso_profile_rendering.h"
#include "tests/builders/test_caller.h"
#include "tests/fakes/open_access_gate.h"
#include "tests/server/managers/sso_profile_test_case.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kName[] = "organizations/acme/ssoProfiles/okta";

// Keeps every line, as text.
class CapturingLogger final : public Logger {
 public:
  void Log(LogLevel, absl::string_view event, LogFields fields) override {
    std::lock_guard<std::mutex> lock(mutex_);
    absl::StrAppend(&text_, event);
    for (const auto& [name, value] : fields) {
      absl::StrAppend(&text_, " ", name, "=");
      if (const auto* text = std::get_if<std::string>(&value)) absl::StrAppend(&text_, *text);
    }
    absl::StrAppend(&text_, "\n");
  }
  bool IsEnabled(LogLevel) const override { return true; }
  std::string text() {
    std::lock_guard<std::mutex> lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

class SsoProfileServiceTest : public SsoProfileTestCase {
 protected:
  SsoProfileServiceTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::SsoProfileService::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }
  void TearDown() override { server_->Shutdown(); }

  template <typename Request, typename Response>
  using Method = grpc::Status (v1::SsoProfileService::Stub::*)(grpc::ClientContext*, const Request&,
                                                               Response*);

  // The response of a call that must succeed.
  template <typename Request, typename Response>
  Response Call(Method<Request, Response> method, const Request& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // The status of a call that must fail.
  template <typename Request, typename Response>
  grpc::Status Fail(Method<Request, Response> method, const Request& request) {
    grpc::ClientContext context;
    Response response;
    grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    EXPECT_FALSE(status.ok());
    return status;
  }

  static v1::CreateSsoProfileRequest CreateRequest() {
    v1::CreateSsoProfileRequest request;
    request.set_parent("organizations/acme");
    request.set_sso_profile_id("okta");
    request.mutable_sso_profile()->set_display_name("Okta");
    v1::SamlConfig* saml = request.mutable_sso_profile()->mutable_saml();
    saml->set_idp_metadata_xml(Idp().MetadataXml());
    saml->set_acs_url("https://login.acme.example/saml/acs");
    return request;
  }
  v1::SsoProfile Create() {
    return Call(&v1::SsoProfileService::Stub::CreateSsoProfile, CreateRequest());
  }
  static v1::UpdateSsoProfileRequest UpdateRequest(const std::vector<std::string>& mask) {
    v1::UpdateSsoProfileRequest request;
    request.mutable_sso_profile()->set_name(kName);
    for (const std::string& path : mask) request.mutable_update_mask()->add_paths(path);
    return request;
  }
  v1::ConnectionTest Start() {
    v1::StartConnectionTestRequest request;
    request.set_name(kName);
    return Call(&v1::SsoProfileService::Stub::StartConnectionTest, request);
  }
  v1::ConnectionTest CompleteTest(const std::string& name, const std::string& response) {
    v1::CompleteConnectionTestRequest request;
    request.set_name(name);
    request.set_saml_response(response);
    return Call(&v1::SsoProfileService::Stub::CompleteConnectionTest, request);
  }

  template <typename Detail>
  static Detail DetailIn(const grpc::Status& status) {
    google::rpc::Status details;
    Detail detail;
    EXPECT_TRUE(details.ParseFromString(status.error_details()));
    for (const auto& any : details.details()) {
      if (any.UnpackTo(&detail)) return detail;
    }
    ADD_FAILURE() << "no such detail in " << details.ShortDebugString();
    return detail;
  }
  static std::vector<std::string> InvalidFields(const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
    const auto bad = DetailIn<google::rpc::BadRequest>(status);
    std::vector<std::string> fields;
    for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
    return fields;
  }
  static std::string ReasonIn(const grpc::Status& status) {
    return DetailIn<google::rpc::ErrorInfo>(status).reason();
  }

  CapturingLogger logger_;
  WorkerPool pool_{2, {.max_queued = 100}};
  OpenAccessGate gate_;
  CallRunner calls_{&pool_, &logger_, &gate_};
  SsoProfileService service_{&calls_, profiles_.get(), tests_.get()};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::SsoProfileService::Stub> stub_;
};

TEST_F(SsoProfileServiceTest, TellsTheWholeStory) {
  const v1::SsoProfile created = Create();
  EXPECT_EQ(created.name(), kName);
  EXPECT_EQ(created.test_state(), v1::SsoProfile::TEST_STATE_UNTESTED);
  EXPECT_FALSE(created.has_test_pass_time());
  EXPECT_EQ(created.saml().idp_metadata_xml(), "") << "input only";
  EXPECT_EQ(created.saml().idp_entity_id(), Idp().entity_id());
  EXPECT_THAT(created.saml().sp_certificate(), HasSubstr("BEGIN CERTIFICATE"));
  ASSERT_THAT(created.saml().idp_certificate_details(), SizeIs(1));
  EXPECT_EQ(created.saml().idp_certificate_details(0).subject(), "CN=idp.acme.example");
  EXPECT_GT(created.saml().idp_certificate_details(0).not_after_time().seconds(),
            absl::ToUnixSeconds(clock_.Now()));
  EXPECT_EQ(created.create_time().seconds(), absl::ToUnixSeconds(clock_.Now()));

  const v1::ConnectionTest test = Start();
  EXPECT_EQ(test.state(), v1::ConnectionTest::STATE_PENDING);
  EXPECT_FALSE(test.has_complete_time());
  EXPECT_EQ(test.name(), absl::StrCat(kName, "/connectionTests/",
                                      ReadSignInUrl(test.sign_in_url()).relay_state));

  const std::string response =
      Idp().Respond(AnswerTo(test.sign_in_url(), clock_.Now(), "alice@acme.example"));
  const v1::ConnectionTest done = CompleteTest(test.name(), response);
  EXPECT_EQ(done.state(), v1::ConnectionTest::STATE_PASSED) << done.failure_detail();
  EXPECT_EQ(done.failure_reason(), v1::ConnectionTest::FAILURE_REASON_UNSPECIFIED);
  EXPECT_EQ(done.email(), "alice@acme.example");
  EXPECT_TRUE(done.has_complete_time());

  v1::UpdateSsoProfileRequest enforce = UpdateRequest({"enforced_domains"});
  enforce.mutable_sso_profile()->add_enforced_domains("ACME.example");
  enforce.set_acting_admin(absl::StrCat("organizations/acme/users/", admin_.value()));
  const v1::SsoProfile enforcing = Call(&v1::SsoProfileService::Stub::UpdateSsoProfile, enforce);
  EXPECT_EQ(enforcing.test_state(), v1::SsoProfile::TEST_STATE_PASSED);
  EXPECT_TRUE(enforcing.has_test_pass_time());
  EXPECT_THAT(enforcing.enforced_domains(), ElementsAre("acme.example"));

  v1::DeleteSsoProfileRequest remove;
  remove.set_name(kName);
  const grpc::Status refused = Fail(&v1::SsoProfileService::Stub::DeleteSsoProfile, remove);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonIn(refused), "PROFILE_ENFORCED");

  enforce.mutable_sso_profile()->clear_enforced_domains();
  const v1::SsoProfile released = Call(&v1::SsoProfileService::Stub::UpdateSsoProfile, enforce);
  EXPECT_THAT(released.enforced_domains(), IsEmpty());
  remove.set_etag(released.etag());
  Call(&v1::SsoProfileService::Stub::DeleteSsoProfile, remove);

  EXPECT_THAT(logger_.text(), HasSubstr("SsoProfileService/CompleteConnectionTest"));
  EXPECT_THAT(logger_.text(), Not(HasSubstr(response.substr(0, 40))));
  EXPECT_THAT(logger_.text(), Not(HasSubstr("alice")));
  EXPECT_THAT(logger_.text(), Not(HasSubstr("PRIVATE KEY")));
}

TEST_F(SsoProfileServiceTest, ShowsWhyATestFailedAndThatItExpired) {
  Create();
  const v1::ConnectionTest failing = Start();
  SamlAnswer answer = AnswerTo(failing.sign_in_url(), clock_.Now(), "bob@other.example");
  const v1::ConnectionTest failed = CompleteTest(failing.name(), Idp().Respond(answer));
  EXPECT_EQ(failed.state(), v1::ConnectionTest::STATE_FAILED);
  EXPECT_EQ(failed.failure_reason(), v1::ConnectionTest::FAILURE_REASON_FOREIGN_DOMAIN);
  EXPECT_THAT(failed.failure_detail(), HasSubstr("other.example"));

  v1::CompleteConnectionTestRequest again;
  again.set_name(failing.name());
  again.set_saml_response("x");
  EXPECT_EQ(ReasonIn(Fail(&v1::SsoProfileService::Stub::CompleteConnectionTest, again)),
            "CONNECTION_TEST_FINISHED");

  const v1::ConnectionTest forgotten = Start();
  clock_.Advance(absl::Minutes(10));
  v1::GetConnectionTestRequest get;
  get.set_name(forgotten.name());
  const v1::ConnectionTest expired = Call(&v1::SsoProfileService::Stub::GetConnectionTest, get);
  EXPECT_EQ(expired.state(), v1::ConnectionTest::STATE_EXPIRED);
  EXPECT_EQ(expired.sign_in_url(), "");
  again.set_name(forgotten.name());
  EXPECT_EQ(ReasonIn(Fail(&v1::SsoProfileService::Stub::CompleteConnectionTest, again)),
            "CONNECTION_TEST_EXPIRED");
}

TEST_F(SsoProfileServiceTest, UpdatesTheFieldsOfTheMaskOnly) {
  v1::SsoProfile expected = Create();
  v1::UpdateSsoProfileRequest request = UpdateRequest({"display_name", "saml.acs_url"});
  v1::SsoProfile* profile = request.mutable_sso_profile();
  profile->set_display_name("Okta EU");
  profile->mutable_saml()->set_acs_url("https://eu.acme.example/acs");
  profile->mutable_saml()->set_idp_sso_url("https://ignored.example");
  profile->add_enforced_domains("ignored.example");
  profile->set_etag(expected.etag());
  const v1::SsoProfile updated = Call(&v1::SsoProfileService::Stub::UpdateSsoProfile, request);

  expected.set_display_name("Okta EU");
  expected.mutable_saml()->set_acs_url("https://eu.acme.example/acs");
  EXPECT_NE(updated.etag(), expected.etag());
  expected.set_etag(updated.etag());
  EXPECT_EQ(updated.DebugString(), expected.DebugString());

  const grpc::Status stale = Fail(&v1::SsoProfileService::Stub::UpdateSsoProfile, request);
  EXPECT_EQ(stale.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(ReasonIn(stale), "ETAG_MISMATCH");
}

TEST_F(SsoProfileServiceTest, UpdatesEachPathThatTheApiNames) {
  Create();
  v1::UpdateSsoProfileRequest request =
      UpdateRequest({"saml.idp_entity_id", "saml.idp_sso_url", "saml.idp_certificates",
                     "saml.email_attribute", "saml.sp_entity_id"});
  v1::SamlConfig* saml = request.mutable_sso_profile()->mutable_saml();
  saml->set_idp_entity_id("urn:other");
  saml->set_idp_sso_url("https://other.example/sso");
  saml->add_idp_certificates(IdpWithNextKey().certificate_pem());
  saml->set_email_attribute("mail");
  saml->set_sp_entity_id("urn:sp");
  v1::SamlConfig updated = Call(&v1::SsoProfileService::Stub::UpdateSsoProfile, request).saml();
  EXPECT_EQ(updated.idp_entity_id(), "urn:other");
  EXPECT_EQ(updated.idp_sso_url(), "https://other.example/sso");
  EXPECT_THAT(updated.idp_certificates(), ElementsAre(IdpWithNextKey().certificate_pem()));
  EXPECT_EQ(updated.email_attribute(), "mail");
  EXPECT_EQ(updated.sp_entity_id(), "urn:sp");

  request = UpdateRequest({"saml.idp_metadata_xml", "saml.email_attribute"});
  request.mutable_sso_profile()->mutable_saml()->set_idp_metadata_xml(Idp().MetadataXml());
  updated = Call(&v1::SsoProfileService::Stub::UpdateSsoProfile, request).saml();
  EXPECT_EQ(updated.idp_entity_id(), Idp().entity_id());
  EXPECT_EQ(updated.email_attribute(), "") << "in the mask and empty: the NameID has it";
  EXPECT_EQ(updated.sp_entity_id(), "urn:sp");
}

TEST_F(SsoProfileServiceTest, NamesWhatIsWrongWithAnUpdate) {
  Create();
  struct Case {
    std::vector<std::string> mask;
    std::function<void(v1::UpdateSsoProfileRequest&)> spoil;
    std::string field;
  };
  const auto nothing = [](v1::UpdateSsoProfileRequest&) {};
  const Case cases[] = {
      {{}, nothing, "update_mask"},
      {{"name"}, nothing, "update_mask"},
      {{"saml"}, nothing, "update_mask"},
      {{"*"}, nothing, "update_mask"},
      {{"saml.sp_certificate"}, nothing, "update_mask"},
      {{"display_name", "test_state"}, nothing, "update_mask"},
      {{"display_name"}, nothing, "sso_profile.display_name"},
      {{"saml.idp_entity_id"}, nothing, "sso_profile.saml.idp_entity_id"},
      {{"saml.idp_sso_url"}, nothing, "sso_profile.saml.idp_sso_url"},
      {{"saml.idp_certificates"}, nothing, "sso_profile.saml.idp_certificates"},
      {{"saml.acs_url"}, nothing, "sso_profile.saml.acs_url"},
      {{"saml.idp_metadata_xml"}, nothing, "sso_profile.saml.idp_metadata_xml"},
      {{"display_name"},
       [](auto& r) { r.mutable_sso_profile()->set_etag("nonsense"); },
       "sso_profile.etag"},
      {{"display_name"},
       [](auto& r) { r.mutable_sso_profile()->set_name("organizations/acme"); },
       "sso_profile.name"},
      {{"enforced_domains"}, nothing, "acting_admin"},
      {{"enforced_domains"},
       [](auto& r) { r.set_acting_admin("organizations/globex/users/u1"); },
       "acting_admin"},
      {{"enforced_domains"},
       [](auto& r) {
         r.mutable_sso_profile()->add_enforced_domains("acme.example");
         r.mutable_sso_profile()->add_enforced_domains("acme..example");
       },
       "sso_profile.enforced_domains[1]"},
      {{"enforced_domains"},
       [](auto& r) {
         for (int i = 0; i < 1001; ++i) r.mutable_sso_profile()->add_enforced_domains("a.example");
       },
       "sso_profile.enforced_domains"},
  };
  for (const Case& c : cases) {
    v1::UpdateSsoProfileRequest request = UpdateRequest(c.mask);
    c.spoil(request);
    const grpc::Status status = Fail(&v1::SsoProfileService::Stub::UpdateSsoProfile, request);
    EXPECT_THAT(InvalidFields(status), ElementsAre(c.field)) << status.error_message();
  }
}

TEST_F(SsoProfileServiceTest, NamesWhatIsWrongWithACreate) {
  v1::CreateSsoProfileRequest request = CreateRequest();
  request.mutable_sso_profile()->clear_saml();
  EXPECT_THAT(InvalidFields(Fail(&v1::SsoProfileService::Stub::CreateSsoProfile, request)),
              ElementsAre("sso_profile.saml"));
  request = CreateRequest();
  request.set_parent("acme");
  EXPECT_THAT(InvalidFields(Fail(&v1::SsoProfileService::Stub::CreateSsoProfile, request)),
              ElementsAre("parent"));
  request = CreateRequest();
  request.set_sso_profile_id("Okta");
  EXPECT_THAT(InvalidFields(Fail(&v1::SsoProfileService::Stub::CreateSsoProfile, request)),
              ElementsAre("sso_profile_id"));
  request = CreateRequest();
  request.set_request_id("not printable\n");
  EXPECT_THAT(InvalidFields(Fail(&v1::SsoProfileService::Stub::CreateSsoProfile, request)),
              ElementsAre("request_id"));
}

// The details travel in a header, whose size is limited.
TEST_F(SsoProfileServiceTest, NamesEveryFaultOfAProfileThatIsWrongThroughout) {
  v1::CreateSsoProfileRequest request = CreateRequest();
  v1::SsoProfile* profile = request.mutable_sso_profile();
  const std::string invisible(3000, '\x01');
  profile->set_display_name(invisible);
  profile->mutable_saml()->clear_idp_metadata_xml();
  profile->mutable_saml()->set_idp_entity_id(invisible);
  profile->mutable_saml()->set_idp_sso_url(invisible);
  for (int i = 0; i < 10; ++i) profile->mutable_saml()->add_idp_certificates(invisible);
  profile->mutable_saml()->set_email_attribute(invisible);
  profile->mutable_saml()->set_acs_url(invisible);
  profile->mutable_saml()->set_sp_entity_id(invisible);
  const grpc::Status status = Fail(&v1::SsoProfileService::Stub::CreateSsoProfile, request);
  EXPECT_THAT(InvalidFields(status), SizeIs(16));
}

TEST_F(SsoProfileServiceTest, ListsPagesBoundToTheirOrganization) {
  v1::CreateSsoProfileRequest create = CreateRequest();
  Call(&v1::SsoProfileService::Stub::CreateSsoProfile, create);
  create.set_sso_profile_id("entra");
  Call(&v1::SsoProfileService::Stub::CreateSsoProfile, create);

  v1::ListSsoProfilesRequest request;
  request.set_parent("organizations/acme");
  request.set_page_size(1);
  v1::ListSsoProfilesResponse page = Call(&v1::SsoProfileService::Stub::ListSsoProfiles, request);
  ASSERT_THAT(page.sso_profiles(), SizeIs(1));
  EXPECT_EQ(page.sso_profiles(0).name(), "organizations/acme/ssoProfiles/entra");
  request.set_page_token(page.next_page_token());
  page = Call(&v1::SsoProfileService::Stub::ListSsoProfiles, request);
  ASSERT_THAT(page.sso_profiles(), SizeIs(1));
  EXPECT_EQ(page.sso_profiles(0).name(), kName);
  EXPECT_EQ(page.next_page_token(), "");

  request.set_parent("organizations/globex");
  EXPECT_THAT(InvalidFields(Fail(&v1::SsoProfileService::Stub::ListSsoProfiles, request)),
              ElementsAre("page_token"));
}

TEST_F(SsoProfileServiceTest, GivesTheServiceProvidersMetadata) {
  const v1::SsoProfile created = Create();
  v1::GetServiceProviderMetadataRequest request;
  request.set_name(kName);
  const v1::ServiceProviderMetadata metadata =
      Call(&v1::SsoProfileService::Stub::GetServiceProviderMetadata, request);
  EXPECT_EQ(metadata.entity_id(), created.saml().sp_entity_id());
  EXPECT_EQ(metadata.acs_url(), created.saml().acs_url());
  EXPECT_THAT(metadata.xml(), HasSubstr("EntityDescriptor"));
}

TEST_F(SsoProfileServiceTest, RefusesNamesOfOtherThings) {
  v1::GetSsoProfileRequest get;
  get.set_name("organizations/acme/domains/acme.example");
  EXPECT_THAT(InvalidFields(Fail(&v1::SsoProfileService::Stub::GetSsoProfile, get)),
              ElementsAre("name"));
  v1::StartConnectionTestRequest start;
  EXPECT_THAT(InvalidFields(Fail(&v1::SsoProfileService::Stub::StartConnectionTest, start)),
              ElementsAre("name"));
  v1::GetConnectionTestRequest test;
  test.set_name(kName);
  EXPECT_THAT(InvalidFields(Fail(&v1::SsoProfileService::Stub::GetConnectionTest, test)),
              ElementsAre("name"));
}

TEST(ParseUpdateSsoProfile, TakesTheAdminForWhomTheCredentialActsAndNobodyElse) {
  Caller caller = TestCaller();
  caller.principal.role = AccessRole::kOrganizationAdmin;
  caller.principal.scopes = {{.organization = OrganizationId::FromTrusted("acme"),
                              .acting_admin = UserId::FromTrusted("uada")}};
  v1::UpdateSsoProfileRequest request;
  request.mutable_sso_profile()->set_name(kName);
  request.mutable_update_mask()->add_paths("enforced_domains");
  for (const char* named : {"", "organizations/acme/users/uada"}) {
    request.set_acting_admin(named);
    const auto command = ParseUpdateSsoProfile(caller, request);
    ASSERT_TRUE(command.ok()) << command.status();
    EXPECT_EQ(command->acting_admin.value(), "uada") << named;
  }
  request.set_acting_admin("organizations/acme/users/uboss");
  EXPECT_THAT(ParseUpdateSsoProfile(caller, request).status(),
              FailsWith(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));

  // In another organization it acts for nobody.
  request.mutable_sso_profile()->set_name("organizations/globex/ssoProfiles/okta");
  request.clear_acting_admin();
  EXPECT_THAT(FieldsOf(ParseUpdateSsoProfile(caller, request).status()),
              ElementsAre("acting_admin"));
}

TEST(ConnectionTestFailureReason, HasTheNumbersAndNamesOfTheApi) {
  const auto* reasons = v1::ConnectionTest::FailureReason_descriptor();
  int known = 0;
  for (int i = 0; i < reasons->value_count(); ++i) {
    const auto* value = reasons->value(i);
    if (value->number() == 0) continue;
    ++known;
    EXPECT_EQ(
        value->name(),
        absl::StrCat("FAILURE_REASON_", Name(static_cast<ConnectionTestFailure>(value->number()))));
  }
  EXPECT_EQ(known, static_cast<int>(ConnectionTestFailure::kDiscoveryInvalid));
}

}  // namespace
}  // namespace gatehouse
