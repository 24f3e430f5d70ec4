#include "server/access/access_gate_impl.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/access/access_token_secret.h"
#include "storage/stores/transaction.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

constexpr int64_t kUnauthenticatedRefusalsPerSecond = 10;
constexpr size_t kMaxRequestIdBytes = 64;
constexpr absl::string_view kAllOrganizations = "organizations/-";

absl::Status Unauthenticated(absl::string_view reason, absl::string_view message) {
  return Error(absl::StatusCode::kUnauthenticated, reason, message).Build();
}

// One text for every case: it must not tell what exists.
absl::Status OutOfScope() {
  return Error(absl::StatusCode::kPermissionDenied, reason::kPermissionDenied,
               "the credential is not good for the organization of this request")
      .Build();
}

// "acme" of "organizations/acme/users/u1"; empty if the name is about none.
absl::string_view OrganizationOf(absl::string_view resource) {
  if (!absl::ConsumePrefix(&resource, "organizations/")) return "";
  return resource.substr(0, resource.find('/'));
}

bool IsScoped(const Principal& principal) {
  return principal.role == AccessRole::kOrganizationAdmin || !principal.scopes.empty();
}

// Whether the caller was refused, rather than let down.
bool IsRefusal(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return true;
    default:
      return false;
  }
}

bool IsRequestId(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxRequestIdBytes &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

AccessGateImpl::AccessGateImpl(const AccessGateOptions& options, AccessGateParts parts)
    : authentication_(options.authentication),
      limit_(options.requests_per_second, options.burst),
      parts_(std::move(parts)),
      anonymous_{.name = "anonymous", .role = AccessRole::kOperator},
      refusal_limit_(kUnauthenticatedRefusalsPerSecond, kUnauthenticatedRefusalsPerSecond) {}

Admission AccessGateImpl::Admit(const CallCredentials& credentials, absl::string_view method) {
  const absl::Time now = parts_.clock->Now();
  Admission admission{.caller = {.method = std::string(method),
                                 .peer = credentials.peer,
                                 .request_id = IsRequestId(credentials.request_id)
                                                   ? credentials.request_id
                                                   : NewHexText(*parts_.random, 8),
                                 .time = now}};
  const absl::StatusOr<Identity> identity = Authenticate(credentials, now);
  if (!identity.ok()) {
    admission.status = identity.status();
    return admission;
  }
  admission.caller.principal = *identity->principal;
  admission.status = Permit(*identity, FindMethodRule(method), now);
  return admission;
}

absl::Status AccessGateImpl::Check(const CallCredentials& credentials, absl::string_view method) {
  const absl::Time now = parts_.clock->Now();
  ASSIGN_OR_RETURN(const Identity identity, Authenticate(credentials, now));
  return Permit(identity, FindMethodRule(method), now);
}

absl::Status AccessGateImpl::Recheck(const CallCredentials& credentials, absl::string_view method) {
  ASSIGN_OR_RETURN(const Identity identity, Authenticate(credentials, parts_.clock->Now()));
  return PermitRole(identity.principal->role, FindMethodRule(method));
}

absl::StatusOr<AccessGateImpl::Identity> AccessGateImpl::Authenticate(
    const CallCredentials& credentials, absl::Time now) {
  if (!authentication_) return Identity{&anonymous_, &anonymous_bucket_};
  // A wrong token is not mended by a good certificate: the caller means another
  // principal than we would take it for.
  if (credentials.authorization) return AuthenticateToken(*credentials.authorization, now);
  const auto* const certificate = parts_.certificates->Find(credentials.certificate_names);
  if (certificate != nullptr) return Identity{&certificate->principal, &certificate->bucket};
  return Unauthenticated(reason::kCredentialMissing,
                         "no credential; send \"authorization: Bearer gh_...\", or a client "
                         "certificate that the configuration names");
}

absl::StatusOr<AccessGateImpl::Identity> AccessGateImpl::AuthenticateToken(
    absl::string_view authorization, absl::Time now) {
  constexpr absl::string_view kScheme = "Bearer ";
  const auto invalid = [] {
    return Unauthenticated(reason::kCredentialInvalid, "the access token is not a valid one");
  };
  // RFC 7235, section 2.1: the scheme's case does not matter.
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) return invalid();
  const absl::string_view secret = authorization.substr(kScheme.size());
  if (!IsAccessTokenSecret(secret)) return invalid();
  const AccessTokenHash hash = HashAccessTokenSecret(secret);
  ASSIGN_OR_RETURN(const TokenIndex::Entry* const entry, parts_.tokens->Find(AsText(hash)));
  if (entry == nullptr || now >= entry->token.revoke_time) return invalid();
  if (now >= entry->token.expire_time) {
    return Unauthenticated(reason::kCredentialExpired, "the access token has expired");
  }
  TokenIndex::RecordUse(*entry, now);
  return Identity{&entry->principal, &entry->use->bucket};
}

absl::Status AccessGateImpl::Permit(const Identity& identity, const MethodRule* rule,
                                    absl::Time now) {
  const absl::Duration wait = limit_.Take(*identity.bucket, now);
  if (wait > absl::ZeroDuration()) {
    return Error(absl::StatusCode::kResourceExhausted, reason::kRateLimited,
                 "the principal makes more calls than it may; retry later")
        .RetryAfterMs(absl::ToInt64Milliseconds(absl::Ceil(wait, absl::Milliseconds(1))))
        .Build();
  }
  return PermitRole(identity.principal->role, rule);
}

absl::Status AccessGateImpl::PermitRole(AccessRole role, const MethodRule* rule) {
  if (rule != nullptr && rule->Allows(role)) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, reason::kPermissionDenied,
               "the credential's role may not call this method")
      .Metadata("role", Name(role))
      .Build();
}

absl::Status AccessGateImpl::Authorize(const Caller& caller, absl::string_view resource) {
  const MethodRule* const rule = FindMethodRule(caller.method);
  if (rule == nullptr) return OutOfScope();
  if (!IsScoped(caller.principal) || rule->resource_field.empty()) return absl::OkStatus();
  if (rule->all_is_cut && resource == kAllOrganizations) return absl::OkStatus();
  const absl::string_view organization = OrganizationOf(resource);
  const Scope* const scope = caller.principal.ScopeOf(OrganizationId::FromTrusted(organization));
  if (scope == nullptr || organization.empty()) return OutOfScope();
  if (caller.principal.role != AccessRole::kOrganizationAdmin) return absl::OkStatus();
  return CheckActingAdmin(*scope);
}

absl::Status AccessGateImpl::CheckActingAdmin(const Scope& scope) {
  ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::Open(*parts_.engine));
  ASSIGN_OR_RETURN(const auto user,
                   storage::UserStore::Find(reader, scope.organization, scope.acting_admin));
  if (user && IsAdmin((*user)->role) && !(*user)->suspended) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, reason::kActingUserNotAdmin,
               "the admin for whom the credential acts is not an active admin any more")
      .Build();
}

void AccessGateImpl::Refused(const Caller& caller, absl::string_view resource,
                             const absl::Status& status) {
  const MethodRule* const rule = FindMethodRule(caller.method);
  if (rule == nullptr || rule->kind != MethodKind::kChange || !IsRefusal(status.code())) return;
  if (caller.principal.name.empty() &&
      refusal_limit_.Take(refusal_bucket_, parts_.clock->Now()) > absl::ZeroDuration()) {
    unwritten_refusals_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const int64_t unwritten = unwritten_refusals_.exchange(0, std::memory_order_relaxed);
  const absl::Status recorded = parts_.record_refusal(caller, resource, status, unwritten);
  if (recorded.ok()) return;
  unwritten_refusals_.fetch_add(unwritten + 1, std::memory_order_relaxed);
  parts_.logger->Log(LogLevel::kError, "refusal not audited",
                     {{"method", caller.method},
                      {"request_id", caller.request_id},
                      {"error", std::string(recorded.message())}});
}

}  // namespace gatehouse
