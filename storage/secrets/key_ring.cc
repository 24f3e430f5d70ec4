#include "storage/secrets/key_ring.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::storage {
namespace {

constexpr off_t kMaxFileBytes = 64 * 1024;

// Key material is wiped when it goes out of scope.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(SecretText&&) = default;
  SecretText& operator=(SecretText&&) = default;
  ~SecretText() { OPENSSL_cleanse(text_.data(), text_.size()); }
  std::string& operator*() { return text_; }

 private:
  std::string text_;
};

absl::Status FileError(absl::string_view what, const std::string& file) {
  return Error(absl::StatusCode::kInternal, reason::kInternal,
               absl::StrCat("cannot ", what, " the key file ", file, ": ", std::strerror(errno)));
}

// nullopt: there is no such file.
absl::StatusOr<std::optional<SecretText>> ReadKeyFile(const std::string& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return std::nullopt;
    return FileError("open", file);
  }
  const absl::Cleanup closer = [fd] { close(fd); };
  struct stat info;
  if (fstat(fd, &info) != 0) return FileError("inspect", file);
  if (!S_ISREG(info.st_mode) || info.st_size > kMaxFileBytes) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kInvalidField,
                 absl::StrCat("the key file ", file, " is no regular file of at most 64 KiB"));
  }
  // Reading by the group is left to the operator: it is how some secret stores
  // hand a file to a service.
  if ((info.st_mode & (S_IWGRP | S_IRWXO)) != 0) {
    return Error(absl::StatusCode::kFailedPrecondition, reason::kInvalidField,
                 absl::StrCat("others may read or change the key file ", file, "; chmod 600 it"));
  }
  SecretText text(std::string(static_cast<size_t>(info.st_size), '\0'));
  size_t done = 0;
  while (done < (*text).size()) {
    const ssize_t got = read(fd, (*text).data() + done, (*text).size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", file);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  (*text).resize(done);
  return std::optional<SecretText>(std::move(text));
}

absl::Status WriteAndSync(int fd, const std::string& text, const std::string& file) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t put = write(fd, text.data() + done, text.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return FileError("write", file);
    done += static_cast<size_t>(put);
  }
  return fsync(fd) == 0 ? absl::OkStatus() : FileError("sync", file);
}

absl::Status SyncDirectoryOf(const std::string& file) {
  const size_t slash = file.rfind('/');
  const std::string directory =
      slash == std::string::npos ? "." : file.substr(0, std::max<size_t>(slash, 1));
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return FileError("open the directory of", file);
  const absl::Cleanup closer = [fd] { close(fd); };
  return fsync(fd) == 0 ? absl::OkStatus() : FileError("sync the directory of", file);
}

// 64 hex digits.
absl::StatusOr<SecretText> NewKey() {
  SecretText raw(std::string(32, '\0'));
  if (RAND_bytes(reinterpret_cast<unsigned char*>((*raw).data()), 32) != 1) {
    return Error(absl::StatusCode::kInternal, reason::kInternal,
                 "OpenSSL has no randomness for a key")
        .Build();
  }
  return SecretText(absl::BytesToHexString(*raw));
}

// Returns false if another process made the file first.
absl::StatusOr<bool> CreateKeyFile(const std::string& file) {
  ASSIGN_OR_RETURN(SecretText hex, NewKey());
  SecretText text(absl::StrCat(
      "# Gatehouse's key ring: whoever has it can read the secrets of the store, and nobody\n"
      "# can without it. Keep a copy elsewhere. The first key seals; all of them open.\n",
      *hex, "\n"));
  std::string temporary = absl::StrCat(file, ".XXXXXX");
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) return FileError("make", file);
  const absl::Cleanup remover = [&] {
    close(fd);
    unlink(temporary.c_str());
  };
  RETURN_IF_ERROR(WriteAndSync(fd, *text, file));
  // link() and not rename(): it never replaces a key that is there.
  if (link(temporary.c_str(), file.c_str()) != 0) {
    if (errno == EEXIST) return false;
    return FileError("make", file);
  }
  RETURN_IF_ERROR(SyncDirectoryOf(file));
  return true;
}

absl::StatusOr<KeyRing> Parse(const std::string& text, std::string source) {
  absl::StatusOr<std::unique_ptr<SecretBox>> box = SecretBox::FromKeyRing(text);
  if (!box.ok()) {
    return Error(box.status().code(), reason::kInvalidField,
                 absl::StrCat(source, ": ", box.status().message()));
  }
  return KeyRing{.box = *std::move(box), .source = std::move(source)};
}

}  // namespace

absl::StatusOr<KeyRing> LoadOrCreateKeyRing(const KeyRingOptions& options) {
  if (options.environment && !options.environment->empty()) {
    SecretText ring(*options.environment);
    std::replace((*ring).begin(), (*ring).end(), ',', '\n');
    return Parse(*ring, absl::StrCat("environment variable ", kKeyRingVariable));
  }
  if (options.file.empty()) {
    ASSIGN_OR_RETURN(SecretText key, NewKey());
    return Parse(*key, "a key for this process only");
  }
  ASSIGN_OR_RETURN(std::optional<SecretText> text, ReadKeyFile(options.file));
  bool created = false;
  if (!text) {
    if (options.store_has_secrets) {
      return Error(
          absl::StatusCode::kFailedPrecondition, reason::kStoreCorrupt,
          absl::StrCat("the store holds sealed secrets, but there is no key to open them: ",
                       options.file, " does not exist and ", kKeyRingVariable,
                       " is not set; restore the key file from its copy"));
    }
    ASSIGN_OR_RETURN(created, CreateKeyFile(options.file));
    ASSIGN_OR_RETURN(text, ReadKeyFile(options.file));
    if (!text) return FileError("read", options.file);
  }
  ASSIGN_OR_RETURN(KeyRing ring, Parse(**text, absl::StrCat("key file ", options.file)));
  ring.created = created;
  return ring;
}

}  // namespace gatehouse::storage
