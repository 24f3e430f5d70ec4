// Calls of the API by its generated stubs.
//
//   Api api(server->address());
//   ASSERT_OK_AND_ASSIGN(v1::Domain domain,
//                        api.Call(&Domains::AddDomain,
//                                 R"(parent: "organizations/acme" domain: "acme.example")"));
//   EXPECT_THAT(api.Call(&Domains::GetDomain, R"(name:
//   "organizations/acme/domains/none.example")"),
//               FailsWith(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
#ifndef GATEHOUSE_TESTS_INTEGRATION_API_H_
#define GATEHOUSE_TESTS_INTEGRATION_API_H_

#include <google/protobuf/text_format.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/grpc_status.h"
#include "client/secure_channel.h"
#include "gatehouse/v1/audit_service.grpc.pb.h"
#include "gatehouse/v1/domain_service.grpc.pb.h"
#include "gatehouse/v1/enforcement_service.grpc.pb.h"
#include "gatehouse/v1/login_service.grpc.pb.h"
#include "gatehouse/v1/organization_service.grpc.pb.h"
#include "gatehouse/v1/sso_profile_service.grpc.pb.h"
#include "gatehouse/v1/user_service.grpc.pb.h"

namespace gatehouse {

using Audits = v1::AuditService::Stub;
using Domains = v1::DomainService::Stub;
using Enforcements = v1::EnforcementService::Stub;
using Logins = v1::LoginService::Stub;
using Organizations = v1::OrganizationService::Stub;
using SsoProfiles = v1::SsoProfileService::Stub;
using Users = v1::UserService::Stub;

// No call of a test takes that long; a server that hangs fails the test.
inline void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
}

// A message from its text format; a mistake in it ends the test.
template <typename Message>
Message FromText(absl::string_view text) {
  Message message;
  if (!google::protobuf::TextFormat::ParseFromString(std::string(text), &message)) abort();
  return message;
}

// Thread-safe.
class Api {
 public:
  // Security that cannot be had ends the test.
  explicit Api(const std::string& address, const client::ConnectionSecurity& security = {})
      : channel_(NewChannel(address, security)) {
    std::apply([this](auto&... stub) { (Connect(stub), ...); }, stubs_);
  }

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  template <typename Stub>
  Stub& stub() const {
    return *std::get<std::unique_ptr<Stub>>(stubs_);
  }

  // The response, or the error with its details (policy/errors.h: ReasonOf,
  // DetailsOf).
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const std::type_identity_t<Request>& request) const {
    grpc::ClientContext context;
    SetDeadline(context);
    Response response;
    const grpc::Status status = (stub<Stub>().*method)(&context, request, &response);
    if (!status.ok()) return client::FromGrpcStatus(status);
    return response;
  }

  // The same with the request in text format.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                absl::string_view request) const {
    return Call(method, FromText<Request>(request));
  }

  // UserService.ImportUsers with these messages.
  absl::StatusOr<v1::ImportUsersResponse> ImportUsers(
      const std::vector<v1::ImportUsersRequest>& messages) const {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::ImportUsersResponse response;
    const auto stream = stub<Users>().ImportUsers(&context, &response);
    for (const v1::ImportUsersRequest& message : messages) {
      if (!stream->Write(message)) break;  // Finish says why
    }
    stream->WritesDone();
    const grpc::Status status = stream->Finish();
    if (!status.ok()) return client::FromGrpcStatus(status);
    return response;
  }

 private:
  // Not shared with another Api: each sees the server with a connection of its
  // own.
  static std::shared_ptr<grpc::Channel> NewChannel(const std::string& address,
                                                   const client::ConnectionSecurity& security) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return client::MakeSecureChannel(address, security, arguments).value();
  }

  template <typename Stub>
  void Connect(std::unique_ptr<Stub>& stub) {
    stub = std::make_unique<Stub>(channel_);
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::tuple<std::unique_ptr<Audits>, std::unique_ptr<Domains>, std::unique_ptr<Enforcements>,
             std::unique_ptr<Logins>, std::unique_ptr<Organizations>, std::unique_ptr<SsoProfiles>,
             std::unique_ptr<Users>>
      stubs_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_INTEGRATION_API_H_
