// LoginService.WatchPolicy: one server stream.
#ifndef GATEHOUSE_SERVER_SERVICES_LOGIN_SERVICE_WATCH_H_
#define GATEHOUSE_SERVER_SERVICES_LOGIN_SERVICE_WATCH_H_

#include <grpcpp/grpcpp.h>

#include "server/managers/policy_watch.h"
#include "server/services/call_runner.h"

namespace gatehouse {

// Begins the stream that `request`, a WatchPolicyRequest, asks for. The rules in
// its messages are bytes that all streams share. Both must outlive it.
grpc::ServerWriteReactor<grpc::ByteBuffer>* StartPolicyStream(CallRunner* calls, PolicyWatch* watch,
                                                              grpc::CallbackServerContext* context,
                                                              const grpc::ByteBuffer& request);

// A WatchPolicyResponse, serialized.
grpc::ByteBuffer RenderPolicyUpdate(const PolicyUpdate& update);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_LOGIN_SERVICE_WATCH_H_
