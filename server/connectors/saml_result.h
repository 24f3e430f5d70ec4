// What judging a foreign message gives: a value, or the reason for refusing it.
//
// A refusal is a finding about the message, not an error of ours, so it is no
// absl::Status. SamlResult has the shape that ASSIGN_OR_RETURN expects:
//
//   ASSIGN_OR_RETURN(XmlDocument document, ParseXml(bytes, kMaxBytes));
#ifndef GATEHOUSE_SERVER_CONNECTORS_SAML_RESULT_H_
#define GATEHOUSE_SERVER_CONNECTORS_SAML_RESULT_H_

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/string_view.h"
#include "policy/connection_test.h"

namespace gatehouse {

struct SamlRefusal {
  ConnectionTestFailure failure = ConnectionTestFailure::kMalformedResponse;
  std::string detail;  // what was expected and what was found; see Shown()
};

template <typename T>
class SamlResult {
 public:
  SamlResult(T value) : state_(std::move(value)) {}                // NOLINT: returned as is
  SamlResult(SamlRefusal refusal) : state_(std::move(refusal)) {}  // NOLINT: returned as is

  bool ok() const { return std::holds_alternative<T>(state_); }
  // Requires !ok().
  const SamlRefusal& status() const { return std::get<SamlRefusal>(state_); }
  // Requires ok().
  const T& operator*() const& { return std::get<T>(state_); }
  T&& operator*() && { return std::get<T>(std::move(state_)); }
  const T* operator->() const { return &std::get<T>(state_); }

 private:
  std::variant<T, SamlRefusal> state_;
};

// `value` in quotes for a detail: cut at 120 bytes, anything unprintable escaped.
std::string Shown(absl::string_view value);

// The same of a value that may be missing; then "nothing", without quotes.
std::string ShownOrNothing(const std::optional<std::string>& value);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_SAML_RESULT_H_
