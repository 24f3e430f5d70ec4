#include "policy/domain_name.h"

#include <unicode/uidna.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxName = 253;  // RFC 1035 3.1: 255 on the wire, with lengths and the root
constexpr size_t kMaxLabel = 63;
// In UTF-8 a code point takes at most four bytes, in the ASCII form at least one
// (but for those that UTS 46 drops, of which nobody needs many).
constexpr size_t kMaxInput = 4 * kMaxName;

const UIDNA* Uts46() {
  static const UIDNA* const uts46 = [] {
    UErrorCode error = U_ZERO_ERROR;
    return uidna_openUTS46(UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                               UIDNA_CHECK_CONTEXTO | UIDNA_NONTRANSITIONAL_TO_ASCII |
                               UIDNA_NONTRANSITIONAL_TO_UNICODE,
                           &error);
  }();
  return uts46;
}

// The errors of UTS 46 in a single label, UIDNA_ERROR_… bits.
uint32_t LabelErrors(absl::string_view label) {
  std::array<char, kMaxInput> ascii;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  uidna_labelToASCII_UTF8(Uts46(), label.data(), static_cast<int32_t>(label.size()), ascii.data(),
                          ascii.size(), &info, &error);
  return info.errors;
}

bool IsFullStop(UChar32 c) {
  return c == '.' || c == 0x3002 || c == 0xFF0E || c == 0xFF61;  // UTS 46 4.5, notes
}

// The labels of a name as it was given.
std::vector<absl::string_view> GivenLabels(absl::string_view name) {
  std::vector<absl::string_view> labels;
  const int32_t size = static_cast<int32_t>(name.size());
  int32_t label_start = 0;
  for (int32_t i = 0; i < size;) {
    const int32_t start = i;
    UChar32 c = 0;
    U8_NEXT(name.data(), i, size, c);
    if (!IsFullStop(c)) continue;
    labels.push_back(name.substr(label_start, start - label_start));
    label_start = i;
  }
  labels.push_back(name.substr(label_start));
  return labels;
}

// The first character of `label` that no label may contain; empty if none can
// be singled out.
std::string DisallowedCharacter(absl::string_view label) {
  const int32_t size = static_cast<int32_t>(label.size());
  for (int32_t i = 0; i < size;) {
    const int32_t start = i;
    UChar32 c = 0;
    U8_NEXT(label.data(), i, size, c);
    if (c < 0) return "invalid UTF-8";
    if ((LabelErrors(label.substr(start, i - start)) & UIDNA_ERROR_DISALLOWED) == 0) continue;
    return c < 0x80 && absl::ascii_isgraph(static_cast<unsigned char>(c))
               ? absl::StrCat("'", label.substr(start, 1), "'")
               : absl::StrFormat("U+%04X", static_cast<uint32_t>(c));
  }
  return "";
}

// What UTS 46 finds wrong with one label, to follow `label "…" `.
std::string DescribeLabelErrors(absl::string_view label, uint32_t errors) {
  if ((errors & UIDNA_ERROR_DISALLOWED) != 0) {
    const std::string character = DisallowedCharacter(label);
    return character.empty() ? "contains a character that domain names do not allow"
                             : absl::StrCat("contains ", character);
  }
  struct Description {
    uint32_t error;
    const char* text;
  };
  static constexpr Description kDescriptions[] = {
      {UIDNA_ERROR_EMPTY_LABEL, "contains nothing visible"},
      {UIDNA_ERROR_PUNYCODE, "is not valid Punycode"},
      {UIDNA_ERROR_INVALID_ACE_LABEL, "is not the Punycode of a valid label"},
      {UIDNA_ERROR_LABEL_TOO_LONG, "is longer than 63 bytes in ASCII form"},
      {UIDNA_ERROR_LEADING_HYPHEN, "starts with a hyphen"},
      {UIDNA_ERROR_TRAILING_HYPHEN, "ends with a hyphen"},
      {UIDNA_ERROR_HYPHEN_3_4, "has hyphens in third and fourth place"},
      {UIDNA_ERROR_LEADING_COMBINING_MARK, "starts with a combining mark"},
      {UIDNA_ERROR_CONTEXTJ, "contains a joiner (U+200C or U+200D) out of place (RFC 5892)"},
      {UIDNA_ERROR_CONTEXTO_PUNCTUATION, "contains punctuation out of place (RFC 5892)"},
      {UIDNA_ERROR_CONTEXTO_DIGITS, "mixes two sets of Arabic digits (RFC 5892)"},
      {UIDNA_ERROR_BIDI, "mixes directions of writing (RFC 5893)"},
  };
  for (const Description& description : kDescriptions) {
    if ((errors & description.error) != 0) return description.text;
  }
  return "is not a label of a domain name";
}

// Why UTS 46 refused `name`, for a person.
std::string DescribeErrors(absl::string_view name, uint32_t name_errors) {
  for (absl::string_view label : GivenLabels(name)) {
    if (label.empty()) return "a domain name without a leading, trailing or doubled dot";
    const uint32_t errors = LabelErrors(label);
    if (errors == 0) continue;
    return absl::StrCat("a domain name; label ", Quoted(label), " ",
                        DescribeLabelErrors(label, errors));
  }
  // Every label is good by itself.
  if ((name_errors & UIDNA_ERROR_BIDI) != 0) {
    return "a domain name; its labels mix directions of writing (RFC 5893)";
  }
  return absl::StrCat("a domain name of at most ", kMaxName, " bytes in ASCII form");
}

bool IsCanonicalLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' && !(label.size() >= 4 && label[2] == '-' && label[3] == '-') &&
         std::all_of(label.begin(), label.end(), [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
         });
}

// Whether UTS 46 would return `name` as it is. False for any name in need of a
// closer look, A-labels among them.
bool IsCanonicalAscii(absl::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  for (absl::string_view rest = name;;) {
    const size_t dot = rest.find('.');
    if (!IsCanonicalLabel(rest.substr(0, dot))) return false;
    if (dot == absl::string_view::npos) return true;
    rest.remove_prefix(dot + 1);
  }
}

// Whether inet_aton() and URL parsers would take the name for an IPv4 address:
// its last label is a decimal or hexadecimal number (WHATWG URL, "ends in a number").
bool EndsInNumber(absl::string_view ascii) {
  absl::string_view last = ascii.substr(ascii.rfind('.') + 1);
  if (absl::ConsumePrefix(&last, "0x")) {
    return std::all_of(last.begin(), last.end(),
                       [](unsigned char c) { return absl::ascii_isxdigit(c); });
  }
  return std::all_of(last.begin(), last.end(),
                     [](unsigned char c) { return absl::ascii_isdigit(c); });
}

}  // namespace

absl::StatusOr<DomainName> DomainName::Parse(absl::string_view field, absl::string_view name) {
  if (name.empty()) return InvalidField(field, name, "a domain name");
  if (name.front() == '[') return InvalidField(field, name, "a domain name, not an IP address");
  if (name.size() > kMaxInput) {
    return InvalidField(field, name, absl::StrCat("a domain name of at most ", kMaxName, " bytes"));
  }
  std::string ascii;
  if (IsCanonicalAscii(name)) {
    ascii = std::string(name);
  } else {
    std::array<char, kMaxInput> buffer;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode error = U_ZERO_ERROR;
    const int32_t size =
        uidna_nameToASCII_UTF8(Uts46(), name.data(), static_cast<int32_t>(name.size()),
                               buffer.data(), buffer.size(), &info, &error);
    if (U_FAILURE(error) && error != U_BUFFER_OVERFLOW_ERROR) {
      return absl::InternalError(absl::StrCat("ICU: ", u_errorName(error)));
    }
    if (info.errors != 0 || U_FAILURE(error)) {
      return InvalidField(field, name, DescribeErrors(name, info.errors));
    }
    ascii.assign(buffer.data(), size);
    // ICU takes one trailing dot for the root.
    if (ascii.back() == '.') {
      return InvalidField(field, name, "a domain name without a leading, trailing or doubled dot");
    }
  }
  if (EndsInNumber(ascii)) return InvalidField(field, name, "a domain name, not an IP address");
  if (!absl::StrContains(ascii, '.')) {
    return InvalidField(field, name, "a domain name of at least two labels");
  }
  return DomainName(std::move(ascii));
}

std::string DomainName::Unicode() const {
  std::array<char, kMaxInput> buffer;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  const int32_t size =
      uidna_nameToUnicodeUTF8(Uts46(), ascii_.data(), static_cast<int32_t>(ascii_.size()),
                              buffer.data(), buffer.size(), &info, &error);
  // A name that Parse did not make, from a damaged record, is shown as it is.
  if (U_FAILURE(error) || info.errors != 0) return ascii_;
  return std::string(buffer.data(), size);
}

std::optional<DomainName> DomainName::Parent() const {
  const size_t dot = ascii_.find('.');
  if (dot == std::string::npos || ascii_.find('.', dot + 1) == std::string::npos) {
    return std::nullopt;
  }
  return DomainName(ascii_.substr(dot + 1));
}

}  // namespace gatehouse
