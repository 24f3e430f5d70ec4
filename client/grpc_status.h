// Failures of gRPC calls as absl::Status, read with policy/errors.h.
#ifndef GATEHOUSE_CLIENT_GRPC_STATUS_H_
#define GATEHOUSE_CLIENT_GRPC_STATUS_H_

#include "absl/status/status.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace gatehouse::v1 {
class ItemError;
}  // namespace gatehouse::v1

namespace gatehouse::client {

// Code, message and details (ReasonOf, DetailsOf) of a finished call. A failure
// that the transport found (server unreachable, deadline) has no reason.
absl::Status FromGrpcStatus(const grpc::Status& status);

// The same for one item of a call; never OK.
absl::Status FromItemError(const v1::ItemError& error);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_GRPC_STATUS_H_
