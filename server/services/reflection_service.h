// Server reflection, v1 and v1alpha, with comments.
//
// gRPC's own reflection plugin speaks v1alpha only and serves the descriptors
// compiled into the program, which carry no comments. This one serves the
// descriptors that the build made with source info, so that `grpcurl describe`
// is the API's documentation.
#ifndef GATEHOUSE_SERVER_SERVICES_REFLECTION_SERVICE_H_
#define GATEHOUSE_SERVER_SERVICES_REFLECTION_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/services/call_runner.h"

namespace gatehouse {

// The reflection services, to be registered with a grpc::ServerBuilder and kept
// until the server has stopped, as must be `calls`. Both answer for `service_names`
// (full names), to whoever has a credential.
// INVALID_ARGUMENT: `descriptor_set` is no google.protobuf.FileDescriptorSet with
// every import in it, or a service is not in it.
absl::StatusOr<std::vector<std::unique_ptr<grpc::Service>>> NewReflectionServices(
    absl::string_view descriptor_set, std::vector<std::string> service_names, CallRunner* calls);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_REFLECTION_SERVICE_H_
