// Secrets planted through the API are found nowhere that the server writes: not
// in its data directory, its log, its audit events or its answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gatehouse/v1/audit_service.grpc.pb.h"
#include "server/connectors/form_encoding.h"
#include "storage/rocksdb_engine.h"
#include "storage/secrets/key_ring.h"
#include "storage/stores/sso_profile_store.h"
#include "tests/integration/api.h"
#include "tests/integration/server_process.h"
#include "tests/integration/status_assertions.h"
#include "tests/integration/stderr_to_file.h"
#include "tests/integration/tenant.h"
#include "tests/peers/oidc_idp.h"
#include "tests/peers/saml_idp.h"

namespace gatehouse {
namespace {

namespace fs = std::filesystem;

constexpr char kRedirectUri[] = "https://login.acme.example/oidc/callback";
// Of the client "rs256-basic" of the peer.
constexpr char kClientSecret[] = "basic:secret+of %";
constexpr char kFormerSecret[] = "former-client-secret-\"7\\x";
constexpr char kBearerToken[] = "gh_PLANTEDtokenPLANTEDtokenPLANTEDtokenPLANTEDt";
// Must be found, or the search itself is broken.
constexpr char kCanary[] = "Canary Incorporated";

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A secret in each form in which it could lie about. Base64 is cut to what does
// not depend on the bytes before and behind.
std::vector<std::string> FormsOf(const std::string& secret) {
  std::vector<std::string> forms = {secret, absl::BytesToHexString(secret),
                                    absl::AsciiStrToUpper(absl::BytesToHexString(secret)),
                                    FormEncode(secret)};
  const std::string quoted =
      nlohmann::json(secret).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  forms.push_back(quoted.substr(1, quoted.size() - 2));
  forms.push_back(absl::CEscape(secret));
  for (size_t offset = 0; offset < 3 && secret.size() > offset + 3; ++offset) {
    const std::string aligned = secret.substr(offset, (secret.size() - offset) / 3 * 3);
    forms.push_back(absl::Base64Escape(aligned));
    forms.push_back(absl::WebSafeBase64Escape(aligned));
  }
  return forms;
}

class SecretGrepTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto oidc = OidcIdp::Start(kRedirectUri, "bob@acme.example");
    if (absl::IsFailedPrecondition(oidc.status())) GTEST_SKIP() << oidc.status().message();
    ASSERT_OK(oidc.status());
    oidc_ = *std::move(oidc);
    ASSERT_OK_AND_ASSIGN(saml_, SamlIdp::Start());
    ASSERT_NO_FATAL_FAILURE(StartServer());
  }

  void StartServer() {
    const StderrToFile log(LogFile());
    ASSERT_OK_AND_ASSIGN(
        server_, ServerProcess::Start(
                     {.data_directory = data_.path(),
                      .flags = {{"--log-level", "debug"}, {"--https-allow-loopback", ""}}}));
    api_.emplace(server_->address());
  }

  std::string LogFile() const { return absl::StrCat(log_.path(), "/log"); }

  void Plant(const std::string& what, const std::string& secret) {
    ASSERT_GE(secret.size(), 8u) << what;
    planted_[what] = secret;
  }

  // Every answer is searched, too.
  void Saw(const google::protobuf::Message& answer) {
    absl::StrAppend(&answers_, answer.Utf8DebugString(), answer.SerializeAsString());
  }

  void ConnectBySaml(const Tenant& acme) {
    ASSERT_OK_AND_ASSIGN(const v1::SsoProfile profile, acme.Connect(*saml_));
    Saw(profile);
    ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest test, acme.StartConnectionTest());
    ASSERT_OK_AND_ASSIGN(const auto answer, saml_->SignIn(test.sign_in_url()));
    Plant("SAML response", answer.saml_response);
    ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest done,
                         acme.CompleteConnectionTest(test.name(), answer.saml_response));
    EXPECT_EQ(done.state(), v1::ConnectionTest::STATE_FAILED);
    Saw(done);
  }

  void ConnectByOidc(const Tenant& acme) {
    v1::CreateSsoProfileRequest create;
    create.set_parent(acme.name());
    create.set_sso_profile_id("oidc");
    create.mutable_sso_profile()->set_display_name("OIDC");
    v1::OidcConfig* oidc = create.mutable_sso_profile()->mutable_oidc();
    oidc->set_issuer(oidc_->issuer());
    oidc->set_client_id("rs256-basic");
    oidc->set_client_secret(kFormerSecret);
    oidc->set_redirect_uri(kRedirectUri);
    ASSERT_OK_AND_ASSIGN(v1::SsoProfile profile,
                         api_->Call(&SsoProfiles::CreateSsoProfile, create));
    Saw(profile);
    EXPECT_TRUE(profile.oidc().has_client_secret());
    v1::UpdateSsoProfileRequest update;
    *update.mutable_sso_profile() = profile;
    update.mutable_sso_profile()->mutable_oidc()->set_client_secret(kClientSecret);
    update.mutable_update_mask()->add_paths("oidc.client_secret");
    ASSERT_OK_AND_ASSIGN(profile, api_->Call(&SsoProfiles::UpdateSsoProfile, update));
    Saw(profile);
    Plant("former client secret", kFormerSecret);
    Plant("client secret", kClientSecret);

    v1::StartConnectionTestRequest start;
    start.set_name(profile.name());
    ASSERT_OK_AND_ASSIGN(v1::ConnectionTest test,
                         api_->Call(&SsoProfiles::StartConnectionTest, start));
    ASSERT_OK_AND_ASSIGN(const std::string query, oidc_->SignIn(test.sign_in_url()));
    const auto fields = FormDecode(query);
    ASSERT_TRUE(fields.ok()) << fields.status();
    for (const auto& [name, value] : *fields) {
      if (name == "code") Plant("code", value);
    }
    v1::CompleteConnectionTestRequest complete;
    complete.set_name(test.name());
    complete.set_oidc_response(query);
    ASSERT_OK_AND_ASSIGN(test, api_->Call(&SsoProfiles::CompleteConnectionTest, complete));
    // The domain is not held; so far it came only by proving itself with the secret.
    EXPECT_EQ(test.failure_reason(), v1::ConnectionTest::FAILURE_REASON_FOREIGN_DOMAIN)
        << test.failure_detail();
    Saw(test);
  }

  // A credential in a call that is good, one that is refused, and one that fails.
  void PresentAToken(const Tenant& acme) {
    Plant("bearer token", kBearerToken);
    for (const std::string& name :
         {acme.name(), std::string("organizations/none"), std::string()}) {
      grpc::ClientContext context;
      SetDeadline(context);
      context.AddMetadata("authorization", absl::StrCat("Bearer ", kBearerToken));
      v1::GetOrganizationRequest request;
      request.set_name(name);
      v1::Organization organization;
      const grpc::Status status =
          api_->stub<Organizations>().GetOrganization(&context, request, &organization);
      Saw(organization);
      absl::StrAppend(&answers_, status.error_message(), status.error_details());
    }
  }

  void ReadAuditEvents(const Tenant& acme) {
    v1::ListAuditEventsRequest request;
    request.set_parent(acme.name());
    request.set_page_size(1000);
    request.set_include_records(true);
    grpc::ClientContext context;
    SetDeadline(context);
    v1::ListAuditEventsResponse response;
    const grpc::Status status =
        v1::AuditService::NewStub(api_->channel())->ListAuditEvents(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_GE(response.audit_events_size(), 6);
    Saw(response);
  }

  // What the server made itself: known only to whoever has the key ring.
  void PlantPrivateKey() {
    const ShortTempDir copy;
    fs::copy(data_.path(), copy.path(), fs::copy_options::recursive);
    ASSERT_OK_AND_ASSIGN(const auto engine, storage::OpenRocksDbEngine({.directory = copy.path()}));
    ASSERT_OK_AND_ASSIGN(
        const storage::KeyRing ring,
        storage::LoadOrCreateKeyRing(
            {.file = absl::StrCat(copy.path(), "/key-ring"), .store_has_secrets = true}));
    ASSERT_OK_AND_ASSIGN(storage::SnapshotReader reader, storage::SnapshotReader::Open(*engine));
    const SsoProfile profile{.organization = OrganizationId::FromTrusted("acme"),
                             .id = SsoProfileId::FromTrusted("idp")};
    ASSERT_OK_AND_ASSIGN(const std::string pem,
                         storage::SsoProfileStore::FindPrivateKey(reader, profile, *ring.box));
    const std::vector<std::string> lines = absl::StrSplit(pem, '\n');
    // A line from the middle: the first is the same in every key.
    const std::string& line = lines.at(lines.size() / 2);
    std::string der;
    ASSERT_TRUE(absl::Base64Unescape(line, &der));
    Plant("private key, a line of its PEM", line);
    Plant("private key, as DER", der);
    Plant("any private key", "-----BEGIN PRIVATE KEY");
    for (absl::string_view ring_line : absl::StrSplit(Read(data_.path() + "/key-ring"), '\n')) {
      if (!absl::StartsWith(ring_line, "#") && !ring_line.empty()) {
        Plant("sealing key", std::string(ring_line));
        Plant("sealing key, raw", absl::HexStringToBytes(ring_line));
      }
    }
  }

  // Name and content of everything that the server wrote or answered.
  std::map<std::string, std::string> Written() const {
    std::map<std::string, std::string> written = {{"the log", Read(LogFile())},
                                                  {"an answer or audit event", answers_}};
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(data_.path())) {
      // Made to be secret files, of mode 0600.
      const std::string name = entry.path().filename();
      if (name == "key-ring" || name == "operator.token") continue;
      if (entry.is_regular_file()) written[entry.path()] = Read(entry.path());
    }
    return written;
  }

  ShortTempDir data_;
  ShortTempDir log_;
  std::unique_ptr<OidcIdp> oidc_;
  std::unique_ptr<SamlIdp> saml_;
  std::unique_ptr<ServerProcess> server_;
  std::optional<Api> api_;
  std::map<std::string, std::string> planted_;
  std::string answers_;
};

TEST_F(SecretGrepTest, NoPlantedSecretIsFoundInWhatTheServerWrites) {
  Tenant acme(*api_, "acme", "acme.example");
  ASSERT_OK(acme.Create());
  ASSERT_OK(api_->Call(&Organizations::UpdateOrganization,
                       absl::StrCat(R"(organization { name: "organizations/acme" display_name: ")",
                                    kCanary, R"(" } update_mask { paths: "display_name" })"))
                .status());
  ASSERT_NO_FATAL_FAILURE(ConnectBySaml(acme));
  ASSERT_NO_FATAL_FAILURE(ConnectByOidc(acme));
  ASSERT_NO_FATAL_FAILURE(PresentAToken(acme));
  ASSERT_NO_FATAL_FAILURE(ReadAuditEvents(acme));
  // Killed, not ended: its write-ahead log then holds every byte, uncompressed.
  server_->Kill();
  ASSERT_NO_FATAL_FAILURE(PlantPrivateKey());

  const std::map<std::string, std::string> written = Written();
  bool canary_in_store = false;
  for (const auto& [where, content] : written) {
    canary_in_store |= absl::StartsWith(where, data_.path()) && absl::StrContains(content, kCanary);
    for (const auto& [what, secret] : planted_) {
      for (const std::string& form : FormsOf(secret)) {
        EXPECT_FALSE(absl::StrContains(content, form))
            << "the " << what << " is in " << where << ", as " << absl::CHexEscape(form);
      }
    }
  }
  EXPECT_TRUE(canary_in_store);
  EXPECT_TRUE(absl::StrContains(written.at("the log"), "GetOrganization")) << "nothing was logged";
  EXPECT_TRUE(absl::StrContains(answers_, kCanary));
  EXPECT_GE(planted_.size(), 10u);
}

}  // namespace
}  // namespace gatehouse
