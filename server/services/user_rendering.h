// Users as the API shows them.
#ifndef GATEHOUSE_SERVER_SERVICES_USER_RENDERING_H_
#define GATEHOUSE_SERVER_SERVICES_USER_RENDERING_H_

#include "gatehouse/v1/user.pb.h"
#include "server/managers/user_view.h"

namespace gatehouse {

v1::User RenderUser(const UserView& view);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_USER_RENDERING_H_
