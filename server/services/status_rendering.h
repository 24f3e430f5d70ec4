// From our errors to gRPC's: canonical code, message, google.rpc details.
#ifndef GATEHOUSE_SERVER_SERVICES_STATUS_RENDERING_H_
#define GATEHOUSE_SERVER_SERVICES_STATUS_RENDERING_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "gatehouse/v1/errors.pb.h"

namespace gatehouse {

// What travels in `grpc-status-details-bin`: a google.rpc.Status with ErrorInfo
// and, as they apply, BadRequest, PreconditionFailure and RetryInfo. A status
// with no details of ours, which is a bug here, becomes INTERNAL with a fixed
// message: nothing internal leaks.
grpc::Status RenderStatus(const absl::Status& status);

// The same for one item of many. `status` must not be OK.
v1::ItemError RenderItemError(const absl::Status& status);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_STATUS_RENDERING_H_
