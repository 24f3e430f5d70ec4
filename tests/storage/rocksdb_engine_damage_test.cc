// Damaged files: an acknowledged commit is there or the answer is DATA_LOSS; never an older state,
// never "absent".
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "policy/errors.h"
#include "tests/storage/rocksdb_engine_fixture.h"

extern char** environ;

namespace gatehouse::storage {
namespace {

namespace fs = std::filesystem;

constexpr char kWriteAndDie[] = "--write_and_die";

std::string KeyOf(int number) { return absl::StrCat("k", number); }
std::string ValueOf(int number) { return absl::StrCat("value ", number, std::string(15, '.')); }

// The log in use. Older ones may still be there, if the process died before it removed them.
fs::path NewestLog(const fs::path& directory) {
  std::vector<fs::path> logs = FilesWithExtension(directory, ".log");
  EXPECT_FALSE(logs.empty());
  return logs.empty() ? fs::path() : *std::max_element(logs.begin(), logs.end());
}

// The store as it was before its last commit, as far as damage to that commit needs it.
fs::path OlderWatermark(const fs::path& directory) { return directory.string() + ".watermark"; }
fs::path OlderLog(const fs::path& directory) { return directory.string() + ".log_before"; }

int WriteAndDie(const fs::path& directory, int first, int end) {
  RocksDbEngineOptions options;
  options.directory = directory.string();
  auto engine = OpenRocksDbEngine(options);
  if (!engine.ok()) return 1;
  for (int i = first; i < end; ++i) {
    if (i == end - 1) {
      WriteFile(OlderWatermark(directory), ReadFile(directory / "WATERMARK"));
      WriteFile(OlderLog(directory), ReadFile(NewestLog(directory)));
    }
    if (!(*engine)->Commit({{}, {{KeyOf(i), ValueOf(i)}}}).ok()) return 2;
  }
  _exit(0);
}

class DamageTest : public RocksDbEngineFixture {
 protected:
  // Commits the keys of numbers `first` to `end` - 1, each alone, in a process that then dies
  // without closing the store: all is in the log.
  void WriteAndDie(int first, int end) {
    std::string self = "/proc/self/exe", flag = kWriteAndDie, directory = store().string(),
                first_argument = absl::StrCat(first), end_argument = absl::StrCat(end);
    char* arguments[] = {self.data(),           flag.data(),         directory.data(),
                         first_argument.data(), end_argument.data(), nullptr};
    pid_t child = 0;
    ASSERT_EQ(::posix_spawn(&child, self.c_str(), nullptr, nullptr, arguments, environ), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    for (int i = first; i < end; ++i) {
      expected_[KeyOf(i)] = Entry{ValueOf(i), static_cast<Revision>(i + 1)};
    }
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

  std::map<std::string, Entry> expected_;
};

TEST_F(DamageTest, OneFlippedByteAnywhereInTheLogIsDataLoss) {
  WriteAndDie(0, 40);
  const std::string bytes = ReadFile(NewestLog(store()));
  ASSERT_GT(bytes.size(), 2000u);
  const fs::path copy = scratch("copy");
  // A stride that falls into every field of the records in turn.
  int lost = 0, tried = 0;
  for (size_t i = 0; i < bytes.size(); i += 37, ++tried) {
    SCOPED_TRACE(absl::StrCat("byte ", i));
    CopyTree(store(), copy);
    std::string damaged = bytes;
    damaged[i] ^= 0x40;
    WriteFile(NewestLog(copy), damaged);
    if (IsWholeOrLost(copy)) ++lost;
  }
  EXPECT_EQ(lost, tried);
}

TEST_F(DamageTest, ALogThatEndsBeforeTheLastAcknowledgedCommitIsDataLoss) {
  WriteAndDie(0, 40);
  const std::string bytes = ReadFile(NewestLog(store()));
  const fs::path copy = scratch("copy");
  for (size_t length : {size_t{0}, size_t{1}, bytes.size() / 2, bytes.size() - 1}) {
    SCOPED_TRACE(absl::StrCat("length ", length));
    CopyTree(store(), copy);
    WriteFile(NewestLog(copy), bytes.substr(0, length));
    EXPECT_TRUE(IsWholeOrLost(copy));
  }
  CopyTree(store(), copy);
  fs::remove(NewestLog(copy));
  EXPECT_TRUE(IsWholeOrLost(copy));
}

TEST_F(DamageTest, ARefusedOpenLeavesTheFilesAsTheyAre) {
  WriteAndDie(0, 40);
  const fs::path log = NewestLog(store());
  std::string bytes = ReadFile(log);
  bytes[bytes.size() / 2] ^= 1;
  WriteFile(log, bytes);
  const auto before = ReadTree(store());
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(ExpectDataLoss(TryOpen(store()).status()));
    EXPECT_TRUE(ReadTree(store()) == before);
  }
}

// Power loss in the middle of commit 12, which was never acknowledged: its log record is cut off,
// or overwritten with what the disk held before.
TEST_F(DamageTest, ATornTailOfACommitThatWasNotAcknowledgedIsDropped) {
  WriteAndDie(0, 12);
  expected_.erase(KeyOf(11));
  const fs::path whole = scratch("whole");
  CopyTree(store(), whole);
  WriteFile(whole / "WATERMARK", ReadFile(OlderWatermark(store())));
  const std::string bytes = ReadFile(NewestLog(whole));
  const size_t begin = ReadFile(OlderLog(store())).size();
  ASSERT_GT(bytes.size(), begin + 50);

  const fs::path copy = scratch("copy");
  auto opens_at_11 = [&](const std::string& log) {
    CopyTree(whole, copy);
    WriteFile(NewestLog(copy), log);
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
  WriteFile(NewestLog(copy), bytes.substr(0, begin - 1));
  EXPECT_TRUE(ExpectDataLoss(TryOpen(copy).status()));
}

TEST_F(DamageTest, OneFlippedByteAnywhereInATableIsDataLossOrHarmless) {
  WriteAndDie(0, 40);
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
  WriteAndDie(0, 40);
  Open().reset();       // into tables
  WriteAndDie(40, 42);  // and something in the log
  const fs::path copy = scratch("copy");
  std::string manifest = ReadFile(store() / "db/CURRENT");
  manifest.pop_back();  // the end of line
  for (const std::string& name :
       {std::string("WATERMARK"), std::string("db/CURRENT"), "db/" + manifest,
        "db/" + NewestLog(store()).filename().string()}) {
    SCOPED_TRACE(name);
    CopyTree(store(), copy);
    ASSERT_TRUE(fs::remove(copy / name));
    EXPECT_TRUE(IsWholeOrLost(copy));
  }
  // One that a compaction has just replaced may go.
  int lost = 0;
  for (const fs::path& table : FilesWithExtension(store(), ".sst")) {
    SCOPED_TRACE(table.filename().string());
    CopyTree(store(), copy);
    ASSERT_TRUE(fs::remove(copy / "db" / table.filename()));
    if (IsWholeOrLost(copy)) ++lost;
  }
  EXPECT_GE(lost, 1);
}

TEST_F(DamageTest, DamagedMetadataIsDataLossOrHarmless) {
  WriteAndDie(0, 40);
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

// Runs itself as the process that dies.
int main(int argc, char** argv) {
  using gatehouse::storage::kWriteAndDie;
  if (argc == 5 && std::string(argv[1]) == kWriteAndDie) {
    return gatehouse::storage::WriteAndDie(argv[2], std::stoi(argv[3]), std::stoi(argv[4]));
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
