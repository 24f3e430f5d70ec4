// Domains as arguments: written as people do, sent as the API names them.
#ifndef GATEHOUSE_CLIENT_CLI_DOMAIN_ARGUMENT_H_
#define GATEHOUSE_CLIENT_CLI_DOMAIN_ARGUMENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cli/session.h"

namespace gatehouse::cli {

// The full name of what `collection` ("domains", "enforcements") has for a
// domain, in its ASCII form: "Bücher.example" names
// organizations/acme/domains/xn--bcher-kva.example. The full name of a domain
// does for its enforcement too, and the other way round. A usage error for what
// is no domain.
absl::StatusOr<std::string> DomainResource(const Session& session, absl::string_view text,
                                           absl::string_view collection);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_DOMAIN_ARGUMENT_H_
