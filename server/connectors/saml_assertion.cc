#include "server/connectors/saml_assertion.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "policy/status_macros.h"
#include "server/connectors/saml_names.h"

namespace gatehouse {
namespace {

SamlRefusal Malformed(std::string detail) {
  return {ConnectionTestFailure::kMalformedResponse, std::move(detail)};
}

SamlResult<std::optional<absl::Time>> TimeOf(const xmlNode* element, absl::string_view name) {
  const std::optional<std::string> text = AttributeOf(element, name);
  if (!text.has_value()) return std::optional<absl::Time>();
  const std::optional<absl::Time> time = ParseSamlTime(*text);
  if (!time.has_value()) {
    return Malformed(absl::StrCat(name, " of ", NameOf(element), " is ", Shown(*text),
                                  ", not a time like 2024-01-31T08:00:00Z"));
  }
  return time;
}

SamlResult<absl::Time> IssueInstantOf(const xmlNode* element) {
  ASSIGN_OR_RETURN(const std::optional<absl::Time> time, TimeOf(element, "IssueInstant"));
  if (!time.has_value()) return Malformed(absl::StrCat(NameOf(element), " has no IssueInstant"));
  return *time;
}

std::optional<std::string> IssuerOf(const xmlNode* element) {
  const xmlNode* issuer = FirstChild(element, kAssertionNs, "Issuer");
  if (issuer == nullptr) return std::nullopt;
  return TrimmedTextOf(issuer);
}

SamlResult<SamlConfirmation> ReadConfirmation(const xmlNode* confirmation) {
  SamlConfirmation result;
  const xmlNode* data = FirstChild(confirmation, kAssertionNs, "SubjectConfirmationData");
  if (data == nullptr) return result;
  result.recipient = AttributeOf(data, "Recipient");
  result.in_response_to = AttributeOf(data, "InResponseTo");
  ASSIGN_OR_RETURN(result.not_before, TimeOf(data, "NotBefore"));
  ASSIGN_OR_RETURN(result.not_on_or_after, TimeOf(data, "NotOnOrAfter"));
  return result;
}

std::optional<SamlRefusal> ReadSubject(const xmlNode* assertion, SamlAssertion& result) {
  const xmlNode* subject = FirstChild(assertion, kAssertionNs, "Subject");
  if (subject == nullptr) return std::nullopt;
  if (const xmlNode* name_id = FirstChild(subject, kAssertionNs, "NameID"); name_id != nullptr) {
    result.name_id = TextOf(name_id);
    result.name_id_format = AttributeOf(name_id, "Format").value_or("");
  }
  for (const xmlNode* element : ChildElements(subject, kAssertionNs, "SubjectConfirmation")) {
    if (AttributeOf(element, "Method") != kBearer) continue;
    SamlResult<SamlConfirmation> confirmation = ReadConfirmation(element);
    if (!confirmation.ok()) return confirmation.status();
    result.confirmations.push_back(*std::move(confirmation));
  }
  return std::nullopt;
}

// A condition that is not understood makes the assertion's validity
// indeterminate (Core 2.5.1.1): it is refused.
std::optional<SamlRefusal> ReadConditions(const xmlNode* assertion, SamlAssertion& result) {
  const xmlNode* conditions = FirstChild(assertion, kAssertionNs, "Conditions");
  if (conditions == nullptr) return std::nullopt;
  result.has_conditions = true;
  SamlResult<std::optional<absl::Time>> not_before = TimeOf(conditions, "NotBefore");
  SamlResult<std::optional<absl::Time>> not_on_or_after = TimeOf(conditions, "NotOnOrAfter");
  if (!not_before.ok()) return not_before.status();
  if (!not_on_or_after.ok()) return not_on_or_after.status();
  result.not_before = *not_before;
  result.not_on_or_after = *not_on_or_after;
  for (const xmlNode* condition : ChildElements(conditions)) {
    if (IsElement(condition, kAssertionNs, "OneTimeUse") ||
        IsElement(condition, kAssertionNs, "ProxyRestriction")) {
      continue;  // every assertion is used once here, and none is passed on
    }
    if (!IsElement(condition, kAssertionNs, "AudienceRestriction")) {
      return Malformed(absl::StrCat("the condition ", Shown(NameOf(condition)), " is not known"));
    }
    std::vector<std::string>& audiences = result.audience_restrictions.emplace_back();
    for (const xmlNode* audience : ChildElements(condition, kAssertionNs, "Audience")) {
      audiences.push_back(TrimmedTextOf(audience));
    }
  }
  return std::nullopt;
}

std::optional<SamlRefusal> ReadStatements(const xmlNode* assertion, SamlAssertion& result) {
  for (const xmlNode* statement : ChildElements(assertion, kAssertionNs, "AuthnStatement")) {
    result.has_authn_statement = true;
    SamlResult<std::optional<absl::Time>> end = TimeOf(statement, "SessionNotOnOrAfter");
    if (!end.ok()) return end.status();
    if (!end->has_value()) continue;
    result.session_not_on_or_after =
        std::min(**end, result.session_not_on_or_after.value_or(absl::InfiniteFuture()));
  }
  for (const xmlNode* statement : ChildElements(assertion, kAssertionNs, "AttributeStatement")) {
    for (const xmlNode* element : ChildElements(statement, kAssertionNs, "Attribute")) {
      SamlAttribute& attribute = result.attributes.emplace_back();
      attribute.name = AttributeOf(element, "Name").value_or("");
      for (const xmlNode* value : ChildElements(element, kAssertionNs, "AttributeValue")) {
        attribute.values.push_back(TextOf(value));
      }
    }
  }
  return std::nullopt;
}

}  // namespace

SamlResult<SamlAssertion> ReadAssertion(const xmlNode* assertion) {
  SamlAssertion result;
  result.id = AttributeOf(assertion, "ID").value_or("");
  ASSIGN_OR_RETURN(result.issue_instant, IssueInstantOf(assertion));
  const std::optional<std::string> issuer = IssuerOf(assertion);
  if (!issuer.has_value()) return Malformed("the assertion has no Issuer");
  result.issuer = *issuer;
  if (auto refusal = ReadSubject(assertion, result)) return *refusal;
  if (auto refusal = ReadConditions(assertion, result)) return *refusal;
  if (auto refusal = ReadStatements(assertion, result)) return *refusal;
  return result;
}

SamlResult<SamlEnvelope> ReadEnvelope(const xmlNode* response, bool is_signed) {
  SamlEnvelope envelope;
  envelope.is_signed = is_signed;
  ASSIGN_OR_RETURN(envelope.issue_instant, IssueInstantOf(response));
  envelope.issuer = IssuerOf(response);
  envelope.destination = AttributeOf(response, "Destination");
  envelope.in_response_to = AttributeOf(response, "InResponseTo");
  return envelope;
}

std::optional<absl::Time> ParseSamlTime(const std::string& text) {
  // absl::ParseTime also reads "infinite-future" and years of any length.
  if (text.size() < 19 || text.size() > 40 || !absl::ascii_isdigit(text[0]) || text[4] != '-') {
    return std::nullopt;
  }
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error) ||
      // No zone means UTC (Core 1.3.3).
      absl::ParseTime("%Y-%m-%dT%H:%M:%E*S", text, &time, &error)) {
    return time;
  }
  return std::nullopt;
}

}  // namespace gatehouse
