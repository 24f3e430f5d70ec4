// Which records are audited, and how they read.
#include "storage/stores/audited_records.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "policy/connection_test.h"
#include "storage/records/keys.h"
#include "storage/records/records.pb.h"
#include "storage/stores/audit_rendering.h"

namespace gatehouse::storage {
namespace {

// Every letter that keys.h defines.
std::set<char> Letters() {
  std::ifstream file("storage/records/keys.h");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::regex definition(R"(inline constexpr char k\w+ = '(.)';)");
  std::set<char> letters;
  for (std::sregex_iterator it(text.begin(), text.end(), definition), end; it != end; ++it) {
    letters.insert((*it)[1].str()[0]);
  }
  return letters;
}

TEST(AuditedRecords, AreDecidedForEveryKindOfRecord) {
  const std::set<char> letters = Letters();
  ASSERT_GE(letters.size(), 26u);
  for (char letter : letters) {
    const bool audited = AuditedKindOf(letter).has_value() || letter == kAuditedByName;
    const bool not_audited =
        std::find(std::begin(kNotAudited), std::end(kNotAudited), letter) != std::end(kNotAudited);
    EXPECT_NE(audited, not_audited)
        << "decide in storage/stores/audited_records.h whether records of kind '" << letter
        << "' are audited";
  }
}

nlohmann::json Render(AuditedKind kind, const std::string& key,
                      const google::protobuf::Message& message) {
  const auto json = RenderAuditedRecord(kind, *keys::Parse(key), message.SerializeAsString());
  EXPECT_TRUE(json.ok()) << json.status();
  return nlohmann::json::parse(json.value_or("null"));
}

TEST(AuditRendering, ReadsWell) {
  v1::UserRecord user;
  user.set_id("u1");
  user.set_role(2);
  user.set_claimed(true);
  user.set_claim_time_us(1'700'000'000'000'001);
  EXPECT_EQ(Render(AuditedKind::kUser, "u/acme/acme.test/bob/x", user),
            nlohmann::json::parse(
                R"({"claim_time":"2023-11-14T22:13:20.000001Z","claimed":true,)"
                R"("email":"bob/x@acme.test","id":"u1","role":"ADMIN","suspended":false})"));

  v1::EnforcementRecord enforcement;
  enforcement.set_profile("okta");
  enforcement.set_mode(2);
  enforcement.set_unmanaged_users(2);
  enforcement.set_on_unavailable(3);
  enforcement.mutable_rollout()->set_percent_left_out(75);
  enforcement.mutable_rollout()->add_users("u1");
  enforcement.mutable_rollout()->add_users("u2");
  enforcement.mutable_rollout()->set_proof_deadline_us(1'700'000'000'000'000);
  enforcement.mutable_rollout()->mutable_automatic_pause()->set_window_us(600'000'000);
  EXPECT_EQ(Render(AuditedKind::kEnforcement, "e/acme/acme.test", enforcement),
            nlohmann::json::parse(
                R"({"match_subdomains":false,"mode":"OBSERVE","on_unavailable":"DENY",)"
                R"("profile":"okta","rollout":{"automatic_pause":{"window":"10m"},"percent":25,)"
                R"("proof_deadline":"2023-11-14T22:13:20Z","require_proof":false,)"
                R"("users":["u1","u2"]},"unmanaged_users":"REQUIRE_SSO"})"));

  v1::ConnectionTestRecord test;
  test.set_state(3);
  test.set_failure(1);
  test.set_configuration("\x01\xff");
  const nlohmann::json json = Render(AuditedKind::kConnectionTest, "s/acme/okta/t1", test);
  EXPECT_EQ(json["configuration"], "01ff");
  EXPECT_EQ(json["state"], "FAILED");
  EXPECT_EQ(json["failure"], std::string(Name(static_cast<ConnectionTestFailure>(1))));
}

TEST(AuditRendering, RefusesOtherBytes) {
  EXPECT_EQ(RenderAuditedRecord(AuditedKind::kDomain, *keys::Parse("d/acme/a.test"), "\xff\xff")
                .status()
                .code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace gatehouse::storage
