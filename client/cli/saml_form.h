// What an identity provider posts back, as an administrator can hand it over.
#ifndef GATEHOUSE_CLIENT_CLI_SAML_FORM_H_
#define GATEHOUSE_CLIENT_CLI_SAML_FORM_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gatehouse::cli {

struct SamlForm {
  std::string response;     // the field SAMLResponse: base64
  std::string relay_state;  // the field RelayState; "" if there was none
};

// Reads the body of the posted form ("SAMLResponse=…&RelayState=…", fields in
// any order and URL-encoded), or the bare base64 of the response. Nothing is
// decoded further: judging the response is the server's. A usage error for a
// form without a response, one given twice, and a broken escape.
absl::StatusOr<SamlForm> ParseSamlForm(absl::string_view text);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_SAML_FORM_H_
