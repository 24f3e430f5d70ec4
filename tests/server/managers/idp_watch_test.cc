// What the server does by itself about identity providers: it follows their
// metadata, and gives notice of certificates near their end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/managers/certificate_watch_manager.h"
#include "server/managers/metadata_refresh_manager.h"
#include "storage/stores/audit_trail.h"
#include "tests/server/managers/sso_profile_test_case.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kUrl[] = "https://idp.example/metadata";
constexpr absl::Duration kDay = absl::Hours(24);

class IdpWatchTest : public SsoProfileTestCase {
 protected:
  IdpWatchTest() {
    Publish(Idp());
    SsoProfileManager::CreateCommand command = NewProfile();
    command.saml = {.acs_url = "https://login.acme.example/saml/acs", .idp_metadata_url = kUrl};
    CreateProfile(command);
  }

  void Publish(const TestIdp& idp) {
    web_.Set(kUrl, {.status = 200, .content_type = "", .body = idp.MetadataXml()});
  }
  ManagerContext Context() {
    return {.transactions = runner_.get(),
            .clock = &clock_,
            .random = &random_,
            .secrets = &TestSecretBox()};
  }
  std::vector<std::string> Events(AuditEventKind kind) {
    auto reader = *storage::SnapshotReader::Open(*engine_);
    std::vector<std::string> descriptions;
    EXPECT_TRUE(storage::AuditTrail::Scan(reader, acme_, 1,
                                          [&](storage::AuditEvent event) -> absl::StatusOr<bool> {
                                            if (event.kind == kind) {
                                              descriptions.push_back(event.description);
                                            }
                                            return true;
                                          })
                    .ok());
    return descriptions;
  }
};

TEST_F(IdpWatchTest, FetchesMetadataOnceADayAndStagesWhatIsNew) {
  MetadataRefreshManager refresh(Context(), profiles_.get(), {});
  const size_t at_first = web_.requests().size();
  ASSERT_TRUE(refresh.RefreshDue().ok());
  EXPECT_EQ(web_.requests().size(), at_first) << "it was fetched when the profile was made";
  clock_.Advance(kDay * 2);
  ASSERT_TRUE(refresh.RefreshDue().ok());
  EXPECT_EQ(web_.requests().size(), at_first + 1);
  EXPECT_EQ(refresh.refreshes(RefreshOutcome::kUnchanged), 1);
  EXPECT_EQ(Profile().watch.metadata_fetch_time, clock_.Now());

  Publish(IdpWithNextKey());
  ASSERT_TRUE(refresh.RefreshDue().ok());
  EXPECT_EQ(web_.requests().size(), at_first + 1) << "not due again";
  clock_.Advance(kDay * 2);
  ASSERT_TRUE(refresh.RefreshDue().ok());
  EXPECT_EQ(refresh.refreshes(RefreshOutcome::kChanged), 1);
  EXPECT_TRUE(Profile().profile.staged.has_value());
  EXPECT_THAT(Events(AuditEventKind::kMetadataChange), SizeIs(1));
}

TEST_F(IdpWatchTest, RemembersMetadataThatCannotBeHadAndTriesAgainSoon) {
  MetadataRefreshManager refresh(Context(), profiles_.get(), {});
  const SamlSettings before = Profile().profile.saml;
  web_.Set(kUrl, {.status = 503, .content_type = "", .body = ""});
  clock_.Advance(kDay * 2);
  ASSERT_TRUE(refresh.RefreshDue().ok());
  EXPECT_THAT(Profile().watch.metadata_fetch_failure, HasSubstr("503"));
  EXPECT_EQ(Profile().profile.saml, before);
  web_.Set(kUrl, {.status = 200, .content_type = "", .body = "<html/>"});
  clock_.Advance(absl::Hours(2));
  ASSERT_TRUE(refresh.RefreshDue().ok());
  EXPECT_EQ(refresh.refreshes(RefreshOutcome::kFailed), 2);
  EXPECT_NE(Profile().watch.metadata_fetch_failure, "");
  EXPECT_FALSE(Profile().profile.staged.has_value());
  Publish(Idp());
  clock_.Advance(absl::Hours(2));
  ASSERT_TRUE(refresh.RefreshDue().ok());
  EXPECT_EQ(Profile().watch.metadata_fetch_failure, "");
}

TEST_F(IdpWatchTest, GivesNoticeOfACertificateOnceAtEachThreshold) {
  CertificateWatchManager watch(Context());
  const absl::Time end = Profile().certificates.at(0).not_after;
  struct Step {
    absl::Duration before_end;
    size_t notices;
    std::string last;
  };
  const Step steps[] = {
      {kDay * 31, 0, ""},
      {kDay * 30, 1, "within 30 days"},
      {kDay * 15, 1, "within 30 days"},
      {kDay * 14, 2, "within 14 days"},
      {kDay * 7, 3, "within 7 days"},
      {kDay, 4, "within 1 day,"},
      {absl::ZeroDuration(), 5, "expired"},
      {-kDay * 100, 5, "expired"},
  };
  for (const Step& step : steps) {
    clock_.Set(end - step.before_end);
    ASSERT_TRUE(watch.GiveNotices().ok());
    const storage::Revision after_first = engine_->revision();
    ASSERT_TRUE(watch.GiveNotices().ok());
    EXPECT_EQ(engine_->revision(), after_first) << "nothing is said, or written, twice";
    const auto events = Events(AuditEventKind::kCertificateExpiry);
    ASSERT_THAT(events, SizeIs(step.notices)) << step.before_end;
    if (step.notices > 0) {
      EXPECT_THAT(events.back(), HasSubstr(step.last));
    }
  }
}

TEST_F(IdpWatchTest, GivesOnlyTheLastOfSeveralNoticesThatWereMissed) {
  CertificateWatchManager watch(Context());
  clock_.Set(Profile().certificates.at(0).not_after - kDay * 5);
  ASSERT_TRUE(watch.GiveNotices().ok());
  const auto events = Events(AuditEventKind::kCertificateExpiry);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_THAT(events[0], HasSubstr("within 7 days"));
  EXPECT_THAT(events[0], HasSubstr(Profile().certificates.at(0).sha256_fingerprint));
}

}  // namespace
}  // namespace gatehouse
