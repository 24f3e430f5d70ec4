#include "server/services/user_rendering.h"

#include "server/names/resource_names.h"
#include "server/services/requests.h"

namespace gatehouse {
namespace {

v1::SsoOverride Render(const SsoOverride& sso_override) {
  v1::SsoOverride rendered;
  rendered.set_mode(static_cast<v1::SsoOverride::Mode>(sso_override.mode));
  if (!sso_override.profile.empty()) {
    rendered.set_sso_profile(SsoProfileNameOf(sso_override.organization, sso_override.profile));
  }
  rendered.set_reason(sso_override.reason);
  rendered.set_approver(sso_override.approver);
  *rendered.mutable_create_time() = RenderTime(sso_override.create_time);
  return rendered;
}

v1::LoginActivity Render(const LoginActivity& activity) {
  v1::LoginActivity rendered;
  if (activity.last_sign_in_time != absl::InfinitePast()) {
    *rendered.mutable_last_sign_in_time() = RenderTime(activity.last_sign_in_time);
  }
  if (activity.last_sso_sign_in_time != absl::InfinitePast()) {
    *rendered.mutable_last_sso_sign_in_time() = RenderTime(activity.last_sso_sign_in_time);
  }
  if (!activity.last_sso_profile.empty()) {
    rendered.set_last_sso_profile(
        SsoProfileNameOf(activity.organization, activity.last_sso_profile));
  }
  if (activity.last_sso_failure_time != absl::InfinitePast()) {
    *rendered.mutable_last_sso_failure_time() = RenderTime(activity.last_sso_failure_time);
  }
  return rendered;
}

}  // namespace

v1::User RenderUser(const UserView& view) {
  const User& user = *view.user;
  v1::User rendered;
  rendered.set_name(UserNameOf(user.organization, user.id));
  rendered.set_email(user.email.Canonical());
  rendered.set_display_name(user.display_name);
  rendered.set_role(static_cast<v1::User::Role>(user.role));
  rendered.set_suspended(user.suspended);
  rendered.set_type(static_cast<v1::User::Type>(view.type));
  rendered.set_sso_status(static_cast<v1::User::SsoStatus>(view.sso_status()));
  rendered.set_sso_status_reason(static_cast<v1::DecisionReason>(view.decision.reason));
  *rendered.mutable_create_time() = RenderTime(user.create_time);
  *rendered.mutable_update_time() = RenderTime(user.update_time);
  if (user.claimed) *rendered.mutable_claim_time() = RenderTime(user.claim_time);
  rendered.set_etag(RenderEtag(view.user.mod_revision));
  // Unset: FOLLOW_DOMAIN, and no sign-in was reported.
  if (view.sso_override) *rendered.mutable_sso_override() = Render(*view.sso_override);
  if (view.activity) *rendered.mutable_login_activity() = Render(*view.activity);
  return rendered;
}

}  // namespace gatehouse
