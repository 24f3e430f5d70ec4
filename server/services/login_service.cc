#include "server/services/login_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/status_macros.h"
#include "server/names/resource_names.h"
#include "server/services/login_service_watch.h"
#include "server/services/requests.h"
#include "server/services/status_rendering.h"

namespace gatehouse {
namespace {

constexpr int kMaxBatch = 1000;

absl::StatusOr<LoginAction> ParseAction(v1::LoginAction action) {
  return ParseEnum<LoginAction>("action", action, LoginAction::kSignIn, v1::LoginAction_IsValid);
}

absl::StatusOr<storage::Revision> ParseMinRevision(int64_t revision) {
  if (revision < 0) return InvalidField("min_revision", absl::StrCat(revision), "0 or a revision");
  return static_cast<storage::Revision>(revision);
}

void RenderDestination(const OrganizationId& organization, const SsoDestination& from,
                       const EmailAddress& email, v1::SsoDestination* destination) {
  destination->set_sso_profile(SsoProfileNameOf(organization, from.profile));
  // policy/sso_profile.h and the API number protocols alike.
  destination->set_protocol(static_cast<v1::SsoDestination::Protocol>(from.protocol));
  destination->set_sign_in_url(from.sign_in_url);
  destination->set_issuer(from.issuer);
  destination->set_login_hint(email.Canonical());
}

void Render(const LoginAnswer& answer, const EmailAddress& email, v1::CheckLoginResponse* out) {
  const Decision& decision = answer.decision;
  // policy/decision.h and the API number verdicts and reasons alike.
  out->set_verdict(static_cast<v1::Verdict>(decision.verdict));
  out->set_reason(static_cast<v1::DecisionReason>(decision.reason));
  const int64_t ttl_ns = absl::ToInt64Nanoseconds(answer.cache_ttl);
  out->mutable_cache_ttl()->set_seconds(ttl_ns / 1'000'000'000);
  out->mutable_cache_ttl()->set_nanos(static_cast<int32_t>(ttl_ns % 1'000'000'000));
  if (answer.rule == nullptr) return;
  out->set_organization(OrganizationNameOf(answer.rule->organization));
  out->set_matched_domain(answer.rule->domain.ascii());
  if (decision.observed_verdict) {
    out->set_observed_verdict(static_cast<v1::Verdict>(*decision.observed_verdict));
  }
  if (answer.destination != nullptr) {
    RenderDestination(answer.rule->organization, *answer.destination, email, out->mutable_sso());
  }
  if (decision.verdict == Verdict::kRequireSso && decision.enforced_since) {
    *out->mutable_enforced_since() = RenderTime(*decision.enforced_since);
    out->set_enforced_since_revision(static_cast<int64_t>(answer.enforced_since_revision));
  }
  if (decision.enforcement_scheduled_at) {
    *out->mutable_enforcement_scheduled_at() = RenderTime(*decision.enforcement_scheduled_at);
  }
}

}  // namespace

grpc::ServerUnaryReactor* LoginService::CheckLogin(grpc::CallbackServerContext* context,
                                                   const v1::CheckLoginRequest* request,
                                                   v1::CheckLoginResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  constexpr absl::string_view kMethod = "LoginService/CheckLogin";
  const absl::Time start = absl::Now();
  calls_->CountStarted(kMethod);
  absl::Status status = calls_->Check(*context, kMethod);
  if (status.ok()) status = Check(*request, response);
  if (!status.ok()) calls_->LogCall(kMethod, "", status, start);
  calls_->CountHandled(kMethod, status.code(), start);
  reactor->Finish(RenderStatus(status));
  return reactor;
}

grpc::ServerUnaryReactor* LoginService::BatchCheckLogin(grpc::CallbackServerContext* context,
                                                        const v1::BatchCheckLoginRequest* request,
                                                        v1::BatchCheckLoginResponse* response) {
  return calls_->Unary(
      context, "LoginService/BatchCheckLogin", *request, response,
      [this, request](const Caller&) -> absl::StatusOr<v1::BatchCheckLoginResponse> {
        v1::BatchCheckLoginResponse batch;
        RETURN_IF_ERROR(CheckBatch(*request, &batch));
        return batch;
      });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* LoginService::WatchPolicy(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return StartPolicyStream(calls_, watch_, context, *request);
}

absl::Status LoginService::Check(const v1::CheckLoginRequest& request,
                                 v1::CheckLoginResponse* response) const {
  ASSIGN_OR_RETURN(EmailAddress email, EmailAddress::Parse("email", request.email()));
  ASSIGN_OR_RETURN(LoginAction action, ParseAction(request.action()));
  ASSIGN_OR_RETURN(storage::Revision min_revision, ParseMinRevision(request.min_revision()));
  return manager_->Check(email, action, min_revision,
                         [&](const LoginAnswer& answer, storage::Revision revision) {
                           Render(answer, email, response);
                           response->set_revision(static_cast<int64_t>(revision));
                         });
}

absl::Status LoginService::CheckBatch(const v1::BatchCheckLoginRequest& request,
                                      v1::BatchCheckLoginResponse* response) const {
  if (request.emails().empty() || request.emails_size() > kMaxBatch) {
    return InvalidField("emails", absl::StrCat(request.emails_size(), " addresses"),
                        absl::StrCat("1 to ", kMaxBatch, " addresses"));
  }
  ASSIGN_OR_RETURN(LoginAction action, ParseAction(request.action()));
  ASSIGN_OR_RETURN(storage::Revision min_revision, ParseMinRevision(request.min_revision()));

  // What does not parse fails alone; the rest is decided together.
  std::vector<EmailAddress> emails;
  std::vector<int> positions;
  for (int i = 0; i < request.emails_size(); ++i) {
    auto* result = response->add_results();
    auto email = EmailAddress::Parse(absl::StrCat("emails[", i, "]"), request.emails(i));
    if (!email.ok()) {
      *result->mutable_error() = RenderItemError(email.status());
      continue;
    }
    emails.push_back(*std::move(email));
    positions.push_back(i);
  }
  ASSIGN_OR_RETURN(
      storage::Revision revision,
      manager_->CheckMany(emails, action, min_revision,
                          [&](size_t index, const absl::StatusOr<LoginAnswer>& answer) {
                            auto* result = response->mutable_results(positions[index]);
                            if (answer.ok()) {
                              Render(*answer, emails[index], result->mutable_decision());
                            } else {
                              *result->mutable_error() = RenderItemError(answer.status());
                            }
                          }));
  response->set_revision(static_cast<int64_t>(revision));
  return absl::OkStatus();
}

}  // namespace gatehouse
