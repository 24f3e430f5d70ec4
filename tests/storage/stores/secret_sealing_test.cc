#include "storage/stores/secret_sealing.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "storage/records/keys.h"
#include "storage/records/record_envelope.h"
#include "storage/records/records.pb.h"
#include "storage/stores/sso_profile_store.h"
#include "tests/fakes/failing_engine.h"
#include "tests/storage/stores/store_test_case.h"

namespace gatehouse::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kOld(64, '1');
const std::string kNew(64, '2');
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

std::unique_ptr<SecretBox> Box(const std::string& ring) {
  return SecretBox::FromKeyRing(ring).value();
}

SsoProfile Profile(const std::string& id, const std::string& organization = "acme") {
  return {.organization = Org(organization), .id = Pid(id)};
}

ConnectionTest TestOf(const std::string& id) {
  return {.organization = Org("acme"),
          .profile = Pid("idp"),
          .id = ConnectionTestId::FromTrusted(id),
          .create_time = kNow};
}

class SecretSealingTest : public StoreTestCase {
 protected:
  void WriteClearKey(const SsoProfile& profile, const std::string& pem) {
    v1::ProfileKeyRecord record;
    record.set_private_key_pem(pem);
    const std::string key = keys::ProfileKey(profile.organization, profile.id);
    WriteRaw(key, SealRecord(key, record));
  }
  void WriteSecrets(const SsoProfile& profile, const SecretBox& box, const std::string& secret) {
    Write([&](Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(SsoProfileStore::PutPrivateKey(tx, profile, box, "key of " + secret));
      return SsoProfileStore::PutClientSecret(tx, profile, box, secret);
    });
  }
  void WriteTest(const std::string& id, const SecretBox& box, const std::string& verifier) {
    Write([&](Transaction& tx) {
      ConnectionTest test = TestOf(id);
      test.sealed_code_verifier = ConnectionTestStore::SealCodeVerifier(test, box, verifier);
      ConnectionTestStore::Put(tx, test);
      return absl::OkStatus();
    });
  }
  std::string Key(const SsoProfile& profile, const SecretBox& box) {
    SnapshotReader reader = Reader();
    return SsoProfileStore::FindPrivateKey(reader, profile, box).value_or("(none)");
  }
  std::string ClientSecret(const SsoProfile& profile, const SecretBox& box) {
    SnapshotReader reader = Reader();
    const auto secret = SsoProfileStore::FindClientSecret(reader, profile, box);
    return secret.ok() ? secret->value_or("(none)") : "(error)";
  }
  std::string Verifier(const std::string& id, const SecretBox& box) {
    SnapshotReader reader = Reader();
    const auto test = ConnectionTestStore::Find(reader, Org("acme"), Pid("idp"),
                                                ConnectionTestId::FromTrusted(id));
    return ConnectionTestStore::OpenCodeVerifier((*test)->value, box).value_or("(error)");
  }
  SecretSealing Seal(const SecretBox& box) {
    const auto sealing = SealSecrets(runner(), box, kNow);
    EXPECT_TRUE(sealing.ok()) << sealing.status();
    return sealing.value_or(SecretSealing());
  }
  bool StoreShows(const std::string& text) {
    for (const auto& [key, value] : Raw()) {
      if (absl::StrContains(value, text)) return true;
    }
    return false;
  }
  bool HasSecrets() {
    SnapshotReader reader = Reader();
    return HasSealedSecrets(reader).value();
  }

  const std::unique_ptr<SecretBox> old_ = Box(kOld);
  const std::unique_ptr<SecretBox> rotated_ = Box(absl::StrCat(kNew, "\n", kOld));
  const std::unique_ptr<SecretBox> new_ = Box(kNew);
};

INSTANTIATE_TEST_SUITE_P(Engines, SecretSealingTest,
                         ::testing::Values(EngineKind::kMemory, EngineKind::kRocksDb));

TEST_P(SecretSealingTest, SecretsOfAProfileStandApartAndChangeApart) {
  WriteSecrets(Profile("idp"), *old_, "first");
  Write([&](Transaction& tx) {
    return SsoProfileStore::PutClientSecret(tx, Profile("idp"), *old_, "second");
  });
  EXPECT_EQ(Key(Profile("idp"), *old_), "key of first");
  EXPECT_EQ(ClientSecret(Profile("idp"), *old_), "second");
  Write([&](Transaction& tx) {
    return SsoProfileStore::PutClientSecret(tx, Profile("idp"), *old_, "");
  });
  EXPECT_EQ(Key(Profile("idp"), *old_), "key of first");
  EXPECT_EQ(ClientSecret(Profile("idp"), *old_), "(none)");
}

TEST_P(SecretSealingTest, ASecretMovedToAnotherProfileDoesNotOpen) {
  WriteSecrets(Profile("idp"), *old_, "hunter2");
  v1::ProfileKeyRecord record;
  const std::string from = keys::ProfileKey(Org("acme"), Pid("idp"));
  const std::string to = keys::ProfileKey(Org("evil"), Pid("idp"));
  ASSERT_TRUE(OpenRecord(from, Raw().at(from), &record).ok());
  WriteRaw(to, SealRecord(to, record));
  EXPECT_EQ(ClientSecret(Profile("idp", "evil"), *old_), "(error)");
  // Nor in the other field.
  record.set_sealed_client_secret(record.sealed_private_key_pem());
  WriteRaw(from, SealRecord(from, record));
  EXPECT_EQ(ClientSecret(Profile("idp"), *old_), "(error)");
}

TEST_P(SecretSealingTest, SealsWhatAnOlderStoreHoldsInClear) {
  for (int i = 0; i < 120; ++i) {
    WriteClearKey(Profile(absl::StrCat("p", i)), absl::StrCat("clear key ", i));
  }
  WriteClearKey(Profile("idp", "other"), "clear key of other");
  EXPECT_EQ(Key(Profile("p7"), *old_), "clear key 7") << "it works before it is sealed";
  EXPECT_FALSE(HasSecrets());

  const SecretSealing sealing = Seal(*old_);
  EXPECT_EQ(sealing.sealed, 121);
  EXPECT_EQ(sealing.resealed, 0);
  EXPECT_THAT(sealing.damaged, IsEmpty());
  EXPECT_FALSE(StoreShows("clear key"));
  EXPECT_TRUE(HasSecrets());
  for (int i = 0; i < 120; ++i) {
    EXPECT_EQ(Key(Profile(absl::StrCat("p", i)), *old_), absl::StrCat("clear key ", i));
  }
  EXPECT_EQ(Key(Profile("idp", "other"), *old_), "clear key of other");
}

TEST_P(SecretSealingTest, ARotationLeavesTheOldKeyWithoutUse) {
  WriteSecrets(Profile("idp"), *old_, "hunter2");
  WriteTest("t1", *old_, "verifier");
  const SecretSealing sealing = Seal(*rotated_);
  EXPECT_EQ(sealing.sealed, 0);
  EXPECT_EQ(sealing.resealed, 3);
  EXPECT_EQ(Key(Profile("idp"), *new_), "key of hunter2");
  EXPECT_EQ(ClientSecret(Profile("idp"), *new_), "hunter2");
  EXPECT_EQ(Verifier("t1", *new_), "verifier");
}

TEST_P(SecretSealingTest, WritesNothingWhenAllIsSealedByTheFirstKey) {
  WriteSecrets(Profile("idp"), *rotated_, "hunter2");
  WriteTest("t1", *rotated_, "verifier");
  const Revision before = Reader().revision();
  const SecretSealing sealing = Seal(*rotated_);
  EXPECT_EQ(sealing.sealed + sealing.resealed, 0);
  EXPECT_EQ(Reader().revision(), before);
}

TEST_P(SecretSealingTest, SaysWhichKeyIsMissing) {
  WriteSecrets(Profile("idp"), *old_, "hunter2");
  const absl::Status status = SealSecrets(runner(), *new_, kNow).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), reason::kStoreCorrupt);
  EXPECT_THAT(std::string(status.message()), HasSubstr(old_->first_key_id()));
}

TEST_P(SecretSealingTest, PassesOverADamagedSecretAndNamesIt) {
  WriteSecrets(Profile("a"), *old_, "secret of a");
  WriteSecrets(Profile("b"), *old_, "secret of b");
  WriteSecrets(Profile("c"), *old_, "secret of c");
  const std::string key = keys::ProfileKey(Org("acme"), Pid("b"));
  v1::ProfileKeyRecord record;
  ASSERT_TRUE(OpenRecord(key, Raw().at(key), &record).ok());
  record.mutable_sealed_client_secret()->back() ^= 1;
  WriteRaw(key, SealRecord(key, record));
  const std::string broken = keys::ProfileKey(Org("acme"), Pid("d"));
  WriteRaw(broken, "no record");

  const SecretSealing sealing = Seal(*rotated_);
  EXPECT_EQ(sealing.resealed, 4);
  EXPECT_THAT(sealing.damaged, ElementsAre(broken, key));
  EXPECT_EQ(ClientSecret(Profile("a"), *new_), "secret of a");
  EXPECT_EQ(ClientSecret(Profile("c"), *new_), "secret of c");
  EXPECT_EQ(Key(Profile("b"), *rotated_), "key of secret of b") << "left as it was";
}

TEST_P(SecretSealingTest, GoesOnWhereAnInterruptedRunEnded) {
  auto owned = std::make_unique<FailingEngine>(NewMemoryEngine());
  FailingEngine& engine = *owned;
  TransactionRunner runner(&engine);
  constexpr int kProfiles = 180;
  for (int i = 0; i < kProfiles; ++i) {
    const SsoProfile profile = Profile(absl::StrCat("p", i));
    ASSERT_TRUE(runner
                    .Run(TestCaller(), Org("acme"),
                         [&](Transaction& tx) {
                           return SsoProfileStore::PutClientSecret(tx, profile, *old_,
                                                                   absl::StrCat("secret ", i));
                         })
                    .ok());
  }
  engine.FailAt(FailingEngine::Method::kCommit, 3, absl::UnavailableError("power loss"));
  EXPECT_EQ(SealSecrets(runner, *rotated_, kNow).status().code(), absl::StatusCode::kUnavailable);

  // Between the runs, every secret opens by the ring, whichever key sealed it.
  SnapshotReader reader = *SnapshotReader::Open(engine);
  int by_new = 0;
  for (int i = 0; i < kProfiles; ++i) {
    const SsoProfile profile = Profile(absl::StrCat("p", i));
    EXPECT_EQ(**SsoProfileStore::FindClientSecret(reader, profile, *rotated_),
              absl::StrCat("secret ", i));
    by_new += SsoProfileStore::FindClientSecret(reader, profile, *new_).ok() ? 1 : 0;
  }
  EXPECT_EQ(by_new, 100);

  const auto rest = SealSecrets(runner, *rotated_, kNow);
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->resealed, kProfiles - by_new);
  SnapshotReader after = *SnapshotReader::Open(engine);
  for (int i = 0; i < kProfiles; ++i) {
    EXPECT_EQ(**SsoProfileStore::FindClientSecret(after, Profile(absl::StrCat("p", i)), *new_),
              absl::StrCat("secret ", i));
  }
}

TEST_P(SecretSealingTest, AnEmptyStoreAndOneWithoutSecretsHaveNone) {
  EXPECT_FALSE(HasSecrets());
  Write([&](Transaction& tx) {
    ConnectionTestStore::Put(tx, TestOf("saml"));
    return absl::OkStatus();
  });
  EXPECT_FALSE(HasSecrets());
  WriteTest("t1", *old_, "verifier");
  EXPECT_TRUE(HasSecrets());
}

}  // namespace
}  // namespace gatehouse::storage
