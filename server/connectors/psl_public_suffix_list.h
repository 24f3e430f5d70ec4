// PublicSuffixList by libpsl.
#ifndef GATEHOUSE_SERVER_CONNECTORS_PSL_PUBLIC_SUFFIX_LIST_H_
#define GATEHOUSE_SERVER_CONNECTORS_PSL_PUBLIC_SUFFIX_LIST_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/connectors/public_suffix_list.h"

namespace gatehouse {

// The list in `file` (publicsuffix.org's format, or libpsl's DAFSA), or, if
// `file` is empty, the one that libpsl was built with. Both sections count: the
// registries' (co.uk) and the private one (github.io).
//
// INVALID_ARGUMENT naming "public_suffix_list": the file cannot be read, or is
// no such list: it does not know "com".
absl::StatusOr<std::unique_ptr<PublicSuffixList>> NewPslPublicSuffixList(const std::string& file);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_PSL_PUBLIC_SUFFIX_LIST_H_
