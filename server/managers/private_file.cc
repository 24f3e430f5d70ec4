#include "server/managers/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

absl::Status CannotWrite(absl::string_view path, absl::string_view what) {
  return Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable,
               absl::StrCat("cannot write ", path, ": ", what, ": ", std::strerror(errno)))
      .Build();
}

// O_EXCL: never through a link, nor into a file that others may read.
absl::Status WriteNew(const std::string& path, absl::string_view content) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return CannotWrite(path, "unlink");
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return CannotWrite(path, "open");
  const bool written =
      write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
      fsync(file) == 0;
  if (close(file) != 0 || !written) return CannotWrite(path, "write");
  return absl::OkStatus();
}

}  // namespace

absl::Status WritePrivateFile(const std::string& path, absl::string_view content) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  if (!directory.empty()) {
    std::error_code made;
    std::filesystem::create_directories(std::filesystem::path(directory).parent_path(), made);
    if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return CannotWrite(path, "mkdir");
  }
  const std::string temporary = absl::StrCat(path, ".new");
  RETURN_IF_ERROR(WriteNew(temporary, content));
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return CannotWrite(path, "rename");
  const int handle = open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY);
  if (handle < 0) return CannotWrite(path, "open the directory");
  const bool synced = fsync(handle) == 0;
  close(handle);
  return synced ? absl::OkStatus() : CannotWrite(path, "sync the directory");
}

}  // namespace gatehouse
