#include "server/connectors/cares_txt_resolver.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "policy/errors.h"
#include "tests/peers/knot_server.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;
using Records = std::vector<std::string>;

constexpr char kName[] = "_gatehouse.acme.example";

// Patient with a server that answers late on a busy machine, unless `tries` is 1.
std::unique_ptr<TxtResolver> Resolver(std::vector<std::string> servers, int tries = 5) {
  CaresOptions options;
  options.servers = std::move(servers);
  options.timeout = absl::Milliseconds(300);
  options.tries = tries;
  options.deadline = absl::Seconds(20);
  absl::StatusOr<std::unique_ptr<TxtResolver>> resolver = NewCaresTxtResolver(options);
  EXPECT_TRUE(resolver.ok()) << resolver.status();
  return *std::move(resolver);
}

void ExpectUnavailable(const absl::StatusOr<Records>& result, const std::string& server) {
  ASSERT_EQ(result.status().code(), absl::StatusCode::kUnavailable) << result.status();
  EXPECT_EQ(ReasonOf(result.status()), reason::kDnsUnavailable);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr(server));
  EXPECT_THAT(std::string(result.status().message()), HasSubstr(kName));
}

// A UDP socket on a loopback port that answers each datagram with what `reply`
// makes of it; nullopt: with silence. Nothing listens on the TCP port.
class UdpPeer {
 public:
  using Reply = std::function<std::optional<std::string>(std::string query)>;

  explicit UdpPeer(Reply reply) : socket_(socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    own_address_ = address;
    thread_ = std::thread([this, reply = std::move(reply)] { Serve(reply); });
  }

  ~UdpPeer() {
    stopping_ = true;
    // An empty datagram wakes the reader.
    sendto(socket_, "", 0, 0, reinterpret_cast<sockaddr*>(&own_address_), sizeof(own_address_));
    thread_.join();
    close(socket_);
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", ntohs(own_address_.sin_port)); }
  int queries() const { return queries_; }

 private:
  void Serve(const Reply& reply) {
    while (true) {
      char buffer[2048];
      sockaddr_in from = {};
      socklen_t from_size = sizeof(from);
      const ssize_t size = recvfrom(socket_, buffer, sizeof(buffer), 0,
                                    reinterpret_cast<sockaddr*>(&from), &from_size);
      if (stopping_) return;
      if (size <= 0) continue;
      ++queries_;
      const std::optional<std::string> answer =
          reply(std::string(buffer, static_cast<size_t>(size)));
      if (answer.has_value()) {
        sendto(socket_, answer->data(), answer->size(), 0, reinterpret_cast<sockaddr*>(&from),
               from_size);
      }
    }
  }

  const int socket_;
  sockaddr_in own_address_ = {};
  std::atomic<bool> stopping_ = false;
  std::atomic<int> queries_ = 0;
  std::thread thread_;
};

// The query as an answer (RFC 1035, 4.1.1) with this code and these records.
std::string Answer(std::string query, int code, const Records& records = {}) {
  query[2] = static_cast<char>(query[2] | 0x80);  // QR
  query[3] = static_cast<char>(0x80 | code);      // RA, RCODE
  query[6] = static_cast<char>(records.size() >> 8);
  query[7] = static_cast<char>(records.size() & 0xff);
  for (const std::string& record : records) {
    query.append("\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x3c", 10);  // the name asked, TXT, IN, 60 s
    query.push_back(0);
    query.push_back(static_cast<char>(record.size() + 1));
    query.push_back(static_cast<char>(record.size()));
    query.append(record);
  }
  return query;
}

std::string ClosedPort() {
  return UdpPeer([](const std::string&) { return std::nullopt; }).address();
}

class CaresTxtResolverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<KnotServer>> dns = KnotServer::Start();
    ASSERT_TRUE(dns.ok()) << dns.status();
    dns_ = *std::move(dns);
  }

  std::unique_ptr<KnotServer> dns_;
};

TEST_F(CaresTxtResolverTest, FindsNothingWhereTheNameDoesNotExist) {
  const absl::StatusOr<Records> records = Resolver({dns_->address()})->LookupTxt(kName);
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_THAT(*records, IsEmpty());
}

TEST_F(CaresTxtResolverTest, FindsNothingWhereTheNameHasOtherRecordsOnly) {
  const absl::StatusOr<Records> records = Resolver({dns_->address()})->LookupTxt("ns");
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_THAT(*records, IsEmpty());
}

TEST_F(CaresTxtResolverTest, SeesARecordComeChangeAndGo) {
  const std::unique_ptr<TxtResolver> resolver = Resolver({dns_->address()});
  for (const Records& values : std::vector<Records>{{"one"}, {"two", "three"}, {}}) {
    ASSERT_TRUE(dns_->SetTxt(kName, values).ok());
    const absl::StatusOr<Records> records = resolver->LookupTxt(kName);
    ASSERT_TRUE(records.ok()) << records.status();
    EXPECT_THAT(*records, UnorderedElementsAreArray(values));
  }
}

TEST_F(CaresTxtResolverTest, JoinsTheStringsOfOneRecordAndKeepsRecordsApart) {
  // 255 bytes is the most that one character-string holds (RFC 1035, 3.3).
  const Records values = {std::string(700, 'a'), std::string(255, 'b'), "",
                          "a \"b\" \\ ; \x01\xff"};
  ASSERT_TRUE(dns_->SetTxt(kName, values).ok());
  const absl::StatusOr<Records> records = Resolver({dns_->address()})->LookupTxt(kName);
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_THAT(*records, UnorderedElementsAreArray(values));
}

TEST_F(CaresTxtResolverTest, AsksAgainByTcpWhenTheAnswerIsTruncated) {
  Records values;
  for (int i = 0; i < 60; ++i) values.push_back(absl::StrCat("other-service-verification=", i));
  ASSERT_TRUE(dns_->SetTxt(kName, values).ok());
  const absl::StatusOr<Records> records = Resolver({dns_->address()})->LookupTxt(kName);
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_THAT(*records, UnorderedElementsAreArray(values));
}

TEST_F(CaresTxtResolverTest, RefusesAnAnswerOfTooManyRecords) {
  const std::unique_ptr<TxtResolver> resolver = Resolver({dns_->address()});
  Records values;
  for (int i = 0; i < 100; ++i) values.push_back(absl::StrCat("value ", i));
  ASSERT_TRUE(dns_->SetTxt(kName, values).ok());
  EXPECT_TRUE(resolver->LookupTxt(kName).ok());
  values.push_back("one more");
  ASSERT_TRUE(dns_->SetTxt(kName, values).ok());
  ExpectUnavailable(resolver->LookupTxt(kName), dns_->address());
}

TEST_F(CaresTxtResolverTest, RefusesAnAnswerOfTooManyBytes) {
  const std::unique_ptr<TxtResolver> resolver = Resolver({dns_->address()});
  ASSERT_TRUE(dns_->SetTxt(kName, {std::string(32 * 1024, 'x')}).ok());
  EXPECT_TRUE(resolver->LookupTxt(kName).ok());
  ASSERT_TRUE(dns_->SetTxt(kName, {std::string(32 * 1024, 'x'), "y"}).ok());
  ExpectUnavailable(resolver->LookupTxt(kName), dns_->address());
}

TEST_F(CaresTxtResolverTest, AsksTheNextServerWhenOneIsOutOfOrder) {
  ASSERT_TRUE(dns_->SetTxt(kName, {"value"}).ok());
  UdpPeer silent([](const std::string&) { return std::nullopt; });
  UdpPeer failing([](const std::string& query) { return Answer(query, 2); });
  UdpPeer refusing([](const std::string& query) { return Answer(query, 5); });
  for (const std::string& first :
       {ClosedPort(), silent.address(), failing.address(), refusing.address()}) {
    const absl::StatusOr<Records> records = Resolver({first, dns_->address()})->LookupTxt(kName);
    ASSERT_TRUE(records.ok()) << records.status();
    EXPECT_THAT(*records, UnorderedElementsAre("value"));
  }
  EXPECT_GE(silent.queries(), 1);
  EXPECT_GE(failing.queries(), 1);
  EXPECT_GE(refusing.queries(), 1);
}

TEST_F(CaresTxtResolverTest, ReportsAnOutage) {
  ASSERT_TRUE(dns_->SetTxt(kName, {"value"}).ok());
  const std::unique_ptr<TxtResolver> resolver = Resolver({dns_->address()});
  ASSERT_TRUE(resolver->LookupTxt(kName).ok());
  dns_->Stop();
  ExpectUnavailable(resolver->LookupTxt(kName), dns_->address());
}

TEST_F(CaresTxtResolverTest, ServesManyThreads) {
  ASSERT_TRUE(dns_->SetTxt(kName, {"value"}).ok());
  const std::unique_ptr<TxtResolver> resolver = Resolver({dns_->address()});
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) {
        const absl::StatusOr<Records> records = resolver->LookupTxt(kName);
        if (records.ok() && *records == Records{"value"}) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 8 * 20);
}

TEST(CaresTxtResolver, IsUnavailableWhenEveryServerFails) {
  const std::vector<std::pair<std::string, UdpPeer::Reply>> cases = {
      {"SERVFAIL", [](const std::string& query) { return Answer(query, 2); }},
      {"NOTIMP", [](const std::string& query) { return Answer(query, 4); }},
      {"REFUSED", [](const std::string& query) { return Answer(query, 5); }},
      {"silence", [](const std::string&) { return std::nullopt; }},
      {"records that are cut short",
       [](const std::string& query) {
         std::string answer = Answer(query, 0, {"value"});
         answer.resize(answer.size() - 3);
         return answer;
       }},
      {"no answer where one is announced",
       [](const std::string& query) {
         std::string answer = Answer(query, 0);
         answer[7] = 1;
         return answer;
       }},
      {"truncated, and no TCP",
       [](const std::string& query) {
         std::string answer = Answer(query, 0, {"value"});
         answer[2] = static_cast<char>(answer[2] | 0x02);
         return answer;
       }},
  };
  for (const auto& [what, reply] : cases) {
    SCOPED_TRACE(what);
    UdpPeer peer(reply);
    ExpectUnavailable(Resolver({peer.address()}, 1)->LookupTxt(kName), peer.address());
    EXPECT_GE(peer.queries(), 1);
  }
}

TEST(CaresTxtResolver, IsUnavailableWhereNothingListens) {
  const std::string nowhere = ClosedPort();
  ExpectUnavailable(Resolver({nowhere})->LookupTxt(kName), nowhere);
}

TEST(CaresTxtResolver, IgnoresAnAnswerToAnotherQuery) {
  UdpPeer forger([](std::string query) {
    query[0] = static_cast<char>(query[0] ^ 0x55);  // the id
    return Answer(query, 0, {"forged"});
  });
  ExpectUnavailable(Resolver({forger.address()}, 1)->LookupTxt(kName), forger.address());
}

TEST(CaresTxtResolver, GivesUpAtTheOverallDeadline) {
  UdpPeer silent([](const std::string&) { return std::nullopt; });
  CaresOptions options;
  options.servers = {silent.address(), silent.address(), silent.address()};
  options.timeout = absl::Seconds(30);
  options.tries = 10;
  options.deadline = absl::Milliseconds(200);
  const auto resolver = NewCaresTxtResolver(options);
  ASSERT_TRUE(resolver.ok());
  const absl::Time start = absl::Now();
  ExpectUnavailable((*resolver)->LookupTxt(kName), silent.address());
  const absl::Duration took = absl::Now() - start;
  EXPECT_GE(took, absl::Milliseconds(199));
  EXPECT_LT(took, absl::Seconds(10));
}

TEST(CaresTxtResolver, RefusesANameThatDnsCannotCarry) {
  const std::unique_ptr<TxtResolver> resolver = Resolver({ClosedPort()});
  std::string long_name = "_gatehouse";
  while (long_name.size() <= 253) long_name += ".abcdefg";
  for (const std::string& name :
       {std::string("_gatehouse..example"), std::string(64, 'a') + ".example", long_name}) {
    const absl::StatusOr<Records> result = resolver->LookupTxt(name);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
}

TEST(CaresTxtResolver, RefusesOptionsOutOfBounds) {
  const std::vector<std::pair<std::string, std::function<void(CaresOptions&)>>> cases = {
      {"servers[1]",
       [](CaresOptions& o) {
         o.servers = {"127.0.0.1:53", "127.0.0.1"};
       }},
      {"servers[0]", [](CaresOptions& o) { o.servers = {""}; }},
      {"servers[0]", [](CaresOptions& o) { o.servers = {"127.0.0.1:0"}; }},
      {"servers[0]", [](CaresOptions& o) { o.servers = {"127.0.0.1:65536"}; }},
      {"servers[0]", [](CaresOptions& o) { o.servers = {"127.0.0.1:-1"}; }},
      {"servers[0]", [](CaresOptions& o) { o.servers = {"127.0.0.1:53,127.0.0.2:53"}; }},
      {"servers[0]", [](CaresOptions& o) { o.servers = {"dns.example:53"}; }},
      {"servers[0]", [](CaresOptions& o) { o.servers = {"::1:53"}; }},
      {"servers[0]", [](CaresOptions& o) { o.servers = {"[::1]"}; }},
      {"servers", [](CaresOptions& o) { o.servers.assign(9, "127.0.0.1:53"); }},
      {"tries", [](CaresOptions& o) { o.tries = 0; }},
      {"tries", [](CaresOptions& o) { o.tries = 11; }},
      {"timeout", [](CaresOptions& o) { o.timeout = absl::ZeroDuration(); }},
      {"timeout", [](CaresOptions& o) { o.timeout = absl::InfiniteDuration(); }},
      {"deadline", [](CaresOptions& o) { o.deadline = -absl::Seconds(1); }},
      {"deadline", [](CaresOptions& o) { o.deadline = absl::InfiniteDuration(); }},
  };
  for (const auto& [field, spoil] : cases) {
    CaresOptions options;
    spoil(options);
    const auto resolver = NewCaresTxtResolver(options);
    ASSERT_EQ(resolver.status().code(), absl::StatusCode::kInvalidArgument) << field;
    EXPECT_EQ(DetailsOf(resolver.status())->field_violations.at(0).first, field);
  }
}

TEST(CaresTxtResolver, AcceptsBothAddressFamilies) {
  CaresOptions options;
  options.servers = {"127.0.0.1:53", "[::1]:5353"};
  EXPECT_TRUE(NewCaresTxtResolver(options).ok());
}

}  // namespace
}  // namespace gatehouse
