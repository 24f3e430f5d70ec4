// Whether a verified assertion is meant for us, now, and whom it names.
#ifndef GATEHOUSE_SERVER_CONNECTORS_SAML_JUDGEMENT_H_
#define GATEHOUSE_SERVER_CONNECTORS_SAML_JUDGEMENT_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "server/connectors/saml_assertion.h"
#include "server/connectors/saml_connector.h"
#include "server/connectors/saml_result.h"

namespace gatehouse {

// nullopt if everything holds; else the first that does not, in this order:
// issuer, audience, addressee (recipient, request, destination), times.
// (Profiles 2.0, 4.1.4.3.) What the envelope says is compared whenever it says
// it, but only a signed envelope is required to say it.
std::optional<SamlRefusal> JudgeAssertion(const SamlAssertion& assertion,
                                          const SamlEnvelope& envelope,
                                          const SamlExpectations& expectations);

// From when on JudgeAssertion refuses the assertion for its time, whatever else
// it says; InfinitePast if it never accepts it.
absl::Time AcceptableUntil(const SamlAssertion& assertion, absl::Duration clock_skew);

// The one value of `email_attribute`, or the NameID if that is empty, exactly
// as signed. kNoEmail if there is none.
SamlResult<std::string> EmailOf(const SamlAssertion& assertion, const std::string& email_attribute);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_SAML_JUDGEMENT_H_
