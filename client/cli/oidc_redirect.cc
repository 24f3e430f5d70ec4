#include "client/cli/oidc_redirect.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/cli/errors.h"

namespace gatehouse::cli {

absl::StatusOr<std::string> ParseOidcRedirect(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (absl::StrContains(text, "://")) {
    const size_t question = text.find('?');
    // response_mode=fragment: the callback never sees it, so it proves nothing.
    if (question == absl::string_view::npos) {
      return UsageError("the URL that the browser was sent back to has no query");
    }
    text = text.substr(question);
  }
  absl::ConsumePrefix(&text, "?");
  text = text.substr(0, text.find('#'));
  // The first completion decides a test: do not spend it on something else.
  const std::vector<absl::string_view> pairs = absl::StrSplit(text, '&');
  const bool is_answer = std::any_of(pairs.begin(), pairs.end(), [](absl::string_view pair) {
    return absl::StartsWith(pair, "code=") || absl::StartsWith(pair, "error=");
  });
  if (!is_answer) {
    return UsageError(
        "what the IdP sent back has neither a code nor an error; give the whole URL of the page "
        "that the browser ended on");
  }
  return std::string(text);
}

}  // namespace gatehouse::cli
