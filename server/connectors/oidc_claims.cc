#include <openssl/crypto.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "policy/status_macros.h"
#include "server/connectors/oidc_id_token.h"
#include "server/connectors/strict_json.h"

namespace gatehouse {
namespace {

using json = nlohmann::json;

constexpr size_t kMaxSubjectBytes = 255;  // OpenID Connect Core 1.0, section 2
constexpr size_t kMaxAudiences = 100;
constexpr size_t kMaxEmailBytes = 1024;
constexpr size_t kMaxClaimsShown = 20;
// Far enough for every honest token, and without overflow.
constexpr double kMaxSeconds = 1e11;

using Refused = std::optional<OidcRefusal>;

OidcRefusal Refuse(ConnectionTestFailure failure, std::string detail) {
  return {failure, std::move(detail)};
}

Refused JudgeIssuer(const json& claims, const OidcSettings& settings) {
  const auto issuer = StringMember(claims, "iss");
  if (issuer == settings.issuer) return std::nullopt;
  return Refuse(
      ConnectionTestFailure::kWrongIssuer,
      absl::StrCat("iss: expected ", Shown(settings.issuer), ", found ", ShownOrNothing(issuer)));
}

Refused JudgeAudience(const json& claims, const OidcSettings& settings) {
  std::vector<std::string> audiences;
  if (const auto one = StringMember(claims, "aud")) {
    audiences.push_back(*one);
  } else if (auto several = StringsMember(claims, "aud")) {
    audiences = *std::move(several);
  }
  const auto wrong = [&](absl::string_view what, const std::string& found) {
    return Refuse(ConnectionTestFailure::kWrongAudience,
                  absl::StrCat(what, ": expected our client_id ", Shown(settings.client_id),
                               ", found ", found));
  };
  if (audiences.size() > kMaxAudiences ||
      std::find(audiences.begin(), audiences.end(), settings.client_id) == audiences.end()) {
    return wrong("aud", audiences.empty() ? "nothing" : Shown(absl::StrJoin(audiences, " ")));
  }
  // Among several audiences, azp says for whom it was made.
  if (claims.contains("azp") || audiences.size() > 1) {
    const auto party = StringMember(claims, "azp");
    if (party != settings.client_id) return wrong("azp", ShownOrNothing(party));
  }
  return std::nullopt;
}

// A NumericDate (RFC 7519, 2); nullopt: missing, or none.
std::optional<absl::Time> TimeOf(const json& claims, const char* name) {
  const auto member = claims.find(name);
  if (member == claims.end() || !member->is_number()) return std::nullopt;
  const double seconds = member->get<double>();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kMaxSeconds) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

std::string Showing(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

Refused JudgeTimes(const json& claims, const OidcExpectations& expectations) {
  for (const char* name : {"exp", "iat"}) {
    if (!TimeOf(claims, name)) {
      return Refuse(ConnectionTestFailure::kMissingTimeLimits,
                    absl::StrCat("the ID token has no time \"", name, "\""));
    }
  }
  const absl::Time now = expectations.now;
  const absl::Time end = *TimeOf(claims, "exp");
  if (end + expectations.clock_skew <= now) {
    return Refuse(ConnectionTestFailure::kExpired,
                  absl::StrCat("exp: ", Showing(end), ", and it is ", Showing(now)));
  }
  for (const char* name : {"iat", "nbf"}) {
    if (!claims.contains(name)) continue;
    const std::optional<absl::Time> begin = TimeOf(claims, name);
    if (!begin || *begin > now + expectations.clock_skew) {
      return Refuse(ConnectionTestFailure::kNotYetValid,
                    absl::StrCat(name, ": ", begin ? Showing(*begin) : "no time", ", and it is ",
                                 Showing(now)));
    }
  }
  return std::nullopt;
}

Refused JudgeNonce(const json& claims, const OidcSession& session) {
  const auto nonce = StringMember(claims, "nonce");
  if (nonce && !nonce->empty() && nonce->size() == session.nonce.size() &&
      CRYPTO_memcmp(nonce->data(), session.nonce.data(), nonce->size()) == 0) {
    return std::nullopt;
  }
  return Refuse(ConnectionTestFailure::kWrongNonce,
                nonce ? "the ID token answers another sign-in: its nonce is not this test's"
                      : "the ID token has no nonce");
}

std::string ClaimNames(const json& claims) {
  std::vector<std::string> names;
  for (const auto& [name, value] : claims.items()) {
    if (names.size() == kMaxClaimsShown) break;
    names.push_back(Shown(name));
  }
  return absl::StrJoin(names, ", ");
}

OidcResult<std::string> JudgeEmail(const json& claims, const OidcSettings& settings) {
  const std::string name = settings.email_claim.empty() ? "email" : settings.email_claim;
  std::optional<std::string> email = StringMember(claims, name.c_str());
  if (!email || email->empty() || email->size() > kMaxEmailBytes) {
    return Refuse(ConnectionTestFailure::kNoEmail,
                  absl::StrCat("expected the address in the claim ", Shown(name), ", found ",
                               ShownOrNothing(email), "; the claims are ", ClaimNames(claims)));
  }
  const auto verified = claims.find("email_verified");
  // Only JSON's true: "true", which some IdPs send, would be read as a mere text
  // by one reader and as a promise by another.
  if (verified == claims.end() ? !settings.allow_missing_email_verified
                               : !(verified->is_boolean() && verified->get<bool>())) {
    return Refuse(ConnectionTestFailure::kEmailNotVerified,
                  absl::StrCat("email_verified: expected true, found ",
                               verified == claims.end() ? "nothing"
                               : verified->is_boolean() ? "false"
                               : verified->is_string()  ? "a text"
                                                        : "something else"));
  }
  return *std::move(email);
}

}  // namespace

OidcResult<std::string> JudgeClaims(const json& claims, const OidcExpectations& expectations) {
  const OidcSettings& settings = expectations.settings;
  if (Refused refused = JudgeIssuer(claims, settings)) return *std::move(refused);
  if (Refused refused = JudgeAudience(claims, settings)) return *std::move(refused);
  if (Refused refused = JudgeNonce(claims, expectations.session)) return *std::move(refused);
  if (Refused refused = JudgeTimes(claims, expectations)) return *std::move(refused);
  const auto subject = StringMember(claims, "sub");
  if (!subject || subject->empty() || subject->size() > kMaxSubjectBytes) {
    return Refuse(ConnectionTestFailure::kMalformedResponse,
                  "the ID token has no \"sub\" of 1 to 255 bytes");
  }
  return JudgeEmail(claims, settings);
}

}  // namespace gatehouse
