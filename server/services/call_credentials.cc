#include "server/services/call_credentials.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace gatehouse {
namespace {

void AddNames(const grpc::AuthContext& authenticated, const char* property, absl::string_view kind,
              CallCredentials* credentials) {
  for (const grpc::string_ref& name : authenticated.FindPropertyValues(property)) {
    credentials->certificate_names.push_back(
        absl::StrCat(kind, absl::string_view(name.data(), name.size())));
  }
}

}  // namespace

CallCredentials IdentityOf(const grpc::CallbackServerContext& context) {
  CallCredentials credentials;
  const auto& metadata = context.client_metadata();
  const auto sent = metadata.equal_range("authorization");
  if (sent.first != sent.second) {
    // Of several, which one is meant? None: the empty value is malformed.
    const bool one = std::next(sent.first) == sent.second;
    credentials.authorization =
        one ? std::string(sent.first->second.data(), sent.first->second.size()) : std::string();
    return credentials;
  }
  const std::shared_ptr<const grpc::AuthContext> authenticated = context.auth_context();
  if (authenticated == nullptr || !authenticated->IsPeerAuthenticated()) return credentials;
  AddNames(*authenticated, "peer_uri", "URI:", &credentials);
  AddNames(*authenticated, "peer_dns", "DNS:", &credentials);
  return credentials;
}

CallCredentials CredentialsOf(const grpc::CallbackServerContext& context) {
  CallCredentials credentials = IdentityOf(context);
  credentials.peer = context.peer();
  const auto request_id = context.client_metadata().find("x-request-id");
  if (request_id != context.client_metadata().end()) {
    credentials.request_id.assign(request_id->second.data(), request_id->second.size());
  }
  return credentials;
}

}  // namespace gatehouse
