#include "storage/secrets/secret_box.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"

namespace gatehouse::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kFirst(64, 'a');
const std::string kSecond(64, 'b');
constexpr char kRecord[] = "k/acme/okta";
constexpr char kField[] = "client_secret";

std::unique_ptr<SecretBox> Box(const std::string& ring = kFirst) {
  auto box = SecretBox::FromKeyRing(ring);
  EXPECT_TRUE(box.ok()) << box.status();
  return *std::move(box);
}

absl::StatusCode OpenCode(const SecretBox& box, const std::string& sealed,
                          const std::string& record = kRecord, const std::string& field = kField) {
  const auto opened = box.Open(record, field, sealed);
  EXPECT_TRUE(opened.ok() || ReasonOf(opened.status()) == reason::kStoreCorrupt);
  return opened.status().code();
}

TEST(SecretBox, OpensWhatItSealed) {
  const auto box = Box();
  for (const std::string& secret :
       {std::string(), std::string("x"), std::string("\0\xff\n", 3), std::string(100'000, 's')}) {
    const std::string sealed = box->Seal(kRecord, kField, secret);
    EXPECT_EQ(sealed.size(), secret.size() + 37);
    EXPECT_EQ(box->Open(kRecord, kField, sealed).value(), secret);
  }
}

// The format is persisted: a value sealed by an earlier version must still open.
TEST(SecretBox, OpensAValueOfThePast) {
  std::string past;
  ASSERT_TRUE(
      absl::Base64Unescape("ATNuYZkpligTAAECAwQFBgcICQoL8q2+gJH+w2hdLosQWppwA244GyvR8FE=", &past));
  EXPECT_EQ(Box()->Open(kRecord, kField, past).value(), "hunter2");
}

TEST(SecretBox, NeverSealsTheSameBytesTwice) {
  const auto box = Box();
  std::set<std::string> sealed;
  for (int i = 0; i < 100; ++i) sealed.insert(box->Seal(kRecord, kField, "secret"));
  EXPECT_EQ(sealed.size(), 100u);
}

TEST(SecretBox, ShowsNothingOfTheSecret) {
  EXPECT_THAT(Box()->Seal(kRecord, kField, "a-very-secret-word"), Not(HasSubstr("secret")));
}

TEST(SecretBox, RefusesEveryChangedBit) {
  const auto box = Box();
  const std::string sealed = box->Seal(kRecord, kField, "hunter2");
  for (size_t i = 0; i < sealed.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = sealed;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      // Bytes 1 to 8 name the key.
      EXPECT_EQ(OpenCode(*box, changed), i >= 1 && i <= 8 ? absl::StatusCode::kFailedPrecondition
                                                          : absl::StatusCode::kDataLoss)
          << i << "." << bit;
    }
  }
}

TEST(SecretBox, RefusesEveryOtherLength) {
  const auto box = Box();
  const std::string sealed = box->Seal(kRecord, kField, "hunter2");
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(OpenCode(*box, sealed.substr(0, size)), absl::StatusCode::kDataLoss) << size;
  }
  EXPECT_EQ(OpenCode(*box, sealed + "x"), absl::StatusCode::kDataLoss);
  EXPECT_EQ(OpenCode(*box, sealed + sealed), absl::StatusCode::kDataLoss);
  EXPECT_EQ(OpenCode(*box, "clear text that was never sealed, and long"),
            absl::StatusCode::kDataLoss);
}

TEST(SecretBox, OpensOnlyForTheRecordAndFieldItWasSealedFor) {
  const auto box = Box();
  const std::string sealed = box->Seal(kRecord, kField, "hunter2");
  const std::pair<std::string, std::string> others[] = {
      {"k/acme/entra", kField},
      {"k/evil/okta", kField},
      {"", kField},
      {kRecord, "private_key_pem"},
      {kRecord, ""},
      // The same bytes, split elsewhere.
      {"k/acme/oktac", "lient_secret"},
      {"k/acme/okt", "aclient_secret"},
  };
  for (const auto& [record, field] : others) {
    EXPECT_EQ(OpenCode(*box, sealed, record, field), absl::StatusCode::kDataLoss)
        << record << " " << field;
  }
}

TEST(SecretBox, OpensByEveryKeyOfTheRingAndSealsByTheFirst) {
  const std::string old = Box(kFirst)->Seal(kRecord, kField, "hunter2");
  const auto rotated = Box(absl::StrCat(kSecond, "\n", kFirst));
  EXPECT_EQ(rotated->Open(kRecord, kField, old).value(), "hunter2");
  EXPECT_FALSE(rotated->IsSealedByFirstKey(old));
  const std::string fresh = rotated->Seal(kRecord, kField, "hunter2");
  EXPECT_TRUE(rotated->IsSealedByFirstKey(fresh));
  EXPECT_EQ(Box(kSecond)->Open(kRecord, kField, fresh).value(), "hunter2");
}

TEST(SecretBox, NamesTheKeyThatIsMissing) {
  const auto first = Box(kFirst);
  const std::string sealed = first->Seal(kRecord, kField, "hunter2");
  const absl::Status status = Box(kSecond)->Open(kRecord, kField, sealed).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(first->first_key_id()));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
}

TEST(SecretBox, KnowsWhatIsNoSealedSecret) {
  const auto box = Box();
  EXPECT_FALSE(box->IsSealedByFirstKey(""));
  EXPECT_FALSE(box->IsSealedByFirstKey("-----BEGIN PRIVATE KEY-----\nand so on and so on\n"));
}

TEST(SecretBox, ReadsARingWithCommentsAndBlankLines) {
  const auto box =
      Box(absl::StrCat("# first\n\n  ", std::string(64, 'A'), " \r\n# old\n", kSecond, "\n"));
  EXPECT_EQ(box->first_key_id(), Box(kFirst)->first_key_id()) << "hex digits of either case";
}

TEST(SecretBox, RefusesARingNamingTheLineAndNotTheKey) {
  const struct {
    std::string ring;
    std::string line;
  } cases[] = {
      {"", "key_ring"},
      {"# only a comment\n\n", "key_ring"},
      {std::string(63, 'c'), "line 1"},
      {absl::StrCat(kFirst, "\n", std::string(65, 'c')), "line 2"},
      {absl::StrCat("# x\n", std::string(63, 'c'), "g"), "line 2"},
      {absl::StrCat(kFirst, " ", kSecond), "line 1"},
      {absl::StrCat(kFirst, "\n", kSecond, "\n", kFirst), "line 3"},
      {absl::StrCat(kFirst, "\n", std::string(64, 'A')), "line 2"},
  };
  for (const auto& test : cases) {
    const absl::Status status = SecretBox::FromKeyRing(test.ring).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << test.ring;
    EXPECT_THAT(std::string(status.message()), HasSubstr(test.line));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("ccc")));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("aaa")));
  }
}

TEST(SecretBox, RefusesARingOfTooManyKeys) {
  std::string ring;
  for (int i = 10; i < 27; ++i) absl::StrAppend(&ring, i, std::string(62, '0'), "\n");
  EXPECT_THAT(std::string(SecretBox::FromKeyRing(ring).status().message()), HasSubstr("line 17"));
}

TEST(SecretBox, VerifiesWhatItSigned) {
  const auto box = Box(absl::StrCat(kSecond, "\n", kFirst));
  const std::string id = Box(kSecond)->first_key_id();
  EXPECT_EQ(box->first_key_id(), id);
  const std::string signature = box->Sign("message");
  EXPECT_EQ(signature.size(), 32u);
  EXPECT_TRUE(box->Verify(id, "message", signature).value());
  EXPECT_FALSE(box->Verify(id, "Message", signature).value());
  EXPECT_FALSE(box->Verify(id, "message", signature.substr(1)).value());
  EXPECT_FALSE(box->Verify(id, "message", "").value());
  for (size_t i = 0; i < signature.size(); ++i) {
    std::string changed = signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(box->Verify(id, "message", changed).value());
  }
}

TEST(SecretBox, VerifiesBySignaturesOfOldKeysAndNamesAMissingOne) {
  const auto old = Box(kFirst);
  const std::string signature = old->Sign("message");
  EXPECT_TRUE(Box(absl::StrCat(kSecond, "\n", kFirst))
                  ->Verify(old->first_key_id(), "message", signature)
                  .value());
  const absl::Status status =
      Box(kSecond)->Verify(old->first_key_id(), "message", signature).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(old->first_key_id()));
}

// RFC 5869 and RFC 2104 computed by Python's hashlib; persisted signatures rest on them.
TEST(SecretBox, SignsAndNamesKeysAsDocumented) {
  EXPECT_EQ(Box()->first_key_id(), "336e619929962813");
  EXPECT_EQ(absl::BytesToHexString(Box()->Sign("message")),
            "fc3c25254a2f7ddea0687770cdb8894ec9340007446405f831cd07c14e30a442");
}

}  // namespace
}  // namespace gatehouse::storage
