#include "client/decision_decoding.h"

#include "absl/strings/str_cat.h"
#include "policy/status_macros.h"

namespace gatehouse::client {
namespace {

absl::StatusOr<Verdict> FromProto(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_ALLOW_PASSWORD:
      return Verdict::kAllowPassword;
    case v1::VERDICT_REQUIRE_SSO:
      return Verdict::kRequireSso;
    case v1::VERDICT_DENY:
      return Verdict::kDeny;
    default:
      return Incomprehensible(absl::StrCat("verdict ", static_cast<int>(verdict)));
  }
}

DecisionReason FromProto(v1::DecisionReason reason) {
  // Same numbers; one that this library does not know changes nothing, since
  // the verdict alone says what to do.
  return v1::DecisionReason_IsValid(reason) ? static_cast<DecisionReason>(reason)
                                            : DecisionReason::kUnknown;
}

absl::StatusOr<SsoDestination::Protocol> FromProto(v1::SsoDestination::Protocol protocol) {
  switch (protocol) {
    case v1::SsoDestination::PROTOCOL_SAML:
      return SsoDestination::Protocol::kSaml;
    case v1::SsoDestination::PROTOCOL_OIDC:
      return SsoDestination::Protocol::kOidc;
    default:
      return Incomprehensible(absl::StrCat("protocol ", static_cast<int>(protocol)));
  }
}

}  // namespace

absl::Time DecodeTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

absl::Status Incomprehensible(absl::string_view what) {
  return absl::InternalError(absl::StrCat("the server's answer makes no sense here: ", what));
}

absl::StatusOr<SsoDestination> DecodeDestination(const v1::SsoDestination& sso) {
  ASSIGN_OR_RETURN(const SsoDestination::Protocol protocol, FromProto(sso.protocol()));
  return SsoDestination{.sso_profile = sso.sso_profile(),
                        .protocol = protocol,
                        .sign_in_url = sso.sign_in_url(),
                        .issuer = sso.issuer(),
                        .login_hint = sso.login_hint()};
}

absl::StatusOr<LoginDecision> DecodeDecision(const v1::CheckLoginResponse& response) {
  LoginDecision decision;
  ASSIGN_OR_RETURN(decision.verdict, FromProto(response.verdict()));
  decision.reason = FromProto(response.reason());
  decision.organization = response.organization();
  decision.matched_domain = response.matched_domain();
  if (response.has_sso()) {
    ASSIGN_OR_RETURN(decision.sso, DecodeDestination(response.sso()));
  } else if (decision.verdict == Verdict::kRequireSso) {
    return Incomprehensible("REQUIRE_SSO with no destination");
  }
  if (response.has_enforced_since()) {
    decision.enforced_since = DecodeTime(response.enforced_since());
    decision.enforced_since_revision = response.enforced_since_revision();
  }
  decision.revision = response.revision();
  decision.cache_ttl = absl::Seconds(response.cache_ttl().seconds()) +
                       absl::Nanoseconds(response.cache_ttl().nanos());
  if (response.observed_verdict() != v1::VERDICT_UNSPECIFIED) {
    ASSIGN_OR_RETURN(decision.observed_verdict, FromProto(response.observed_verdict()));
  }
  if (response.has_enforcement_scheduled_at()) {
    decision.enforcement_scheduled_at = DecodeTime(response.enforcement_scheduled_at());
  }
  return decision;
}

}  // namespace gatehouse::client
