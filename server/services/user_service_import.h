// UserService.ImportUsers: one client stream.
#ifndef GATEHOUSE_SERVER_SERVICES_USER_SERVICE_IMPORT_H_
#define GATEHOUSE_SERVER_SERVICES_USER_SERVICE_IMPORT_H_

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
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

  // Imports the rows of messages, in order; blocks. An error ends the import; the
  // rows of messages before one that is refused are imported.
  absl::Status Receive(absl::Span<const v1::ImportUsersRequest> messages);
  // The client has sent all its rows: completes the response.
  absl::Status Complete();

 private:
  // Whether a message is as it must be; begins with the first.
  absl::Status Check(const v1::ImportUsersRequest& message);
  absl::Status Begin(const v1::ImportUsersRequest& first);
  absl::Status Import(absl::Span<const v1::ImportUsersRequest> messages);
  void AddResult(const v1::ImportUsersRequest::Row& row, const ImportRowResult& result);

  Caller caller_;
  ManagerContext context_;
  v1::ImportUsersResponse* response_;
  std::string parent_;
  std::optional<UserImporter> importer_;  // from the first message on
  int64_t position_ = 0;                  // of the last row, from 1
  size_t failure_bytes_ = 0;
};

// Reads ahead while the pool imports what was read, as one: while a batch is
// committed the next one arrives. What is read ahead is bounded; beyond it, a
// client that sends faster is held back by gRPC's flow control.
//
// Lifetime: there is at most one read and at most one task under way. The reactor
// finishes once, when no task is: then it touches nothing more but what a read
// that still runs needs, after which OnDone deletes it.
class UserImportReactor final : public grpc::ServerReadReactor<v1::ImportUsersRequest> {
 public:
  // Read and not yet imported. One message more may be on its way.
  static constexpr size_t kMaxWaitingMessages = 4;
  static constexpr size_t kMaxWaitingBytes = 1 << 20;

  // `calls` must outlive this.
  UserImportReactor(CallRunner* calls, const ManagerContext& managers,
                    grpc::CallbackServerContext* context, v1::ImportUsersResponse* response);

  void OnReadDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  ~UserImportReactor() override = default;

  // Starts what can be: the next read, the next import, the end. May delete this.
  void Step(std::unique_lock<std::mutex> lock);
  bool MayRead() const;
  // Imports what waits, if the caller may; each time is authorized.
  void StartImport(std::string resource);
  absl::Status ImportWaiting();
  void End(const grpc::Status& status);

  CallRunner* calls_;
  grpc::CallbackServerContext* context_;
  const Admission admission_;
  ImportConversation conversation_;  // the task's

  std::mutex mutex_;
  v1::ImportUsersRequest message_;  // the read's, while there is one
  bool reading_ = false;
  bool importing_ = false;
  bool no_more_ = false;  // all messages were read, or the call is cancelled
  bool finished_ = false;
  std::vector<v1::ImportUsersRequest> waiting_;
  size_t waiting_bytes_ = 0;
  std::string resource_;  // the organization, as the first message names it
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_USER_SERVICE_IMPORT_H_
