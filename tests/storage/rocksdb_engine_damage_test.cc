// Damaged files: an acknowledged commit is there or the answer is DATA_LOSS; never an older state,
// never "absent".
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "policy/errors.h"
#include "tests/storage/rocksdb_engine_fixture.h"

namespace gatehouse::storage {
namespace {

namespace fs = std::filesystem;

class DamageTest : public RocksDbEngineFixture {
 protected:
  // A store as a killed process leaves it: `commits` commits, all in the log.
  void WriteStore(int commits) {
    const fs::path live = scratch("live");
    auto engine = Open(live);
    for (int i = 0; i < commits; ++i) Put(*engine, absl::StrCat("k", i), std::string(20, 'v'));
    expected_ = *ReadAll(*engine);
    CopyAsIfKilled(live, store());
  }

  // Opens `directory`: DATA_LOSS there or in a read, or everything is as expected.
  // Returns whether it was DATA_LOSS.
  bool IsWholeOrLost(const fs::path& directory) {
    absl::StatusOr<std::unique_ptr<Engine>> engine = TryOpen(directory);
    if (!engine.ok()) return ExpectDataLoss(engine.status());
    bool lost = false;
    for (const auto& [key, entry] : expected_) {
      absl::StatusOr<std::optional<Entry>> found = (*engine)->Get(key);
      if (!found.ok()) {
        lost = ExpectDataLoss(found.status());
      } else {
        EXPECT_TRUE(found->has_value() && **found == entry) << key;
      }
    }
    absl::StatusOr<std::map<std::string, Entry>> all = ReadAll(**engine);
    if (!all.ok()) {
      lost = ExpectDataLoss(all.status());
    } else {
      EXPECT_EQ(*all, expected_);
    }
    return lost;
  }

  static bool ExpectDataLoss(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_EQ(ReasonOf(status), reason::kStoreCorrupt);
    return true;
  }

  // The one file with `extension` that has data.
  static fs::path TheFile(const fs::path& directory, const std::string& extension) {
    fs::path found;
    for (const fs::path& path : FilesWithExtension(directory, extension)) {
      if (fs::file_size(path) == 0) continue;
      EXPECT_TRUE(found.empty()) << "more than one " << extension;
      found = path;
    }
    EXPECT_FALSE(found.empty()) << "no " << extension;
    return found;
  }

  std::map<std::string, Entry> expected_;
};

TEST_F(DamageTest, OneFlippedByteAnywhereInTheLogIsDataLoss) {
  WriteStore(40);
  const std::string bytes = ReadFile(TheFile(store(), ".log"));
  ASSERT_GT(bytes.size(), 2000u);
  const fs::path copy = scratch("copy");
  // A stride that falls into every field of the records in turn.
  int lost = 0, tried = 0;
  for (size_t i = 0; i < bytes.size(); i += 37, ++tried) {
    SCOPED_TRACE(absl::StrCat("byte ", i));
    CopyTree(store(), copy);
    std::string damaged = bytes;
    damaged[i] ^= 0x40;
    WriteFile(TheFile(copy, ".log"), damaged);
    if (IsWholeOrLost(copy)) ++lost;
  }
  EXPECT_EQ(lost, tried);
}

TEST_F(DamageTest, ALogThatEndsBeforeTheLastAcknowledgedCommitIsDataLoss) {
  WriteStore(40);
  const std::string bytes = ReadFile(TheFile(store(), ".log"));
  const fs::path copy = scratch("copy");
  for (size_t length : {size_t{0}, size_t{1}, bytes.size() / 2, bytes.size() - 1}) {
    SCOPED_TRACE(absl::StrCat("length ", length));
    CopyTree(store(), copy);
    WriteFile(TheFile(copy, ".log"), bytes.substr(0, length));
    EXPECT_TRUE(IsWholeOrLost(copy));
  }
  CopyTree(store(), copy);
  fs::remove(TheFile(copy, ".log"));
  EXPECT_TRUE(IsWholeOrLost(copy));
}

TEST_F(DamageTest, ARefusedOpenLeavesTheFilesAsTheyAre) {
  WriteStore(40);
  const fs::path log = TheFile(store(), ".log");
  std::string bytes = ReadFile(log);
  bytes[bytes.size() / 2] ^= 1;
  WriteFile(log, bytes);
  const auto before = ReadTree(store());
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(ExpectDataLoss(TryOpen(store()).status()));
    EXPECT_TRUE(ReadTree(store()) == before);
  }
}

// Power loss in the middle of commit 11, which was never acknowledged: its log record is cut off,
// or overwritten with what the disk held before.
TEST_F(DamageTest, ATornTailOfACommitThatWasNotAcknowledgedIsDropped) {
  WriteStore(10);
  auto engine = Open();
  expected_["k10"] = Entry{"v", Put(*engine, "k10", "v")};
  const fs::path acknowledged = scratch("acknowledged");
  CopyAsIfKilled(store(), acknowledged);
  const size_t begin = fs::file_size(TheFile(acknowledged, ".log"));
  Put(*engine, "torn", std::string(30, 't'));
  const fs::path whole = scratch("whole");
  CopyAsIfKilled(store(), whole);
  engine.reset();
  fs::copy_file(acknowledged / "WATERMARK", whole / "WATERMARK",
                fs::copy_options::overwrite_existing);
  const std::string bytes = ReadFile(TheFile(whole, ".log"));
  ASSERT_GT(bytes.size(), begin + 50);

  const fs::path copy = scratch("copy");
  auto opens_at_11 = [&](const std::string& log) {
    CopyTree(whole, copy);
    WriteFile(TheFile(copy, ".log"), log);
    auto reopened = TryOpen(copy);
    ASSERT_TRUE(reopened.ok()) << reopened.status();
    EXPECT_EQ((*reopened)->revision(), 11u);
    EXPECT_EQ(*ReadAll(**reopened), expected_);
    EXPECT_EQ(Put(**reopened, "next", "v"), 12u);
  };
  for (size_t length = begin; length < bytes.size(); length += 5) {
    SCOPED_TRACE(absl::StrCat("cut at ", length));
    opens_at_11(bytes.substr(0, length));
    opens_at_11(bytes.substr(0, length) + std::string(bytes.size() - length, '\0'));
    std::minstd_rand random(static_cast<unsigned>(length));
    std::string garbage(bytes.size() - length, '\0');
    for (char& byte : garbage) byte = static_cast<char>(random());
    opens_at_11(bytes.substr(0, length) + garbage);
  }
  // Whole on the disk, though not acknowledged: kept.
  CopyTree(whole, copy);
  EXPECT_EQ(Open(copy)->revision(), 12u);
  // One byte further back is an acknowledged commit.
  CopyTree(whole, copy);
  WriteFile(TheFile(copy, ".log"), bytes.substr(0, begin - 1));
  EXPECT_TRUE(ExpectDataLoss(TryOpen(copy).status()));
}

TEST_F(DamageTest, OneFlippedByteAnywhereInATableIsDataLossOrHarmless) {
  WriteStore(40);
  Open().reset();  // recovery moves the log into tables
  int lost = 0;
  const fs::path copy = scratch("copy");
  for (const fs::path& table : FilesWithExtension(store(), ".sst")) {
    const std::string bytes = ReadFile(table);
    for (size_t i = 0; i < bytes.size(); i += 31) {
      SCOPED_TRACE(absl::StrCat(table.filename().string(), " byte ", i));
      CopyTree(store(), copy);
      std::string damaged = bytes;
      damaged[i] ^= 0x04;
      WriteFile(copy / "db" / table.filename(), damaged);
      if (IsWholeOrLost(copy)) ++lost;
    }
  }
  EXPECT_GT(lost, 20);
}

TEST_F(DamageTest, AMissingFileIsDataLoss) {
  WriteStore(40);
  {
    auto engine = Open();
    expected_["in the log"] = Entry{"v", Put(*engine, "in the log", "v")};
    CopyAsIfKilled(store(), scratch("killed"));
  }
  CopyTree(scratch("killed"), store());
  const fs::path copy = scratch("copy");
  for (const auto& [name, bytes] : ReadTree(store())) {
    const fs::path path(name);
    const std::string stem = path.filename().string();
    if (stem == "LOCK" || stem == "IDENTITY" || stem.rfind("LOG", 0) == 0 ||
        stem.rfind("OPTIONS", 0) == 0 || bytes.empty()) {
      continue;  // not data
    }
    SCOPED_TRACE(name);
    CopyTree(store(), copy);
    fs::remove(copy / path);
    EXPECT_TRUE(IsWholeOrLost(copy));
  }
}

TEST_F(DamageTest, DamagedMetadataIsDataLossOrHarmless) {
  WriteStore(40);
  Open().reset();
  const fs::path copy = scratch("copy");
  for (const auto& [name, bytes] : ReadTree(store())) {
    const std::string file = fs::path(name).filename().string();
    if (file != "CURRENT" && file.rfind("MANIFEST", 0) != 0 && file != "WATERMARK") continue;
    for (size_t i = 0; i < bytes.size(); i += bytes.size() < 64 ? 1 : 23) {
      SCOPED_TRACE(absl::StrCat(name, " byte ", i));
      CopyTree(store(), copy);
      std::string damaged = bytes;
      damaged[i] ^= 0x04;
      WriteFile(copy / name, damaged);
      IsWholeOrLost(copy);
    }
  }
}

}  // namespace
}  // namespace gatehouse::storage
