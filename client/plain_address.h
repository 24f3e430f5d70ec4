// The domain of the addresses that nearly everybody has, found without ICU and
// without memory of its own.
#ifndef GATEHOUSE_CLIENT_PLAIN_ADDRESS_H_
#define GATEHOUSE_CLIENT_PLAIN_ADDRESS_H_

#include <array>
#include <optional>

#include "absl/strings/string_view.h"

namespace gatehouse::client {

using PlainDomainBuffer = std::array<char, 256>;

// The domain of `email`, as EmailAddress::Parse has it, if `email` is a valid
// address of ASCII characters alone that needs no closer look; in `buffer`.
// nullopt says nothing: ask EmailAddress::Parse.
std::optional<absl::string_view> PlainDomainOf(absl::string_view email, PlainDomainBuffer& buffer);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_PLAIN_ADDRESS_H_
