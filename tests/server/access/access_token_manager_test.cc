#include "server/managers/access_token_manager.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "storage/stores/access_token_store.h"
#include "tests/server/access/access_world.h"

namespace gatehouse {
namespace {

using AccessTokenManagerTest = AccessWorld;

constexpr char kCheck[] = "LoginService/CheckLogin";

TEST_F(AccessTokenManagerTest, KeepsAHashAndNoSecret) {
  const NewAccessToken made = Create(AccessRole::kGateway);
  auto snapshot = *engine_->NewSnapshot();
  ASSERT_TRUE(snapshot
                  ->Scan({.start = "", .end = "\xff"},
                         [&](absl::string_view key, absl::string_view value, storage::Revision) {
                           EXPECT_EQ(value.find(made.secret.substr(3)), absl::string_view::npos)
                               << key;
                           return true;
                         })
                  .ok());
  EXPECT_EQ(made.view.token.creator, TestCaller().principal.name);
}

TEST_F(AccessTokenManagerTest, RefusesAnAdminWhoIsNone) {
  const User member = acme_.Add({.email = "jo@acme.test"});
  const auto made = manager_->Create(TestCaller(), {.display_name = "x",
                                                    .role = AccessRole::kOrganizationAdmin,
                                                    .scopes = {{acme_.id(), member.id}}});
  EXPECT_EQ(ReasonOf(made.status()), reason::kActingUserNotAdmin);
}

TEST_F(AccessTokenManagerTest, RefusesAnEndThatHasPassedAndANameThatIsNone) {
  EXPECT_EQ(manager_->Create(TestCaller(), {.display_name = "x", .expire_time = clock_.Now()})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(manager_->Create(TestCaller(), {.display_name = ""}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(AccessTokenManagerTest, RotatesWithAnOverlap) {
  const NewAccessToken old = Create(AccessRole::kGateway, {}, clock_.Now() + absl::Hours(48));
  clock_.Advance(absl::Hours(24));
  const auto fresh = manager_->Rotate(TestCaller(), old.view.token.id, absl::Hours(1));
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_EQ(fresh->view.token.expire_time, clock_.Now() + absl::Hours(48)) << "the same life span";
  EXPECT_TRUE(gate_->Check(Bearer(old.secret), kCheck).ok());
  EXPECT_TRUE(gate_->Check(Bearer(fresh->secret), kCheck).ok());
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(gate_->Check(Bearer(old.secret), kCheck).ok());
  EXPECT_TRUE(gate_->Check(Bearer(fresh->secret), kCheck).ok());
  EXPECT_EQ(ReasonOf(manager_->Rotate(TestCaller(), old.view.token.id, {}).status()),
            reason::kAccessTokenEnded);
  EXPECT_EQ(
      manager_->Rotate(TestCaller(), fresh->view.token.id, absl::Hours(24 * 31)).status().code(),
      absl::StatusCode::kInvalidArgument);
}

TEST_F(AccessTokenManagerTest, KeepsTheLastOperatorsToken) {
  const NewAccessToken last = Create(AccessRole::kOperator);
  EXPECT_EQ(ReasonOf(manager_->Revoke(TestCaller(), last.view.token.id).status()),
            reason::kWouldLockOut);
  const NewAccessToken other = Create(AccessRole::kOperator);
  EXPECT_TRUE(manager_->Revoke(TestCaller(), last.view.token.id).ok());
  EXPECT_TRUE(manager_->Revoke(TestCaller(), last.view.token.id).ok()) << "once is as twice";
  EXPECT_FALSE(manager_->Revoke(TestCaller(), other.view.token.id).ok());
  AccessTokenManager with_certificate(context(), tokens_.get(), true);
  EXPECT_TRUE(with_certificate.Revoke(TestCaller(), other.view.token.id).ok());
}

TEST_F(AccessTokenManagerTest, WritesDownWhenATokenWasUsed) {
  const NewAccessToken made = Create(AccessRole::kGateway);
  ASSERT_TRUE(gate_->Check(Bearer(made.secret), kCheck).ok());
  EXPECT_EQ(manager_->Get(made.view.token.id)->last_use_time, clock_.Now());
  ASSERT_TRUE(tokens_->FlushLastUse(transactions_, clock_.Now()).ok());
  const storage::Revision revision = engine_->revision();
  ASSERT_TRUE(tokens_->FlushLastUse(transactions_, clock_.Now()).ok());
  EXPECT_EQ(engine_->revision(), revision) << "nothing new, nothing written";
  auto reader = *storage::SnapshotReader::Open(*engine_);
  EXPECT_EQ(*storage::AccessTokenStore::LastUse(reader, made.view.token.id), clock_.Now());
}

TEST_F(AccessTokenManagerTest, ForgetsATokenNinetyDaysAfterItsEnd) {
  const NewAccessToken made = Create(AccessRole::kGateway, {}, clock_.Now() + absl::Hours(1));
  clock_.Advance(absl::Hours(1 + 24 * 90) - absl::Seconds(1));
  Create(AccessRole::kGateway);
  EXPECT_TRUE(manager_->Get(made.view.token.id).ok());
  clock_.Advance(absl::Seconds(2));
  Create(AccessRole::kGateway);
  EXPECT_EQ(manager_->Get(made.view.token.id).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(AccessTokenManagerTest, ListsByPages) {
  for (int i = 0; i < 5; ++i) Create(AccessRole::kGateway);
  std::vector<std::string> ids;
  PageRequest page{.size = 2};
  do {
    const auto found = manager_->List(page);
    ASSERT_TRUE(found.ok());
    for (const auto& view : found->items) ids.push_back(view.token.id.value());
    page.after = found->next;
  } while (!page.after.empty());
  EXPECT_EQ(ids.size(), 5u);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
}

TEST_F(AccessTokenManagerTest, WritesTheFirstTokenForItsOwnerAlone) {
  const std::filesystem::path directory =
      std::filesystem::path(::testing::TempDir()) / "first_token";
  std::filesystem::remove_all(directory);
  const std::string path = (directory / "operator.token").string();
  ASSERT_EQ(*manager_->CreateFirst(path), true);
  struct stat file;
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  std::string secret;
  std::ifstream(path) >> secret;
  const Admission admission = gate_->Admit(Bearer(secret), kCheck);
  EXPECT_EQ(admission.caller.principal.role, AccessRole::kOperator);
  EXPECT_EQ(*manager_->CreateFirst(path), false) << "once";
  EXPECT_EQ(manager_->List({})->items[0].token.creator, "system/first-start");
}

TEST_F(AccessTokenManagerTest, MakesNoFirstTokenThatItCannotWriteDown) {
  EXPECT_EQ(manager_->CreateFirst("/proc/none/operator.token").status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_TRUE(manager_->List({})->items.empty());
}

}  // namespace
}  // namespace gatehouse
