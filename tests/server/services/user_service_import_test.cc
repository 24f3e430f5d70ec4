#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "policy/errors.h"
#include "tests/server/services/user_service_fixture.h"

namespace gatehouse {
namespace {

using Result = v1::ImportUsersResponse::RowResult;

// Waits for commits.
class CommitWatch final : public storage::CommitListener {
 public:
  explicit CommitWatch(storage::Engine* engine) : engine_(engine) {
    revision_ = engine_->SetListener(this);
  }
  ~CommitWatch() override { engine_->SetListener(nullptr); }

  void OnCommits(const std::vector<storage::Change>& changes) override {
    std::lock_guard<std::mutex> lock(mutex_);
    revision_ = changes.back().revision;
    changed_.notify_all();
  }
  void WaitFor(storage::Revision revision) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return revision_ >= revision; });
  }

 private:
  storage::Engine* engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  storage::Revision revision_ = 0;
};

v1::ImportUsersRequest Message(const std::string& parent,
                               const std::vector<std::string>& addresses = {}) {
  v1::ImportUsersRequest message;
  message.set_parent(parent);
  for (const std::string& address : addresses) message.add_rows()->set_email(address);
  return message;
}

// `count` rows of new users, from number `first` on.
v1::ImportUsersRequest NewUsers(int first, int count) {
  v1::ImportUsersRequest message = Message("organizations/acme");
  for (int i = 0; i < count; ++i) {
    message.add_rows()->set_email(absl::StrCat("user", first + i, "@acme.test"));
  }
  return message;
}

// One import under way.
struct Stream {
  explicit Stream(v1::UserService::Stub& stub) : writer(stub.ImportUsers(&context, &response)) {}
  grpc::Status Finish() {
    writer->WritesDone();
    return writer->Finish();
  }
  grpc::ClientContext context;
  v1::ImportUsersResponse response;
  std::unique_ptr<grpc::ClientWriter<v1::ImportUsersRequest>> writer;
};

class ImportUsersTest : public UserServiceFixture {
 protected:
  using UserServiceFixture::UserServiceFixture;

  grpc::Status Import(const std::vector<v1::ImportUsersRequest>& messages,
                      v1::ImportUsersResponse* response = nullptr) {
    Stream stream(*stub_);
    for (const auto& message : messages) {
      if (!stream.writer->Write(message)) break;
    }
    const grpc::Status status = stream.Finish();
    if (response != nullptr) *response = stream.response;
    return status;
  }
};

TEST_F(ImportUsersTest, TellsWhatBecameOfEveryRow) {
  world_.acme.Add({.email = "free@acme.test", .claimed = false});
  world_.acme.Add({.email = "old@acme.test"});
  v1::ImportUsersRequest first = Message("organizations/acme", {"new@acme.test", "bad"});
  v1::ImportUsersRequest second = Message("", {"free@acme.test", "old@acme.test", "worse"});
  second.mutable_rows(1)->set_role(v1::User::ROLE_ADMIN);
  second.mutable_rows(2)->set_row_number(77);
  v1::ImportUsersRequest third = Message("organizations/acme", {"old@acme.test", "old@acme.test"});
  third.mutable_rows(1)->set_role(v1::User::Role(9));
  v1::ImportUsersResponse response;
  const grpc::Status status = Import({first, second, third}, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.row_count(), 7);
  EXPECT_EQ(response.created_count(), 1);
  EXPECT_EQ(response.updated_count(), 1);
  EXPECT_EQ(response.claimed_count(), 1);
  EXPECT_EQ(response.unchanged_count(), 1);
  EXPECT_EQ(response.failed_count(), 3);
  EXPECT_EQ(response.revision(), static_cast<int64_t>(engine_->revision()));
  const std::vector<int> expected = {Result::OUTCOME_CREATED, Result::OUTCOME_FAILED,
                                     Result::OUTCOME_CLAIMED, Result::OUTCOME_UPDATED,
                                     Result::OUTCOME_FAILED,  Result::OUTCOME_UNCHANGED,
                                     Result::OUTCOME_FAILED};
  EXPECT_EQ(std::vector<int>(response.outcomes().begin(), response.outcomes().end()), expected);
  ASSERT_EQ(response.failures_size(), 3);
  const int64_t kRowNumbers[] = {2, 77, 7};
  const char* kFields[] = {"email", "email", "role"};
  for (int i = 0; i < 3; ++i) {
    const Result& failure = response.failures(i);
    EXPECT_EQ(failure.row_number(), kRowNumbers[i]);
    EXPECT_EQ(failure.outcome(), Result::OUTCOME_FAILED);
    EXPECT_EQ(failure.error().code(), static_cast<int>(grpc::StatusCode::INVALID_ARGUMENT));
    EXPECT_EQ(failure.error().details().info().reason(), "INVALID_FIELD");
    EXPECT_EQ(failure.error().details().bad_request().field_violations(0).field(), kFields[i]);
  }
}

TEST_F(ImportUsersTest, ValidatesOnlyIfTheFirstMessageSaysSo) {
  v1::ImportUsersRequest first = NewUsers(0, 2);
  first.set_validate_only(true);
  v1::ImportUsersResponse response;
  const storage::Revision revision = engine_->revision();
  ASSERT_TRUE(Import({first, NewUsers(1, 2)}, &response).ok());
  EXPECT_EQ(response.created_count(), 3);
  EXPECT_EQ(response.unchanged_count(), 1);
  EXPECT_EQ(response.revision(), 0);
  EXPECT_EQ(engine_->revision(), revision);

  v1::ImportUsersRequest late = NewUsers(2, 1);
  late.set_validate_only(true);
  ASSERT_TRUE(Import({NewUsers(0, 2), late}, &response).ok());
  EXPECT_EQ(world_.AllUsers().size(), 3u);
}

TEST_F(ImportUsersTest, RefusesAStreamWithoutAGoodParent) {
  ExpectInvalid(Import({}), "parent");
  ExpectInvalid(Import({Message("", {"a@acme.test"})}), "parent");
  ExpectInvalid(Import({Message("acme", {"a@acme.test"})}), "parent");
  const grpc::Status unknown = Import({Message("organizations/nowhere", {"a@acme.test"})});
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonIn(unknown), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(world_.AllUsers().size(), 0u);
}

TEST_F(ImportUsersTest, TakesAStreamWithoutRows) {
  v1::ImportUsersResponse response;
  EXPECT_TRUE(Import({Message("organizations/acme")}, &response).ok());
  EXPECT_EQ(response.row_count(), 0);
}

TEST_F(ImportUsersTest, RefusesAnotherParentInTheMiddle) {
  StoredOrganization other(&world_.runner, "other");
  ExpectInvalid(Import({NewUsers(0, 3), Message("organizations/other", {"a@acme.test"})}),
                "parent");
  EXPECT_EQ(world_.AllUsers().size(), 3u);
}

TEST_F(ImportUsersTest, TakesAThousandRowsAMessageAndNotOneMore) {
  EXPECT_TRUE(Import({NewUsers(0, 1000)}).ok());
  ExpectInvalid(Import({NewUsers(1000, 1), NewUsers(1001, 1001)}), "rows");
  EXPECT_EQ(world_.AllUsers().size(), 1001u);
}

TEST_F(ImportUsersTest, FailsForAMessageAboveTheTransportsLimit) {
  v1::ImportUsersRequest huge = NewUsers(1, 1);
  huge.mutable_rows(0)->set_display_name(std::string(5 << 20, 'x'));
  const grpc::Status status = Import({NewUsers(0, 1), huge});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  EXPECT_EQ(world_.AllUsers().count("user1@acme.test"), 0u);
}

TEST_F(ImportUsersTest, NamesTheFirstFailuresAndCountsThemAll) {
  constexpr int kMessages = 1001;
  std::vector<v1::ImportUsersRequest> messages(
      kMessages, Message("organizations/acme", std::vector<std::string>(1000, "x")));
  v1::ImportUsersResponse response;
  const grpc::Status status = Import(messages, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.row_count(), 1'001'000);
  EXPECT_EQ(response.failed_count(), 1'001'000);
  EXPECT_EQ(response.outcomes_size(), 1'000'000);
  ASSERT_EQ(response.failures_size(), 10'000);
  EXPECT_EQ(response.failures(9'999).row_number(), 10'000);
}

TEST_F(ImportUsersTest, AnswersWithinTheTransportsDefaultLimit) {
  // Each makes the longest message: every byte of it is escaped.
  std::vector<v1::ImportUsersRequest> messages(
      10, Message("organizations/acme", std::vector<std::string>(1000, std::string(300, '\x01'))));
  v1::ImportUsersResponse response;
  const grpc::Status status = Import(messages, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.failed_count(), 10'000);
  EXPECT_GT(response.failures_size(), 1'000);
  EXPECT_LT(response.failures_size(), 10'000);
  EXPECT_LT(response.ByteSizeLong(), size_t{4} << 20);
}

TEST_F(ImportUsersTest, LeavesAPrefixWhenTheStreamIsCut) {
  CommitWatch commits(engine_);
  const storage::Revision before = engine_->revision();
  {
    Stream stream(*stub_);
    ASSERT_TRUE(stream.writer->Write(NewUsers(0, 800)));
    commits.WaitFor(before + 1);
    stream.context.TryCancel();
    EXPECT_EQ(stream.writer->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  ShutDown();
  EXPECT_EQ(world_.AllUsers().size(), 800u);
  EXPECT_EQ(engine_->revision(), before + 1);
  world_.ExpectCountsRight();
}

TEST_F(ImportUsersTest, EndsAtTheClientsDeadline) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
  v1::ImportUsersResponse response;
  auto writer = stub_->ImportUsers(&context, &response);
  // Neither writes nor ends.
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

// Every reactor ends once and goes, wherever its stream is cut: the server
// shuts down, and the memory checkers of the build have nothing to say.
TEST_F(ImportUsersTest, SurvivesStreamsCutAnywhere) {
  constexpr int kThreads = 4;
  constexpr int kStreams = 60;
  const auto cut_streams = [this](int thread) {
    std::mt19937 chance(static_cast<unsigned>(thread));
    for (int i = 0; i < kStreams; ++i) {
      Stream stream(*stub_);
      const int messages = static_cast<int>(chance() % 4);
      for (int m = 0; m < messages; ++m) {
        if (!stream.writer->Write(NewUsers(thread * 1000 + m * 100, 100))) break;
      }
      switch (chance() % 3) {
        case 0:
          stream.context.TryCancel();
          break;
        case 1:
          stream.writer->WritesDone();
          stream.context.TryCancel();
          break;
        default:
          stream.writer->WritesDone();
      }
      (void)stream.writer->Finish();
    }
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back(cut_streams, thread);
  for (std::thread& thread : threads) thread.join();
  ShutDown();
  world_.ExpectCountsRight();
}

TEST_F(ImportUsersTest, EndsStreamsWhenTheServerShutsDown) {
  CommitWatch commits(engine_);
  const storage::Revision before = engine_->revision();
  Stream stream(*stub_);
  ASSERT_TRUE(stream.writer->Write(NewUsers(0, 1)));
  commits.WaitFor(before + 1);
  server_->Shutdown(std::chrono::system_clock::now());
  EXPECT_FALSE(stream.Finish().ok());
  ShutDown();
  EXPECT_EQ(world_.AllUsers().size(), 1u);
}

TEST_F(ImportUsersTest, FailsWhenTheStoreDoes) {
  struct Case {
    storage::FailingEngine::Method method;
    int nth;
    absl::StatusCode code;
    absl::string_view reason;
  };
  using Store = storage::FailingEngine::Method;
  const Case kCases[] = {
      {Store::kCommit, 1, absl::StatusCode::kUnavailable, reason::kStoreUnavailable},
      {Store::kSnapshotGet, 5, absl::StatusCode::kDataLoss, reason::kStoreCorrupt},
      {Store::kNewSnapshot, 1, absl::StatusCode::kUnavailable, reason::kStoreUnavailable},
  };
  for (const Case& c : kCases) {
    engine_->FailAt(c.method, c.nth, Error(c.code, c.reason, "disk"));
    const grpc::Status status = Import({NewUsers(0, 1000)});
    EXPECT_EQ(static_cast<int>(status.error_code()), static_cast<int>(c.code));
    EXPECT_EQ(ReasonIn(status), c.reason);
  }
  EXPECT_TRUE(Import({NewUsers(0, 1000)}).ok());
  EXPECT_EQ(world_.AllUsers().size(), 1000u);
}

// Holds every commit, from the first on, until told to go on.
class CommitGate final : public storage::CommitListener {
 public:
  explicit CommitGate(storage::Engine* engine) : engine_(engine) { engine_->SetListener(this); }
  ~CommitGate() override { engine_->SetListener(nullptr); }

  void OnCommits(const std::vector<storage::Change>&) override {
    std::unique_lock<std::mutex> lock(mutex_);
    ++commits_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void WaitForACommit() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return commits_ > 0; });
  }
  void Open() {
    std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  int commits() {
    std::lock_guard<std::mutex> lock(mutex_);
    return commits_;
  }

 private:
  storage::Engine* engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int commits_ = 0;
  bool open_ = false;
};

TEST_F(ImportUsersTest, ImportsAsOneWhatArrivesDuringACommit) {
  CommitGate gate(engine_);
  Stream stream(*stub_);
  ASSERT_TRUE(stream.writer->Write(NewUsers(0, 10)));
  gate.WaitForACommit();
  constexpr int kMessages = 40;
  for (int m = 1; m <= kMessages; ++m) {
    ASSERT_TRUE(stream.writer->Write(NewUsers(m * 10, 10)));
  }
  gate.Open();
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_EQ(stream.response.created_count(), 410);
  // The first alone; then at least a few at a time.
  EXPECT_LT(gate.commits(), 1 + kMessages);
  world_.ExpectCountsRight();
}

TEST_F(ImportUsersTest, TakesRepeatedRowsOfMessagesReadAheadInTheirOrder) {
  CommitGate gate(engine_);
  Stream stream(*stub_);
  constexpr int kMessages = 30;
  for (int m = 0; m < kMessages; ++m) {
    v1::ImportUsersRequest message = NewUsers(0, 5);
    for (auto& row : *message.mutable_rows()) row.set_display_name(absl::StrCat("Name ", m));
    ASSERT_TRUE(stream.writer->Write(message));
    if (m == 0) gate.WaitForACommit();
  }
  gate.Open();
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_EQ(stream.response.created_count(), 5);
  EXPECT_EQ(stream.response.updated_count(), 5 * (kMessages - 1));
  for (const auto& [address, user] : world_.AllUsers()) {
    EXPECT_EQ(user.display_name, absl::StrCat("Name ", kMessages - 1)) << address;
  }
}

TEST_F(ImportUsersTest, HoldsBackAClientThatSendsFasterThanItCommits) {
  CommitGate gate(engine_);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(500));
  v1::ImportUsersResponse response;
  auto writer = stub_->ImportUsers(&context, &response);
  v1::ImportUsersRequest message = NewUsers(0, 1000);
  for (auto& row : *message.mutable_rows()) row.set_display_name(std::string(200, 'x'));
  const size_t size = message.ByteSizeLong();
  size_t taken = 0;
  while (taken < size_t{256} << 20 && writer->Write(message)) taken += size;
  // What is read ahead, and what the transport holds on both sides.
  EXPECT_LT(taken, size_t{32} << 20);
  gate.Open();
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(ImportUsersTest, LeavesTheBatchesBeforeOneThatFails) {
  const absl::Status disk =
      Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable, "disk");
  for (const int failing : {1, 2, 3}) {
    const size_t before = world_.AllUsers().size();
    engine_->FailAt(storage::FailingEngine::Method::kCommit, failing, disk);
    std::vector<v1::ImportUsersRequest> messages;
    for (int m = 0; m < 30; ++m) {
      messages.push_back(NewUsers(failing * 100'000 + m * 1000, 1000));
    }
    const grpc::Status status = Import(messages);
    ASSERT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
    const auto users = world_.AllUsers();
    const size_t added = users.size() - before;
    EXPECT_EQ(added == 0, failing == 1);
    for (size_t i = 0; i < added; ++i) {
      ASSERT_EQ(users.count(absl::StrCat("user", failing * 100'000 + i, "@acme.test")), 1u) << i;
    }
    world_.ExpectCountsRight();
  }
}

class BusyServerTest : public ImportUsersTest {
 protected:
  BusyServerTest() : ImportUsersTest(/*max_queued=*/0) {}
};

TEST_F(BusyServerTest, RefusesAnImportThatItCannotQueue) {
  const grpc::Status status = Import({NewUsers(0, 1)});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonIn(status), "OVERLOADED");
}

}  // namespace
}  // namespace gatehouse
