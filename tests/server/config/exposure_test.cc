// What the server refuses to listen on, and which setting it names.
#include "server/config/exposure.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

void ExpectInvalid(const absl::Status& status, const std::vector<std::string>& said) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(ReasonOf(status), reason::kInvalidField) << status;
  for (const std::string& what : said) {
    EXPECT_TRUE(absl::StrContains(std::string(status.message()), what))
        << status << " does not say " << what;
  }
}

ServerConfig Insecure(absl::string_view listen) {
  ServerConfig config;
  config.listen = std::string(listen);
  config.insecure = true;
  return config;
}

ServerConfig Secure(absl::string_view listen) {
  ServerConfig config;
  config.listen = std::string(listen);
  config.tls_certificate_file = "/c";
  config.tls_key_file = "/k";
  return config;
}

constexpr const char* kLoopback[] = {"127.0.0.1:8443",    "127.0.0.1:0", "127.0.0.1:65535",
                                     "127.255.255.254:1", "[::1]:0",     "[::1]:8443",
                                     "localhost:80"};

constexpr const char* kElsewhere[] = {"0.0.0.0:1",
                                      "[::]:1",
                                      "192.0.2.1:1",
                                      "128.0.0.1:1",
                                      "126.0.0.1:1",
                                      "[2001:db8::1]:1",
                                      "127.evil.example:1",
                                      "127.0.0.1.evil.example:1",
                                      "127.0.0.1@evil.example:1",
                                      "localhost.evil.example:1",
                                      "evil.example:1",
                                      "LOCALHOST.:1",
                                      ":1",
                                      "*:1",
                                      "::1:1",
                                      "[::1:1",
                                      "[::1]x:1",
                                      "[127.0.0.1]:1",
                                      "127.1:1",
                                      "2130706433:1",
                                      "0x7f.0.0.1:1",
                                      "0177.0.0.1:1",
                                      "127.0.0.1 :1",
                                      " 127.0.0.1:1",
                                      "127.0.0.1/8:1",
                                      "unix:/tmp/s:1",
                                      "dns:127.0.0.1:1",
                                      "[::ffff:127.0.0.1]:1"};

TEST(CheckExposure, OnLoopbackTakesTlsOrAnExplicitInsecure) {
  for (const char* loopback : kLoopback) {
    EXPECT_TRUE(IsLoopbackAddress(loopback)) << loopback;
    EXPECT_TRUE(CheckExposure(Insecure(loopback)).ok()) << loopback;
    EXPECT_TRUE(CheckExposure(Secure(loopback)).ok()) << loopback;
    ServerConfig neither;
    neither.listen = loopback;
    ExpectInvalid(CheckExposure(neither), {"tls.certificate_file", "--insecure"});
    ServerConfig open = Insecure(loopback);
    open.authentication = false;
    EXPECT_TRUE(CheckExposure(open).ok()) << loopback;
  }
}

TEST(CheckExposure, OffLoopbackTakesTlsAndAuthenticationOnly) {
  for (const char* elsewhere : kElsewhere) {
    EXPECT_FALSE(IsLoopbackAddress(elsewhere)) << elsewhere;
    EXPECT_TRUE(CheckExposure(Secure(elsewhere)).ok()) << elsewhere;
    ExpectInvalid(CheckExposure(Insecure(elsewhere)),
                  {"insecure", "tls.certificate_file", "loopback"});
    ServerConfig plain;
    plain.listen = elsewhere;
    ExpectInvalid(CheckExposure(plain), {"tls.certificate_file \"\"", "loopback", elsewhere});
    ServerConfig open = Secure(elsewhere);
    open.authentication = false;
    ExpectInvalid(CheckExposure(open), {"access.authentication", "required", elsewhere});
  }
  // What a C string would end at is part of the name.
  ExpectInvalid(CheckExposure(Insecure(absl::string_view("127.0.0.1\0.evil.example:1", 25))),
                {"loopback"});
}

TEST(CheckExposure, WantsAPort) {
  for (const char* no_port :
       {"", "127.0.0.1", "127.0.0.1:", "localhost:99999", "localhost:65536", "localhost:-1",
        "localhost:+1", "localhost: 1", "localhost:1 ", "localhost:http", "localhost:1x",
        "localhost:0x50", "localhost:4294967376", "[::1]"}) {
    EXPECT_FALSE(IsLoopbackAddress(no_port)) << no_port;
    ExpectInvalid(CheckExposure(Insecure(no_port)), {"listen", "host:port"});
    ExpectInvalid(CheckExposure(Secure(no_port)), {"listen", "host:port"});
    ServerConfig metrics = Insecure("127.0.0.1:0");
    metrics.metrics_listen = no_port;
    if (*no_port == '\0') {
      EXPECT_TRUE(CheckExposure(metrics).ok());
    } else {
      ExpectInvalid(CheckExposure(metrics), {"metrics.listen", "host:port"});
    }
  }
  ExpectInvalid(CheckExposure(Insecure(absl::string_view("127.0.0.1:1\0", 12))), {"host:port"});
}

TEST(CheckExposure, NamesTheSettingThatDoesNotFitTheOthers) {
  struct Case {
    const char* at_fault;
    const char* remedy;
    std::function<void(ServerConfig&)> change;
  };
  using C = ServerConfig;
  for (const Case& c :
       {Case{"tls.key_file \"\"", "private key", [](C& s) { s.tls_key_file.clear(); }},
        Case{"tls.certificate_file \"\"", "certificate",
             [](C& s) { s.tls_certificate_file.clear(); }},
        Case{"tls.certificate_file \"\"", "certificate",
             [](C& s) {
               s.tls_certificate_file.clear();
               s.tls_key_file.clear();
               s.client_certificates = ClientCertificates::kRequire;
             }},
        Case{"tls.client_ca_file \"\"", "tls.client_certificates",
             [](C& s) { s.client_certificates = ClientCertificates::kRequest; }},
        Case{"tls.client_ca_file \"\"", "tls.client_certificates",
             [](C& s) { s.client_certificates = ClientCertificates::kRequire; }},
        Case{"tls.client_certificates \"off\"", "tls.client_ca_file",
             [](C& s) { s.tls_client_ca_file = "/ca"; }},
        Case{"tls.client_certificates \"off\"", "access.certificate_identities",
             [](C& s) { s.certificate_identities = {"DNS:portal.example gateway"}; }},
        Case{"insecure \"true\"", "tls.certificate_file", [](C& s) { s.insecure = true; }}}) {
    for (const char* listen : {"127.0.0.1:1", "0.0.0.0:1"}) {
      ServerConfig config = Secure(listen);
      c.change(config);
      ExpectInvalid(CheckExposure(config), {c.at_fault, c.remedy});
    }
  }
}

TEST(CheckExposure, AcceptsEveryWayToAskForClientCertificates) {
  for (const ClientCertificates asked :
       {ClientCertificates::kRequest, ClientCertificates::kRequire}) {
    ServerConfig config = Secure("0.0.0.0:1");
    config.client_certificates = asked;
    config.tls_client_ca_file = "/ca";
    config.certificate_identities = {"DNS:portal.example gateway"};
    EXPECT_TRUE(CheckExposure(config).ok());
  }
}

}  // namespace
}  // namespace gatehouse
