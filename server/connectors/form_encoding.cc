#include "server/connectors/form_encoding.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxFields = 50;

absl::StatusOr<std::string> DecodeValue(absl::string_view encoded) {
  std::string value;
  for (size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] == '+') {
      value.push_back(' ');
    } else if (encoded[i] != '%') {
      value.push_back(encoded[i]);
    } else {
      const absl::string_view digits = encoded.substr(i + 1, 2);
      if (digits.size() < 2 || !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) {
        return absl::InvalidArgumentError("has a broken % escape");
      }
      value += absl::HexStringToBytes(digits);
      i += 2;
    }
  }
  return value;
}

}  // namespace

std::string FormEncode(absl::string_view value) {
  std::string encoded;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded.push_back(c);
    } else {
      absl::StrAppend(&encoded, "%",
                      absl::AsciiStrToUpper(absl::BytesToHexString(absl::string_view(&c, 1))));
    }
  }
  return encoded;
}

std::string FormEncode(const FormFields& fields) {
  std::string encoded;
  for (const auto& [name, value] : fields) {
    absl::StrAppend(&encoded, encoded.empty() ? "" : "&", FormEncode(name), "=", FormEncode(value));
  }
  return encoded;
}

absl::StatusOr<FormFields> FormDecode(absl::string_view encoded) {
  FormFields fields;
  for (absl::string_view part : absl::StrSplit(encoded, '&', absl::SkipEmpty())) {
    if (fields.size() == kMaxFields) return absl::InvalidArgumentError("has too many fields");
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    ASSIGN_OR_RETURN(std::string name, DecodeValue(pair.first));
    ASSIGN_OR_RETURN(std::string value, DecodeValue(pair.second));
    fields.emplace_back(std::move(name), std::move(value));
  }
  return fields;
}

}  // namespace gatehouse
