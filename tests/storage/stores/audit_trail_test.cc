// The audit log in the store: what each commit leaves there, and that nothing is
// committed without.
#include "storage/stores/audit_trail.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "storage/records/keys.h"
#include "storage/records/record_envelope.h"
#include "storage/records/records.pb.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/user_store.h"
#include "tests/fakes/failing_engine.h"
#include "tests/storage/stores/store_test_case.h"

namespace gatehouse::storage {
namespace {

const OrganizationId kServer;

class AuditTrailTest : public StoreTestCase {
 protected:
  std::vector<AuditEvent> Events(const OrganizationId& chain, bool render = true) {
    std::vector<AuditEvent> events;
    SnapshotReader reader = Reader();
    const absl::Status scanned =
        AuditTrail::Scan(reader, chain, 1, [&](AuditEvent event) -> absl::StatusOr<bool> {
          if (render) RETURN_IF_ERROR(AuditTrail::RenderChanges(event));
          events.push_back(std::move(event));
          return true;
        });
    EXPECT_TRUE(scanned.ok()) << scanned;
    return events;
  }

  // That the chain's hashes and numbers are right; how many events it has.
  size_t CheckChain(const OrganizationId& chain) {
    std::string previous(32, '\0');
    int64_t sequence = 0;
    for (const AuditEvent& event : Events(chain, false)) {
      EXPECT_EQ(event.sequence, ++sequence);
      EXPECT_EQ(event.previous_hash, previous);
      EXPECT_EQ(event.hash, AuditTrail::Hash(previous, event.record));
      previous = event.hash;
    }
    SnapshotReader reader = Reader();
    const AuditChainEnds ends = Ok(AuditTrail::Ends(reader, chain));
    EXPECT_EQ(ends.last_sequence, sequence);
    if (sequence > 0) {
      EXPECT_EQ(ends.last_hash, previous);
    }
    return static_cast<size_t>(sequence);
  }

  Revision PutRecordUnder(const std::string& key, const google::protobuf::MessageLite& record) {
    return Write([&](Transaction& tx) {
      tx.Put(key, SealRecord(key, record));
      return absl::OkStatus();
    });
  }
};

GATEHOUSE_ON_EACH_ENGINE(AuditTrailTest);

v1::OrganizationRecord Named(const std::string& name) {
  v1::OrganizationRecord record;
  record.set_display_name(name);
  return record;
}

TEST_P(AuditTrailTest, SaysWhoDidWhatWhenFromWhere) {
  const Caller caller{.principal = {.name = "accessTokens/kportal",
                                    .role = AccessRole::kOrganizationAdmin,
                                    .scopes = {{Org("acme"), Uid("u7")}}},
                      .method = "UserService/CreateUser",
                      .peer = "ipv4:192.0.2.1:5",
                      .request_id = "r-1",
                      .time = absl::FromUnixMicros(1'700'000'000'123'456)};
  const auto revision = runner().Run(caller, Org("acme"), [](Transaction& tx) {
    const std::string key = keys::SsoOverride(Org("acme"), Uid("u1"));
    v1::SsoOverrideRecord record;
    record.set_mode(3);
    tx.Put(key, SealRecord(key, record));
    return absl::OkStatus();
  });
  const std::vector<AuditEvent> events = Events(Org("acme"));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].sequence, 1);
  EXPECT_EQ(events[0].revision, Ok(revision));
  EXPECT_EQ(events[0].time, caller.time);
  EXPECT_EQ(events[0].kind, AuditEventKind::kChange);
  EXPECT_EQ(events[0].principal, "accessTokens/kportal");
  EXPECT_EQ(events[0].role, AccessRole::kOrganizationAdmin);
  EXPECT_EQ(events[0].acting_admin, Uid("u7"));
  EXPECT_EQ(events[0].method, "UserService/CreateUser");
  EXPECT_EQ(events[0].peer, "ipv4:192.0.2.1:5");
  EXPECT_EQ(events[0].request_id, "r-1");
  ASSERT_EQ(events[0].changes.size(), 1u);
  EXPECT_EQ(events[0].changes[0].kind, AuditedKind::kSsoOverride);
  EXPECT_EQ(events[0].changes[0].id, "u1");
  EXPECT_FALSE(events[0].changes[0].before_json.has_value());
  EXPECT_EQ(events[0].changes[0].after_json, R"({"sso_override":{"mode":"EXEMPT"}})");
}

TEST_P(AuditTrailTest, KeepsEachChangeBeforeAndAfter) {
  PutRecordUnder("o/acme", Named("Acme"));
  PutRecordUnder("o/acme", Named("Acme Inc."));
  Write([](Transaction& tx) {
    tx.Delete("o/acme");
    return absl::OkStatus();
  });
  const std::vector<AuditEvent> events = Events(Org("acme"));
  ASSERT_EQ(events.size(), 3u);
  const auto change = [&](size_t i) { return events[i].changes.at(0); };
  EXPECT_EQ(change(0).before_json, std::nullopt);
  EXPECT_EQ(change(0).after_json, R"({"display_name":"Acme"})");
  EXPECT_EQ(change(1).before_json, R"({"display_name":"Acme"})");
  EXPECT_EQ(change(1).after_json, R"({"display_name":"Acme Inc."})");
  EXPECT_EQ(change(2).before_json, R"({"display_name":"Acme Inc."})");
  EXPECT_EQ(change(2).after_json, std::nullopt);
  EXPECT_EQ(CheckChain(Org("acme")), 3u);
  // It came and went; how it was called in between is its own affair.
  ASSERT_EQ(Events(kServer).size(), 2u);
  EXPECT_EQ(Events(kServer)[1].changes.at(0).before_json, R"({"display_name":"Acme Inc."})");
  EXPECT_EQ(CheckChain(kServer), 2u);
}

TEST_P(AuditTrailTest, HasNoEventOfWhatChangedNothing) {
  PutRecordUnder("o/acme", Named("Acme"));
  PutRecordUnder("o/acme", Named("Acme"));                   // as it was
  PutRecordUnder("t/acme", v1::OrganizationTotalsRecord());  // not audited
  Write([](Transaction& tx) {
    tx.Delete("x/acme/u1");  // never was
    return absl::OkStatus();
  });
  EXPECT_EQ(CheckChain(Org("acme")), 1u);
}

TEST_P(AuditTrailTest, StandsInTheCommitOfTheChange) {
  const Revision revision = PutRecordUnder("o/acme", Named("Acme"));
  EXPECT_EQ(revision, 1u);
  EXPECT_EQ(Events(Org("acme")).at(0).revision, 1u);
  EXPECT_EQ(Events(kServer).at(0).revision, 1u);
}

TEST_P(AuditTrailTest, DescribesWhatIsMoreThanAChange) {
  Write([](Transaction& tx) {
    tx.Describe({AuditEventKind::kBreakGlassUse, "organizations/acme/exemptions/u1",
                 "used\nby \xff" + std::string(2000, 'x')});
    tx.Describe({AuditEventKind::kRetention, "auditChain", "old events were removed"});
    return absl::OkStatus();
  });
  ASSERT_EQ(Events(Org("acme")).size(), 1u);
  const AuditEvent event = Events(Org("acme"))[0];
  EXPECT_EQ(event.kind, AuditEventKind::kBreakGlassUse);
  EXPECT_EQ(event.resource, "organizations/acme/exemptions/u1");
  EXPECT_EQ(event.description.size(), 1024u);
  EXPECT_TRUE(absl::StartsWith(event.description, "used?by ?xxx")) << event.description;
  EXPECT_EQ(Events(kServer).at(0).description, "old events were removed");
}

TEST_P(AuditTrailTest, KeepsRefusals) {
  Caller nobody = TestCaller();
  nobody.principal = Principal();
  const auto revision = runner().Run(nobody, kServer, [&](Transaction& tx) {
    return AuditTrail::AppendRefusal(tx, kServer, nobody, "organizations/acme",
                                     {.code = 16,
                                      .reason = "CREDENTIAL_INVALID",
                                      .message = "no such token",
                                      .unwritten_count = 12});
  });
  ASSERT_TRUE(revision.ok()) << revision.status();
  const AuditEvent event = Events(kServer).at(0);
  EXPECT_EQ(event.kind, AuditEventKind::kRefusal);
  EXPECT_EQ(event.principal, "");
  EXPECT_EQ(event.role, std::nullopt);
  EXPECT_EQ(event.resource, "organizations/acme");
  ASSERT_TRUE(event.refusal.has_value());
  EXPECT_EQ(event.refusal->code, 16);
  EXPECT_EQ(event.refusal->reason, "CREDENTIAL_INVALID");
  EXPECT_EQ(event.refusal->message, "no such token");
  EXPECT_EQ(event.refusal->unwritten_count, 12);
}

TEST_P(AuditTrailTest, SplitsWhatIsTooMuchForOneEvent) {
  constexpr int kUsers = 700;
  const Revision revision = Write([](Transaction& tx) {
    for (int i = 0; i < kUsers; ++i) {
      RETURN_IF_ERROR(UserStore::Put(tx, nullptr,
                                     {.organization = Org("acme"),
                                      .id = Uid(absl::StrCat("u", i)),
                                      .email = Mail(absl::StrCat("user", i), "acme.test"),
                                      .display_name = std::string(1000, 'n')}));
    }
    return absl::OkStatus();
  });
  const std::vector<AuditEvent> events = Events(Org("acme"));
  EXPECT_EQ(events.size(), 3u);
  size_t changes = 0;
  for (const AuditEvent& event : events) {
    EXPECT_EQ(event.revision, revision);
    EXPECT_LT(event.record.size(), 300u << 10);
    changes += event.changes.size();
  }
  EXPECT_EQ(changes, size_t{kUsers});
  CheckChain(Org("acme"));
}

TEST_P(AuditTrailTest, SaysOfASecretOnlyThatItWasWritten) {
  v1::SsoProfileRecord profile;
  profile.set_display_name("Okta");
  v1::ProfileKeyRecord key;
  key.set_private_key_pem("planted-secret-1");
  Write([&](Transaction& tx) {
    tx.Put("p/acme/okta", SealRecord("p/acme/okta", profile));
    tx.Put("k/acme/okta", SealRecord("k/acme/okta", key));
    return absl::OkStatus();
  });
  key.set_private_key_pem("planted-secret-2");
  PutRecordUnder("k/acme/okta", key);
  PutRecordUnder("k/acme/okta", key);  // the same again
  const std::vector<AuditEvent> events = Events(Org("acme"));
  ASSERT_EQ(events.size(), 2u);
  for (const AuditEvent& event : events) {
    ASSERT_EQ(event.changes.size(), 1u);
    EXPECT_EQ(event.changes[0].kind, AuditedKind::kSsoProfile);
    EXPECT_EQ(event.changes[0].id, "okta");
    EXPECT_TRUE(event.changes[0].secret_changed);
    EXPECT_EQ(event.changes[0].after_json, R"({"display_name":"Okta"})");
  }
  EXPECT_FALSE(events[0].changes[0].before_json.has_value());
  EXPECT_EQ(events[1].changes[0].before_json, events[1].changes[0].after_json);
}

TEST_P(AuditTrailTest, HoldsNoPlantedSecret) {
  v1::AccessTokenRecord token;
  token.set_secret_hash("planted-secret-hash");
  token.set_role(1);
  PutRecordUnder("m/kone", token);
  token.set_secret_hash("planted-secret-hash-rotated");
  PutRecordUnder("m/kone", token);
  v1::ConnectionTestRecord test;
  test.set_state(1);
  test.set_request_id("planted-state");
  test.set_nonce("planted-nonce");
  test.set_sealed_code_verifier("planted-verifier");
  PutRecordUnder("s/acme/okta/t1", test);
  v1::ProfileKeyRecord key;
  key.set_private_key_pem("planted-key");
  key.set_sealed_client_secret("planted-client-secret");
  PutRecordUnder("k/acme/okta", key);

  size_t records = 0;
  for (const char* prefix : {"v/", "w/"}) {
    for (const auto& [name, value] : Raw(PrefixRange(prefix))) {
      EXPECT_FALSE(absl::StrContains(value, "planted")) << name;
      ++records;
    }
  }
  EXPECT_EQ(records, 6u);
  const std::vector<AuditEvent> tokens = Events(kServer);
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[1].changes.at(0).kind, AuditedKind::kAccessToken);
  EXPECT_EQ(tokens[1].changes[0].id, "kone");
  EXPECT_TRUE(tokens[1].changes[0].secret_changed);
  EXPECT_EQ(tokens[1].changes[0].after_json, R"({"role":"OPERATOR"})");
  const AuditEvent started = Events(Org("acme")).at(0);
  EXPECT_EQ(started.changes.at(0).id, "okta");
  EXPECT_EQ(started.changes[0].test, "t1");
}

TEST_P(AuditTrailTest, LetsNothingHappenThatItCannotRecord) {
  PutRecordUnder("o/acme", Named("Acme"));
  const auto before = Raw();
  const auto change = [&](const OrganizationId& organization) {
    return runner()
        .Run(TestCaller(), organization,
             [](Transaction& tx) {
               tx.Put("o/acme", SealRecord("o/acme", Named("changed")));
               return absl::OkStatus();
             })
        .status();
  };
  struct Case {
    const char* what;
    const char* key;
    std::optional<std::string> value;
  };
  v1::AuditChainRecord set_back;
  const Case cases[] = {
      {"a damaged end of the chain", "w/acme", "damaged"},
      {"an end that was removed", "w/acme", std::nullopt},
      {"an end that was set back", "w/acme", SealRecord("w/acme", set_back)},
  };
  for (const Case& c : cases) {
    WriteRaw(c.key, c.value);
    const absl::Status status = change(Org("acme"));
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << c.what;
    EXPECT_EQ(Raw().at("o/acme"), before.at("o/acme")) << c.what;
    EXPECT_EQ(Raw().at("v/acme/0000000000000001"), before.at("v/acme/0000000000000001")) << c.what;
    WriteRaw(c.key, before.at(c.key));
  }
  EXPECT_TRUE(change(Org("acme")).ok());
}

TEST(AuditTrail, LetsNothingHappenWhenItCannotBeRead) {
  FailingEngine engine(NewMemoryEngine());
  TransactionRunner runner(&engine);
  const auto put = [](Transaction& tx) {
    tx.Put("o/acme", SealRecord("o/acme", Named("Acme")));
    return absl::OkStatus();
  };
  engine.FailAlways(FailingEngine::Method::kSnapshotGet, absl::UnavailableError("disk"));
  EXPECT_EQ(runner.Run(TestCaller(), Org("acme"), put).status().code(),
            absl::StatusCode::kUnavailable);
  engine.Heal();
  EXPECT_EQ(engine.revision(), 0u);
  EXPECT_TRUE(runner.Run(TestCaller(), Org("acme"), put).ok());
}

TEST_P(AuditTrailTest, StaysOneChainUnderConcurrentWriters) {
  constexpr int kThreads = 4, kChanges = 25;
  // Two servers on one store: locks of one do not help against the other.
  TransactionRunner other(&engine());
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kChanges; ++i) {
        const std::string key = absl::StrCat("o/org-", t, "-", i);
        absl::Status status;
        do {
          status = (t % 2 == 0 ? runner() : other)
                       .Run(TestCaller(), kServer,
                            [&](Transaction& tx) {
                              tx.Put(key, SealRecord(key, Named(key)));
                              return absl::OkStatus();
                            })
                       .status();
        } while (absl::IsAborted(status));
        EXPECT_TRUE(status.ok()) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(CheckChain(kServer), size_t{kThreads * kChanges});
}

TEST_P(AuditTrailTest, RemovesOldEventsFromTheBeginningOnly) {
  for (int i = 1; i <= 5; ++i) {
    const auto written = runner().Run(TestCaller(absl::FromUnixSeconds(i == 3 ? 100 : i)),
                                      Org("acme"), [&](Transaction& tx) {
                                        tx.Put("x/acme/u1", SealRecord("x/acme/u1", [&] {
                                                 v1::ExemptionRecord record;
                                                 record.set_create_time_us(i);
                                                 return record;
                                               }()));
                                        return absl::OkStatus();
                                      });
    ASSERT_TRUE(written.ok());
  }
  const std::vector<AuditEvent> all = Events(Org("acme"));
  AuditTrail::Removal removed;
  const auto remove = [&](int64_t limit) {
    return Write([&](Transaction& tx) {
      return AuditTrail::RemoveBefore(tx, Org("acme"), absl::FromUnixSeconds(50), limit,
                                      [&](const AuditTrail::Removal& removal) {
                                        removed = removal;
                                        return AuditTrail::RetentionSignature{"signed", "key-1"};
                                      })
          .status();
    });
  };
  remove(1);
  EXPECT_EQ(removed.count, 1);
  EXPECT_EQ(Events(Org("acme")).front().sequence, 2);
  remove(10);
  // The third is young, and keeps what came after it.
  EXPECT_EQ(removed.count, 1);
  EXPECT_EQ(Events(Org("acme")).front().sequence, 3);
  SnapshotReader reader = Reader();
  const AuditChainEnds ends = Ok(AuditTrail::Ends(reader, Org("acme")));
  EXPECT_EQ(ends.first_sequence, 3);
  EXPECT_EQ(ends.first_previous_hash, all[1].hash);
  EXPECT_EQ(ends.last_hash, all[4].hash);
  EXPECT_EQ(ends.removed_revision, all[1].revision);
  EXPECT_EQ(ends.retention_signature, "signed");
  EXPECT_EQ(ends.retention_key_id, "key-1");
  EXPECT_EQ(ends.retention_time, absl::FromUnixSeconds(50));
  // The chain goes on from where it was.
  PutRecordUnder("o/acme", Named("Acme"));
  EXPECT_EQ(Events(Org("acme")).back().previous_hash, all[4].hash);
}

TEST_P(AuditTrailTest, NamesTheEventWhoseRecordIsDamaged) {
  for (int i = 0; i < 3; ++i) PutRecordUnder("o/acme", Named(absl::StrCat(i)));
  WriteRaw("v/acme/0000000000000002", "damaged");
  SnapshotReader reader = Reader();
  std::vector<int64_t> seen;
  const absl::Status status =
      AuditTrail::Scan(reader, Org("acme"), 1, [&](AuditEvent event) -> absl::StatusOr<bool> {
        seen.push_back(event.sequence);
        return true;
      });
  EXPECT_EQ(seen, (std::vector<int64_t>{1}));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(status.message(), "organizations/acme/auditEvents/2")) << status;
}

TEST_P(AuditTrailTest, ListsChainsWithTheServersFirst) {
  PutRecordUnder("o/beta", Named("Beta"));
  PutRecordUnder("o/acme", Named("Acme"));
  SnapshotReader reader = Reader();
  std::vector<std::string> chains;
  EXPECT_TRUE(
      AuditTrail::ScanChains(
          reader, OrganizationId(),
          [&](const OrganizationId& chain, const AuditChainEnds& ends) -> absl::StatusOr<bool> {
            chains.push_back(absl::StrCat(chain.value(), ":", ends.last_sequence));
            return true;
          })
          .ok());
  EXPECT_EQ(chains, (std::vector<std::string>{":2", "acme:1", "beta:1"}));
}

TEST(AuditTrail, HashesAsDocumented) {
  // printf 'gatehouse-audit-v1\0%s%s' "$(printf 'p%.0s' {1..32})" record | sha256sum
  EXPECT_EQ(absl::BytesToHexString(AuditTrail::Hash(std::string(32, 'p'), "record")),
            "f1cf1f393eca12348da5116f88c44cc5831276b36ba1ef5e7ef4388eda0e8b78");
}

}  // namespace
}  // namespace gatehouse::storage
