// What following an identity provider found: kept as it is, apart from the
// profile, and gone with it.
#include "storage/stores/profile_watch_store.h"

#include <optional>

#include "storage/stores/organization_store.h"
#include "storage/stores/sso_profile_store.h"
#include "tests/storage/stores/store_test_case.h"

namespace gatehouse::storage {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class ProfileWatchStoreTest : public StoreTestCase {
 protected:
  static ProfileWatch Watch() {
    return {.organization = Org("acme"),
            .profile = Pid("okta"),
            .metadata_fetch_time = kNow,
            .next_metadata_fetch_time = kNow + absl::Hours(24),
            .metadata_fetch_failure = "the answer is 404",
            .warned = {{.sha256_fingerprint = "ab", .days = 30},
                       {.sha256_fingerprint = "cd", .days = 0}}};
  }
  void Put() {
    Write([](Transaction& tx) {
      ProfileWatchStore::Put(tx, Watch());
      return absl::OkStatus();
    });
  }
  std::optional<ProfileWatch> Found() {
    SnapshotReader reader = Reader();
    auto found = Ok(ProfileWatchStore::Find(reader, Org("acme"), Watch().profile));
    return found ? std::optional<ProfileWatch>(std::move(found->value)) : std::nullopt;
  }
};

TEST_P(ProfileWatchStoreTest, KeepsEverything) {
  EXPECT_EQ(Found(), std::nullopt);
  Put();
  EXPECT_EQ(Found(), Watch());
}

TEST_P(ProfileWatchStoreTest, KeepsThatNothingWasLookedForYet) {
  const ProfileWatch fresh{.organization = Org("acme"), .profile = Watch().profile};
  Write([&](Transaction& tx) {
    ProfileWatchStore::Put(tx, fresh);
    return absl::OkStatus();
  });
  EXPECT_EQ(Found(), fresh);
}

TEST_P(ProfileWatchStoreTest, OutdatesNoPlan) {
  SnapshotReader before = Reader();
  const Revision version = Ok(PolicyGuard::Version(before, Org("acme")));
  Put();
  SnapshotReader after = Reader();
  EXPECT_EQ(Ok(PolicyGuard::Version(after, Org("acme"))), version);
}

TEST_P(ProfileWatchStoreTest, ForgetsWithTheProfile) {
  Put();
  Write([](Transaction& tx) {
    return SsoProfileStore::Delete(tx, {.organization = Org("acme"), .id = Watch().profile});
  });
  EXPECT_EQ(Found(), std::nullopt);
}

GATEHOUSE_ON_EACH_ENGINE(ProfileWatchStoreTest);

}  // namespace
}  // namespace gatehouse::storage
