// A damaged record is DATA_LOSS to whoever reads it, and never "there is none":
// each kind of record, by each way to it.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "policy/errors.h"
#include "storage/records/keys.h"
#include "storage/records/record_envelope.h"
#include "storage/records/records.pb.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/expiry_queue.h"
#include "storage/stores/login_activity_store.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/request_store.h"
#include "storage/stores/sso_override_store.h"
#include "storage/stores/sso_profile_store.h"
#include "storage/stores/user_store.h"
#include "tests/builders/test_secrets.h"
#include "tests/storage/stores/store_test_case.h"

namespace gatehouse::storage {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

// A way to read (or change) something, and the record that it goes through.
struct Way {
  const char* what;
  std::string key;
  std::function<absl::Status(Transaction&)> go;
};

constexpr auto kVisitAll = [](const auto&...) -> absl::StatusOr<bool> { return true; };

const User& Boss() {
  static const User& boss = *new User{.organization = Org("acme"),
                                      .id = Uid("u1"),
                                      .email = Mail("boss", "a.test"),
                                      .role = Role::kOwner,
                                      .claimed = true};
  return boss;
}

std::vector<Way> WaysThroughPolicy() {
  const OrganizationId acme = Org("acme");
  const DomainName domain = Dom("a.test");
  using Tx = Transaction;
  return {
      {"organization", keys::Organization(acme),
       [=](Tx& tx) { return OrganizationStore::Find(tx, acme).status(); }},
      {"organizations", keys::Organization(acme),
       [=](Tx& tx) { return OrganizationStore::List(tx, "", 10).status(); }},
      {"totals", keys::Totals(acme),
       [=](Tx& tx) { return OrganizationStore::Totals(tx, acme).status(); }},
      {"domain", keys::Domain(acme, domain),
       [=](Tx& tx) { return DomainStore::Find(tx, acme, domain).status(); }},
      {"domains", keys::Domain(acme, domain),
       [=](Tx& tx) { return DomainStore::List(tx, acme, "", 10).status(); }},
      {"holder's claim", keys::Domain(acme, domain),
       [=](Tx& tx) { return DomainStore::FindHolder(tx, domain).status(); }},
      {"holder", keys::DomainHolder(domain),
       [=](Tx& tx) { return DomainStore::FindHolder(tx, domain).status(); }},
      {"whether it holds", keys::DomainHolder(domain),
       [=](Tx& tx) { return DomainStore::Holds(tx, acme, domain).status(); }},
      {"whether another holds", keys::DomainHolder(domain),
       [=](Tx& tx) { return DomainStore::Holds(tx, Org("other"), domain).status(); }},
      {"holders", keys::DomainHolder(domain),
       [=](Tx& tx) {
         return DomainStore::ForEachHolder(
             tx, [](const OrganizationId&, const DomainName&) { return absl::OkStatus(); });
       }},
      {"deleting a claim", keys::DomainHolder(domain),
       [=](Tx& tx) { return DomainStore::Delete(tx, {.organization = acme, .name = domain}); }},
      {"counts", keys::DomainCounts(acme, domain),
       [=](Tx& tx) { return DomainStore::Counts(tx, acme, domain).status(); }},
      {"counts of subdomains", keys::DomainCounts(acme, domain),
       [=](Tx& tx) { return DomainStore::CountsBelow(tx, acme, Dom("test")).status(); }},
      {"whether it claims", keys::DomainHolder(domain),
       [=](Tx& tx) { return DomainStore::ClaimsOn(tx, acme, Dom("eu.a.test")).status(); }},
      {"enforcement", keys::Enforcement(acme, domain),
       [=](Tx& tx) { return EnforcementStore::Find(tx, acme, domain).status(); }},
      {"enforcements", keys::Enforcement(acme, domain),
       [=](Tx& tx) { return EnforcementStore::List(tx, acme, "", 10).status(); }},
      {"exemption", keys::Exemption(acme, Uid("u1")),
       [=](Tx& tx) { return ExemptionStore::Find(tx, acme, Uid("u1")).status(); }},
      {"exemptions", keys::Exemption(acme, Uid("u1")),
       [=](Tx& tx) { return ExemptionStore::List(tx, acme, "", 10).status(); }},
      {"all exemptions", keys::Exemption(acme, Uid("u1")),
       [=](Tx& tx) {
         return ExemptionStore::ForEach(tx, [](Stored<Exemption>) { return absl::OkStatus(); });
       }},
      {"override", keys::SsoOverride(acme, Uid("u1")),
       [=](Tx& tx) { return SsoOverrideStore::Find(tx, acme, Uid("u1")).status(); }},
      {"overrides", keys::SsoOverride(acme, Uid("u1")),
       [=](Tx& tx) { return SsoOverrideStore::List(tx, acme, "", 10).status(); }},
      {"all overrides", keys::SsoOverride(acme, Uid("u1")),
       [=](Tx& tx) {
         return SsoOverrideStore::ForEach(tx, [](Stored<SsoOverride>) { return absl::OkStatus(); });
       }},
      {"sign-ins", keys::LoginActivity(acme, Uid("u1")),
       [=](Tx& tx) { return LoginActivityStore::Find(tx, acme, Uid("u1")).status(); }},
      {"everybody's sign-ins", keys::LoginActivity(acme, Uid("u1")),
       [=](Tx& tx) {
         return LoginActivityStore::ForEach(tx,
                                            [](Stored<LoginActivity>) { return absl::OkStatus(); });
       }},
      {"profile", keys::SsoProfile(acme, Pid("idp")),
       [=](Tx& tx) { return SsoProfileStore::Find(tx, acme, Pid("idp")).status(); }},
      {"profiles", keys::SsoProfile(acme, Pid("idp")),
       [=](Tx& tx) { return SsoProfileStore::List(tx, acme, "", 10).status(); }},
      {"private key", keys::ProfileKey(acme, Pid("idp")),
       [=](Tx& tx) {
         return SsoProfileStore::FindPrivateKey(tx, {.organization = acme, .id = Pid("idp")},
                                                TestSecretBox())
             .status();
       }},
      {"client secret", keys::ProfileKey(acme, Pid("idp")),
       [=](Tx& tx) {
         return SsoProfileStore::FindClientSecret(tx, {.organization = acme, .id = Pid("idp")},
                                                  TestSecretBox())
             .status();
       }},
  };
}

std::vector<Way> WaysThroughTheRest() {
  const OrganizationId acme = Org("acme");
  const std::string user = keys::User(acme, Boss().email);
  const std::string address = keys::UserAddress(acme, Uid("u1"));
  const ConnectionTestId test = ConnectionTestId::FromTrusted("t1");
  using Tx = Transaction;
  return {
      {"connection test", keys::ConnectionTest(acme, Pid("idp"), test),
       [=](Tx& tx) { return ConnectionTestStore::Find(tx, acme, Pid("idp"), test).status(); }},
      {"used assertion", keys::UsedAssertion(acme, Pid("idp"), "_1"),
       [=](Tx& tx) {
         return ConnectionTestStore::IsAssertionUsed(tx, acme, Pid("idp"), "_1").status();
       }},
      {"request", keys::Request(acme, "r1"),
       [=](Tx& tx) { return RequestStore::Find(tx, acme, "r1").status(); }},
      {"expiry", keys::Expiry(kNow + RequestStore::kRetention, keys::Request(acme, "r1")),
       [=](Tx& tx) { return ExpiryQueue::Sweep(tx, absl::InfiniteFuture(), 10).status(); }},
      {"user by address", user,
       [=](Tx& tx) { return UserStore::FindByEmail(tx, acme, Boss().email).status(); }},
      {"user by id", user, [=](Tx& tx) { return UserStore::Find(tx, acme, Uid("u1")).status(); }},
      {"user's address", address,
       [=](Tx& tx) { return UserStore::Find(tx, acme, Uid("u1")).status(); }},
      {"users", user,
       [=](Tx& tx) { return UserStore::Scan(tx, acme, std::nullopt, "", kVisitAll); }},
      {"users of a domain", user,
       [=](Tx& tx) { return UserStore::Scan(tx, acme, Dom("a.test"), "", kVisitAll); }},
      {"admins", user, [=](Tx& tx) { return UserStore::ForEachAdmin(tx, acme, kVisitAll); }},
      {"admins' addresses", address,
       [=](Tx& tx) { return UserStore::ForEachAdmin(tx, acme, kVisitAll); }},
      {"counting a user on its domain", keys::DomainCounts(acme, Dom("a.test")),
       [=](Tx& tx) { return UserStore::Delete(tx, Boss()); }},
      {"counting a user in its organization", keys::Totals(acme),
       [=](Tx& tx) { return UserStore::Delete(tx, Boss()); }},
  };
}

std::vector<Way> Ways() {
  std::vector<Way> ways = WaysThroughPolicy();
  for (Way& way : WaysThroughTheRest()) ways.push_back(std::move(way));
  return ways;
}

class DamagedRecordsTest : public StoreTestCase {
 protected:
  void SetUp() override {
    StoreTestCase::SetUp();
    const OrganizationId acme = Org("acme");
    const SsoProfile profile{.organization = acme, .id = Pid("idp")};
    Write([&](Transaction& tx) -> absl::Status {
      OrganizationStore::Put(tx, {.id = acme, .display_name = "Acme"});
      RETURN_IF_ERROR(DomainStore::Put(
          tx, {.organization = acme, .name = Dom("a.test"), .state = DomainState::kVerified}));
      RETURN_IF_ERROR(SsoProfileStore::Put(tx, profile));
      RETURN_IF_ERROR(SsoProfileStore::PutPrivateKey(tx, profile, TestSecretBox(), "pem"));
      RETURN_IF_ERROR(EnforcementStore::Put(tx, {.organization = acme, .domain = Dom("a.test")}));
      RETURN_IF_ERROR(ExemptionStore::Put(tx, {.organization = acme, .user = Uid("u1")}));
      RETURN_IF_ERROR(SsoOverrideStore::Put(tx, {.organization = acme, .user = Uid("u1")}));
      LoginActivityStore::Put(tx, {.organization = acme, .user = Uid("u1")});
      RETURN_IF_ERROR(UserStore::Put(tx, nullptr, Boss()));
      ConnectionTestStore::Put(tx, {.organization = acme,
                                    .profile = Pid("idp"),
                                    .id = ConnectionTestId::FromTrusted("t1"),
                                    .create_time = kNow});
      ConnectionTestStore::PutUsedAssertion(tx, acme, Pid("idp"), "_1", kNow);
      RequestStore::Put(tx, acme, "r1", {.fingerprint = "f", .resource = "u1"}, kNow);
      return absl::OkStatus();
    });
  }

  absl::Status Go(const Way& way) {
    Transaction tx(*engine().NewSnapshot());
    return way.go(tx);
  }
};

TEST_P(DamagedRecordsTest, AreReadableBeforeTheyAreDamaged) {
  for (const Way& way : Ways()) {
    EXPECT_EQ(Raw().count(way.key), 1u) << way.what;
    EXPECT_TRUE(Go(way).ok()) << way.what << ": " << Go(way);
  }
}

TEST_P(DamagedRecordsTest, AreDataLossByEveryWayToThem) {
  for (const Way& way : Ways()) {
    const std::string whole = Raw().at(way.key);
    std::string flipped = whole;
    flipped.back() = static_cast<char>(flipped.back() ^ 1);
    for (const std::string& damaged :
         {flipped, whole.substr(0, whole.size() - 1), std::string(), std::string(100, '\0')}) {
      WriteRaw(way.key, damaged);
      const absl::Status status = Go(way);
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << way.what << ": " << status;
      EXPECT_EQ(ReasonOf(status), reason::kStoreCorrupt) << way.what;
    }
    WriteRaw(way.key, whole);
  }
}

TEST_P(DamagedRecordsTest, AreDataLossToALoginDecisionsOwnRead) {
  const std::string key = keys::User(Org("acme"), Boss().email);
  ASSERT_TRUE(Ok(FindUserNow(engine(), Org("acme"), Boss().email)).has_value());
  WriteRaw(key, "");
  EXPECT_EQ(FindUserNow(engine(), Org("acme"), Boss().email).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_P(DamagedRecordsTest, AreDataLossWhenOneStandsUnderTheKeyOfAnother) {
  // Two users whose records change places: both well sealed, each for the other.
  const User eve{.organization = Org("acme"), .id = Uid("u2"), .email = Mail("eve", "a.test")};
  Write([&](Transaction& tx) { return UserStore::Put(tx, nullptr, eve); });
  const std::string key = keys::User(Org("acme"), eve.email);
  WriteRaw(key, Raw().at(keys::User(Org("acme"), Boss().email)));
  EXPECT_EQ(FindUserNow(engine(), Org("acme"), eve.email).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_P(DamagedRecordsTest, AreDataLossWhenAHolderNamesAClaimThatIsNotThere) {
  WriteRaw(keys::Domain(Org("acme"), Dom("a.test")), std::nullopt);
  Transaction tx(*engine().NewSnapshot());
  EXPECT_EQ(DomainStore::FindHolder(tx, Dom("a.test")).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_P(DamagedRecordsTest, AreDataLossWhenAnEnumNumberIsUnknown) {
  // As a newer version may have written it: whole, and not to be understood.
  const OrganizationId acme = Org("acme");
  v1::EnforcementRecord enforcement;
  enforcement.set_mode(3);
  enforcement.set_unmanaged_users(1);
  v1::DomainRecord domain;
  domain.set_state(5);
  v1::ExemptionRecord exemption;
  exemption.set_kind(4);
  v1::UserRecord user;
  user.set_id("u1");
  user.set_role(4);
  v1::SsoProfileRecord profile;  // neither SAML nor anything that this version knows
  const std::vector<std::pair<std::string, const google::protobuf::MessageLite*>> records = {
      {keys::Enforcement(acme, Dom("a.test")), &enforcement},
      {keys::Domain(acme, Dom("a.test")), &domain},
      {keys::Exemption(acme, Uid("u1")), &exemption},
      {keys::User(acme, Boss().email), &user},
      {keys::SsoProfile(acme, Pid("idp")), &profile},
  };
  for (const auto& [key, record] : records) WriteRaw(key, SealRecord(key, *record));
  int refused = 0;
  for (const Way& way : Ways()) {
    for (const auto& [key, record] : records) {
      if (way.key != key) continue;
      EXPECT_EQ(Go(way).code(), absl::StatusCode::kDataLoss) << way.what;
      ++refused;
    }
  }
  EXPECT_EQ(refused, 15);
}

GATEHOUSE_ON_EACH_ENGINE(DamagedRecordsTest);

}  // namespace
}  // namespace gatehouse::storage
