// Damaged records under a real server: a decision is refused (DATA_LOSS), or
// the server does not start; a password is never allowed for want of a record
// that can be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/records/keys.h"
#include "storage/records/record_envelope.h"
#include "storage/records/records.pb.h"
#include "storage/rocksdb_engine.h"
#include "tests/integration/deployment_test_case.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Code = absl::StatusCode;
namespace keys = storage::keys;

constexpr int kVictims = 100;

EmailAddress Address(absl::string_view text) { return *EmailAddress::Parse("email", text); }

class Corruption : public DeploymentTestCase {
 protected:
  // One store for all tests, each of which damages a copy of its own.
  static void SetUpTestSuite() {
    DeploymentTestCase::SetUpTestSuite();
    Tenant tenant = NewTenant("acme");
    ASSERT_OK(MakeReady(tenant));
    v1::ImportUsersRequest rows;
    rows.set_parent(tenant.name());
    rows.add_rows()->set_email("carol@acme.example");
    for (int i = 0; i < kVictims; ++i) rows.add_rows()->set_email(Victim(i));
    ASSERT_OK(api().ImportUsers({rows}));
    ASSERT_OK(tenant.Enforce());
    owner_ = tenant.owner().substr(tenant.owner().rfind('/') + 1);
    deployment().server().Terminate();
    ASSERT_OK(deployment().server().Wait());
  }

  void SetUp() override {
    DeploymentTestCase::SetUp();
    std::filesystem::copy(deployment().data_directory(), directory(),
                          std::filesystem::copy_options::recursive);
  }

  static std::string Victim(int i) { return absl::StrFormat("victim-%02d@acme.example", i); }
  std::string directory() const { return copy_.path() + "/data"; }

  // Puts what `damage` makes of the value under `key` in its place.
  void Damage(const std::string& key, const std::function<void(std::string&)>& damage) {
    ASSERT_OK_AND_ASSIGN(auto engine, storage::OpenRocksDbEngine({.directory = directory()}));
    ASSERT_OK_AND_ASSIGN(std::optional<storage::Entry> entry, engine->Get(key));
    ASSERT_TRUE(entry.has_value()) << key;
    std::string value = entry->value;
    damage(value);
    ASSERT_NE(value, entry->value);
    ASSERT_OK(engine->Commit({.conditions = {}, .writes = {{key, value}}}));
  }

  void StartServer() {
    ASSERT_OK_AND_ASSIGN(server_, ServerProcess::Start({.data_directory = directory()}));
    api_.emplace(server_->address());
  }

  absl::StatusOr<v1::CheckLoginResponse> Check(absl::string_view email) const {
    return Tenant(*api_, "acme", "acme.example").Check(email);
  }

  // The server names what is damaged, but not whose it is, and ends.
  void ExpectRefusesToStart() const {
    const auto result = RunProgram(
        {ServerBinary(), "--insecure", "--listen", "127.0.0.1:0", "--data-directory", directory()},
        "", absl::Seconds(30));
    ASSERT_OK(result) << "it has started";
    EXPECT_EQ(result->exit_code, 1);
    EXPECT_THAT(result->err, HasSubstr("record"));
    EXPECT_THAT(result->err, Not(HasSubstr("@")));
  }

  static inline std::string owner_;
  ShortTempDir copy_;
  std::unique_ptr<ServerProcess> server_;
  std::optional<Api> api_;
};

const OrganizationId& Acme() {
  static const OrganizationId acme = *OrganizationId::Parse("organization", "acme");
  return acme;
}

const DomainName& AcmeDomain() {
  static const DomainName domain = *DomainName::Parse("domain", "acme.example");
  return domain;
}

TEST_F(Corruption, AnUndamagedCopyDecidesAsTheOriginalDid) {
  ASSERT_NO_FATAL_FAILURE(StartServer());
  ASSERT_OK_AND_ASSIGN(const auto carol, Check("carol@acme.example"));
  EXPECT_EQ(carol.verdict(), v1::VERDICT_REQUIRE_SSO);
  ASSERT_OK_AND_ASSIGN(const auto owner, Check("owner@acme.example"));
  EXPECT_EQ(owner.reason(), v1::DECISION_REASON_EXEMPT_TRIGGERING_ADMIN);
}

// A byte of each victim's record is changed, each at another place.
TEST_F(Corruption, AChangedByteAnywhereInAUserIsDataLossForThatUser) {
  size_t longest = 0;
  for (int i = 0; i < kVictims; ++i) {
    ASSERT_NO_FATAL_FAILURE(Damage(keys::User(Acme(), Address(Victim(i))), [&](std::string& value) {
      longest = std::max(longest, value.size());
      value[i % value.size()] ^= 1 << (i % 8);
    }));
  }
  ASSERT_LE(longest, size_t{kVictims}) << "there is a byte that no victim has changed";
  ASSERT_NO_FATAL_FAILURE(StartServer());
  v1::BatchCheckLoginRequest batch;
  for (int i = 0; i < kVictims; ++i) {
    EXPECT_THAT(Check(Victim(i)), FailsWith(Code::kDataLoss, "STORE_CORRUPT")) << i;
    batch.add_emails(Victim(i));
  }
  batch.add_emails("carol@acme.example");
  ASSERT_OK_AND_ASSIGN(const auto answers, api_->Call(&Logins::BatchCheckLogin, batch));
  ASSERT_EQ(answers.results_size(), kVictims + 1);
  for (int i = 0; i < kVictims; ++i) {
    EXPECT_EQ(answers.results(i).error().code(), static_cast<int>(Code::kDataLoss)) << i;
  }
  // Nobody else suffers.
  EXPECT_EQ(answers.results(kVictims).decision().verdict(), v1::VERDICT_REQUIRE_SSO);
}

TEST_F(Corruption, ARecordCutShortOrOfSomebodyElseIsDataLoss) {
  std::string exempt;
  ASSERT_NO_FATAL_FAILURE(
      Damage(keys::User(Acme(), Address("owner@acme.example")), [&](std::string& value) {
        exempt = value;
        value += '\0';
      }));
  const std::function<void(std::string&)> damages[] = {
      [](std::string& value) { value.clear(); },
      [](std::string& value) { value.resize(1); },
      [](std::string& value) { value.pop_back(); },
      [](std::string& value) { value += "x"; },
      // Whole and unchanged, but of a user who may use a password.
      [&](std::string& value) { value = exempt; },
  };
  int victim = 0;
  for (const auto& damage : damages) {
    ASSERT_NO_FATAL_FAILURE(Damage(keys::User(Acme(), Address(Victim(victim++))), damage));
  }
  ASSERT_NO_FATAL_FAILURE(StartServer());
  for (int i = 0; i < victim; ++i) {
    EXPECT_THAT(Check(Victim(i)), FailsWith(Code::kDataLoss, "STORE_CORRUPT")) << i;
  }
  EXPECT_THAT(Check("owner@acme.example"), FailsWith(Code::kDataLoss, "STORE_CORRUPT"));
}

// The rules are read at the start: with one that cannot be read, there is none.
TEST_F(Corruption, ADamagedRuleKeepsTheServerFromStarting) {
  const SsoProfileId profile = *SsoProfileId::Parse("profile", "idp");
  const UserId owner = *UserId::Parse("user", owner_);
  for (const std::string& key :
       {keys::Enforcement(Acme(), AcmeDomain()), keys::DomainHolder(AcmeDomain()),
        keys::Domain(Acme(), AcmeDomain()), keys::SsoProfile(Acme(), profile),
        keys::Exemption(Acme(), owner)}) {
    SCOPED_TRACE(key);
    std::string intact;
    ASSERT_NO_FATAL_FAILURE(Damage(key, [&](std::string& value) {
      intact = value;
      value[value.size() / 2] ^= 0x10;
    }));
    ExpectRefusesToStart();
    ASSERT_NO_FATAL_FAILURE(Damage(key, [&](std::string& value) { value = intact; }));
  }
  ASSERT_NO_FATAL_FAILURE(StartServer());
  ASSERT_OK_AND_ASSIGN(const auto carol, Check("carol@acme.example"));
  EXPECT_EQ(carol.verdict(), v1::VERDICT_REQUIRE_SSO);
}

// Written by a version that knows more: intact, and yet not to be guessed at.
TEST_F(Corruption, ARuleWithAnUnknownModeKeepsTheServerFromStarting) {
  const std::string key = keys::Enforcement(Acme(), AcmeDomain());
  ASSERT_NO_FATAL_FAILURE(Damage(key, [&](std::string& value) {
    storage::v1::EnforcementRecord record;
    EXPECT_OK(storage::OpenRecord(key, value, &record));
    record.set_mode(99);
    value = storage::SealRecord(key, record);
  }));
  ExpectRefusesToStart();
}

}  // namespace
}  // namespace gatehouse
