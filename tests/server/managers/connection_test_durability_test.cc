// What a connection test has proven and used up is still so after the server
// has stopped.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "storage/rocksdb_engine.h"
#include "tests/builders/test_caller.h"
#include "tests/server/managers/sso_profile_test_case.h"

namespace gatehouse {
namespace {

class ConnectionTestDurabilityTest : public SsoProfileTestCase {
 protected:
  ConnectionTestDurabilityTest()
      : directory_(absl::StrCat(::testing::TempDir(), "/connection_test_durability_",
                                ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(directory_);
    Reopen();
  }
  ~ConnectionTestDurabilityTest() override {
    UseEngine(storage::NewMemoryEngine());
    std::filesystem::remove_all(directory_);
  }

  void Reopen() {
    UseEngine(storage::NewMemoryEngine());  // closes the one before
    auto engine = storage::OpenRocksDbEngine({.directory = directory_});
    ASSERT_TRUE(engine.ok()) << engine.status();
    UseEngine(*std::move(engine));
  }

 private:
  const std::string directory_;
};

TEST_F(ConnectionTestDurabilityTest, ATestThatPassedIsStillPassed) {
  const SsoProfileView created = CreateProfile();
  PassTest();
  const SsoProfileView before = Profile();
  Reopen();
  EXPECT_EQ(Status(), TestStatus::kPassed);
  EXPECT_EQ(Profile().version, before.version);
  EXPECT_EQ(Profile().profile.saml, created.profile.saml);
}

TEST_F(ConnectionTestDurabilityTest, ATestCanBeCompletedAfterARestart) {
  const SsoProfileView created = CreateProfile();
  const ConnectionTestView test = StartTest();
  SamlAnswer answer = Answer(test);
  answer.encryption.certificate = created.profile.saml.sp_certificate;
  Reopen();
  EXPECT_EQ(Value(Complete(test, answer)).test.state, ConnectionTestState::kPassed);
}

TEST_F(ConnectionTestDurabilityTest, AnAssertionIsStillUsed) {
  CreateProfile();
  const ConnectionTestView first = StartTest();
  const std::string response = Idp().Respond(Answer(first));
  ASSERT_EQ(Value(Complete(NameOf(first), response)).test.state, ConnectionTestState::kPassed);
  Reopen();
  EXPECT_EQ(ReasonOf(Complete(NameOf(first), response).status()), reason::kConnectionTestFinished);
  const ConnectionTestView second = StartTest();
  EXPECT_EQ(Value(Complete(NameOf(second), response)).test.failure,
            ConnectionTestFailure::kReplayed);
}

}  // namespace
}  // namespace gatehouse
