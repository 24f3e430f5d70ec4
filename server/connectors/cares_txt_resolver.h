// TxtResolver by c-ares.
#ifndef GATEHOUSE_SERVER_CONNECTORS_CARES_TXT_RESOLVER_H_
#define GATEHOUSE_SERVER_CONNECTORS_CARES_TXT_RESOLVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/connectors/txt_resolver.h"

namespace gatehouse {

struct CaresOptions {
  // Recursive servers in order of preference, at most 8: "192.0.2.53:53" or
  // "[2001:db8::53]:53", always with the port. Empty: the system's
  // (/etc/resolv.conf, read again by each lookup).
  std::vector<std::string> servers;
  // How long one server has for one answer; grows with each further round.
  absl::Duration timeout = absl::Seconds(2);
  // Rounds over all servers, 1 to 10.
  int tries = 2;
  // For the whole lookup, whatever the two above add up to.
  absl::Duration deadline = absl::Seconds(8);
};

// Asks by UDP, by TCP if the answer was truncated, and the next server if one is
// silent, refuses or fails. Besides what TxtResolver says, LookupTxt returns
// INVALID_ARGUMENT for a name that DNS cannot carry, and UNAVAILABLE for an
// answer of more than 100 records or 32 KiB: nobody's verification record hides
// among so many.
//
// INVALID_ARGUMENT naming the option at fault ("servers[1]").
absl::StatusOr<std::unique_ptr<TxtResolver>> NewCaresTxtResolver(const CaresOptions& options);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_CARES_TXT_RESOLVER_H_
