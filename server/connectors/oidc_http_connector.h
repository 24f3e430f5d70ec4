// OidcConnector over an HttpFetcher.
#ifndef GATEHOUSE_SERVER_CONNECTORS_OIDC_HTTP_CONNECTOR_H_
#define GATEHOUSE_SERVER_CONNECTORS_OIDC_HTTP_CONNECTOR_H_

#include <memory>

#include "server/connectors/http_fetcher.h"
#include "server/connectors/oidc_connector.h"
#include "server/runtime/clock.h"

namespace gatehouse {

// Both must outlive the connector. `clock` ages its caches (OidcDirectory); what
// an ID token is held against is OidcExpectations::now.
std::unique_ptr<OidcConnector> NewHttpOidcConnector(HttpFetcher* fetcher, const Clock* clock);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_OIDC_HTTP_CONNECTOR_H_
