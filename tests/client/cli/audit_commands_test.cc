// The audit commands against the real audit log, sound and tampered with.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/app.h"
#include "client/cli/session.h"
#include "server/managers/organization_manager.h"
#include "server/runtime/logger.h"
#include "server/runtime/worker_pool.h"
#include "server/services/audit_service.h"
#include "server/services/call_runner.h"
#include "storage/memory_engine.h"
#include "storage/records/record_envelope.h"
#include "storage/records/records.pb.h"
#include "tests/builders/test_caller.h"
#include "tests/builders/test_secrets.h"
#include "tests/client/cli/watched_output.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/open_access_gate.h"

namespace gatehouse::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class SilentLogger final : public Logger {
 public:
  void Log(LogLevel, absl::string_view, LogFields) override {}
  bool IsEnabled(LogLevel) const override { return false; }
};

struct Result {
  ExitCode code = ExitCode::kOk;
  std::string out;
  std::string err;
};

class AuditCommandsTest : public ::testing::Test {
 protected:
  AuditCommandsTest() { Serve(); }
  ~AuditCommandsTest() override { StopServing(); }

  void Serve() {
    watch_ = std::make_unique<AuditWatch>(context_, &feed_);
    service_ = std::make_unique<AuditService>(&calls_, &audit_, watch_.get());
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port_), grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void StopServing() {
    watch_->Shutdown();
    server_->Shutdown();
    server_.reset();
  }

  void Create(const std::string& id) {
    const auto created = organizations_.Create(
        TestCaller(clock_.Now()), {.id = OrganizationId::FromTrusted(id), .display_name = id});
    ASSERT_TRUE(created.ok()) << created.status();
  }
  void Rename(const std::string& id, const std::string& name) {
    const auto updated = organizations_.Update(
        TestCaller(clock_.Now()), {.id = OrganizationId::FromTrusted(id), .display_name = name});
    ASSERT_TRUE(updated.ok()) << updated.status();
  }

  ExitCode RunInto(absl::string_view command_line, std::ostream& out, std::ostream& err,
                   std::function<void(std::function<void()>)> on_interrupt = nullptr) {
    std::istringstream in;
    const std::vector<std::string> arguments = absl::StrSplit(command_line, ' ', absl::SkipEmpty());
    return RunCli(arguments,
                  Environment{.in = in,
                              .out = out,
                              .err = err,
                              .variable = [](const std::string&) { return std::string(); },
                              .now = [this] { return clock_.Now(); },
                              .connect =
                                  [this](const auto&...) {
                                    return grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_),
                                                               grpc::InsecureChannelCredentials());
                                  },
                              .on_interrupt = std::move(on_interrupt)});
  }
  Result Run(absl::string_view command_line) {
    std::ostringstream out;
    std::ostringstream err;
    const ExitCode code = RunInto(command_line, out, err);
    return {code, out.str(), err.str()};
  }

  // The head that `audit verify` of one chain prints.
  static std::string HeadIn(const std::string& out) {
    const size_t begin = out.find("head: ") + 6;
    return out.substr(begin, out.find('\n', begin) - begin);
  }

  // What stands under a key of the store, as whoever has its files sees it.
  template <typename Record>
  Record Stored(const std::string& key) {
    Record record;
    EXPECT_TRUE(storage::OpenRecord(key, (*engine_->Get(key))->value, &record).ok()) << key;
    return record;
  }
  void Overwrite(const std::string& key, const google::protobuf::MessageLite& record) {
    ASSERT_TRUE(
        engine_->Commit({.conditions = {}, .writes = {{key, storage::SealRecord(key, record)}}})
            .ok());
  }
  void Remove(const std::string& key) {
    ASSERT_TRUE(engine_->Commit({.conditions = {}, .writes = {{key, std::nullopt}}}).ok());
  }
  static std::string EntryKey(int sequence) {
    return absl::StrCat("v/acme/", absl::Hex(sequence, absl::kZeroPad16));
  }

  const std::unique_ptr<storage::Engine> engine_ = storage::NewMemoryEngine();
  storage::CommitFeed feed_{engine_.get()};
  storage::TransactionRunner runner_{engine_.get()};
  FakeClock clock_;
  FakeRandom random_;
  const ManagerContext context_{
      .transactions = &runner_, .clock = &clock_, .random = &random_, .secrets = &TestSecretBox()};
  OrganizationManager organizations_{context_};
  AuditManager audit_{context_, absl::Hours(24)};
  SilentLogger logger_;
  WorkerPool pool_{2};
  OpenAccessGate gate_;
  CallRunner calls_{&pool_, &logger_, &gate_};
  std::unique_ptr<AuditWatch> watch_;
  std::unique_ptr<AuditService> service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(AuditCommandsTest, ListsWhoDidWhat) {
  Create("acme");
  ASSERT_TRUE(audit_
                  .RecordRefusal(TestCaller(clock_.Now()), "organizations/acme/users/u1",
                                 absl::PermissionDeniedError("no"), 2)
                  .ok());
  const Result listed = Run("audit list --org acme");
  EXPECT_EQ(listed.code, ExitCode::kOk) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("2023-11-14T22:13:20Z  accessTokens/ktest  Test/Call  "
                                    "organizations/acme"));
  EXPECT_THAT(listed.out, HasSubstr("created"));
  EXPECT_THAT(listed.out, HasSubstr("organizations/acme/users/u1"));
  EXPECT_THAT(listed.out, HasSubstr("(and 2 more)"));

  clock_.Advance(absl::Hours(2));
  EXPECT_THAT(Run("audit list --org acme --since 1h").err, HasSubstr("no audit events"));
  EXPECT_THAT(Run("audit list --org acme --since 3h --kind refusal").out,
              Not(HasSubstr("created")));
  EXPECT_THAT(Run("audit list --all -o json").out,
              HasSubstr("\"name\": \"organizations/acme/auditEvents/2\""));
  EXPECT_THAT(Run("audit list --of-server").out, HasSubstr("organizations/acme"));
  EXPECT_EQ(Run("audit list --org acme --kind nonsense").code, ExitCode::kUsage);
  EXPECT_EQ(Run("audit list --all --of-server").code, ExitCode::kUsage);
  EXPECT_EQ(Run("audit list --org none").code, ExitCode::kNotFound);
}

TEST_F(AuditCommandsTest, VerifiesASoundLog) {
  Create("acme");
  for (int i = 0; i < 30; ++i) Rename("acme", absl::StrCat(i));
  const Result one = Run("audit verify --org acme");
  EXPECT_EQ(one.code, ExitCode::kOk) << one.out << one.err;
  EXPECT_THAT(one.out, HasSubstr("organizations/acme/auditChain      31  whole"));
  const std::string head = HeadIn(one.out);
  EXPECT_THAT(head, testing::StartsWith("organizations/acme/auditChain=31:"));
  Rename("acme", "later");
  const Result later = Run(absl::StrCat("audit verify --all --expect-head ", head));
  EXPECT_EQ(later.code, ExitCode::kOk) << later.out << later.err;
  EXPECT_THAT(later.out, HasSubstr("auditChain=1:"));
  EXPECT_EQ(Run("audit verify --org acme --expect-head 31").code, ExitCode::kUsage);
}

TEST_F(AuditCommandsTest, VerifiesWhatRetentionHasLeft) {
  Create("acme");
  Rename("acme", "two");
  const std::string noted = Run("audit verify --org acme").out;
  clock_.Advance(absl::Hours(48));
  Rename("acme", "three");
  ASSERT_TRUE(audit_.RemoveExpired().ok());
  EXPECT_EQ(Run("audit verify --all").code, ExitCode::kOk);
  // The head noted is the last that was removed: it still fits.
  const std::string head = HeadIn(noted);
  EXPECT_EQ(Run(absl::StrCat("audit verify --org acme --expect-head ", head)).code, ExitCode::kOk);
}

TEST_F(AuditCommandsTest, NamesThePlaceThatWasTamperedWith) {
  Create("acme");
  for (int i = 2; i <= 5; ++i) Rename("acme", absl::StrCat("name ", i));
  using Entry = storage::v1::AuditEntryRecord;
  using Chain = storage::v1::AuditChainRecord;
  const auto altered = [&](int sequence) {
    Entry entry = Stored<Entry>(EntryKey(sequence));
    storage::v1::AuditEventRecord event;
    EXPECT_TRUE(event.ParseFromString(entry.event()));
    event.set_principal("accessTokens/ksomebodyelse");
    entry.set_event(event.SerializeAsString());
    return entry;
  };
  // By one who also computes every later hash again.
  const auto rewrite_from = [&](int sequence) {
    Entry entry = altered(sequence);
    std::string previous = entry.previous_hash();
    for (int i = sequence; i <= 5; ++i) {
      if (i != sequence) entry = Stored<Entry>(EntryKey(i));
      entry.set_previous_hash(previous);
      previous = storage::AuditTrail::Hash(previous, entry.event());
      entry.set_hash(previous);
      Overwrite(EntryKey(i), entry);
    }
    return previous;
  };
  const auto end_at = [&](int sequence, const std::string& hash) {
    Chain chain = Stored<Chain>("w/acme");
    chain.set_last_sequence(sequence);
    chain.set_last_hash(hash);
    Overwrite("w/acme", chain);
  };
  struct Case {
    const char* what;
    std::function<void()> tamper;
    int fault;
    bool with_head = false;  // found only by the head that was noted
  };
  const Case cases[] = {
      {"altered", [&] { Overwrite(EntryKey(3), altered(3)); }, 3},
      {"altered, its own hash computed again",
       [&] {
         Entry entry = altered(3);
         entry.set_hash(storage::AuditTrail::Hash(entry.previous_hash(), entry.event()));
         Overwrite(EntryKey(3), entry);
       },
       4},
      {"altered, all hashes computed again", [&] { rewrite_from(3); }, 5},
      {"altered, with the end of the chain too", [&] { end_at(5, rewrite_from(3)); }, 5, true},
      {"bytes damaged",
       [&] {
         ASSERT_TRUE(engine_->Commit({.conditions = {}, .writes = {{EntryKey(2), "x"}}}).ok());
       },
       2},
      {"removed", [&] { Remove(EntryKey(4)); }, 4},
      {"the first removed", [&] { Remove(EntryKey(1)); }, 1},
      {"cut off", [&] { Remove(EntryKey(5)); }, 5},
      {"cut off, with the end of the chain too",
       [&] {
         Remove(EntryKey(5));
         end_at(4, Stored<Entry>(EntryKey(4)).hash());
       },
       5, true},
      {"two in each other's place",
       [&] {
         const Entry second = Stored<Entry>(EntryKey(2));
         Overwrite(EntryKey(2), Stored<Entry>(EntryKey(3)));
         Overwrite(EntryKey(3), second);
       },
       2},
      {"its beginning removed as by retention",
       [&] {
         const Entry second = Stored<Entry>(EntryKey(2));
         Remove(EntryKey(1));
         Remove(EntryKey(2));
         Chain chain = Stored<Chain>("w/acme");
         chain.set_first_sequence(3);
         chain.set_first_previous_hash(second.hash());
         chain.set_retention_signature(std::string(32, 's'));
         Overwrite("w/acme", chain);
       },
       2},
  };
  const std::string sound = Run("audit verify --org acme").out;
  const std::string head = HeadIn(sound);
  std::map<std::string, std::string> records;
  for (int i = 1; i <= 5; ++i) records[EntryKey(i)] = (*engine_->Get(EntryKey(i)))->value;
  records["w/acme"] = (*engine_->Get("w/acme"))->value;
  for (const Case& c : cases) {
    c.tamper();
    if (c.with_head) {
      EXPECT_EQ(Run("audit verify --org acme").code, ExitCode::kOk) << c.what;
    }
    const Result found =
        Run(absl::StrCat("audit verify --org acme", c.with_head ? " --expect-head " + head : ""));
    EXPECT_EQ(found.code, ExitCode::kFailed) << c.what << found.out << found.err;
    EXPECT_THAT(found.out, HasSubstr(absl::StrCat("at event ", c.fault, ":"))) << c.what;
    for (const auto& [key, value] : records) {
      ASSERT_TRUE(engine_->Commit({.conditions = {}, .writes = {{key, value}}}).ok());
    }
    ASSERT_EQ(Run("audit verify --org acme").code, ExitCode::kOk) << c.what;
  }
}

TEST_F(AuditCommandsTest, NoticesThatAWholeChainIsGone) {
  Create("acme");
  Create("beta");
  ASSERT_TRUE(
      organizations_
          .Delete(TestCaller(clock_.Now()), OrganizationId::FromTrusted("acme"), std::nullopt)
          .ok());
  ASSERT_EQ(Run("audit verify --all").code, ExitCode::kOk);
  Remove(EntryKey(1));
  Remove(EntryKey(2));
  Remove("w/acme");
  const Result found = Run("audit verify --all");
  EXPECT_EQ(found.code, ExitCode::kFailed);
  EXPECT_THAT(found.out, HasSubstr("organizations/acme/auditChain"));
  EXPECT_THAT(found.out, HasSubstr("is missing"));
}

TEST_F(AuditCommandsTest, FollowsAcrossABreakUntilItIsInterrupted) {
  Create("acme");
  WatchedOutput printed;
  std::ostream out(&printed);
  std::ostringstream err;
  std::mutex mutex;
  std::function<void()> interrupt;
  ExitCode code = ExitCode::kFailed;
  std::thread command([&] {
    code = RunInto("audit tail --org acme --from-oldest -o json", out, err,
                   [&](std::function<void()> interrupted) {
                     std::lock_guard<std::mutex> lock(mutex);
                     interrupt = std::move(interrupted);
                   });
  });
  printed.WaitFor("organizations/acme/auditEvents/1");
  Rename("acme", "two");
  printed.WaitFor("organizations/acme/auditEvents/2");
  StopServing();
  Rename("acme", "three");
  Serve();
  printed.WaitFor("organizations/acme/auditEvents/3");
  {
    std::lock_guard<std::mutex> lock(mutex);
    interrupt();
  }
  command.join();
  EXPECT_EQ(code, ExitCode::kOk);
  for (int i = 1; i <= 3; ++i) {
    const std::string name = absl::StrCat("\"organizations/acme/auditEvents/", i, "\"");
    const std::vector<std::string> parts = absl::StrSplit(printed.str(), name);
    EXPECT_EQ(parts.size(), 2u) << name;
  }
}

TEST_F(AuditCommandsTest, SaysWhenThereIsNobodyToFollow) {
  StopServing();
  EXPECT_EQ(Run("audit tail --of-server").code, ExitCode::kUnavailable);
  Serve();
}

}  // namespace
}  // namespace gatehouse::cli
