#include "client/import/user_import.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <sstream>
#include <stdexcept>
#include <streambuf>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gatehouse/v1/user_service.grpc.pb.h"
#include "policy/errors.h"

namespace gatehouse::client {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using v1::ImportUsersRequest;
using v1::ImportUsersResponse;
using RowResult = ImportUsersResponse::RowResult;

// Keeps users in a map, by address. Refuses addresses that begin with "bad".
class FakeUserService : public v1::UserService::Service {
 public:
  struct Call {
    std::string parent;
    bool validate_only = false;
    std::vector<int> message_sizes;
    std::vector<ImportUsersRequest::Row> rows;
  };

  // The call with this number (from 0) ends with the status instead of its
  // `messages`-th next message.
  void FailCall(size_t call, int messages, grpc::Status status) {
    fail_call_ = call;
    fail_after_ = messages;
    failure_ = std::move(status);
  }
  // Likewise each call from that number on.
  void FailCallsFrom(size_t call, int messages, grpc::Status status) {
    FailCall(call, messages, std::move(status));
    fail_all_after_ = true;
  }
  // Names so many failures of a call at most.
  void NameAtMost(int failures) { max_named_ = failures; }
  void ForgetARow() { forget_row_ = true; }
  // Names no failures.
  void KeepReasons() { keep_reasons_ = true; }
  // Reads nothing, until Resume.
  void Stall() { stall_ = true; }
  void Resume() { resumed_.set_value(); }

  const std::vector<Call>& calls() const { return calls_; }
  const std::map<std::string, ImportUsersRequest::Row>& users() const { return users_; }

  grpc::Status ImportUsers(grpc::ServerContext*, grpc::ServerReader<ImportUsersRequest>* reader,
                           ImportUsersResponse* response) override {
    if (stall_) {
      resumed_.get_future().wait();
      return grpc::Status::CANCELLED;
    }
    const size_t number = calls_.size();
    Call& call = calls_.emplace_back();
    ImportUsersRequest request;
    while (true) {
      if ((number == fail_call_ || (fail_all_after_ && number > fail_call_)) &&
          static_cast<int>(call.message_sizes.size()) == fail_after_) {
        return failure_;
      }
      if (!reader->Read(&request)) break;
      if (call.message_sizes.empty()) {
        call.parent = request.parent();
        call.validate_only = request.validate_only();
      }
      call.message_sizes.push_back(request.rows_size());
      for (const ImportUsersRequest::Row& row : request.rows()) {
        call.rows.push_back(row);
        Import(row, call.validate_only, *response);
      }
    }
    if (!call.validate_only) response->set_revision(static_cast<int64_t>(100 + number));
    if (forget_row_) response->mutable_outcomes()->RemoveLast();
    if (keep_reasons_) response->clear_failures();
    while (response->failures_size() > max_named_) response->mutable_failures()->RemoveLast();
    return grpc::Status::OK;
  }

 private:
  void Import(const ImportUsersRequest::Row& row, bool validate_only,
              ImportUsersResponse& response) {
    response.set_row_count(response.row_count() + 1);
    const auto user = users_.find(row.email());
    if (absl::StartsWith(row.email(), "bad")) {
      RowResult& result = *response.add_failures();
      result.set_row_number(row.row_number());
      result.set_outcome(RowResult::OUTCOME_FAILED);
      result.mutable_error()->set_code(3);
      result.mutable_error()->set_message("email: expected exactly one '@'");
      auto& info = *result.mutable_error()->mutable_details()->mutable_info();
      info.set_domain("gatehouse");
      info.set_reason("INVALID_FIELD");
      response.set_failed_count(response.failed_count() + 1);
      response.add_outcomes(RowResult::OUTCOME_FAILED);
      return;
    }
    if (user == users_.end()) {
      response.set_created_count(response.created_count() + 1);
      response.add_outcomes(RowResult::OUTCOME_CREATED);
    } else if (user->second.display_name() != row.display_name() ||
               user->second.role() != row.role()) {
      response.set_updated_count(response.updated_count() + 1);
      response.add_outcomes(RowResult::OUTCOME_UPDATED);
    } else {
      response.set_unchanged_count(response.unchanged_count() + 1);
      response.add_outcomes(RowResult::OUTCOME_UNCHANGED);
    }
    if (!validate_only) users_[row.email()] = row;
  }

  // The importer makes one call at a time.
  std::vector<Call> calls_;
  std::map<std::string, ImportUsersRequest::Row> users_;
  size_t fail_call_ = static_cast<size_t>(-1);
  bool fail_all_after_ = false;
  int fail_after_ = 0;
  int max_named_ = 10'000;
  grpc::Status failure_;
  bool forget_row_ = false;
  bool keep_reasons_ = false;
  bool stall_ = false;
  std::promise<void> resumed_;
};

class UserImportTest : public ::testing::Test {
 protected:
  UserImportTest() {
    server_ = grpc::ServerBuilder().RegisterService(&service_).BuildAndStart();
    channel_ = server_->InProcessChannel({});
    options_.parent = "organizations/acme";
    options_.retry_for = absl::ZeroDuration();
    options_.retry_delay = absl::Milliseconds(1);
  }

  ~UserImportTest() override { server_->Shutdown(std::chrono::system_clock::now()); }

  absl::Status Import(const std::string& csv) {
    std::istringstream in(csv);
    return ImportUsers(in, channel_, options_, report_);
  }

  // `count` good rows, from line 2.
  static std::string Rows(int count) {
    std::string csv = "email,display_name,role\n";
    for (int i = 0; i < count; ++i) absl::StrAppend(&csv, "user", i, "@example.com,User,\n");
    return csv;
  }

  FakeUserService service_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  UserImportOptions options_;
  UserImportReport report_;
};

TEST_F(UserImportTest, SendsTheRowsOfAFileWithTheirLines) {
  ASSERT_TRUE(Import("email,display_name,role\n"
                     "ada@example.com,\"Ada\nLovelace\",owner\n"
                     "\n"
                     "alan@example.com,Alan,\n"
                     ",,\n"
                     "grace@example.com,,admin\n")
                  .ok());
  ASSERT_EQ(service_.calls().size(), 1u);
  const FakeUserService::Call& call = service_.calls()[0];
  EXPECT_EQ(call.parent, "organizations/acme");
  EXPECT_FALSE(call.validate_only);
  ASSERT_EQ(call.rows.size(), 3u);
  EXPECT_EQ(call.rows[0].email(), "ada@example.com");
  EXPECT_EQ(call.rows[0].display_name(), "Ada Lovelace");
  EXPECT_EQ(call.rows[0].role(), v1::User::ROLE_OWNER);
  EXPECT_EQ(call.rows[0].row_number(), 2);
  EXPECT_EQ(call.rows[1].role(), v1::User::ROLE_UNSPECIFIED);
  EXPECT_EQ(call.rows[1].row_number(), 5);
  EXPECT_EQ(call.rows[2].role(), v1::User::ROLE_ADMIN);
  EXPECT_EQ(call.rows[2].row_number(), 7);
  EXPECT_EQ(report_.format, UserFileFormat::kPlain);
  EXPECT_EQ(report_.row_count, 3);
  EXPECT_EQ(report_.created_count, 3);
  EXPECT_EQ(report_.revision, 100);
}

TEST_F(UserImportTest, ImportsEachDirectorysExport) {
  struct Case {
    UserFileFormat format;
    const char* csv;
  };
  const Case cases[] = {
      {UserFileFormat::kGoogleWorkspace,
       "\xEF\xBB\xBF"
       "First Name [Required],Last Name [Required],Email Address [Required],"
       "Status [READ ONLY],Work Address\r\n"
       "Ada,Lovelace,ada@example.com,Suspended,\"12 St James's Square\r\nLondon\"\r\n"},
      {UserFileFormat::kEntraId,
       "userPrincipalName,displayName,surname,mail,givenName,accountEnabled\r\n"
       "ada@corp.onmicrosoft.com,Ada Lovelace,Lovelace,ada@example.com,Ada,False\r\n"},
      {UserFileFormat::kOkta,
       "login;firstName;lastName;email;status\n"
       "ada;Ada;Lovelace;ada@example.com;SUSPENDED\n"},
  };
  for (const Case& c : cases) {
    ASSERT_TRUE(Import(c.csv).ok());
    EXPECT_EQ(report_.format, c.format);
    EXPECT_EQ(report_.row_count, 1);
    EXPECT_EQ(report_.inactive_count, 1);
    ASSERT_EQ(service_.calls().back().rows.size(), 1u);
    EXPECT_EQ(service_.calls().back().rows[0].email(), "ada@example.com");
    EXPECT_EQ(service_.calls().back().rows[0].display_name(), "Ada Lovelace");
    EXPECT_EQ(service_.calls().back().rows[0].role(), v1::User::ROLE_UNSPECIFIED);
  }
}

TEST_F(UserImportTest, NamesEachBadRowByItsLineAndLosesNoOther) {
  ASSERT_TRUE(Import("email,display_name,role\n"
                     "bad@@example.com,Refused by the server,\n"
                     "ada@example.com,Ada,owner\n"
                     "alan@example.com,Alan,boss\n"
                     "too,many,fields,here\n"
                     "\"open@example.com,Never closed,\n"
                     "grace@example.com,Grace,\n"
                     ",No address,\n"
                     "edsger@example.com,M\xFCller,\n"
                     "bad,Refused too,\n")
                  .ok());
  EXPECT_EQ(report_.row_count, 9);
  EXPECT_EQ(report_.created_count, 2);
  EXPECT_EQ(report_.failed_count, 7);
  std::vector<int64_t> lines;
  for (const UserImportFailure& failure : report_.failures) {
    lines.push_back(failure.line);
    EXPECT_EQ(failure.reason, "INVALID_FIELD");
  }
  EXPECT_THAT(lines, ElementsAre(2, 4, 5, 6, 8, 9, 10));
  EXPECT_EQ(report_.failures[0].email, "\"bad@@example.com\"");
  EXPECT_EQ(report_.failures[0].message, "email: expected exactly one '@'");
  EXPECT_EQ(report_.failures[1].email, "\"alan@example.com\"");
  EXPECT_THAT(report_.failures[1].message, HasSubstr("role \"boss\""));
  EXPECT_THAT(report_.failures[2].message, HasSubstr("4 fields: expected 3"));
  EXPECT_THAT(report_.failures[3].message, HasSubstr("on line 6 is never closed"));
  EXPECT_EQ(report_.failures[4].email, "");
  EXPECT_THAT(report_.failures[5].message, HasSubstr("expected UTF-8"));
  // What cannot be right is not sent.
  EXPECT_EQ(service_.calls()[0].rows.size(), 4u);
  EXPECT_EQ(service_.users().size(), 2u);
}

TEST_F(UserImportTest, ShowsForeignTextEscapedAndCut) {
  ASSERT_TRUE(Import(absl::StrCat("email\n\"bad\x1b[2J", std::string(200, 'x'), "\"\n")).ok());
  ASSERT_EQ(report_.failures.size(), 1u);
  EXPECT_THAT(report_.failures[0].email, HasSubstr("\"bad\\u{001B}[2Jxxx"));
  EXPECT_LT(report_.failures[0].email.size(), 120u);
}

TEST_F(UserImportTest, NamesEvenRowsWhoseReasonTheServerKeeps) {
  service_.KeepReasons();
  ASSERT_TRUE(Import("email\nada@example.com\nbad\n").ok());
  EXPECT_EQ(report_.failed_count, 1);
  ASSERT_EQ(report_.failures.size(), 1u);
  EXPECT_EQ(report_.failures[0].line, 3);
  EXPECT_EQ(report_.failures[0].email, "\"bad\"");
  EXPECT_THAT(report_.failures[0].message, HasSubstr("did not say why"));
}

TEST_F(UserImportTest, SplitsALargeFileIntoMessagesAndCalls) {
  ASSERT_TRUE(Import(Rows(40'500)).ok());
  ASSERT_EQ(service_.calls().size(), 3u);
  int64_t line = 2;
  for (const FakeUserService::Call& call : service_.calls()) {
    EXPECT_EQ(call.parent, "organizations/acme");
    for (const ImportUsersRequest::Row& row : call.rows) ASSERT_EQ(row.row_number(), line++);
  }
  EXPECT_EQ(service_.calls()[0].message_sizes, std::vector<int>(20, 1'000));
  EXPECT_EQ(service_.calls()[1].message_sizes, std::vector<int>(20, 1'000));
  EXPECT_EQ(service_.calls()[2].message_sizes, std::vector<int>({500}));
  EXPECT_EQ(report_.created_count, 40'500);
  EXPECT_EQ(report_.revision, 102);
}

TEST_F(UserImportTest, ChangesNothingWhenRepeated) {
  ASSERT_TRUE(Import(Rows(1'001)).ok());
  ASSERT_TRUE(Import(Rows(1'001)).ok());
  EXPECT_EQ(report_.unchanged_count, 1'001);
  EXPECT_EQ(report_.created_count, 0);
}

TEST_F(UserImportTest, ValidatesInEveryCallAndChangesNothing) {
  options_.validate_only = true;
  ASSERT_TRUE(Import(Rows(20'001)).ok());
  ASSERT_EQ(service_.calls().size(), 2u);
  EXPECT_TRUE(service_.calls()[0].validate_only);
  EXPECT_TRUE(service_.calls()[1].validate_only);
  EXPECT_EQ(report_.created_count, 20'001);
  EXPECT_EQ(report_.revision, 0);
  EXPECT_TRUE(service_.users().empty());
}

TEST_F(UserImportTest, SaysWhatACutStreamLeavesUnknown) {
  service_.FailCall(1, 1, grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection reset"));
  const absl::Status status = Import(Rows(21'500));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("connection reset"), HasSubstr("has acknowledged 20000 rows"),
                    HasSubstr("sent from line 20002 on"), HasSubstr("again is safe")));
  EXPECT_EQ(report_.created_count, 20'000);
  EXPECT_EQ(report_.revision, 100);

  ASSERT_TRUE(Import(Rows(21'500)).ok());
  EXPECT_EQ(report_.unchanged_count, 21'000);
  EXPECT_EQ(report_.unchanged_on_retry_count, 0);
  EXPECT_EQ(report_.created_count, 500);
  EXPECT_EQ(service_.users().size(), 21'500u);
}

TEST_F(UserImportTest, MakesACallThatWasCutAgainAndCountsEachRowOnce) {
  struct Case {
    const char* description;
    int cut_after;  // messages
    int64_t imported;
  };
  const Case cases[] = {{"before its first row", 0, 0},
                        {"in the middle", 2, 2'000},
                        {"before its response", 4, 3'500}};
  options_.retry_for = absl::Hours(1);
  for (const Case& c : cases) {
    FakeUserService service;
    const auto server = grpc::ServerBuilder().RegisterService(&service).BuildAndStart();
    service.FailCall(0, c.cut_after, grpc::Status(grpc::StatusCode::UNAVAILABLE, "reset"));
    std::istringstream csv(Rows(3'500));
    const absl::Status status = ImportUsers(csv, server->InProcessChannel({}), options_, report_);
    ASSERT_TRUE(status.ok()) << c.description << status;
    ASSERT_EQ(service.calls().size(), 2u) << c.description;
    EXPECT_EQ(service.calls()[0].rows.size(), static_cast<size_t>(c.imported)) << c.description;
    ASSERT_EQ(service.calls()[1].rows.size(), 3'500u) << c.description;
    for (int i = 0; i < 3'500; ++i) {
      ASSERT_EQ(service.calls()[1].rows[i].row_number(), i + 2) << c.description;
    }
    EXPECT_EQ(report_.row_count, 3'500) << c.description;
    EXPECT_EQ(report_.created_count, 3'500 - c.imported) << c.description;
    EXPECT_EQ(report_.unchanged_count, c.imported) << c.description;
    EXPECT_EQ(report_.unchanged_on_retry_count, c.imported) << c.description;
    EXPECT_EQ(report_.failed_count, 0) << c.description;
    EXPECT_EQ(service.users().size(), 3'500u) << c.description;
    server->Shutdown(std::chrono::system_clock::now());
  }
}

TEST_F(UserImportTest, CallsNothingThatWasSentOnceARepeat) {
  options_.retry_for = absl::Hours(1);
  service_.FailCall(1, 1, grpc::Status(grpc::StatusCode::UNAVAILABLE, "reset"));
  // The same user on the first lines of both calls.
  ASSERT_TRUE(Import(Rows(20'000) + "user0@example.com,User,\nnew@example.com,,\n").ok());
  EXPECT_EQ(report_.created_count, 20'001 - 1);
  EXPECT_EQ(report_.unchanged_count, 2);
  EXPECT_EQ(report_.unchanged_on_retry_count, 2);
  EXPECT_EQ(report_.row_count, 20'002);
}

TEST_F(UserImportTest, TriesAgainOnlyWhatMaySucceedLater) {
  struct Case {
    grpc::StatusCode code;
    bool again;
  };
  const Case cases[] = {
      {grpc::StatusCode::UNAVAILABLE, true},        {grpc::StatusCode::ABORTED, true},
      {grpc::StatusCode::DATA_LOSS, false},         {grpc::StatusCode::INTERNAL, false},
      {grpc::StatusCode::DEADLINE_EXCEEDED, false}, {grpc::StatusCode::NOT_FOUND, false}};
  options_.retry_for = absl::Hours(1);
  for (const Case& c : cases) {
    const size_t before = service_.calls().size();
    service_.FailCall(before, 1, grpc::Status(c.code, "no"));
    EXPECT_EQ(Import(Rows(1'500)).ok(), c.again) << c.code;
    EXPECT_EQ(service_.calls().size() - before, c.again ? 2u : 1u) << c.code;
  }
}

TEST_F(UserImportTest, GivesUpWhenTheServerStaysAway) {
  options_.retry_for = absl::Milliseconds(20);
  service_.FailCallsFrom(1, 1, grpc::Status(grpc::StatusCode::UNAVAILABLE, "away"));
  const absl::Status status = Import(Rows(21'000));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("away"), HasSubstr("20000 rows")));
  EXPECT_GT(service_.calls().size(), 2u);
  EXPECT_EQ(report_.created_count, 20'000);
}

TEST_F(UserImportTest, SaysThatItTriesAgain) {
  options_.retry_for = absl::Hours(1);
  options_.progress_interval = absl::ZeroDuration();
  bool retrying = false;
  options_.on_progress = [&retrying](const UserImportProgress& p) { retrying |= p.retrying; };
  service_.FailCall(0, 1, grpc::Status(grpc::StatusCode::UNAVAILABLE, "reset"));
  ASSERT_TRUE(Import(Rows(1'500)).ok());
  EXPECT_TRUE(retrying);
}

TEST_F(UserImportTest, AsksWithoutEffectAboutFailuresThatTheServerDidNotName) {
  service_.NameAtMost(2);
  ASSERT_TRUE(Import("email,display_name\nbad1,\nada@example.com,\nbad2,\nbad3,\nbad4,\n").ok());
  ASSERT_EQ(service_.calls().size(), 2u);
  EXPECT_TRUE(service_.calls()[1].validate_only);
  ASSERT_EQ(service_.calls()[1].rows.size(), 2u);
  EXPECT_EQ(service_.calls()[1].rows[0].row_number(), 5);
  EXPECT_EQ(report_.failed_count, 4);
  EXPECT_EQ(report_.created_count, 1);
  ASSERT_EQ(report_.failures.size(), 4u);
  for (const UserImportFailure& failure : report_.failures) {
    EXPECT_EQ(failure.message, "email: expected exactly one '@'") << failure.line;
  }
}

TEST_F(UserImportTest, AsksAboutNoMoreFailuresThanItKeeps) {
  options_.max_failures = 2;
  service_.NameAtMost(2);
  ASSERT_TRUE(Import("email\nbad1\nbad2\nbad3\n").ok());
  EXPECT_EQ(service_.calls().size(), 1u);
  EXPECT_EQ(report_.failed_count, 3);
}

TEST_F(UserImportTest, KeepsWhatItKnowsOfBadRowsWhenTheStreamIsCut) {
  service_.FailCall(0, 1, grpc::Status(grpc::StatusCode::DATA_LOSS, "damaged"));
  const absl::Status status = Import(Rows(1'500) + "x,y\n");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("acknowledged 0 rows"));
  service_.FailCall(1, 0, grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone"));
  EXPECT_EQ(Import("email\nx@y.example,\nada@example.com\n").code(),
            absl::StatusCode::kUnavailable);
  ASSERT_EQ(report_.failures.size(), 1u);
  EXPECT_EQ(report_.failures[0].line, 2);
}

TEST_F(UserImportTest, GivesTheServersRefusalOfTheCallAsItIs) {
  service_.FailCall(0, 0, grpc::Status(grpc::StatusCode::NOT_FOUND, "organizations/acme"));
  const absl::Status status = Import(Rows(2));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "organizations/acme");
}

TEST_F(UserImportTest, DoesNotTrustAServerThatLosesARow) {
  service_.ForgetARow();
  const absl::Status status = Import(Rows(5));
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("the outcome of 4 rows of 5"));
}

TEST_F(UserImportTest, SendsNothingWhenTheHeaderIsUnknown) {
  const absl::Status status = Import("name,team\nAda,A\n");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"name\", \"team\""));
  EXPECT_TRUE(service_.calls().empty());
}

TEST_F(UserImportTest, TakesTheFormatAndSeparatorThatAreGiven) {
  options_.format = UserFileFormat::kPlain;
  options_.separator = ';';
  ASSERT_TRUE(Import("email;login,a,b,c\nada@example.com;x\n").ok());
  EXPECT_EQ(report_.format, UserFileFormat::kPlain);
  EXPECT_EQ(service_.users().count("ada@example.com"), 1u);
}

TEST_F(UserImportTest, BoundsTheFailuresItKeepsButNotTheirNumber) {
  options_.max_failures = 3;
  ASSERT_TRUE(Import("email,role\nbad1,\nx,boss\nbad2,\ny,boss\nz,boss\n").ok());
  EXPECT_EQ(report_.failures.size(), 3u);
  EXPECT_EQ(report_.failed_count, 5);
}

TEST_F(UserImportTest, ReportsProgressUpToTheEnd) {
  std::vector<UserImportProgress> seen;
  const std::string csv = Rows(22'500) + "bad,,\n";
  options_.total_bytes = static_cast<int64_t>(csv.size());
  options_.progress_interval = absl::ZeroDuration();
  options_.on_progress = [&seen](const UserImportProgress& progress) { seen.push_back(progress); };
  ASSERT_TRUE(Import(csv).ok());
  ASSERT_EQ(seen.size(), 23u);  // 22 full messages, and the end
  for (size_t i = 1; i < seen.size(); ++i) {
    EXPECT_GT(seen[i].rows_read, seen[i - 1].rows_read);
    EXPECT_GT(seen[i].bytes_read, seen[i - 1].bytes_read);
    EXPECT_GE(seen[i].rows_acknowledged, seen[i - 1].rows_acknowledged);
  }
  EXPECT_EQ(seen[0].rows_read, 1'000);
  EXPECT_EQ(seen[0].rows_acknowledged, 0);
  EXPECT_EQ(seen[18].rows_acknowledged, 0);
  EXPECT_EQ(seen[19].rows_acknowledged, 20'000);
  EXPECT_EQ(seen.back().rows_acknowledged, 22'501);
  EXPECT_EQ(seen.back().rows_failed, 1);
  EXPECT_EQ(seen.back().bytes_read, *seen.back().total_bytes);
  EXPECT_GT(seen.back().rows_per_second, 0);
  ASSERT_TRUE(seen[0].time_left.has_value());
  EXPECT_GT(*seen[0].time_left, absl::ZeroDuration());
  EXPECT_EQ(*seen.back().time_left, absl::ZeroDuration());
  EXPECT_FALSE(seen[0].finished);
  EXPECT_TRUE(seen.back().finished);
}

TEST_F(UserImportTest, KeepsToTheProgressInterval) {
  int calls = 0;
  options_.progress_interval = absl::Hours(1);
  options_.on_progress = [&calls](const UserImportProgress&) { ++calls; };
  ASSERT_TRUE(Import(Rows(5'000)).ok());
  EXPECT_EQ(calls, 1);
}

// Rows without end; counts the bytes it gave.
class EndlessRows : public std::streambuf {
 public:
  int64_t given() const { return given_; }

 protected:
  int_type underflow() override {
    given_ += static_cast<int64_t>(text_.size());
    setg(text_.data(), text_.data(), text_.data() + text_.size());
    if (given_ > int64_t{64} << 20) return traits_type::eof();
    return traits_type::to_int_type(text_[0]);
  }

 private:
  std::string text_ = "email\n";
  int64_t given_ = 0;
};

TEST_F(UserImportTest, ReadsNoFurtherThanTheServerTakes) {
  service_.Stall();
  options_.call_timeout = absl::Milliseconds(300);
  EndlessRows rows;
  std::istream in(&rows);
  const absl::Status status = ImportUsers(in, channel_, options_, report_);
  service_.Resume();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(rows.given(), 1 << 20);
}

TEST_F(UserImportTest, TellsWhatWasReadBeforeTheFileFailed) {
  class Failing : public std::stringbuf {
   public:
    using std::stringbuf::stringbuf;

   protected:
    int_type underflow() override {
      if (in_avail() <= 0) throw std::runtime_error("I/O error");
      return std::stringbuf::underflow();
    }
  };
  // One read block of whole rows.
  std::string csv = "email\n";
  int rows = 0;
  for (; csv.size() + 17 <= (64 << 10); ++rows) {
    absl::StrAppend(&csv, "user", absl::Dec(rows, absl::kZeroPad5), "@a.test\n");
  }
  csv.insert(5, (64 << 10) - csv.size(), ' ');
  Failing buffer(csv);
  std::istream in(&buffer);
  const absl::Status status = ImportUsers(in, channel_, options_, report_);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(report_.created_count, rows);
}

}  // namespace
}  // namespace gatehouse::client
