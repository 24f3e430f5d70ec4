// SAML 2.0 by xmlsec1, libxml2 and OpenSSL.
#ifndef GATEHOUSE_SERVER_CONNECTORS_SAML_XMLSEC_CONNECTOR_H_
#define GATEHOUSE_SERVER_CONNECTORS_SAML_XMLSEC_CONNECTOR_H_

#include <memory>

#include "server/connectors/saml_connector.h"

namespace gatehouse {

// A connector without state of its own; its methods may run side by side. If the
// libraries did not start, every call returns INTERNAL.
std::unique_ptr<SamlConnector> NewXmlsecSamlConnector();

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_SAML_XMLSEC_CONNECTOR_H_
