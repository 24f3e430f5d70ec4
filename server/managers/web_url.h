// URLs that administrators give: of their IdP, and of whoever hosts the callback.
#ifndef GATEHOUSE_SERVER_MANAGERS_WEB_URL_H_
#define GATEHOUSE_SERVER_MANAGERS_WEB_URL_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace gatehouse {

inline constexpr size_t kMaxWebUrlBytes = 2048;

// INVALID_ARGUMENT unless `url` is an https URL, or an http URL of a loopback
// host (127.0.0.0/8, [::1], localhost); of at most kMaxWebUrlBytes bytes, in
// the characters of RFC 3986, without user information and fragment.
absl::Status CheckWebUrl(absl::string_view field, absl::string_view url);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_WEB_URL_H_
