#include "server/services/user_service_import.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/names/resource_names.h"
#include "server/services/status_rendering.h"

namespace gatehouse {
namespace {

constexpr int kMaxRowsPerMessage = 1'000;
constexpr int kMaxOutcomes = 1'000'000;
constexpr int kMaxFailures = 10'000;
// With the outcomes, what a client with gRPC's default limit of 4 MiB can take.
constexpr size_t kMaxFailureBytes = 3 << 20;

}  // namespace

absl::Status ImportConversation::Receive(absl::Span<const v1::ImportUsersRequest> messages) {
  for (size_t i = 0; i < messages.size(); ++i) {
    absl::Status good = Check(messages[i]);
    if (good.ok()) continue;
    RETURN_IF_ERROR(Import(messages.first(i)));
    return good;
  }
  return Import(messages);
}

absl::Status ImportConversation::Check(const v1::ImportUsersRequest& message) {
  if (!importer_) {
    RETURN_IF_ERROR(Begin(message));
  } else if (!message.parent().empty() && message.parent() != parent_) {
    return InvalidField("parent", message.parent(),
                        absl::StrCat("empty, or ", parent_, " as in the first message"));
  }
  if (message.rows_size() > kMaxRowsPerMessage) {
    return InvalidField("rows", absl::StrCat(message.rows_size(), " rows"),
                        absl::StrCat("at most ", kMaxRowsPerMessage, " rows a message"));
  }
  return absl::OkStatus();
}

absl::Status ImportConversation::Import(absl::Span<const v1::ImportUsersRequest> messages) {
  if (messages.empty()) return absl::OkStatus();
  std::vector<ImportRow> rows;
  for (const auto& message : messages) {
    for (const auto& row : message.rows()) {
      rows.push_back(
          {.email = row.email(), .display_name = row.display_name(), .role = row.role()});
    }
  }
  ASSIGN_OR_RETURN(const std::vector<ImportRowResult> results, importer_->AddRows(rows));
  auto result = results.begin();
  for (const auto& message : messages) {
    for (const auto& row : message.rows()) AddResult(row, *result++);
  }
  return absl::OkStatus();
}

absl::Status ImportConversation::Begin(const v1::ImportUsersRequest& first) {
  ASSIGN_OR_RETURN(const OrganizationId organization,
                   ParseOrganizationName("parent", first.parent()));
  parent_ = first.parent();
  ASSIGN_OR_RETURN(importer_,
                   UserImporter::Begin(caller_, context_, organization, first.validate_only()));
  return absl::OkStatus();
}

void ImportConversation::AddResult(const v1::ImportUsersRequest::Row& row,
                                   const ImportRowResult& result) {
  using RowResult = v1::ImportUsersResponse::RowResult;
  ++position_;
  const auto outcome = static_cast<RowResult::Outcome>(result.outcome);
  if (response_->outcomes_size() < kMaxOutcomes) response_->add_outcomes(outcome);
  if (result.error.ok() || response_->failures_size() == kMaxFailures) return;
  RowResult failure;
  failure.set_row_number(row.row_number() != 0 ? row.row_number() : position_);
  failure.set_outcome(outcome);
  *failure.mutable_error() = RenderItemError(result.error);
  // Once over, over: what is named is a prefix of what failed.
  failure_bytes_ += failure.ByteSizeLong();
  if (failure_bytes_ <= kMaxFailureBytes) *response_->add_failures() = std::move(failure);
}

absl::Status ImportConversation::Complete() {
  // No message at all: fails for want of a parent.
  if (!importer_) RETURN_IF_ERROR(Begin(v1::ImportUsersRequest()));
  const ImportTotals& totals = importer_->totals();
  response_->set_row_count(totals.rows);
  response_->set_created_count(totals.created);
  response_->set_updated_count(totals.updated);
  response_->set_claimed_count(totals.claimed);
  response_->set_unchanged_count(totals.unchanged);
  response_->set_failed_count(totals.failed);
  response_->set_revision(static_cast<int64_t>(totals.revision));
  return absl::OkStatus();
}

UserImportReactor::UserImportReactor(CallRunner* calls, const ManagerContext& managers,
                                     grpc::CallbackServerContext* context,
                                     v1::ImportUsersResponse* response)
    : calls_(calls),
      context_(context),
      admission_(calls->Admit(*context, "UserService/ImportUsers")),
      conversation_(admission_.caller, managers, response) {
  calls_->CountStarted(admission_.caller.method);
  if (!admission_.status.ok()) {
    // Is refused there, which is audited.
    importing_ = true;
    no_more_ = true;
    StartImport("");
    return;
  }
  Step(std::unique_lock<std::mutex>(mutex_));
}

void UserImportReactor::OnReadDone(bool ok) {
  std::unique_lock<std::mutex> lock(mutex_);
  reading_ = false;
  if (finished_) return;
  if (ok) {
    // Later messages are of the organization of the first; see Check.
    if (resource_.empty()) resource_ = message_.parent();
    waiting_bytes_ += message_.ByteSizeLong();
    waiting_.push_back(std::move(message_));
    message_.Clear();
  } else {
    no_more_ = true;
    if (context_->IsCancelled()) waiting_.clear();
  }
  Step(std::move(lock));
}

bool UserImportReactor::MayRead() const {
  return !reading_ && !no_more_ && waiting_.size() < kMaxWaitingMessages &&
         waiting_bytes_ < kMaxWaitingBytes;
}

void UserImportReactor::Step(std::unique_lock<std::mutex> lock) {
  const bool read = MayRead();
  const bool import = !importing_ && !waiting_.empty();
  const bool end = !importing_ && !import && no_more_;
  reading_ = reading_ || read;
  importing_ = importing_ || import;
  const std::string resource = import ? resource_ : "";
  lock.unlock();
  // The read first: the others may have deleted this by the time they return, but
  // not while a read is under way.
  if (read) StartRead(&message_);
  if (import) {
    StartImport(resource);
  } else if (end) {
    End(context_->IsCancelled()
            ? grpc::Status(grpc::StatusCode::CANCELLED, "cancelled by the caller")
            : RenderStatus(conversation_.Complete()));
  }
}

void UserImportReactor::StartImport(std::string resource) {
  calls_->StartAdmitted(
      admission_, std::move(resource), [this] { return context_->IsCancelled(); },
      [this](const Caller&) { return ImportWaiting(); },
      [this](const grpc::Status& status) {
        if (!status.ok()) return End(status);
        std::unique_lock<std::mutex> lock(mutex_);
        importing_ = false;
        Step(std::move(lock));
      });
}

absl::Status UserImportReactor::ImportWaiting() {
  std::vector<v1::ImportUsersRequest> messages;
  bool read = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    messages.swap(waiting_);
    waiting_bytes_ = 0;
    read = MayRead();
    reading_ = reading_ || read;
  }
  if (read) StartRead(&message_);
  return conversation_.Receive(messages);
}

void UserImportReactor::End(const grpc::Status& status) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    finished_ = true;
  }
  calls_->CountHandled(admission_.caller.method, static_cast<absl::StatusCode>(status.error_code()),
                       admission_.caller.time);
  Finish(status);
}

}  // namespace gatehouse
