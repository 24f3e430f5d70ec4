// What an assertion says, read from XML that was verified, and judged.
#ifndef GATEHOUSE_SERVER_CONNECTORS_SAML_ASSERTION_H_
#define GATEHOUSE_SERVER_CONNECTORS_SAML_ASSERTION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/connectors/saml_result.h"
#include "server/connectors/xml_document.h"

namespace gatehouse {

// A SubjectConfirmation of method bearer (Profiles 2.0, 4.1.4.2).
struct SamlConfirmation {
  std::optional<std::string> recipient;
  std::optional<std::string> in_response_to;
  std::optional<absl::Time> not_before;
  std::optional<absl::Time> not_on_or_after;
};

struct SamlAttribute {
  std::string name;
  std::vector<std::string> values;
};

struct SamlAssertion {
  std::string id;
  absl::Time issue_instant;
  std::string issuer;
  std::optional<std::string> name_id;  // exactly as signed
  std::string name_id_format;          // "" if not stated
  std::vector<SamlConfirmation> confirmations;
  bool has_conditions = false;
  std::optional<absl::Time> not_before;
  std::optional<absl::Time> not_on_or_after;
  // Every restriction must name us; one of its audiences is enough.
  std::vector<std::vector<std::string>> audience_restrictions;
  bool has_authn_statement = false;
  std::optional<absl::Time> session_not_on_or_after;  // the earliest
  std::vector<SamlAttribute> attributes;
};

// What the response around the assertion says of itself.
struct SamlEnvelope {
  bool is_signed = false;
  absl::Time issue_instant;
  std::optional<std::string> issuer;
  std::optional<std::string> destination;
  std::optional<std::string> in_response_to;
};

// kMalformedResponse: no Issuer, an unreadable time, a condition of unknown kind.
SamlResult<SamlAssertion> ReadAssertion(const xmlNode* assertion);
SamlResult<SamlEnvelope> ReadEnvelope(const xmlNode* response, bool is_signed);

// xs:dateTime as SAML writes it: UTC ("…T08:00:00Z"), or with an offset.
std::optional<absl::Time> ParseSamlTime(const std::string& text);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_SAML_ASSERTION_H_
