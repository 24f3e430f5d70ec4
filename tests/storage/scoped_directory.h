// A directory of a test's own, removed with what is in it.
#ifndef GATEHOUSE_TESTS_STORAGE_SCOPED_DIRECTORY_H_
#define GATEHOUSE_TESTS_STORAGE_SCOPED_DIRECTORY_H_

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "gtest/gtest.h"

namespace gatehouse::storage {

class ScopedDirectory {
 public:
  ScopedDirectory() {
    std::string name = ::testing::TempDir() + "/gatehouse-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "mkdtemp " << name;
    path_ = name;
  }
  ScopedDirectory(const ScopedDirectory&) = delete;
  ScopedDirectory& operator=(const ScopedDirectory&) = delete;
  ~ScopedDirectory() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }
  std::string string() const { return path_.string(); }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_TESTS_STORAGE_SCOPED_DIRECTORY_H_
