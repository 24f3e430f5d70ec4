#include "server/services/user_rendering.h"

#include "server/names/resource_names.h"
#include "server/services/requests.h"

namespace gatehouse {

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
  return rendered;
}

}  // namespace gatehouse
