// What a call presents, taken from gRPC's context.
#ifndef GATEHOUSE_SERVER_SERVICES_CALL_CREDENTIALS_H_
#define GATEHOUSE_SERVER_SERVICES_CALL_CREDENTIALS_H_

#include <grpcpp/grpcpp.h>

#include "server/access/access_gate.h"

namespace gatehouse {

// All that Admit wants.
CallCredentials CredentialsOf(const grpc::CallbackServerContext& context);
// Only who calls, for Check: the token, or the certificate if there is none.
CallCredentials IdentityOf(const grpc::CallbackServerContext& context);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_CALL_CREDENTIALS_H_
