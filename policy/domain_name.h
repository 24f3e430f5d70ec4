// DomainName: the only form in which Gatehouse holds an email domain.
#ifndef GATEHOUSE_POLICY_DOMAIN_NAME_H_
#define GATEHOUSE_POLICY_DOMAIN_NAME_H_

#include <compare>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gatehouse {

// A domain name in its canonical ASCII form (A-labels, lower case, no trailing
// dot), by UTS 46 non-transitional processing with STD3 rules, CheckHyphens,
// CheckBidi and CheckJoiners; any error refuses. Two names are equal if and
// only if DNS would call them the same.
class DomainName {
 public:
  // The empty name; never the result of Parse.
  DomainName() = default;

  // Accepts `Bücher.example` and `xn--bcher-kva.example` alike.
  // INVALID_ARGUMENT naming `field`: empty, a single label, a leading or
  // trailing dot, an IP literal (v4, or anything in brackets), a label above 63
  // or a name above 253 bytes (RFC 1035), invalid UTF-8, any UTS 46 error
  // (disallowed code point, bidi rule, bad Punycode, underscore, …), or an
  // all-numeric last label.
  static absl::StatusOr<DomainName> Parse(absl::string_view field, absl::string_view name);
  // For a name that Parse accepted before (read from a record).
  static DomainName FromTrusted(absl::string_view ascii) { return DomainName(std::string(ascii)); }

  // "xn--bcher-kva.example". At most 253 bytes.
  const std::string& ascii() const { return ascii_; }
  // "bücher.example", for people.
  std::string Unicode() const;
  // "b.example" of "a.b.example"; nullopt when one label would be left.
  std::optional<DomainName> Parent() const;
  bool empty() const { return ascii_.empty(); }

  friend bool operator==(const DomainName&, const DomainName&) = default;
  friend auto operator<=>(const DomainName&, const DomainName&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const DomainName& name) {
    return H::combine(std::move(h), name.ascii_);
  }

 private:
  explicit DomainName(std::string ascii) : ascii_(std::move(ascii)) {}
  std::string ascii_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_DOMAIN_NAME_H_
