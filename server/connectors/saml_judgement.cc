#include "server/connectors/saml_judgement.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/connectors/saml_names.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxListed = 5;

SamlRefusal Mismatch(ConnectionTestFailure failure, absl::string_view what,
                     const std::optional<std::string>& found, absl::string_view expected) {
  return {failure,
          absl::StrCat(what, " is ", ShownOrNothing(found), ", expected ", Shown(expected))};
}

SamlRefusal MissingLimit(absl::string_view what) {
  return {ConnectionTestFailure::kMissingTimeLimits, absl::StrCat("the assertion has no ", what)};
}

std::optional<SamlRefusal> JudgeIssuer(const SamlAssertion& assertion, const SamlEnvelope& envelope,
                                       const SamlSettings& settings) {
  if (assertion.issuer != settings.idp_entity_id) {
    return Mismatch(ConnectionTestFailure::kWrongIssuer, "the assertion's Issuer", assertion.issuer,
                    settings.idp_entity_id);
  }
  if (envelope.issuer.has_value() && envelope.issuer != settings.idp_entity_id) {
    return Mismatch(ConnectionTestFailure::kWrongIssuer, "the response's Issuer", envelope.issuer,
                    settings.idp_entity_id);
  }
  return std::nullopt;
}

std::optional<SamlRefusal> JudgeAudience(const SamlAssertion& assertion,
                                         const SamlSettings& settings) {
  if (assertion.audience_restrictions.empty()) return MissingLimit("AudienceRestriction");
  for (const std::vector<std::string>& audiences : assertion.audience_restrictions) {
    if (std::find(audiences.begin(), audiences.end(), settings.sp_entity_id) != audiences.end()) {
      continue;
    }
    std::vector<std::string> shown;
    for (const std::string& audience : audiences) {
      if (shown.size() < kMaxListed) shown.push_back(Shown(audience));
    }
    return SamlRefusal{
        ConnectionTestFailure::kWrongAudience,
        absl::StrCat("the Audience is ", shown.empty() ? "nothing" : absl::StrJoin(shown, ", "),
                     ", expected ", Shown(settings.sp_entity_id))};
  }
  return std::nullopt;
}

std::optional<SamlRefusal> JudgeConfirmation(const SamlConfirmation& confirmation,
                                             const SamlExpectations& expectations) {
  if (!confirmation.recipient.has_value()) return MissingLimit("Recipient");
  if (confirmation.recipient != expectations.settings.acs_url) {
    return Mismatch(ConnectionTestFailure::kWrongRecipient, "the Recipient", confirmation.recipient,
                    expectations.settings.acs_url);
  }
  if (confirmation.in_response_to != expectations.request_id) {
    return Mismatch(ConnectionTestFailure::kWrongInResponseTo, "the assertion's InResponseTo",
                    confirmation.in_response_to, expectations.request_id);
  }
  return std::nullopt;
}

std::optional<SamlRefusal> JudgeEnvelope(const SamlEnvelope& envelope,
                                         const SamlExpectations& expectations) {
  // A signed message must name its destination (Bindings 2.0, 3.5.5.2).
  if (envelope.destination != expectations.settings.acs_url &&
      (envelope.destination.has_value() || envelope.is_signed)) {
    return Mismatch(ConnectionTestFailure::kWrongDestination, "the response's Destination",
                    envelope.destination, expectations.settings.acs_url);
  }
  if (envelope.in_response_to.has_value() && envelope.in_response_to != expectations.request_id) {
    return Mismatch(ConnectionTestFailure::kWrongInResponseTo, "the response's InResponseTo",
                    envelope.in_response_to, expectations.request_id);
  }
  return std::nullopt;
}

// Judges moments of validity against one clock.
class Clock {
 public:
  explicit Clock(const SamlExpectations& expectations)
      : now_(expectations.now), skew_(expectations.clock_skew) {}

  std::optional<SamlRefusal> NotBefore(absl::string_view what,
                                       std::optional<absl::Time> time) const {
    if (!time.has_value() || now_ + skew_ >= *time) return std::nullopt;
    return Refuse(ConnectionTestFailure::kNotYetValid, what, "lies ahead", *time);
  }

  std::optional<SamlRefusal> NotOnOrAfter(absl::string_view what,
                                          std::optional<absl::Time> time) const {
    if (!time.has_value() || now_ - skew_ < *time) return std::nullopt;
    return Refuse(ConnectionTestFailure::kExpired, what, "has passed", *time);
  }

 private:
  SamlRefusal Refuse(ConnectionTestFailure failure, absl::string_view what,
                     absl::string_view problem, absl::Time time) const {
    const absl::TimeZone utc = absl::UTCTimeZone();
    return {failure,
            absl::StrCat(what, " ", absl::FormatTime(absl::RFC3339_sec, time, utc), " ", problem,
                         ": it is ", absl::FormatTime(absl::RFC3339_sec, now_, utc),
                         ", and clocks may differ by ", absl::FormatDuration(skew_))};
  }

  absl::Time now_;
  absl::Duration skew_;
};

std::optional<SamlRefusal> JudgeConfirmationTimes(const SamlConfirmation& confirmation,
                                                  const Clock& clock) {
  if (!confirmation.not_on_or_after.has_value()) return MissingLimit("NotOnOrAfter");
  if (auto refusal = clock.NotBefore("the confirmation's NotBefore", confirmation.not_before)) {
    return refusal;
  }
  return clock.NotOnOrAfter("the confirmation's NotOnOrAfter", confirmation.not_on_or_after);
}

std::optional<SamlRefusal> JudgeTimes(const SamlAssertion& assertion, const SamlEnvelope& envelope,
                                      const Clock& clock) {
  std::optional<SamlRefusal> refusal =
      clock.NotBefore("the assertion's IssueInstant", assertion.issue_instant);
  if (!refusal) refusal = clock.NotBefore("the response's IssueInstant", envelope.issue_instant);
  if (!refusal) refusal = clock.NotBefore("the condition NotBefore", assertion.not_before);
  if (!refusal)
    refusal = clock.NotOnOrAfter("the condition NotOnOrAfter", assertion.not_on_or_after);
  if (!refusal) {
    refusal = clock.NotOnOrAfter("the SessionNotOnOrAfter", assertion.session_not_on_or_after);
  }
  return refusal;
}

// One confirmation that holds is enough (Core 2.4.1.1). If none does, the first
// one's fault is told. With a clock, judges the times of those meant for us.
std::optional<SamlRefusal> JudgeConfirmations(const SamlAssertion& assertion,
                                              const SamlExpectations& expectations,
                                              const Clock* clock) {
  std::optional<SamlRefusal> first;
  for (const SamlConfirmation& confirmation : assertion.confirmations) {
    std::optional<SamlRefusal> refusal = JudgeConfirmation(confirmation, expectations);
    if (clock != nullptr) {
      if (refusal) continue;
      refusal = JudgeConfirmationTimes(confirmation, *clock);
    }
    if (!refusal) return std::nullopt;
    if (!first) first = std::move(refusal);
  }
  return first.has_value() ? first : MissingLimit("bearer SubjectConfirmation");
}

}  // namespace

std::optional<SamlRefusal> JudgeAssertion(const SamlAssertion& assertion,
                                          const SamlEnvelope& envelope,
                                          const SamlExpectations& expectations) {
  const Clock clock(expectations);
  std::optional<SamlRefusal> refusal = JudgeIssuer(assertion, envelope, expectations.settings);
  if (!refusal) refusal = JudgeAudience(assertion, expectations.settings);
  if (!refusal) refusal = JudgeConfirmations(assertion, expectations, /*clock=*/nullptr);
  if (!refusal) refusal = JudgeEnvelope(envelope, expectations);
  if (!refusal) refusal = JudgeTimes(assertion, envelope, clock);
  if (!refusal) refusal = JudgeConfirmations(assertion, expectations, &clock);
  if (!refusal && !assertion.has_authn_statement) {
    refusal =
        SamlRefusal{ConnectionTestFailure::kNoAssertion,
                    "the assertion has no AuthnStatement: it does not say that the user signed in"};
  }
  return refusal;
}

absl::Time AcceptableUntil(const SamlAssertion& assertion, absl::Duration clock_skew) {
  absl::Time until = absl::InfinitePast();
  for (const SamlConfirmation& confirmation : assertion.confirmations) {
    until = std::max(until, confirmation.not_on_or_after.value_or(absl::InfinitePast()));
  }
  until = std::min({until, assertion.not_on_or_after.value_or(absl::InfiniteFuture()),
                    assertion.session_not_on_or_after.value_or(absl::InfiniteFuture())});
  return until + clock_skew;
}

SamlResult<std::string> EmailOf(const SamlAssertion& assertion,
                                const std::string& email_attribute) {
  const auto none = [](std::string detail) {
    return SamlRefusal{ConnectionTestFailure::kNoEmail, std::move(detail)};
  };
  if (email_attribute.empty()) {
    if (absl::StripAsciiWhitespace(assertion.name_id.value_or("")).empty()) {
      return none("the assertion has no NameID, or an empty or encrypted one");
    }
    // An opaque identifier is no address that the admin could have mistyped.
    if (!absl::StrContains(*assertion.name_id, "@") &&
        (assertion.name_id_format == kNameIdTransient ||
         assertion.name_id_format == kNameIdPersistent)) {
      return none(absl::StrCat("the NameID has the format ", Shown(assertion.name_id_format),
                               " and is no address; have the IdP send the address as NameID, or "
                               "name the attribute that carries it"));
    }
    return *assertion.name_id;
  }
  std::vector<std::string> values;
  std::vector<std::string> names;
  for (const SamlAttribute& attribute : assertion.attributes) {
    if (names.size() < kMaxListed) names.push_back(Shown(attribute.name));
    if (attribute.name != email_attribute) continue;
    values.insert(values.end(), attribute.values.begin(), attribute.values.end());
  }
  if (values.size() != 1 || absl::StripAsciiWhitespace(values[0]).empty()) {
    return none(
        absl::StrFormat("the attribute %s has %d values, expected one that is not empty; "
                        "the assertion's attributes are %s",
                        Shown(email_attribute), values.size(),
                        names.empty() ? "none" : absl::StrJoin(names, ", ")));
  }
  return values[0];
}

}  // namespace gatehouse
