// Bytes around a record: what was sealed is opened, and nothing else is.
#include "storage/records/record_envelope.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "policy/errors.h"
#include "storage/records/records.pb.h"

namespace gatehouse::storage {
namespace {

constexpr absl::string_view kKey = "i/acme/u1";

v1::UserAddressRecord Address() {
  v1::UserAddressRecord address;
  address.set_local("jo.doe");
  address.set_domain("acme.test");
  return address;
}

// Opens, and checks that what is refused is refused as damage.
bool Opens(absl::string_view key, absl::string_view bytes) {
  v1::UserAddressRecord record;
  const absl::Status status = OpenRecord(key, bytes, &record);
  if (!status.ok()) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_EQ(ReasonOf(status), reason::kStoreCorrupt) << status;
  }
  return status.ok();
}

// `payload` in an envelope with a right checksum.
std::string Seal(absl::string_view key, absl::string_view payload, char version = 1) {
  const uint64_t checksum =
      XXH3_64bits_withSeed(payload.data(), payload.size(), XXH3_64bits(key.data(), key.size()));
  std::string bytes(1, version);
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(checksum >> (8 * i)));
  return bytes.append(payload.data(), payload.size());
}

TEST(RecordEnvelope, GivesBackWhatItSealed) {
  v1::UserAddressRecord opened;
  ASSERT_TRUE(OpenRecord(kKey, SealRecord(kKey, Address()), &opened).ok());
  EXPECT_EQ(opened.SerializeAsString(), Address().SerializeAsString());
}

TEST(RecordEnvelope, GivesBackAnEmptyMessage) {
  const std::string bytes = SealRecord("g/acme", v1::PolicyGuardRecord());
  EXPECT_EQ(bytes.size(), 9u);
  v1::PolicyGuardRecord opened;
  EXPECT_TRUE(OpenRecord("g/acme", bytes, &opened).ok());
}

TEST(RecordEnvelope, IsByteForByteTheExampleOfTheDocumentation) {
  v1::DomainHolderRecord holder;
  holder.set_organization("acme");
  EXPECT_EQ(absl::BytesToHexString(SealRecord("h/acme.test", holder)),
            "01"
            "ded5c20601f1ee4e"
            "0a0461636d65");
}

TEST(RecordEnvelope, NoticesEverySingleFlippedBitAndEveryChangedByte) {
  const std::string sealed = SealRecord(kKey, Address());
  for (size_t i = 0; i < sealed.size(); ++i) {
    for (int mask = 1; mask < 256; ++mask) {
      std::string changed = sealed;
      changed[i] = static_cast<char>(changed[i] ^ mask);
      EXPECT_FALSE(Opens(kKey, changed)) << "byte " << i << " xor " << mask;
    }
  }
}

TEST(RecordEnvelope, NoticesEveryTruncation) {
  const std::string sealed = SealRecord(kKey, Address());
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(Opens(kKey, absl::string_view(sealed).substr(0, size))) << size;
  }
}

TEST(RecordEnvelope, NoticesBytesThatFollow) {
  const std::string sealed = SealRecord(kKey, Address());
  EXPECT_FALSE(Opens(kKey, sealed + std::string(1, '\0')));
  EXPECT_FALSE(Opens(kKey, sealed + sealed));
}

TEST(RecordEnvelope, RefusesTheRecordOfAnotherKey) {
  const std::string sealed = SealRecord(kKey, Address());
  EXPECT_TRUE(Opens(kKey, sealed));
  for (absl::string_view key :
       {"i/acme/u2", "i/acme/u", "i/acme/u11", "i/acne/u1", "u/acme/u1", "I/acme/u1", ""}) {
    EXPECT_FALSE(Opens(key, sealed)) << key;
  }
}

TEST(RecordEnvelope, RefusesAVersionItDoesNotKnowWhateverTheChecksum) {
  const std::string payload = Address().SerializeAsString();
  ASSERT_TRUE(Opens(kKey, Seal(kKey, payload)));
  for (int version = 0; version < 256; ++version) {
    if (version == 1) continue;
    const std::string sealed = Seal(kKey, payload, static_cast<char>(version));
    v1::UserAddressRecord record;
    const absl::Status status = OpenRecord(kKey, sealed, &record);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_TRUE(absl::StrContains(std::string(status.message()),
                                  "format version " + std::to_string(version) + ","))
        << status;
  }
}

TEST(RecordEnvelope, RefusesWhatIsNotTheMessageThoughTheChecksumIsRight) {
  for (const std::string& payload : {std::string("\x0a\xff", 2),  // a field longer than the record
                                     std::string("\x0a", 1),      // a field cut off
                                     std::string("\x0a\x01\xff", 3),  // a string that is not UTF-8
                                     std::string("\x00\x00", 2),      // field number 0
                                     std::string(11, '\xff'),         // an endless varint
                                     std::string("\x0b\x0a\x01x", 4)}) {  // a group without an end
    EXPECT_FALSE(Opens(kKey, Seal(kKey, payload))) << absl::BytesToHexString(payload);
  }
}

TEST(RecordEnvelope, KeepsFieldsThatItDoesNotKnow) {
  // As a newer version may have written: an older one must still read the rest.
  const std::string newer = Address().SerializeAsString() + std::string("\xf8\x07\x01", 3);
  v1::UserAddressRecord record;
  ASSERT_TRUE(OpenRecord(kKey, Seal(kKey, newer), &record).ok());
  EXPECT_EQ(record.local(), "jo.doe");
  EXPECT_EQ(record.SerializeAsString(), newer);
}

TEST(RecordEnvelope, TellsOfDamageWithoutTellingTheKeyOrTheContent) {
  const std::string key = "u/acme/private.test/jo.doe";
  std::string damaged = SealRecord(key, Address());
  for (size_t i : {size_t{0}, size_t{1}, damaged.size() - 1}) {
    std::string bytes = damaged;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x40);
    v1::UserAddressRecord record;
    const absl::Status status = OpenRecord(key, bytes, &record);
    const std::string all = status.ToString(absl::StatusToStringMode::kWithEverything);
    for (absl::string_view secret : {"jo.doe", "private", "acme"}) {
      EXPECT_FALSE(absl::StrContains(all, secret)) << all;
    }
    EXPECT_TRUE(absl::StrContains(all, "stored record u#")) << all;
  }
}

TEST(RecordEnvelope, NamesARecordAlwaysAlikeAndEachByAnotherDigest) {
  const auto message = [](absl::string_view key) {
    return std::string(CorruptRecord(key, "x").message());
  };
  EXPECT_EQ(message("u/acme/a.test/jo"), message("u/acme/a.test/jo"));
  EXPECT_NE(message("u/acme/a.test/jo"), message("u/acme/a.test/jp"));
  EXPECT_FALSE(message("").empty());
}

}  // namespace
}  // namespace gatehouse::storage
