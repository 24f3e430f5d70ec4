#include "server/transport/certificate_reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/recording_logger.h"
#include "tests/server/transport/test_certificate_files.h"

namespace gatehouse {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// Never, for as long as the test runs.
constexpr absl::Duration kByHand = absl::Hours(1);

class CertificateReloaderTest : public ::testing::Test {
 protected:
  CertificateReloaderTest() { files.Write(first); }

  std::unique_ptr<CertificateReloader> Start(absl::Duration interval = kByHand) {
    auto reloader = CertificateReloader::Start(files.paths(), interval, &clock, &log);
    EXPECT_TRUE(reloader.ok()) << reloader.status();
    EXPECT_THAT(log.Take(),
                ElementsAre(Pair(LogLevel::kInfo, HasSubstr("in use subject=CN=first"))));
    return *std::move(reloader);
  }

  const TestAuthority authority;
  const TestCertificate first = authority.Issue({.common_name = "first"});
  const TestCertificate second = authority.Issue({.common_name = "second"});
  const TestCertificateFiles files;
  FakeClock clock{absl::Now()};
  RecordingLogger log;
};

TEST_F(CertificateReloaderTest, DoesNotStartOnBrokenFiles) {
  files.WriteKey(second.key_pem);
  EXPECT_EQ(CertificateReloader::Start(files.paths(), kByHand, &clock, &log).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(CertificateReloaderTest, TakesUpAChangeOnce) {
  const auto reloader = Start();
  const auto before = reloader->current();
  reloader->Refresh();
  EXPECT_EQ(reloader->current(), before);
  files.Write(second);
  reloader->Refresh();
  EXPECT_EQ(reloader->current()->subject, "CN=second");
  EXPECT_EQ(before->subject, "CN=first");  // who holds it may go on
  reloader->Refresh();
  EXPECT_THAT(log.Take(), ElementsAre(Pair(LogLevel::kInfo, HasSubstr("subject=CN=second"))));
}

TEST_F(CertificateReloaderTest, KeepsWhatWasSoundUntilTheWholeChangeIs) {
  const auto reloader = Start();
  files.WriteCertificate(second.certificate_pem);
  reloader->Refresh();
  EXPECT_EQ(reloader->current()->subject, "CN=first");
  EXPECT_THAT(log.Take(),
              ElementsAre(Pair(LogLevel::kError,
                               AllOf(HasSubstr("not taken up"), HasSubstr("serving=CN=first")))));
  reloader->Refresh();
  EXPECT_THAT(log.Take(), IsEmpty()) << "the same failure, again";
  files.RemoveCertificate();
  reloader->Refresh();
  EXPECT_THAT(log.Take(), ElementsAre(Pair(LogLevel::kError, HasSubstr("can be read"))));
  EXPECT_EQ(reloader->current()->subject, "CN=first");
  files.Write(second);
  reloader->Refresh();
  EXPECT_EQ(reloader->current()->subject, "CN=second");
}

TEST_F(CertificateReloaderTest, TakesUpACertificateWhenItsTimeHasCome) {
  const auto reloader = Start();
  files.Write(authority.Issue({.common_name = "next", .not_before = clock.Now() + absl::Hours(1)}));
  reloader->Refresh();
  EXPECT_EQ(reloader->current()->subject, "CN=first");
  clock.Advance(absl::Hours(2));
  reloader->Refresh();
  EXPECT_EQ(reloader->current()->subject, "CN=next");
}

TEST_F(CertificateReloaderTest, WarnsOnceADayFromThirtyDaysBeforeTheEnd) {
  const auto reloader = Start();  // for 90 days
  clock.Advance(absl::Hours(24 * 59));
  reloader->Refresh();
  EXPECT_THAT(log.Take(), IsEmpty());
  clock.Advance(absl::Hours(36));
  for (int i = 0; i < 3; ++i) reloader->Refresh();
  EXPECT_THAT(log.Take(), ElementsAre(Pair(LogLevel::kWarning,
                                           AllOf(HasSubstr("ends soon"), HasSubstr("days=29")))));
  clock.Advance(absl::Hours(24));
  reloader->Refresh();
  EXPECT_THAT(log.Take(), ElementsAre(Pair(LogLevel::kWarning, HasSubstr("days=28"))));
  files.Write(
      authority.Issue({.common_name = "renewed", .not_after = clock.Now() + absl::Hours(24 * 90)}));
  reloader->Refresh();
  EXPECT_THAT(log.Take(), ElementsAre(Pair(LogLevel::kInfo, HasSubstr("CN=renewed"))));
}

TEST_F(CertificateReloaderTest, LooksByItselfEachInterval) {
  const auto reloader = Start(absl::Milliseconds(1));
  files.Write(second);
  while (reloader->current()->subject != "CN=second") std::this_thread::yield();
}

TEST_F(CertificateReloaderTest, EndsWithoutWaitingForItsInterval) {
  const absl::Time start = absl::Now();
  { const auto reloader = Start(absl::Hours(1)); }
  EXPECT_LT(absl::Now() - start, absl::Minutes(1));
}

}  // namespace
}  // namespace gatehouse
