#include "server/access/access_token_secret.h"
#include "storage/stores/user_store.h"
#include "tests/server/access/access_world.h"

namespace gatehouse {
namespace {

using AccessGateTest = AccessWorld;

constexpr char kGet[] = "DomainService/GetDomain";
constexpr char kAdd[] = "DomainService/AddDomain";

TEST_F(AccessGateTest, LetsAValidTokenInAsItsPrincipal) {
  const NewAccessToken made = Create(AccessRole::kOperator);
  CallCredentials credentials = Bearer(made.secret);
  credentials.request_id = "from-the-caller";
  const Admission admission = gate_->Admit(credentials, kAdd);
  ASSERT_TRUE(admission.status.ok()) << admission.status;
  EXPECT_EQ(admission.caller.principal.name,
            absl::StrCat("accessTokens/", made.view.token.id.value()));
  EXPECT_EQ(admission.caller.method, kAdd);
  EXPECT_EQ(admission.caller.request_id, "from-the-caller");
  EXPECT_TRUE(gate_->Check(credentials, kAdd).ok());
}

TEST_F(AccessGateTest, MakesARequestIdWhereTheCallersIsNone) {
  const NewAccessToken made = Create(AccessRole::kOperator);
  for (const std::string& id : {std::string(), std::string(65, 'x'), std::string("a\nb")}) {
    CallCredentials credentials = Bearer(made.secret);
    credentials.request_id = id;
    EXPECT_EQ(gate_->Admit(credentials, kGet).caller.request_id.size(), 16u) << id;
  }
}

TEST_F(AccessGateTest, RefusesEveryCredentialThatIsNone) {
  const std::string secret = Create(AccessRole::kOperator).secret;
  std::string other = secret;
  other[10] = other[10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(ReasonOf(gate_->Admit({}, kGet).status), reason::kCredentialMissing);
  for (const std::string& bad :
       {std::string(), std::string("Bearer"), std::string("Bearer "), secret, "Basic " + secret,
        "Bearer  " + secret, "Bearer " + secret + " ", "Bearer " + other,
        "Bearer " + secret + "," + secret, std::string(1 << 16, 'B')}) {
    const absl::Status status =
        gate_
            ->Admit({.authorization = bad, .certificate_names = {"URI:spiffe://example/gw"}},
                    "LoginService/CheckLogin")
            .status;
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << bad.substr(0, 70);
    EXPECT_EQ(ReasonOf(status), reason::kCredentialInvalid) << bad.substr(0, 70);
    EXPECT_EQ(status.message().find(secret.substr(5)), absl::string_view::npos);
  }
}

TEST_F(AccessGateTest, RefusesATokenFromItsEndOn) {
  const NewAccessToken made = Create(AccessRole::kOperator, {}, clock_.Now() + absl::Seconds(10));
  clock_.Advance(absl::Seconds(10) - absl::Nanoseconds(1));
  EXPECT_TRUE(gate_->Check(Bearer(made.secret), kGet).ok());
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(ReasonOf(gate_->Check(Bearer(made.secret), kGet)), reason::kCredentialExpired);
}

TEST_F(AccessGateTest, RefusesARevokedTokenWhenTheRevocationReturns) {
  const NewAccessToken made = Create(AccessRole::kGateway);
  ASSERT_TRUE(gate_->Check(Bearer(made.secret), "LoginService/CheckLogin").ok());
  ASSERT_TRUE(manager_->Revoke(TestCaller(), made.view.token.id).ok());
  EXPECT_EQ(ReasonOf(gate_->Check(Bearer(made.secret), "LoginService/CheckLogin")),
            reason::kCredentialInvalid);
}

TEST_F(AccessGateTest, KnowsACertificateByTheConfiguration) {
  const CallCredentials gateway{.certificate_names = {"URI:spiffe://example/gw"}};
  EXPECT_TRUE(gate_->Check(gateway, "LoginService/CheckLogin").ok());
  EXPECT_EQ(gate_->Check(gateway, kGet).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(gate_->Check({.certificate_names = {"URI:spiffe://example/other"}}, kGet)),
            reason::kCredentialMissing);
}

TEST_F(AccessGateTest, HasARuleForNothingElse) {
  const NewAccessToken made = Create(AccessRole::kOperator);
  EXPECT_EQ(gate_->Check(Bearer(made.secret), "DomainService/Unknown").code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(AccessGateTest, ShutsAScopedPrincipalOutOfEverythingElseInTheSameWords) {
  const User root = acme_.Add({.email = "root@acme.test", .role = Role::kOwner});
  const NewAccessToken admin = Create(AccessRole::kOrganizationAdmin, {{acme_.id(), root.id}});
  const NewAccessToken auditor = Create(AccessRole::kAuditor, {{acme_.id(), {}}});
  for (const NewAccessToken* token : {&admin, &auditor}) {
    const Caller caller = gate_->Admit(Bearer(token->secret), kGet).caller;
    EXPECT_TRUE(gate_->Authorize(caller, "organizations/acme/domains/none.test").ok());
    const absl::Status existing = gate_->Authorize(caller, "organizations/beta/domains/b.test");
    EXPECT_EQ(existing.code(), absl::StatusCode::kPermissionDenied);
    for (const char* name : {"organizations/none/domains/b.test", "organizations/acm",
                             "organizations/acme2", "organizations/", "organizations/-", "", "acme",
                             "/organizations/acme", "organizations//acme"}) {
      EXPECT_EQ(gate_->Authorize(caller, name), existing) << name;
    }
  }
  const Caller everywhere = gate_->Admit(Bearer(Create(AccessRole::kAuditor).secret), kGet).caller;
  EXPECT_TRUE(gate_->Authorize(everywhere, "organizations/beta/domains/b.test").ok());
  EXPECT_TRUE(gate_->Authorize(everywhere, "organizations/-").ok());
}

TEST_F(AccessGateTest, DoesNothingForAnAdminWhoIsNoneAnyMore) {
  const User root = acme_.Add({.email = "root@acme.test", .role = Role::kOwner});
  const NewAccessToken made = Create(AccessRole::kOrganizationAdmin, {{acme_.id(), root.id}});
  const Caller caller = gate_->Admit(Bearer(made.secret), kAdd).caller;
  ASSERT_TRUE(gate_->Authorize(caller, "organizations/acme").ok());
  User before = root;
  for (const bool suspended : {true, false}) {
    User changed = root;
    changed.suspended = suspended;
    changed.role = suspended ? Role::kOwner : Role::kMember;
    ASSERT_TRUE(transactions_
                    .Run(TestCaller(), acme_.id(),
                         [&](storage::Transaction& tx) {
                           return storage::UserStore::Put(tx, &before, changed);
                         })
                    .ok());
    before = changed;
    const absl::Status status = gate_->Authorize(caller, "organizations/acme");
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_EQ(ReasonOf(status), reason::kActingUserNotAdmin);
  }
}

TEST_F(AccessGateTest, LimitsTheRateOfEachPrincipal) {
  const auto gate = NewGate({.requests_per_second = 10, .burst = 2});
  const std::string one = Create(AccessRole::kOperator).secret;
  const std::string other = Create(AccessRole::kOperator).secret;
  EXPECT_TRUE(gate->Check(Bearer(one), kGet).ok());
  EXPECT_TRUE(gate->Check(Bearer(one), kGet).ok());
  const absl::Status refused = gate->Check(Bearer(one), kGet);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused), reason::kRateLimited);
  EXPECT_EQ(DetailsOf(refused)->retry_after_ms, 100);
  // A change of the tokens forgets nobody's rate.
  Create(AccessRole::kGateway);
  EXPECT_FALSE(gate->Check(Bearer(one), kGet).ok());
  EXPECT_TRUE(gate->Check(Bearer(other), kGet).ok());
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_TRUE(gate->Check(Bearer(one), kGet).ok());
}

TEST_F(AccessGateTest, LetsACallGoOnWhateverElseThePrincipalCallsButNotPastItsCredential) {
  const auto gate = NewGate({.requests_per_second = 10, .burst = 1});
  const std::string secret =
      Create(AccessRole::kOperator, {}, clock_.Now() + absl::Hours(1)).secret;
  ASSERT_TRUE(gate->Check(Bearer(secret), kGet).ok());
  ASSERT_FALSE(gate->Check(Bearer(secret), kGet).ok());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(gate->Recheck(Bearer(secret), kGet).ok());
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_TRUE(gate->Check(Bearer(secret), kGet).ok()) << "the allowance was taken from";
  EXPECT_EQ(gate->Recheck(Bearer(secret), "DomainService/Unknown").code(),
            absl::StatusCode::kPermissionDenied);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(ReasonOf(gate->Recheck(Bearer(secret), kGet)), reason::kCredentialExpired);
}

TEST_F(AccessGateTest, TakesEverybodyForTheOperatorOnlyWhereAuthenticationIsOff) {
  const auto gate = NewGate({.authentication = false});
  for (const CallCredentials& credentials : {CallCredentials{}, Bearer("gh_wrong")}) {
    const Admission admission = gate->Admit(credentials, kAdd);
    EXPECT_TRUE(admission.status.ok());
    EXPECT_EQ(admission.caller.principal.name, "anonymous");
    EXPECT_TRUE(gate->Authorize(admission.caller, "organizations/acme").ok());
  }
}

TEST_F(AccessGateTest, AuditsRefusedChangesAndNothingElse) {
  const Caller caller = gate_->Admit(Bearer(Create(AccessRole::kOperator).secret), kAdd).caller;
  gate_->Refused(caller, "organizations/acme", ResourceNotFound("organizations/acme"));
  ASSERT_EQ(refusals_.size(), 1u);
  EXPECT_EQ(refusals_[0].principal, caller.principal.name);
  EXPECT_EQ(refusals_[0].resource, "organizations/acme");
  EXPECT_EQ(refusals_[0].code, absl::StatusCode::kNotFound);
  for (const absl::StatusCode code :
       {absl::StatusCode::kUnavailable, absl::StatusCode::kDataLoss, absl::StatusCode::kInternal,
        absl::StatusCode::kResourceExhausted, absl::StatusCode::kCancelled}) {
    gate_->Refused(caller, "organizations/acme", absl::Status(code, "x"));
  }
  Caller reading = caller;
  reading.method = kGet;
  gate_->Refused(reading, "organizations/acme", ResourceNotFound("x"));
  EXPECT_EQ(refusals_.size(), 1u);
}

TEST_F(AccessGateTest, CountsTheUnauthenticatedRefusalsThatItDoesNotWrite) {
  const Admission nobody = gate_->Admit({}, kAdd);
  for (int i = 0; i < 25; ++i) gate_->Refused(nobody.caller, "", nobody.status);
  EXPECT_EQ(refusals_.size(), 10u);
  clock_.Advance(absl::Milliseconds(100));
  gate_->Refused(nobody.caller, "", nobody.status);
  ASSERT_EQ(refusals_.size(), 11u);
  EXPECT_EQ(refusals_[10].unwritten, 15);
}

TEST_F(AccessGateTest, LogsARefusalThatCannotBeAuditedAndCountsIt) {
  const Caller caller = gate_->Admit(Bearer(Create(AccessRole::kOperator).secret), kAdd).caller;
  record_status_ = absl::UnavailableError("disk full");
  gate_->Refused(caller, "", ResourceNotFound("x"));
  EXPECT_EQ(logger_.Take().size(), 1u);
  record_status_ = absl::OkStatus();
  gate_->Refused(caller, "", ResourceNotFound("x"));
  EXPECT_EQ(refusals_.back().unwritten, 1);
}

}  // namespace
}  // namespace gatehouse
