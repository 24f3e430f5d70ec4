#include "client/plain_address.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/ascii.h"

namespace gatehouse::client {
namespace {

constexpr size_t kMaxAddress = 254;
constexpr size_t kMaxLocal = 64;
constexpr size_t kMaxLabel = 63;

// Of each byte: may it stand in a local part, and what does it become in a domain
// (0: it may not stand there).
struct Bytes {
  constexpr Bytes() {
    for (int c = 'a'; c <= 'z'; ++c) local[c] = true, domain[c] = static_cast<char>(c);
    for (int c = 'A'; c <= 'Z'; ++c) local[c] = true, domain[c] = static_cast<char>(c + 32);
    for (int c = '0'; c <= '9'; ++c) local[c] = true, domain[c] = static_cast<char>(c);
    for (const char c : absl::string_view("!#$%&'*+-/=?^_`{|}~."))
      local[static_cast<int>(c)] = true;
    domain['-'] = '-';
    domain['.'] = '.';
  }

  std::array<bool, 256> local = {};
  std::array<char, 256> domain = {};
};
constexpr Bytes kBytes;

uint8_t Byte(char c) { return static_cast<uint8_t>(c); }

// The size of the local part before the '@'; 0: not a plain one.
size_t LocalSize(absl::string_view email) {
  char last = '.';
  for (size_t i = 0; i < email.size(); last = email[i++]) {
    const char c = email[i];
    if (c == '@') return last == '.' || i > kMaxLocal ? 0 : i;
    if (!kBytes.local[Byte(c)] || (c == '.' && last == '.')) return 0;
  }
  return 0;
}

bool IsPlainLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' && !(label.size() >= 4 && label[2] == '-' && label[3] == '-');
}

}  // namespace

std::optional<absl::string_view> PlainDomainOf(absl::string_view email, PlainDomainBuffer& buffer) {
  if (email.size() > kMaxAddress) return std::nullopt;
  const size_t at = LocalSize(email);
  if (at == 0) return std::nullopt;
  size_t size = 0, label_start = 0;
  for (const char c : email.substr(at + 1)) {
    const char canonical = kBytes.domain[Byte(c)];
    if (canonical == 0) return std::nullopt;
    if (canonical == '.') {
      if (!IsPlainLabel({&buffer[label_start], size - label_start})) return std::nullopt;
      label_start = size + 1;
    }
    buffer[size++] = canonical;
  }
  // A last label that begins with a digit may be (part of) an IP address.
  if (label_start == 0 || !IsPlainLabel({&buffer[label_start], size - label_start}) ||
      absl::ascii_isdigit(Byte(buffer[label_start]))) {
    return std::nullopt;
  }
  return absl::string_view(buffer.data(), size);
}

}  // namespace gatehouse::client
