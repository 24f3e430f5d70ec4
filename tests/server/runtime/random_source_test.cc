#include "server/runtime/random_source.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "policy/ids.h"
#include "tests/fakes/fake_random.h"

namespace gatehouse {
namespace {

TEST(SystemRandomSource, GivesAsManyBytesAsAskedForAndNeverTheSame) {
  SystemRandomSource random;
  EXPECT_EQ(random.Bytes(0), "");
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string bytes = random.Bytes(16);
    EXPECT_EQ(bytes.size(), 16u);
    EXPECT_TRUE(seen.insert(bytes).second);
  }
  EXPECT_EQ(random.Bytes(10'000).size(), 10'000u);
}

// Gives one byte, again and again.
class OneByte final : public RandomSource {
 public:
  explicit OneByte(int byte) : byte_(static_cast<char>(byte)) {}
  std::string Bytes(size_t count) override { return std::string(count, byte_); }

 private:
  char byte_;
};

TEST(NewIdText, IsAValidIdWhateverTheBytes) {
  for (int byte = 0; byte < 256; ++byte) {
    OneByte random(byte);
    const std::string id = NewIdText(random, "u");
    EXPECT_EQ(id.size(), 21u);
    EXPECT_TRUE(UserId::Parse("user", id).ok()) << id;
    EXPECT_EQ(id.find_first_of("ilou", 1), std::string::npos) << "easily misread: " << id;
  }
}

TEST(NewIdText, UsesEveryDigitEquallyOften) {
  std::multiset<std::string> ids;
  for (int byte = 0; byte < 256; ++byte) {
    OneByte random(byte);
    ids.insert(NewIdText(random, "t"));
  }
  for (const std::string& id : ids) EXPECT_EQ(ids.count(id), 8u) << id;
}

TEST(NewIdText, IsAnotherEachTime) {
  FakeRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(NewIdText(random, "u")).second);
}

TEST(NewHexText, HasTwoLowerCaseDigitsForEachByte) {
  OneByte random(0xaf);
  EXPECT_EQ(NewHexText(random, 0), "");
  EXPECT_EQ(NewHexText(random, 3), "afafaf");
  OneByte small(0x01);
  EXPECT_EQ(NewHexText(small, 2), "0101");
}

}  // namespace
}  // namespace gatehouse
