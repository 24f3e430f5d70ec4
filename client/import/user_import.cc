#include "client/import/user_import.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/csv/csv_reader.h"
#include "client/grpc_status.h"
#include "gatehouse/v1/user_service.grpc.pb.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::client {
namespace {

using Clock = std::chrono::steady_clock;

// The API's limit on the rows of a message.
constexpr int kRowsPerMessage = 1'000;
// The failures of this many rows fit in a response of 4 MiB, however long their
// messages (ItemError: 1 KiB).
constexpr size_t kRowsPerCall = 2'000;

v1::User::Role ToProto(Role role) {
  switch (role) {
    case Role::kMember:
      return v1::User::ROLE_MEMBER;
    case Role::kAdmin:
      return v1::User::ROLE_ADMIN;
    case Role::kOwner:
      return v1::User::ROLE_OWNER;
  }
  return v1::User::ROLE_UNSPECIFIED;
}

// `status` with more to say, its code and details kept.
absl::Status WithMessage(const absl::Status& status, absl::string_view message) {
  absl::Status longer(status.code(), message);
  status.ForEachPayload([&longer](absl::string_view type, const absl::Cord& payload) {
    longer.SetPayload(type, payload);
  });
  return longer;
}

// Whether the server refused the call before it took a row.
bool RefusesTheCall(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnimplemented:
      return true;
    default:
      return false;
  }
}

bool IsBlank(const std::vector<std::string>& fields) {
  return std::all_of(fields.begin(), fields.end(), [](const auto& f) { return f.empty(); });
}

// One call of ImportUsers. Each that is started is finished, by Finish or when
// the object goes (which cancels it).
class ImportCall {
 public:
  ImportCall(v1::UserService::Stub& stub, absl::Duration timeout) {
    context_.set_deadline(std::chrono::system_clock::now() + absl::ToChronoNanoseconds(timeout));
    writer_ = stub.ImportUsers(&context_, &response_);
  }
  ~ImportCall() {
    if (writer_ == nullptr) return;
    context_.TryCancel();
    (void)writer_->Finish();
  }

  // Waits while the server takes rows more slowly than they come: gRPC admits
  // the next message only when the one before is on its way. False: the call has
  // ended, and Finish says why.
  bool Write(const v1::ImportUsersRequest& request) { return writer_->Write(request); }

  absl::StatusOr<v1::ImportUsersResponse> Finish() {
    writer_->WritesDone();
    const grpc::Status status = std::exchange(writer_, nullptr)->Finish();
    if (!status.ok()) return FromGrpcStatus(status);
    return std::move(response_);
  }

 private:
  grpc::ClientContext context_;
  v1::ImportUsersResponse response_;
  std::unique_ptr<grpc::ClientWriter<v1::ImportUsersRequest>> writer_;
};

class Importer {
 public:
  Importer(std::istream& csv, const std::shared_ptr<grpc::ChannelInterface>& channel,
           const UserImportOptions& options, UserImportReport& report)
      : stub_(channel),
        options_(options),
        report_(report),
        reader_(csv, {.separator = options.separator}) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(const std::vector<std::string> header, reader_.ReadHeader());
    ASSIGN_OR_RETURN(const UserColumns columns, UserColumns::Recognize(header, options_.format));
    report_.format = columns.format();
    absl::Status status = ImportRows(columns);
    std::stable_sort(report_.failures.begin(), report_.failures.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
    ReportProgress(/*last=*/true);
    return status;
  }

 private:
  absl::Status ImportRows(const UserColumns& columns) {
    while (true) {
      absl::StatusOr<std::optional<CsvRecord>> record = reader_.Next();
      if (!record.ok()) {
        // What was read before the file failed takes effect, and is told.
        RETURN_IF_ERROR(FinishCall());
        return record.status();
      }
      if (!record->has_value()) return FinishCall();
      RETURN_IF_ERROR(Import(columns, **record));
      ReportProgress(/*last=*/false);
    }
  }

  absl::Status Import(const UserColumns& columns, const CsvRecord& record) {
    const absl::StatusOr<std::vector<std::string>>& fields = record.fields;
    if (fields.ok() && IsBlank(*fields)) return absl::OkStatus();
    ++report_.row_count;
    if (!fields.ok()) {
      AddFailure(record.line, "", fields.status());
      return absl::OkStatus();
    }
    absl::StatusOr<UserRow> user = columns.Map(*fields);
    if (!user.ok()) {
      AddFailure(record.line, columns.Email(*fields), user.status());
      return absl::OkStatus();
    }
    return AddRow(record.line, *std::move(user));
  }

  void AddFailure(int64_t line, absl::string_view email, const absl::Status& status) {
    ++report_.failed_count;
    if (static_cast<int64_t>(report_.failures.size()) >= options_.max_failures) return;
    report_.failures.push_back({.line = line,
                                .email = email.empty() ? "" : Quoted(email),
                                .reason = ReasonOf(status),
                                .message = std::string(status.message())});
  }

  absl::Status AddRow(int64_t line, UserRow user) {
    if (user.inactive) ++report_.inactive_count;
    v1::ImportUsersRequest::Row& row = *message_.add_rows();
    row.set_email(user.email);
    row.set_display_name(std::move(user.display_name));
    if (user.role.has_value()) row.set_role(ToProto(*user.role));
    row.set_row_number(line);
    call_rows_.push_back({line, std::move(user.email)});
    if (message_.rows_size() == kRowsPerMessage) RETURN_IF_ERROR(SendMessage());
    return call_rows_.size() == kRowsPerCall ? FinishCall() : absl::OkStatus();
  }

  absl::Status SendMessage() {
    if (call_ == nullptr) {
      call_ = std::make_unique<ImportCall>(stub_, options_.call_timeout);
      message_.set_parent(options_.parent);
      message_.set_validate_only(options_.validate_only);
    }
    const bool written = call_->Write(message_);
    message_.Clear();
    ++messages_;
    return written ? absl::OkStatus() : EndCall();
  }

  absl::Status FinishCall() {
    if (message_.rows_size() > 0) RETURN_IF_ERROR(SendMessage());
    return call_ == nullptr ? absl::OkStatus() : EndCall();
  }

  // Takes the outcome of the current call.
  absl::Status EndCall() {
    const absl::StatusOr<v1::ImportUsersResponse> response = call_->Finish();
    call_.reset();
    if (!response.ok()) return CallFailed(response.status());
    if (response->outcomes_size() != static_cast<int>(call_rows_.size())) {
      return CallFailed(absl::InternalError(absl::StrCat("the server tells the outcome of ",
                                                         response->outcomes_size(), " rows of ",
                                                         call_rows_.size(), " that were sent")));
    }
    report_.created_count += response->created_count();
    report_.updated_count += response->updated_count();
    report_.claimed_count += response->claimed_count();
    report_.unchanged_count += response->unchanged_count();
    AddFailures(*response);
    report_.revision = std::max<int64_t>(report_.revision, response->revision());
    acknowledged_ += response->row_count();
    call_rows_.clear();
    return absl::OkStatus();
  }

  void AddFailures(const v1::ImportUsersResponse& response) {
    // `failures` is in the order sent, and may end before the outcomes do.
    int next = 0;
    for (size_t i = 0; i < call_rows_.size(); ++i) {
      if (response.outcomes(static_cast<int>(i)) !=
          v1::ImportUsersResponse::RowResult::OUTCOME_FAILED) {
        continue;
      }
      AddFailure(call_rows_[i].line, call_rows_[i].email,
                 next < response.failures_size()
                     ? FromItemError(response.failures(next++).error())
                     : absl::UnknownError("refused; the server did not say why"));
    }
  }

  absl::Status CallFailed(const absl::Status& status) const {
    if (RefusesTheCall(status.code())) return status;
    return WithMessage(
        status, absl::StrCat(status.message(), "; the server has acknowledged ", acknowledged_,
                             " rows, and may have imported any of the ", call_rows_.size(),
                             " sent from line ", call_rows_.front().line,
                             " on. Importing the file again is safe"));
  }

  void ReportProgress(bool last) {
    if (!options_.on_progress) return;
    const bool due = options_.progress_interval == absl::ZeroDuration()
                         ? messages_ > messages_reported_
                         : Clock::now() - last_progress_ >=
                               absl::ToChronoNanoseconds(options_.progress_interval);
    if (!last && !due) return;
    messages_reported_ = messages_;
    last_progress_ = Clock::now();
    const absl::Duration elapsed = absl::FromChrono(last_progress_ - start_);
    options_.on_progress({.rows_read = report_.row_count,
                          .rows_acknowledged = acknowledged_,
                          .rows_failed = report_.failed_count,
                          .bytes_read = reader_.bytes_read(),
                          .total_bytes = options_.total_bytes,
                          .elapsed = elapsed,
                          .rows_per_second = elapsed > absl::ZeroDuration()
                                                 ? static_cast<double>(report_.row_count) /
                                                       absl::ToDoubleSeconds(elapsed)
                                                 : 0});
  }

  v1::UserService::Stub stub_;
  const UserImportOptions& options_;
  UserImportReport& report_;
  CsvReader reader_;
  int64_t acknowledged_ = 0;

  // The call that runs; none between calls.
  std::unique_ptr<ImportCall> call_;
  v1::ImportUsersRequest message_;
  // Rows of the call, those in message_ included.
  struct SentRow {
    int64_t line;
    std::string email;
  };
  std::vector<SentRow> call_rows_;

  int64_t messages_ = 0;
  int64_t messages_reported_ = 0;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point last_progress_ = start_;
};

}  // namespace

absl::Status ImportUsers(std::istream& csv, const std::shared_ptr<grpc::ChannelInterface>& channel,
                         const UserImportOptions& options, UserImportReport& report) {
  report = {};
  return Importer(csv, channel, options, report).Run();
}

}  // namespace gatehouse::client
