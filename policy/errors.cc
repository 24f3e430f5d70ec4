#include "policy/errors.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstdint>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace gatehouse {
namespace {

// The payload is read by this file only, in the process that wrote it: the
// strings of ErrorDetails in order, each as "<length>:<bytes>".
constexpr absl::string_view kPayloadType = "gatehouse/policy.ErrorDetails";

constexpr size_t kMaxShownValue = 80;

void Append(absl::string_view value, std::string& out) {
  absl::StrAppend(&out, value.size(), ":", value);
}

void Append(int64_t number, std::string& out) { Append(absl::StrCat(number), out); }

using Pairs = std::vector<std::pair<std::string, std::string>>;

template <typename Container>
void AppendPairs(const Container& pairs, std::string& out) {
  Append(static_cast<int64_t>(pairs.size()), out);
  for (const auto& [first, second] : pairs) {
    Append(first, out);
    Append(second, out);
  }
}

std::string Encode(const ErrorDetails& details) {
  std::string out;
  Append(details.reason, out);
  AppendPairs(details.field_violations, out);
  Append(static_cast<int64_t>(details.precondition_violations.size()), out);
  for (const PreconditionViolation& violation : details.precondition_violations) {
    Append(violation.reason, out);
    Append(violation.resource, out);
    Append(violation.description, out);
  }
  AppendPairs(details.metadata, out);
  Append(details.retry_after_ms, out);
  return out;
}

// Each returns false when the input is not what Encode wrote.
bool Take(absl::string_view& in, std::string& value) {
  const size_t colon = in.find(':');
  uint64_t size = 0;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(in.substr(0, colon), &size)) {
    return false;
  }
  in.remove_prefix(colon + 1);
  if (size > in.size()) return false;
  value = std::string(in.substr(0, size));
  in.remove_prefix(size);
  return true;
}

bool Take(absl::string_view& in, int64_t& number) {
  std::string digits;
  return Take(in, digits) && absl::SimpleAtoi(digits, &number);
}

bool TakePairs(absl::string_view& in, Pairs& pairs) {
  int64_t count = 0;
  if (!Take(in, count)) return false;
  for (; count > 0; --count) {
    std::pair<std::string, std::string>& pair = pairs.emplace_back();
    if (!Take(in, pair.first) || !Take(in, pair.second)) return false;
  }
  return true;
}

bool TakeViolations(absl::string_view& in, std::vector<PreconditionViolation>& violations) {
  int64_t count = 0;
  if (!Take(in, count)) return false;
  for (; count > 0; --count) {
    PreconditionViolation& violation = violations.emplace_back();
    if (!Take(in, violation.reason) || !Take(in, violation.resource) ||
        !Take(in, violation.description)) {
      return false;
    }
  }
  return true;
}

std::optional<ErrorDetails> Decode(absl::string_view in) {
  ErrorDetails details;
  Pairs metadata;
  if (!Take(in, details.reason) || !TakePairs(in, details.field_violations) ||
      !TakeViolations(in, details.precondition_violations) || !TakePairs(in, metadata) ||
      !Take(in, details.retry_after_ms) || !in.empty()) {
    return std::nullopt;
  }
  details.metadata.insert(metadata.begin(), metadata.end());
  return details;
}

absl::Status MakeStatus(absl::StatusCode code, absl::string_view message,
                        const ErrorDetails& details) {
  absl::Status status(code, message);
  status.SetPayload(kPayloadType, absl::Cord(Encode(details)));
  return status;
}

// Whether a reader would not see the code point, or would see the rest of the
// line reordered by it.
bool IsInvisible(UChar32 c) {
  return (U_GET_GC_MASK(c) & (U_GC_C_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK)) != 0;
}

}  // namespace

std::string Quoted(absl::string_view value) {
  const bool cut = value.size() > kMaxShownValue;
  std::string out = "\"";
  const char* bytes = value.data();
  const int32_t size = static_cast<int32_t>(cut ? kMaxShownValue : value.size());
  for (int32_t i = 0; i < size;) {
    const int32_t start = i;
    UChar32 c = 0;
    U8_NEXT(bytes, i, size, c);
    if (c < 0) {
      // A character that the cut went through is not the caller's mistake.
      if (cut && i == size && start > size - U8_MAX_LENGTH) break;
      for (int32_t j = start; j < i; ++j) {
        absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(bytes[j]));
      }
    } else if (c == '"' || c == '\\') {
      absl::StrAppend(&out, "\\", std::string(1, static_cast<char>(c)));
    } else if (IsInvisible(c)) {
      absl::StrAppendFormat(&out, "\\u{%04X}", static_cast<uint32_t>(c));
    } else {
      out.append(bytes + start, i - start);
    }
  }
  absl::StrAppend(&out, cut ? "…\"" : "\"");
  return out;
}

Error::Error(absl::StatusCode code, absl::string_view reason, absl::string_view message)
    : code_(code), message_(message) {
  details_.reason = std::string(reason);
}

Error&& Error::Field(absl::string_view field, absl::string_view expectation) && {
  details_.field_violations.emplace_back(field, expectation);
  return std::move(*this);
}

Error&& Error::Subject(absl::string_view resource, absl::string_view description) && {
  return std::move(*this).Violation({.reason = details_.reason,
                                     .resource = std::string(resource),
                                     .description = std::string(description)});
}

Error&& Error::Violation(PreconditionViolation violation) && {
  details_.precondition_violations.push_back(std::move(violation));
  return std::move(*this);
}

Error&& Error::Metadata(absl::string_view key, absl::string_view value) && {
  details_.metadata.insert_or_assign(std::string(key), std::string(value));
  return std::move(*this);
}

Error&& Error::RetryAfterMs(int64_t milliseconds) && {
  details_.retry_after_ms = milliseconds;
  return std::move(*this);
}

absl::Status Error::Build() && { return MakeStatus(code_, message_, details_); }

Error::operator absl::Status() && { return std::move(*this).Build(); }

absl::Status InvalidField(absl::string_view field, absl::string_view value,
                          absl::string_view expectation) {
  return Error(absl::StatusCode::kInvalidArgument, reason::kInvalidField,
               absl::StrCat(field, " ", Quoted(value), ": expected ", expectation))
      .Field(field, expectation);
}

absl::Status PrefixFields(const absl::Status& status, absl::string_view prefix) {
  std::optional<ErrorDetails> details = DetailsOf(status);
  if (!details.has_value() || details->field_violations.empty()) return status;
  std::string message(status.message());
  // InvalidField's message begins with the path.
  if (absl::StartsWith(message, details->field_violations.front().first)) {
    message.insert(0, prefix.data(), prefix.size());
  }
  for (auto& [field, expectation] : details->field_violations) {
    field.insert(0, prefix.data(), prefix.size());
  }
  return MakeStatus(status.code(), message, *details);
}

absl::Status ResourceNotFound(absl::string_view resource) {
  return Error(absl::StatusCode::kNotFound, reason::kResourceNotFound,
               absl::StrCat(Quoted(resource), " does not exist"))
      .Metadata("resource", resource);
}

std::optional<ErrorDetails> DetailsOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadType);
  if (!payload.has_value()) return std::nullopt;
  return Decode(std::string(*payload));
}

std::string ReasonOf(const absl::Status& status) {
  std::optional<ErrorDetails> details = DetailsOf(status);
  return details.has_value() ? std::move(details->reason) : "";
}

}  // namespace gatehouse
