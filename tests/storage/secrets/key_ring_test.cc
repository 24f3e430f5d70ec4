#include "storage/secrets/key_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "tests/storage/scoped_directory.h"

namespace gatehouse::storage {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class KeyRingTest : public ::testing::Test {
 protected:
  std::string Path() const { return directory_.string() + "/key-ring"; }
  void Write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(Path()) << text;
    chmod(Path().c_str(), mode);
  }
  std::string Read() const {
    std::ifstream file(Path());
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::string IdOf(const std::string& ring) {
    return SecretBox::FromKeyRing(ring).value()->first_key_id();
  }
  absl::Status Failure(const KeyRingOptions& options) {
    const auto ring = LoadOrCreateKeyRing(options);
    EXPECT_FALSE(ring.ok());
    return ring.status();
  }

  ScopedDirectory directory_;
  const std::string key_ = std::string(64, '1');
  const std::string other_ = std::string(64, '2');
};

TEST_F(KeyRingTest, ReadsTheFile) {
  Write(absl::StrCat(key_, "\n", other_, "\n"));
  const auto ring = LoadOrCreateKeyRing({.file = Path(), .store_has_secrets = true});
  ASSERT_TRUE(ring.ok()) << ring.status();
  EXPECT_EQ(ring->box->first_key_id(), IdOf(key_));
  EXPECT_FALSE(ring->created);
  EXPECT_THAT(ring->source, HasSubstr(Path()));
}

TEST_F(KeyRingTest, PrefersTheEnvironment) {
  Write(key_);
  const auto ring =
      LoadOrCreateKeyRing({.environment = absl::StrCat(other_, ",", key_), .file = Path()});
  ASSERT_TRUE(ring.ok()) << ring.status();
  EXPECT_EQ(ring->box->first_key_id(), IdOf(other_));
  EXPECT_THAT(ring->source, HasSubstr(kKeyRingVariable));
}

TEST_F(KeyRingTest, NeedsNoFileWithTheEnvironment) {
  ASSERT_TRUE(LoadOrCreateKeyRing({.environment = key_, .file = Path()}).ok());
  EXPECT_FALSE(std::filesystem::exists(Path()));
}

TEST_F(KeyRingTest, DoesNotFallBackFromAMalformedEnvironment) {
  Write(key_);
  const absl::Status status = Failure({.environment = "3333", .file = Path()});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(kKeyRingVariable), HasSubstr("line 1"), Not(HasSubstr("3333"))));
}

TEST_F(KeyRingTest, MakesAFileForANewStore) {
  const auto made = LoadOrCreateKeyRing({.environment = "", .file = Path()});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(made->created);
  struct stat info;
  ASSERT_EQ(stat(Path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 1)
      << "no temporary file stays behind";
  const auto again = LoadOrCreateKeyRing({.file = Path(), .store_has_secrets = true});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->box->first_key_id(), made->box->first_key_id());
}

TEST_F(KeyRingTest, MakesAnotherKeyForEachStore) {
  const ScopedDirectory other;
  const auto first = LoadOrCreateKeyRing({.file = Path()});
  const auto second = LoadOrCreateKeyRing({.file = other.string() + "/key-ring"});
  EXPECT_NE(first->box->first_key_id(), second->box->first_key_id());
}

TEST_F(KeyRingTest, EndsWithOneKeyWhenManyMakeItAtOnce) {
  std::vector<std::string> ids(8);
  std::vector<int> created(ids.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < ids.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto ring = LoadOrCreateKeyRing({.file = Path()});
      if (!ring.ok()) return;
      ids[i] = ring->box->first_key_id();
      created[i] = ring->created ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string kept = IdOf(Read());
  EXPECT_THAT(ids, ::testing::Each(kept));
  EXPECT_EQ(std::count(created.begin(), created.end(), 1), 1);
}

TEST_F(KeyRingTest, RefusesToStartWithoutTheKeyOfAStoreWithSecrets) {
  const absl::Status status = Failure({.file = Path(), .store_has_secrets = true});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(Path()), HasSubstr(kKeyRingVariable), HasSubstr("restore")));
  EXPECT_FALSE(std::filesystem::exists(Path()));
}

TEST_F(KeyRingTest, RefusesAFileThatOthersCanReadOrChange) {
  for (const mode_t mode : {0604, 0602, 0620, 0644, 0666}) {
    Write(key_, mode);
    const absl::Status status = Failure({.file = Path()});
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << std::oct << mode;
    EXPECT_THAT(std::string(status.message()), HasSubstr("chmod 600"));
  }
  for (const mode_t mode : {0600, 0400, 0440, 0640}) {
    Write(key_, mode);
    EXPECT_TRUE(LoadOrCreateKeyRing({.file = Path()}).ok()) << std::oct << mode;
    unlink(Path().c_str());
  }
}

TEST_F(KeyRingTest, RefusesAFileThatIsNoRing) {
  for (const std::string& text :
       {std::string(), std::string("# empty\n"), std::string("4444\n"), std::string(70'000, '4')}) {
    Write(text);
    const absl::Status status = Failure({.file = Path()});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text.size();
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("key-ring"), Not(HasSubstr("4444"))));
    EXPECT_EQ(Read(), text) << "it is never replaced";
  }
}

TEST_F(KeyRingTest, RefusesADirectoryAndAMissingParent) {
  EXPECT_EQ(Failure({.file = directory_.string()}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Failure({.file = directory_.string() + "/no/such"}).code(),
            absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace gatehouse::storage
