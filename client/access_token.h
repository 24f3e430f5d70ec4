// The access token that goes with each call.
#ifndef GATEHOUSE_CLIENT_ACCESS_TOKEN_H_
#define GATEHOUSE_CLIENT_ACCESS_TOKEN_H_

#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gatehouse::client {

// Thread-safe.
class AccessToken {
 public:
  // INVALID_ARGUMENT: not what can stand in a header: 1 to 512 visible ASCII
  // characters. The error does not quote it.
  static absl::StatusOr<std::shared_ptr<AccessToken>> FromText(absl::string_view token);
  // A file with the token and nothing else but white space around it. It is read
  // again when it has changed, within a second, so a rotated token needs no
  // restart; a file that cannot be used then leaves the last token in place.
  // INVALID_ARGUMENT: it cannot be read now, or what it holds is no token.
  static absl::StatusOr<std::shared_ptr<AccessToken>> FromFile(const std::string& path);

  std::string value();

 private:
  AccessToken(std::string path, std::string value)
      : path_(std::move(path)), value_(std::move(value)) {}

  const std::string path_;  // empty: the token is fixed
  std::mutex mutex_;
  std::string value_;
  absl::Time next_look_ = absl::InfinitePast();
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_ACCESS_TOKEN_H_
