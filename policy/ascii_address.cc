#include "policy/ascii_address.h"

#include <cstddef>
#include <cstdint>

namespace gatehouse {
namespace {

constexpr size_t kMaxLocal = 64;
constexpr size_t kMaxLabel = 63;

// For each byte: the character in lower case, if it may stand in a local part or
// a label; else 0.
struct Characters {
  std::array<char, 256> local{};
  std::array<char, 256> label{};
};

constexpr Characters MakeCharacters() {
  Characters characters;
  for (int i = 0; i < 26; ++i) {
    const char lower = static_cast<char>('a' + i);
    characters.local['a' + i] = characters.local['A' + i] = lower;
    characters.label['a' + i] = characters.label['A' + i] = lower;
  }
  for (char digit = '0'; digit <= '9'; ++digit) {
    characters.local[digit] = characters.label[digit] = digit;
  }
  // RFC 5322 3.2.3, atext.
  for (const char c : absl::string_view("!#$%&'*+-/=?^_`{|}~")) characters.local[c] = c;
  characters.label['-'] = '-';
  return characters;
}

constexpr Characters kCharacters = MakeCharacters();

uint8_t Byte(char c) { return static_cast<uint8_t>(c); }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Writes the local part up to the '@'; its size, 0 if it is not a plain one.
size_t WriteLocal(absl::string_view address, char* out) {
  size_t size = 0;
  char last = '.';  // so that a dot cannot lead
  for (const char c : address) {
    if (c == '@') return last == '.' ? 0 : size;
    if (size == kMaxLocal) return 0;
    const char canonical = c == '.' && last != '.' ? '.' : kCharacters.local[Byte(c)];
    if (canonical == 0) return 0;
    out[size++] = last = canonical;
  }
  return 0;
}

// Whether `label`, of letters, digits and hyphens, is a plain label: RFC 1123
// 2.1; hyphens in the third and fourth place are for encodings (RFC 5891 4.2.3.1).
bool IsPlainLabel(absl::string_view label) {
  if (label.empty() || label.size() > kMaxLabel) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return label.size() < 4 || label[2] != '-' || label[3] != '-';
}

// Writes the domain; whether it is a plain one.
bool WriteDomain(absl::string_view domain, char* out) {
  size_t label = 0;
  size_t labels = 1;
  for (size_t i = 0; i < domain.size(); ++i) {
    if (domain[i] == '.') {
      if (!IsPlainLabel({out + label, i - label})) return false;
      out[i] = '.';
      label = i + 1;
      ++labels;
    } else if ((out[i] = kCharacters.label[Byte(domain[i])]) == 0) {
      return false;
    }
  }
  const absl::string_view last(out + label, domain.size() - label);
  // A last label that begins with a digit may be a part of an IP address.
  return labels >= 2 && IsPlainLabel(last) && !IsDigit(last.front());
}

}  // namespace

std::optional<AsciiAddress> ParseAsciiAddress(absl::string_view address,
                                              AsciiAddressBuffer& buffer) {
  if (address.size() > buffer.size()) return std::nullopt;
  const size_t local_size = WriteLocal(address, buffer.data());
  if (local_size == 0) return std::nullopt;
  const absl::string_view domain = address.substr(local_size + 1);
  char* const domain_out = buffer.data() + local_size;
  if (!WriteDomain(domain, domain_out)) return std::nullopt;
  return AsciiAddress{.local = {buffer.data(), local_size}, .domain = {domain_out, domain.size()}};
}

}  // namespace gatehouse
