// SSO profiles and connection tests, between the API's messages and managers.
#ifndef GATEHOUSE_SERVER_SERVICES_SSO_PROFILE_RENDERING_H_
#define GATEHOUSE_SERVER_SERVICES_SSO_PROFILE_RENDERING_H_

#include "absl/status/statusor.h"
#include "gatehouse/v1/sso_profile_service.pb.h"
#include "policy/caller.h"
#include "server/managers/connection_test_manager.h"
#include "server/managers/sso_profile_manager.h"

namespace gatehouse {

absl::StatusOr<SsoProfileManager::CreateCommand> ParseCreateSsoProfile(
    const v1::CreateSsoProfileRequest& request);

// Takes the fields that the mask names, be they empty or not.
absl::StatusOr<SsoProfileManager::UpdateCommand> ParseUpdateSsoProfile(
    const Caller& caller, const v1::UpdateSsoProfileRequest& request);

// What came back from the IdP; refers to `request`.
absl::StatusOr<IdpResponse> ParseIdpResponse(const v1::CompleteConnectionTestRequest& request);

v1::SsoProfile RenderSsoProfile(const SsoProfileView& view);

v1::ConnectionTest RenderConnectionTest(const ConnectionTestView& view);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_SSO_PROFILE_RENDERING_H_
