// Enforcements and exemptions as the API shows them.
#ifndef GATEHOUSE_SERVER_SERVICES_ENFORCEMENT_RENDERING_H_
#define GATEHOUSE_SERVER_SERVICES_ENFORCEMENT_RENDERING_H_

#include "gatehouse/v1/enforcement.pb.h"
#include "policy/enforcement.h"
#include "server/managers/exemption_manager.h"
#include "storage/stores/stored.h"

namespace gatehouse {

v1::Enforcement RenderEnforcement(const storage::Stored<Enforcement>& stored);

v1::Exemption RenderExemption(const ExemptionView& view);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_ENFORCEMENT_RENDERING_H_
