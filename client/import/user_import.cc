#include "client/import/user_import.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>
#include <thread>
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
// Enough that the pause between two calls does not count; few enough to keep them
// all until they are acknowledged, and to send them again.
constexpr int kRowsPerCall = 20'000;
// The failures of this many rows fit in a response of 4 MiB, however long their
// messages (ItemError: 1 KiB).
constexpr int kMaxFailuresNamed = 2'000;
constexpr absl::Duration kMaxRetryDelay = absl::Seconds(5);

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

// Whether the same call may well succeed later: the connection was cut, the server
// restarts or has no room.
bool IsWorthRetrying(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return absl::IsUnavailable(status) || absl::IsAborted(status) || reason == reason::kOverloaded ||
         reason == reason::kRateLimited;
}

bool IsBlank(const std::vector<std::string>& fields) {
  return std::all_of(fields.begin(), fields.end(), [](const auto& f) { return f.empty(); });
}

// One call of ImportUsers. Each that is started is finished, by Finish or when
// the object goes (which cancels it).
class ImportCall {
 public:
  ImportCall(v1::UserService::Stub& stub, absl::Duration timeout)
      : end_(Clock::now() + absl::ToChronoNanoseconds(timeout / 2)) {
    context_.set_deadline(std::chrono::system_clock::now() + absl::ToChronoNanoseconds(timeout));
    writer_ = stub.ImportUsers(&context_, &response_);
  }
  ~ImportCall() {
    if (writer_ == nullptr) return;
    context_.TryCancel();
    (void)writer_->Finish();
  }

  // Whether it has run for half of its time. A call whose rows come slowly should
  // not wait for the last of them.
  bool IsOld() const { return Clock::now() >= end_; }

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
  const Clock::time_point end_;
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
    row.set_email(std::move(user.email));
    row.set_display_name(std::move(user.display_name));
    if (user.role.has_value()) row.set_role(ToProto(*user.role));
    row.set_row_number(line);
    if (message_.rows_size() == kRowsPerMessage) RETURN_IF_ERROR(SendMessage());
    const bool full = call_rows_ == kRowsPerCall || (call_ != nullptr && call_->IsOld());
    return full ? FinishCall() : absl::OkStatus();
  }

  absl::Status SendMessage() {
    message_.set_parent(options_.parent);
    message_.set_validate_only(options_.validate_only);
    call_rows_ += message_.rows_size();
    call_messages_.push_back(std::exchange(message_, {}));
    ++messages_;
    if (call_ == nullptr) call_ = std::make_unique<ImportCall>(stub_, options_.call_timeout);
    if (call_->Write(call_messages_.back())) return absl::OkStatus();
    return SendAgain(EndedEarly());
  }

  // Why the call has ended before its last row.
  absl::Status EndedEarly() {
    const absl::StatusOr<v1::ImportUsersResponse> response =
        std::exchange(call_, nullptr)->Finish();
    return response.ok() ? absl::InternalError("the server ended the call before its last row")
                         : response.status();
  }

  // Makes the call, which has failed with `status`, again, with all of its rows.
  absl::Status SendAgain(absl::Status status) {
    const Clock::time_point last = Clock::now() + absl::ToChronoNanoseconds(options_.retry_for);
    absl::Duration delay = options_.retry_delay;
    while (IsWorthRetrying(status) && Clock::now() + absl::ToChronoNanoseconds(delay) <= last) {
      retrying_ = true;
      ReportProgress(/*last=*/false);
      std::this_thread::sleep_for(absl::ToChronoNanoseconds(delay));
      delay = std::min(2 * delay, kMaxRetryDelay);
      rows_sent_before_ = call_rows_;
      call_ = std::make_unique<ImportCall>(stub_, options_.call_timeout);
      const bool written =
          std::all_of(call_messages_.begin(), call_messages_.end(),
                      [this](const auto& message) { return call_->Write(message); });
      if (written) {
        retrying_ = false;
        return absl::OkStatus();
      }
      status = EndedEarly();
    }
    return CallFailed(status);
  }

  absl::Status FinishCall() {
    if (message_.rows_size() > 0) RETURN_IF_ERROR(SendMessage());
    if (call_ == nullptr) return absl::OkStatus();
    // Each round takes as long as the attempts of SendAgain may; what the rounds
    // before have done is done.
    const Clock::time_point last = Clock::now() + absl::ToChronoNanoseconds(options_.retry_for);
    while (true) {
      const absl::StatusOr<v1::ImportUsersResponse> response =
          std::exchange(call_, nullptr)->Finish();
      if (response.ok()) return TakeOutcomes(*response);
      if (Clock::now() > last) return CallFailed(response.status());
      RETURN_IF_ERROR(SendAgain(response.status()));
    }
  }

  absl::Status TakeOutcomes(const v1::ImportUsersResponse& response) {
    if (response.outcomes_size() != call_rows_) {
      return CallFailed(absl::InternalError(absl::StrCat("the server tells the outcome of ",
                                                         response.outcomes_size(), " rows of ",
                                                         call_rows_, " that were sent")));
    }
    report_.created_count += response.created_count();
    report_.updated_count += response.updated_count();
    report_.claimed_count += response.claimed_count();
    report_.unchanged_count += response.unchanged_count();
    report_.unchanged_on_retry_count +=
        std::count(response.outcomes().begin(), response.outcomes().begin() + rows_sent_before_,
                   v1::ImportUsersResponse::RowResult::OUTCOME_UNCHANGED);
    report_.revision = std::max<int64_t>(report_.revision, response.revision());
    acknowledged_ += response.row_count();
    AddFailures(response);
    call_messages_.clear();
    call_rows_ = 0;
    rows_sent_before_ = 0;
    return absl::OkStatus();
  }

  // `failures` is in the order sent, and may end before the outcomes do.
  void AddFailures(const v1::ImportUsersResponse& response) {
    int next = 0;
    int position = 0;
    v1::ImportUsersRequest unnamed;
    for (const v1::ImportUsersRequest& message : call_messages_) {
      for (const v1::ImportUsersRequest::Row& row : message.rows()) {
        if (response.outcomes(position++) != v1::ImportUsersResponse::RowResult::OUTCOME_FAILED) {
          continue;
        }
        if (next < response.failures_size()) {
          AddFailure(row.row_number(), row.email(),
                     FromItemError(response.failures(next++).error()));
          continue;
        }
        *unnamed.add_rows() = row;
        if (unnamed.rows_size() == kMaxFailuresNamed) NameFailures(std::exchange(unnamed, {}));
      }
    }
    if (unnamed.rows_size() > 0) NameFailures(unnamed);
  }

  // Adds rows that have failed; asks the server why, without effect.
  void NameFailures(const v1::ImportUsersRequest& rows) {
    v1::ImportUsersResponse answer;
    if (static_cast<int64_t>(report_.failures.size()) < options_.max_failures)
      answer = Rehearse(rows);
    int next = 0;
    for (int i = 0; i < rows.rows_size(); ++i) {
      const bool named = i < answer.outcomes_size() &&
                         answer.outcomes(i) == v1::ImportUsersResponse::RowResult::OUTCOME_FAILED &&
                         next < answer.failures_size();
      AddFailure(rows.rows(i).row_number(), rows.rows(i).email(),
                 named ? FromItemError(answer.failures(next++).error())
                       : absl::UnknownError("refused; the server did not say why"));
    }
  }

  // What the server would say to `rows`; nothing if it cannot be asked.
  v1::ImportUsersResponse Rehearse(const v1::ImportUsersRequest& rows) {
    ImportCall call(stub_, options_.call_timeout);
    v1::ImportUsersRequest message;
    message.set_parent(options_.parent);
    message.set_validate_only(true);
    for (int i = 0; i < rows.rows_size(); ++i) {
      *message.add_rows() = rows.rows(i);
      if (message.rows_size() < kRowsPerMessage && i + 1 < rows.rows_size()) continue;
      if (!call.Write(message)) break;
      message.clear_rows();
    }
    return call.Finish().value_or(v1::ImportUsersResponse());
  }

  absl::Status CallFailed(const absl::Status& status) const {
    if (RefusesTheCall(status.code())) return status;
    return WithMessage(
        status, absl::StrCat(status.message(), "; the server has acknowledged ", acknowledged_,
                             " rows, and may have imported any of the ", call_rows_,
                             " sent from line ", call_messages_.front().rows(0).row_number(),
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
    const int64_t bytes = reader_.bytes_read();
    std::optional<absl::Duration> time_left;
    if (options_.total_bytes.has_value() && bytes > 0) {
      time_left =
          elapsed * (static_cast<double>(std::max(*options_.total_bytes - bytes, int64_t{0})) /
                     static_cast<double>(bytes));
    }
    options_.on_progress({.rows_read = report_.row_count,
                          .rows_acknowledged = acknowledged_,
                          .rows_failed = report_.failed_count,
                          .bytes_read = bytes,
                          .total_bytes = options_.total_bytes,
                          .elapsed = elapsed,
                          .rows_per_second = elapsed > absl::ZeroDuration()
                                                 ? static_cast<double>(report_.row_count) /
                                                       absl::ToDoubleSeconds(elapsed)
                                                 : 0,
                          .time_left = time_left,
                          .retrying = retrying_,
                          .finished = last});
  }

  v1::UserService::Stub stub_;
  const UserImportOptions& options_;
  UserImportReport& report_;
  CsvReader reader_;
  int64_t acknowledged_ = 0;

  // The call that runs; none between calls.
  std::unique_ptr<ImportCall> call_;
  // Of the call, in order; kept until they are acknowledged.
  std::vector<v1::ImportUsersRequest> call_messages_;
  int call_rows_ = 0;         // in call_messages_
  int rows_sent_before_ = 0;  // the first of them, which a call that was cut had, too
  bool retrying_ = false;
  v1::ImportUsersRequest message_;  // the next one

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
