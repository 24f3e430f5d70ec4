#include "server/managers/web_url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

// RFC 3986, 2.2 and 2.3. What browsers read their own way (backslash, blanks,
// line breaks) is not among them.
bool IsUrlText(absl::string_view url) {
  for (size_t i = 0; i < url.size(); ++i) {
    const char c = url[i];
    if (c == '%') {
      if (i + 2 >= url.size() || !absl::ascii_isxdigit(url[i + 1]) ||
          !absl::ascii_isxdigit(url[i + 2])) {
        return false;
      }
    } else if (!absl::ascii_isalnum(c) &&
               !absl::StrContains("-._~:/?#[]@!$&'()*+,;=", absl::string_view(&c, 1))) {
      return false;
    }
  }
  return true;
}

bool IsHostName(absl::string_view host) {
  if (host.size() > 253) return false;
  for (absl::string_view label : absl::StrSplit(host, '.')) {
    if (label.empty() || label.size() > 63) return false;
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; })) {
      return false;
    }
  }
  return true;
}

struct Host {
  bool valid = false;
  bool loopback = false;
};

// `host` as it stands in a URL. An IPv4 address only in its dotted form: what
// else browsers take for one (127.1, 2130706433) ends in a number, too.
Host ParseHost(absl::string_view host) {
  if (absl::ConsumePrefix(&host, "[")) {
    in6_addr address;
    if (!absl::ConsumeSuffix(&host, "]") ||
        inet_pton(AF_INET6, std::string(host).c_str(), &address) != 1) {
      return {};
    }
    return {.valid = true, .loopback = IN6_IS_ADDR_LOOPBACK(&address) != 0};
  }
  const absl::string_view last_label = host.substr(host.rfind('.') + 1);
  if (std::all_of(last_label.begin(), last_label.end(), absl::ascii_isdigit)) {
    in_addr address;
    if (inet_pton(AF_INET, std::string(host).c_str(), &address) != 1) return {};
    return {.valid = true, .loopback = ntohl(address.s_addr) >> 24 == 127};
  }
  return {.valid = IsHostName(host), .loopback = absl::EqualsIgnoreCase(host, "localhost")};
}

// What `url` should be and is not; empty: it is right.
absl::string_view ExpectationMissedBy(absl::string_view url) {
  if (url.empty() || url.size() > kMaxWebUrlBytes) return "an https URL of 1 to 2048 bytes";
  if (!IsUrlText(url)) return "an https URL in the characters of RFC 3986, others as %XX";
  const size_t scheme_end = url.find("://");
  const absl::string_view scheme = url.substr(0, scheme_end);
  const bool is_http = absl::EqualsIgnoreCase(scheme, "http");
  if (scheme_end == absl::string_view::npos ||
      (!is_http && !absl::EqualsIgnoreCase(scheme, "https"))) {
    return "an https URL";
  }
  if (absl::StrContains(url, "#")) return "an https URL without a fragment";
  absl::string_view host = url.substr(scheme_end + 3);
  host = host.substr(0, host.find_first_of("/?"));
  if (absl::StrContains(host, "@")) return "an https URL without user information";
  const size_t colon = host.rfind(':');
  if (colon != absl::string_view::npos && !absl::EndsWith(host, "]")) {
    int port = 0;
    const absl::string_view digits = host.substr(colon + 1);
    if (digits.size() > 5 || !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) ||
        !absl::SimpleAtoi(digits, &port) || port < 1 || port > 65535) {
      return "an https URL with a port from 1 to 65535, or none";
    }
    host = host.substr(0, colon);
  }
  const Host parsed = ParseHost(host);
  if (!parsed.valid) return "an https URL with a host name, an IPv4 address or an [IPv6] address";
  if (is_http && !parsed.loopback) {
    return "an https URL; http is for loopback hosts only (127.0.0.0/8, [::1], localhost)";
  }
  return "";
}

}  // namespace

absl::Status CheckWebUrl(absl::string_view field, absl::string_view url) {
  const absl::string_view missed = ExpectationMissedBy(url);
  return missed.empty() ? absl::OkStatus() : InvalidField(field, url, missed);
}

}  // namespace gatehouse
