// UserService.ImportUsers: one client stream.
#ifndef GATEHOUSE_SERVER_SERVICES_USER_SERVICE_IMPORT_H_
#define GATEHOUSE_SERVER_SERVICES_USER_SERVICE_IMPORT_H_

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "gatehouse/v1/user_service.pb.h"
#include "server/managers/manager_context.h"
#include "server/managers/user_importer.h"
#include "server/services/call_runner.h"

namespace gatehouse {

// What an import has been told and has to tell, apart from how its messages
// travel. Not thread-safe.
class ImportConversation {
 public:
  // `response` must outlive this.
  ImportConversation(Caller caller, const ManagerContext& context,
                     v1::ImportUsersResponse* response)
      : caller_(std::move(caller)), context_(context), response_(response) {}

  // Imports the rows of one message; blocks. An error ends the import.
  absl::Status Receive(const v1::ImportUsersRequest& message);
  // The client has sent all its rows: completes the response.
  absl::Status Complete();

 private:
  absl::Status Begin(const v1::ImportUsersRequest& first);
  void AddResult(const v1::ImportUsersRequest::Row& row, const ImportRowResult& result);

  Caller caller_;
  ManagerContext context_;
  v1::ImportUsersResponse* response_;
  std::string parent_;
  std::optional<UserImporter> importer_;  // from the first message on
  int64_t position_ = 0;                  // of the last row, from 1
  size_t failure_bytes_ = 0;
};

// Reads a message, imports it on the pool, and only then reads the next: a
// client that sends faster is held back by gRPC's flow control.
//
// Lifetime: at any time there is either one read under way or one task on the
// pool, and whichever it is ends by starting the other or by Finish; OnDone,
// which follows Finish, deletes the reactor. A cancelled call needs no more: its
// reads fail, and its task ends by itself.
class UserImportReactor final : public grpc::ServerReadReactor<v1::ImportUsersRequest> {
 public:
  // `calls` must outlive this.
  UserImportReactor(CallRunner* calls, const ManagerContext& managers,
                    grpc::CallbackServerContext* context, v1::ImportUsersResponse* response);

  void OnReadDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  ~UserImportReactor() override = default;

  // Imports message_, if the caller may; each message is authorized.
  void Receive();
  void End(const grpc::Status& status);

  CallRunner* calls_;
  grpc::CallbackServerContext* context_;
  const Admission admission_;
  std::string resource_;  // the organization, as the first message names it
  ImportConversation conversation_;
  v1::ImportUsersRequest message_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_USER_SERVICE_IMPORT_H_
