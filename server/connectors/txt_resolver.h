// Seam to DNS: the TXT records of one name.
#ifndef GATEHOUSE_SERVER_CONNECTORS_TXT_RESOLVER_H_
#define GATEHOUSE_SERVER_CONNECTORS_TXT_RESOLVER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gatehouse {

class TxtResolver {
 public:
  virtual ~TxtResolver() = default;

  // The TXT records of `name` (ASCII, no trailing dot), each with its
  // character-strings joined; empty if the name or the type does not exist
  // (NXDOMAIN, NODATA: an answer, not a failure).
  //
  // UNAVAILABLE: no server gave an answer within the overall deadline (time-out,
  // refused, SERVFAIL); the message says which servers were asked and what
  // happened. Thread-safe; blocks up to the deadline.
  virtual absl::StatusOr<std::vector<std::string>> LookupTxt(absl::string_view name) = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_TXT_RESOLVER_H_
