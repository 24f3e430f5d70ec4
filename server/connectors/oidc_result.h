// What judging an IdP's OpenID Connect answer gives: a value, or the reason for
// refusing it; as for SAML.
#ifndef GATEHOUSE_SERVER_CONNECTORS_OIDC_RESULT_H_
#define GATEHOUSE_SERVER_CONNECTORS_OIDC_RESULT_H_

#include "server/connectors/saml_result.h"

namespace gatehouse {

using OidcRefusal = SamlRefusal;
template <typename T>
using OidcResult = SamlResult<T>;

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_OIDC_RESULT_H_
