#include "client/access_token.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::client {
namespace {

constexpr size_t kMaxTokenBytes = 512;
constexpr absl::Duration kBetweenLooks = absl::Seconds(1);

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(2 * kMaxTokenBytes, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.is_open() || file.bad()) {
    return InvalidField("token_file", path, "a file that can be read");
  }
  content.resize(static_cast<size_t>(file.gcount()));
  const absl::string_view token = absl::StripAsciiWhitespace(content);
  if (token.empty() || token.size() > kMaxTokenBytes ||
      !std::all_of(token.begin(), token.end(), absl::ascii_isgraph)) {
    return InvalidField("token_file", path, "a file that holds an access token and nothing else");
  }
  return std::string(token);
}

}  // namespace

absl::StatusOr<std::shared_ptr<AccessToken>> AccessToken::FromText(absl::string_view token) {
  if (token.empty() || token.size() > kMaxTokenBytes ||
      !std::all_of(token.begin(), token.end(), absl::ascii_isgraph)) {
    return InvalidField("token", "…", "an access token: 1 to 512 visible ASCII characters");
  }
  return std::shared_ptr<AccessToken>(new AccessToken("", std::string(token)));
}

absl::StatusOr<std::shared_ptr<AccessToken>> AccessToken::FromFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::string token, ReadToken(path));
  return std::shared_ptr<AccessToken>(new AccessToken(path, std::move(token)));
}

std::string AccessToken::value() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!path_.empty() && absl::Now() >= next_look_) {
    next_look_ = absl::Now() + kBetweenLooks;
    if (absl::StatusOr<std::string> token = ReadToken(path_); token.ok()) {
      value_ = *std::move(token);
    }
  }
  return value_;
}

}  // namespace gatehouse::client
