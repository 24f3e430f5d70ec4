#include "storage/engine_watermark.h"

#include <fstream>
#include <limits>

#include "gtest/gtest.h"
#include "policy/errors.h"
#include "tests/storage/scoped_directory.h"

namespace gatehouse::storage {
namespace {

constexpr size_t kSecondSlot = 4096;
constexpr size_t kSlotBytes = 24;

class WatermarkTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Watermark>> Open() {
    return Watermark::Open(path_, /*sync=*/true);
  }

  // Writes each revision in turn and closes.
  void Write(std::initializer_list<Revision> revisions) {
    auto watermark = Open();
    ASSERT_TRUE(watermark.ok()) << watermark.status();
    for (Revision revision : revisions) ASSERT_TRUE((*watermark)->Write(revision).ok());
  }

  void Flip(size_t offset) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    char byte = static_cast<char>(file.get() ^ 0x10);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
    ASSERT_TRUE(file.good());
  }

  ScopedDirectory directory_;
  const std::string path_ = (directory_ / "WATERMARK").string();
};

TEST_F(WatermarkTest, IsBlankWhenNew) {
  auto watermark = Open();
  ASSERT_TRUE(watermark.ok()) << watermark.status();
  EXPECT_EQ((*watermark)->revision(), std::nullopt);
}

TEST_F(WatermarkTest, RemembersTheLastRevisionWritten) {
  for (Revision revision :
       {Revision{0}, Revision{1}, Revision{2}, Revision{3}, std::numeric_limits<Revision>::max()}) {
    Write({revision});
    EXPECT_EQ((*Open())->revision(), revision);
  }
}

TEST_F(WatermarkTest, FallsBackToTheSlotBeforeWhenAWriteWasTorn) {
  Write({7, 8});
  for (size_t i = 0; i < kSlotBytes; ++i) {
    Flip(kSecondSlot + i);
    EXPECT_EQ((*Open())->revision(), 7u) << "byte " << i;
    Flip(kSecondSlot + i);
  }
  Flip(0);
  EXPECT_EQ((*Open())->revision(), 8u);
}

TEST_F(WatermarkTest, WritesTheTornSlotNextAndLosesNothing) {
  Write({7, 8});
  Flip(kSecondSlot);
  Write({9});
  EXPECT_EQ((*Open())->revision(), 9u);
  Flip(0);  // the slot of 7
  EXPECT_EQ((*Open())->revision(), 9u);
}

TEST_F(WatermarkTest, IsLostWhenBothSlotsAreDamaged) {
  Write({7, 8});
  Flip(9);
  Flip(kSecondSlot + 9);
  auto watermark = Open();
  EXPECT_EQ(watermark.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(watermark.status()), reason::kStoreCorrupt);
}

TEST_F(WatermarkTest, IsHeldByOneAtATime) {
  auto first = Open();
  ASSERT_TRUE(first.ok());
  auto second = Open();
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(second.status()), reason::kStoreUnavailable);
  first->reset();
  EXPECT_TRUE(Open().ok());
}

TEST_F(WatermarkTest, SaysWhichFileCannotBeOpened) {
  auto watermark = Watermark::Open((directory_ / "missing/WATERMARK").string(), true);
  EXPECT_EQ(watermark.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(watermark.status().message().find("missing/WATERMARK"), absl::string_view::npos);
}

}  // namespace
}  // namespace gatehouse::storage
