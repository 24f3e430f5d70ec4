// A store with two organizations, tokens in it, and the gate before it.
#ifndef GATEHOUSE_TESTS_SERVER_ACCESS_ACCESS_WORLD_H_
#define GATEHOUSE_TESTS_SERVER_ACCESS_ACCESS_WORLD_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "server/access/access_gate_impl.h"
#include "server/managers/access_token_manager.h"
#include "server/runtime/random_source.h"
#include "storage/commit_feed.h"
#include "storage/memory_engine.h"
#include "storage/stores/transaction_runner.h"
#include "tests/builders/stored_organization.h"
#include "tests/builders/test_caller.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/recording_logger.h"

namespace gatehouse {

class AccessWorld : public ::testing::Test {
 protected:
  struct Refusal {
    std::string principal, method, resource;
    absl::StatusCode code;
    int64_t unwritten;
  };

  AccessWorld() {
    tokens_ = *TokenIndex::Open(&feed_);
    manager_ = std::make_unique<AccessTokenManager>(context(), tokens_.get(), false);
    certificates_ = *CertificateIdentities::Parse({"URI:spiffe://example/gw gateway"});
    gate_ = NewGate({});
  }

  ManagerContext context() {
    return {.transactions = &transactions_, .clock = &clock_, .random = &random_};
  }

  std::unique_ptr<AccessGate> NewGate(const AccessGateOptions& options) {
    return std::make_unique<AccessGateImpl>(
        options,
        AccessGateParts{.tokens = tokens_.get(),
                        .certificates = &certificates_,
                        .engine = engine_.get(),
                        .clock = &clock_,
                        .random = &random_,
                        .logger = &logger_,
                        .record_refusal = [this](const Caller& caller, absl::string_view resource,
                                                 const absl::Status& status, int64_t unwritten) {
                          refusals_.push_back({caller.principal.name, caller.method,
                                               std::string(resource), status.code(), unwritten});
                          return record_status_;
                        }});
  }

  NewAccessToken Create(AccessRole role, std::vector<Scope> scopes = {},
                        absl::Time expire_time = absl::InfiniteFuture()) {
    auto made = manager_->Create(TestCaller(), {.display_name = "test",
                                                .role = role,
                                                .scopes = std::move(scopes),
                                                .expire_time = expire_time});
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }

  static CallCredentials Bearer(const std::string& secret) {
    return {.authorization = absl::StrCat("Bearer ", secret), .peer = "ipv4:127.0.0.1:9"};
  }

  std::unique_ptr<storage::Engine> engine_ = storage::NewMemoryEngine();
  storage::CommitFeed feed_{engine_.get()};
  storage::TransactionRunner transactions_{engine_.get()};
  FakeClock clock_;
  SystemRandomSource random_;
  RecordingLogger logger_;
  StoredOrganization acme_{&transactions_, "acme"};
  StoredOrganization beta_{&transactions_, "beta"};
  std::unique_ptr<TokenIndex> tokens_;
  std::unique_ptr<AccessTokenManager> manager_;
  CertificateIdentities certificates_;
  std::vector<Refusal> refusals_;
  absl::Status record_status_;
  std::unique_ptr<AccessGate> gate_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_ACCESS_ACCESS_WORLD_H_
