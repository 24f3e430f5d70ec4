#include "server/connectors/curl_http_fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "policy/errors.h"
#include "tests/server/connectors/https_test_server.h"

namespace gatehouse {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::unique_ptr<HttpFetcher> Fetcher(const CurlHttpFetcherOptions& options) {
  auto fetcher = NewCurlHttpFetcher(options);
  EXPECT_TRUE(fetcher.ok()) << fetcher.status();
  return *std::move(fetcher);
}

// That trusts `server`, and may reach it.
std::unique_ptr<HttpFetcher> FetcherFor(const HttpsTestServer& server) {
  return Fetcher({.allow_loopback = true, .extra_ca_pem = server.certificate_pem()});
}

std::string Url(const HttpsTestServer& server, const std::string& path = "/",
                const std::string& host = "localhost") {
  return absl::StrCat("https://", host, ":", server.port(), path);
}

void ExpectUnavailable(const absl::StatusOr<HttpResponse>& response, const std::string& said) {
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable) << response.status();
  EXPECT_EQ(ReasonOf(response.status()), reason::kIdpUnavailable);
  EXPECT_THAT(std::string(response.status().message()), HasSubstr(said));
}

void ExpectInvalidUrl(const absl::StatusOr<HttpResponse>& response, const std::string& said) {
  EXPECT_EQ(response.status().code(), absl::StatusCode::kInvalidArgument) << response.status();
  EXPECT_THAT(std::string(response.status().message()), HasSubstr(said));
}

TEST(CurlHttpFetcher, GetsByHttps) {
  HttpsTestServer server([](const std::string&) {
    return HttpsTestServer::Ok("{\"a\":1}", "application/json; charset=utf-8");
  });
  const auto response =
      FetcherFor(server)->Fetch({.url = Url(server, "/x?y=z"), .headers = {{"Accept", "a/b"}}});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->content_type, "application/json; charset=utf-8");
  EXPECT_EQ(response->body, "{\"a\":1}");
  ASSERT_THAT(server.requests(), SizeIs(1));
  EXPECT_THAT(server.requests()[0],
              AllOf(StartsWith("GET /x?y=z HTTP/1.1\r\n"), HasSubstr("Accept: a/b\r\n"),
                    Not(HasSubstr("Accept-Encoding")), Not(HasSubstr("Cookie"))));
}

TEST(CurlHttpFetcher, PostsAForm) {
  HttpsTestServer server([](const std::string&) { return HttpsTestServer::Ok("done"); });
  const std::string form = absl::StrCat("a=b&c=", std::string(3000, 'x'));
  const auto response = FetcherFor(server)->Fetch({.url = Url(server, "/token"), .form = form});
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_THAT(server.requests(), SizeIs(1));
  EXPECT_THAT(server.requests()[0],
              AllOf(StartsWith("POST /token HTTP/1.1\r\n"), HasSubstr("\r\n\r\n" + form),
                    HasSubstr("Content-Type: application/x-www-form-urlencoded\r\n"),
                    Not(HasSubstr("Expect"))));
}

TEST(CurlHttpFetcher, ReturnsAnyStatusAndFollowsNoRedirect) {
  HttpsTestServer secret([](const std::string&) { return HttpsTestServer::Ok("internal"); });
  HttpsTestServer server([&](const std::string& request) -> std::string {
    if (request.find("GET /gone") == 0)
      return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    return absl::StrCat("HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:", secret.port(),
                        "/\r\nContent-Length: 0\r\n\r\n");
  });
  const auto gone = FetcherFor(server)->Fetch({.url = Url(server, "/gone")});
  EXPECT_EQ(gone->status, 404);
  const auto moved = FetcherFor(server)->Fetch({.url = Url(server)});
  EXPECT_EQ(moved->status, 302);
  EXPECT_THAT(secret.requests(), IsEmpty());
}

TEST(CurlHttpFetcher, RefusesACertificateThatNobodyVouchesFor) {
  HttpsTestServer server([](const std::string&) { return HttpsTestServer::Ok("x"); });
  HttpsTestServer other([](const std::string&) { return HttpsTestServer::Ok("x"); });
  ExpectUnavailable(Fetcher({.allow_loopback = true})->Fetch({.url = Url(server)}),
                    "certificate does not verify");
  ExpectUnavailable(FetcherFor(other)->Fetch({.url = Url(server)}), "certificate does not verify");
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST(CurlHttpFetcher, RefusesACertificateOfAnotherHost) {
  HttpsTestServer server([](const std::string&) { return HttpsTestServer::Ok("x"); },
                         {.names = "DNS:other.test"});
  ExpectUnavailable(FetcherFor(server)->Fetch({.url = Url(server)}), "certificate does not verify");
  ExpectUnavailable(FetcherFor(server)->Fetch({.url = Url(server, "/", "127.0.0.1")}),
                    "certificate does not verify");
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST(CurlHttpFetcher, KeepsTheBodyWithinItsLimit) {
  std::string body(1000, 'x');
  HttpsTestServer server([&](const std::string& request) {
    // Without a length, it cannot be known in advance.
    if (request.find("GET /endless") == 0)
      return "HTTP/1.1 200 OK\r\n\r\n" + std::string(1'000'000, 'y');
    return HttpsTestServer::Ok(body);
  });
  const auto fetcher = FetcherFor(server);
  EXPECT_EQ(fetcher->Fetch({.url = Url(server), .max_bytes = 1000})->body, body);
  ExpectUnavailable(fetcher->Fetch({.url = Url(server), .max_bytes = 999}), "larger than 999");
  const auto endless = fetcher->Fetch({.url = Url(server, "/endless"), .max_bytes = 999});
  ExpectUnavailable(endless, "larger than 999");
  EXPECT_THAT(std::string(endless.status().message()), Not(HasSubstr("yy")));
}

TEST(CurlHttpFetcher, KeepsTheHeadersWithinTheirLimit) {
  HttpsTestServer server([](const std::string&) {
    std::string response = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 100; ++i)
      absl::StrAppend(&response, "X-", i, ": ", std::string(1000, 'h'), "\r\n");
    return response + "Content-Length: 0\r\n\r\n";
  });
  ExpectUnavailable(FetcherFor(server)->Fetch({.url = Url(server)}), "larger");
}

TEST(CurlHttpFetcher, EndsASlowDripAtItsDeadline) {
  HttpsTestServer server(
      [](const std::string&) { return HttpsTestServer::Ok(std::string(100'000, 'x')); },
      {.drip = std::chrono::milliseconds(20)});
  const absl::Time start = absl::Now();
  ExpectUnavailable(
      FetcherFor(server)->Fetch({.url = Url(server), .deadline = absl::Milliseconds(400)}),
      "Timeout");
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
}

TEST(CurlHttpFetcher, RefusesLoopbackUnlessItIsAllowed) {
  HttpsTestServer server([](const std::string&) { return HttpsTestServer::Ok("x"); });
  const auto fetcher = Fetcher({.extra_ca_pem = server.certificate_pem()});
  for (const std::string& host :
       {std::string("localhost"), std::string("127.0.0.1"), std::string("127.1"),
        std::string("2130706433"), std::string("0x7f000001"), std::string("0x7f.0.0.1"),
        std::string("0177.0.0.1"), std::string("017700000001"), std::string("127.0.0.1."),
        std::string("[::1]"), std::string("[::ffff:127.0.0.1]"), std::string("[::ffff:7f00:1]"),
        std::string("0.0.0.0"), std::string("0"), std::string("[::]")}) {
    const auto response = fetcher->Fetch({.url = Url(server, "/", host)});
    EXPECT_FALSE(response.ok()) << host;
    EXPECT_THAT(response.status().code(), ::testing::AnyOf(absl::StatusCode::kUnavailable,
                                                           absl::StatusCode::kInvalidArgument))
        << host;
  }
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST(CurlHttpFetcher, RefusesPrivateAddressesEvenWhereLoopbackIsAllowed) {
  const auto fetcher = Fetcher({.allow_loopback = true});
  for (const std::string& host :
       {std::string("10.0.0.1"), std::string("192.168.0.1"), std::string("169.254.169.254"),
        std::string("167772161"), std::string("0xa9fea9fe"), std::string("[fd00:ec2::254]"),
        std::string("[::ffff:10.0.0.1]"), std::string("[64:ff9b::a00:1]"),
        std::string("100.64.0.1"), std::string("0.0.0.0")}) {
    ExpectUnavailable(fetcher->Fetch({.url = absl::StrCat("https://", host, "/")}),
                      "not a public one");
  }
}

// As a name that a stranger's DNS points at loopback: allowing loopback hosts
// does not open the door for it.
TEST(CurlHttpFetcher, ANameOfTheWebMayNotLeadToLoopback) {
  HttpsTestServer server([](const std::string&) { return HttpsTestServer::Ok("x"); },
                         {.names = "DNS:rebound.example"});
  const std::string to = absl::StrCat(":443:127.0.0.1:", server.port());
  const CurlHttpFetcherOptions closed{.extra_ca_pem = server.certificate_pem(),
                                      .connect_to = {"rebound.example" + to}};
  ExpectUnavailable(Fetcher(closed)->Fetch({.url = "https://rebound.example/"}),
                    "not a public one");
  EXPECT_THAT(server.requests(), IsEmpty());
  // The same route, for a test that says so.
  CurlHttpFetcherOptions open = closed;
  open.allow_loopback = true;
  EXPECT_EQ(Fetcher(open)->Fetch({.url = "https://rebound.example/"})->status, 200);
}

TEST(CurlHttpFetcher, SpeaksHttpOnlyToAnAllowedLoopback) {
  HttpsTestServer server([](const std::string&) { return HttpsTestServer::Ok("plain"); },
                         {.tls = false});
  const std::string url = absl::StrCat("http://127.0.0.1:", server.port(), "/");
  EXPECT_EQ(Fetcher({.allow_loopback = true})->Fetch({.url = url})->body, "plain");
  ExpectInvalidUrl(Fetcher({})->Fetch({.url = url}), "https");
  ExpectInvalidUrl(Fetcher({.allow_loopback = true})->Fetch({.url = "http://idp.example/"}),
                   "https");
}

TEST(CurlHttpFetcher, RefusesUrlsOfAnotherForm) {
  const auto fetcher = Fetcher({.allow_loopback = true});
  for (const std::string& url :
       {std::string("file:///etc/passwd"), std::string("ftp://idp.example/"),
        std::string("gopher://127.0.0.1/"), std::string("dict://127.0.0.1/"),
        std::string("idp.example"), std::string("//idp.example"), std::string("https://"),
        std::string(""), std::string("https:///path"), std::string("https:idp.example/"),
        std::string("https://idp.example\\@127.0.0.1/"), std::string("https://idp.example/#x"),
        std::string("https://idp.example/\r\nX: y"), std::string("https://idp.example/\0x", 22),
        std::string("https://idp.example/ x"),
        std::string("https://b\xc3\xbc"
                    "cher.example/"),
        std::string("javascript:alert(1)"), std::string("https://idp.example:99999/"),
        absl::StrCat("https://idp.example/", std::string(5000, 'x'))}) {
    ExpectInvalidUrl(fetcher->Fetch({.url = url}), "url");
  }
  for (const std::string& url :
       {std::string("https://user:hunter2@idp.example/"), std::string("https://hunter2@127.0.0.1/"),
        std::string("https://idp.example@hunter2@127.0.0.1/"),
        std::string("https://:hunter2@x.y/")}) {
    const auto response = fetcher->Fetch({.url = url});
    EXPECT_EQ(response.status().code(), absl::StatusCode::kInvalidArgument) << url;
  }
  const auto response = fetcher->Fetch({.url = "https://user:hunter2@idp.example/"});
  EXPECT_THAT(std::string(response.status().message()), Not(HasSubstr("hunter2")));
}

TEST(CurlHttpFetcher, RefusesHeadersThatWouldSplitTheRequest) {
  const auto fetcher = Fetcher({.allow_loopback = true});
  EXPECT_EQ(fetcher->Fetch({.url = "https://127.0.0.1/", .headers = {{"A", "b\r\nC: d"}}})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(fetcher->Fetch({.url = "https://127.0.0.1/", .headers = {{"A: b\r\nC", "d"}}})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(CurlHttpFetcher, IgnoresTheProxyOfTheEnvironment) {
  HttpsTestServer proxy([](const std::string&) { return HttpsTestServer::Ok("proxied"); },
                        {.tls = false});
  HttpsTestServer server([](const std::string&) { return HttpsTestServer::Ok("direct"); });
  const std::string url = absl::StrCat("http://127.0.0.1:", proxy.port());
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    setenv(name, url.c_str(), 1);
  }
  const auto response = FetcherFor(server)->Fetch({.url = Url(server)});
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "direct");
  EXPECT_THAT(proxy.requests(), IsEmpty());
}

TEST(CurlHttpFetcher, SaysWhenNobodyListens) {
  int port = 0;
  {
    port = HttpsTestServer([](const std::string&) { return std::string(); }).port();
  }
  ExpectUnavailable(
      Fetcher({.allow_loopback = true})->Fetch({.url = absl::StrCat("https://127.0.0.1:", port)}),
      "connect");
}

TEST(CurlHttpFetcher, SaysWhenTheAnswerIsNoHttp) {
  HttpsTestServer server([](const std::string&) { return "secret-banner 1.0\r\n"; });
  const auto response = FetcherFor(server)->Fetch({.url = Url(server)});
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(response.status().message()), Not(HasSubstr("banner")));
}

TEST(CurlHttpFetcher, RefusesACaThatIsNone) {
  EXPECT_EQ(NewCurlHttpFetcher({.extra_ca_pem = "no certificate"}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gatehouse
