// Seam to the public suffix list (publicsuffix.org).
#ifndef GATEHOUSE_SERVER_CONNECTORS_PUBLIC_SUFFIX_LIST_H_
#define GATEHOUSE_SERVER_CONNECTORS_PUBLIC_SUFFIX_LIST_H_

#include "policy/domain_name.h"

namespace gatehouse {

class PublicSuffixList {
 public:
  virtual ~PublicSuffixList() = default;
  // Whether people who do not know each other register names directly under
  // `name` ("co.uk", "github.io"): such a name belongs to no organization.
  // Thread-safe.
  virtual bool IsPublicSuffix(const DomainName& name) const = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_PUBLIC_SUFFIX_LIST_H_
