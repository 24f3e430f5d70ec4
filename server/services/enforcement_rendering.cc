#include "server/services/enforcement_rendering.h"

#include "server/names/resource_names.h"
#include "server/services/requests.h"

namespace gatehouse {
namespace {

void RenderDuration(absl::Duration duration, google::protobuf::Duration* rendered) {
  const int64_t seconds = absl::IDivDuration(duration, absl::Seconds(1), &duration);
  rendered->set_seconds(seconds);
  rendered->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
}

v1::Rollout Render(const OrganizationId& organization, const Rollout& rollout) {
  v1::Rollout rendered;
  if (rollout.start_time != absl::InfinitePast()) {
    *rendered.mutable_start_time() = RenderTime(rollout.start_time);
  }
  rendered.set_percent(rollout.percent);
  for (const UserId& user : rollout.users) rendered.add_users(UserNameOf(organization, user));
  rendered.set_require_proof(rollout.require_proof);
  if (rollout.proof_deadline != absl::InfiniteFuture()) {
    *rendered.mutable_proof_deadline() = RenderTime(rollout.proof_deadline);
  }
  if (rollout.automatic_pause) {
    v1::Rollout::AutomaticPause& pause = *rendered.mutable_automatic_pause();
    pause.set_min_failures(rollout.automatic_pause->min_failures);
    pause.set_failure_percent(rollout.automatic_pause->failure_percent);
    RenderDuration(rollout.automatic_pause->window, pause.mutable_window());
  }
  return rendered;
}

v1::Enforcement::Pause Render(const Pause& pause) {
  v1::Enforcement::Pause rendered;
  *rendered.mutable_pause_time() = RenderTime(pause.time);
  rendered.set_automatic(pause.automatic);
  rendered.set_reason(pause.reason);
  rendered.set_actor(pause.actor);
  return rendered;
}

}  // namespace

v1::Enforcement RenderEnforcement(const storage::Stored<Enforcement>& stored) {
  const Enforcement& enforcement = *stored;
  v1::Enforcement rendered;
  rendered.set_name(EnforcementNameOf(enforcement.organization, enforcement.domain));
  rendered.set_domain(enforcement.domain.ascii());
  rendered.set_sso_profile(SsoProfileNameOf(enforcement.organization, enforcement.profile));
  // policy/enforcement.h and the API number modes and kinds alike.
  rendered.set_mode(static_cast<v1::Enforcement::Mode>(enforcement.mode));
  rendered.set_unmanaged_users(
      static_cast<v1::Enforcement::UnmanagedUsers>(enforcement.unmanaged_users));
  rendered.set_triggering_admin(UserNameOf(enforcement.organization, enforcement.triggered_by));
  *rendered.mutable_enforce_time() = RenderTime(enforcement.enforce_time);
  rendered.set_enforce_revision(static_cast<int64_t>(enforcement.enforce_revision));
  rendered.set_etag(RenderEtag(stored.mod_revision));
  rendered.set_match_subdomains(enforcement.match_subdomains);
  // Unset: for everybody at once.
  if (enforcement.rollout != Rollout()) {
    *rendered.mutable_rollout() = Render(enforcement.organization, enforcement.rollout);
  }
  if (enforcement.pause) *rendered.mutable_pause() = Render(*enforcement.pause);
  rendered.set_on_unavailable(
      static_cast<v1::Enforcement::UnavailablePolicy>(enforcement.on_unavailable));
  return rendered;
}

v1::Exemption RenderExemption(const ExemptionView& view) {
  const Exemption& exemption = view.exemption;
  v1::Exemption rendered;
  rendered.set_name(ExemptionNameOf(exemption.organization, exemption.user));
  rendered.set_user(UserNameOf(exemption.organization, exemption.user));
  rendered.set_kind(static_cast<v1::Exemption::Kind>(exemption.kind));
  rendered.set_reason(exemption.reason);
  *rendered.mutable_create_time() = RenderTime(exemption.create_time);
  if (exemption.expire_time != absl::InfiniteFuture()) {
    *rendered.mutable_expire_time() = RenderTime(exemption.expire_time);
  }
  rendered.set_email(view.email.Canonical());
  rendered.set_approver(exemption.approver);
  rendered.set_use_count(view.use_count);
  if (view.last_use_time != absl::InfinitePast()) {
    *rendered.mutable_last_use_time() = RenderTime(view.last_use_time);
  }
  return rendered;
}

}  // namespace gatehouse
