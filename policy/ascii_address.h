// The short way to an address's canonical form, for nearly all addresses there
// are: plain ASCII, and right.
#ifndef GATEHOUSE_POLICY_ASCII_ADDRESS_H_
#define GATEHOUSE_POLICY_ASCII_ADDRESS_H_

#include <array>
#include <optional>

#include "absl/strings/string_view.h"

namespace gatehouse {

// Room for a canonical address: RFC 5321 4.5.3.1.3, without its angle brackets.
using AsciiAddressBuffer = std::array<char, 254>;

// An address in canonical form, in a buffer.
struct AsciiAddress {
  absl::string_view local;
  absl::string_view domain;
};

// The canonical form of `address`, written to `buffer`: what EmailAddress::Parse
// gives, without allocation. nullopt: it is not plain ASCII, or internationalized
// in ASCII (xn--), or not an address; EmailAddress::Parse knows.
std::optional<AsciiAddress> ParseAsciiAddress(absl::string_view address,
                                              AsciiAddressBuffer& buffer);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_ASCII_ADDRESS_H_
