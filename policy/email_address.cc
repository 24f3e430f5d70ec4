#include "policy/email_address.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "policy/ascii_address.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxLocal = 64;     // RFC 5321 4.5.3.1.1
constexpr size_t kMaxAddress = 254;  // RFC 5321 4.5.3.1.3, without its angle brackets

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

// A character of an unquoted local part: RFC 5322 atext, '.', or beyond ASCII
// what is assigned and visible.
bool IsLocalCharacter(UChar32 c) {
  if (c < 0x80) {
    const char ascii = static_cast<char>(c);
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           (ascii != '\0' && absl::StrContains("!#$%&'*+-/=?^_`{|}~.", ascii));
  }
  constexpr uint32_t kRefused = U_GC_C_MASK | U_GC_Z_MASK;
  return (U_GET_GC_MASK(c) & kRefused) == 0 &&
         !u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

// What is wrong with a local part, as the expectation that it breaks; empty if
// nothing is.
std::string LocalFault(absl::string_view local) {
  if (local.empty()) return "a local part before the '@'";
  if (local.size() > kMaxLocal) {
    return absl::StrCat("a local part of at most ", kMaxLocal, " bytes (RFC 5321)");
  }
  if (local.front() == '"') return "a local part without quotes";
  if (local.front() == '.' || local.back() == '.' || absl::StrContains(local, "..")) {
    return "a local part without a leading, trailing or doubled dot";
  }
  const int32_t size = static_cast<int32_t>(local.size());
  for (int32_t i = 0; i < size;) {
    const int32_t start = i;
    UChar32 c = 0;
    U8_NEXT(local.data(), i, size, c);
    if (c < 0) return "valid UTF-8";
    if (IsLocalCharacter(c)) continue;
    return c > 0x20 && c < 0x7F
               ? absl::StrCat("no '", local.substr(start, 1), "' in the local part")
               : absl::StrFormat("no U+%04X in the local part", static_cast<uint32_t>(c));
  }
  return "";
}

// Room for the longest case folding (3 code units each) and decomposition (4)
// of a local part within its limit.
using Units = std::array<UChar, kMaxLocal * 3 * 4>;

// The canonical caseless form of a valid local part, in NFC.
absl::StatusOr<std::string> CanonicalLocal(absl::string_view local) {
  if (IsAscii(local)) return absl::AsciiStrToLower(local);
  Units given, folded;
  std::array<char, std::tuple_size_v<Units> * 3> utf8;
  int32_t size = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strFromUTF8(given.data(), given.size(), &size, local.data(), static_cast<int32_t>(local.size()),
                &error);
  // ICU's functions do nothing once `error` is set.
  size = unorm2_normalize(unorm2_getNFDInstance(&error), given.data(), size, folded.data(),
                          folded.size(), &error);
  size =
      u_strFoldCase(given.data(), given.size(), folded.data(), size, U_FOLD_CASE_DEFAULT, &error);
  size = unorm2_normalize(unorm2_getNFCInstance(&error), given.data(), size, folded.data(),
                          folded.size(), &error);
  u_strToUTF8(utf8.data(), utf8.size(), &size, folded.data(), size, &error);
  if (U_FAILURE(error)) return absl::InternalError(absl::StrCat("ICU: ", u_errorName(error)));
  return std::string(utf8.data(), size);
}

}  // namespace

absl::StatusOr<EmailAddress> EmailAddress::Parse(absl::string_view field,
                                                 absl::string_view address) {
  AsciiAddressBuffer buffer;
  if (const auto ascii = ParseAsciiAddress(address, buffer)) {
    return FromTrusted(ascii->local, DomainName::FromTrusted(ascii->domain));
  }
  const auto too_long = [&] {
    return InvalidField(field, address,
                        absl::StrCat("an address of at most ", kMaxAddress, " bytes (RFC 5321)"));
  };
  if (address.size() > kMaxAddress) return too_long();
  const size_t at = address.find('@');
  if (at == absl::string_view::npos || address.find('@', at + 1) != absl::string_view::npos) {
    return InvalidField(field, address, "an address with exactly one '@'");
  }
  const absl::string_view given_local = address.substr(0, at);
  std::string fault = LocalFault(given_local);
  if (!fault.empty()) return InvalidField(field, address, fault);
  ASSIGN_OR_RETURN(const std::string local, CanonicalLocal(given_local));
  // Normalization makes a ';' of U+037E, and may make the text longer.
  fault = LocalFault(local);
  if (!fault.empty()) return InvalidField(field, address, absl::StrCat(fault, ", once normalized"));
  ASSIGN_OR_RETURN(const DomainName domain, DomainName::Parse(field, address.substr(at + 1)));
  if (local.size() + 1 + domain.ascii().size() > kMaxAddress) return too_long();
  return FromTrusted(local, domain);
}

EmailAddress EmailAddress::FromTrusted(absl::string_view local, DomainName domain) {
  EmailAddress address;
  address.local_ = std::string(local);
  address.domain_ = std::move(domain);
  return address;
}

std::string EmailAddress::Canonical() const { return absl::StrCat(local_, "@", domain_.ascii()); }

std::string EmailAddress::Redacted() const { return absl::StrCat("***@", domain_.ascii()); }

}  // namespace gatehouse
