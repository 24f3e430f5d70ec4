// The server's configuration: every key by file and by flag, and every mistake
// named where it is.
#include "server/config/server_config.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

// "key = value" of a dotted key, as a section of a file.
std::string Toml(const std::string& key, const std::string& value) {
  const std::vector<std::string> parts = absl::StrSplit(key, '.');
  if (parts.size() == 1) return absl::StrCat(key, " = ", value, "\n");
  return absl::StrCat("[", parts[0], "]\n", parts[1], " = ", value, "\n");
}

struct Example {
  std::string key;
  std::string toml;  // a value other than the default
  std::string flag;  // the same
  std::function<void(ServerConfig&)> set;
};

std::vector<Example> Examples() {
  using C = ServerConfig;
  return {
      {"listen", "'[::1]:0'", "[::1]:0", [](C& c) { c.listen = "[::1]:0"; }},
      {"insecure", "true", "true", [](C& c) { c.insecure = true; }},
      {"address_file", "'/run/a'", "/run/a", [](C& c) { c.address_file = "/run/a"; }},
      {"data_directory", "'/d'", "/d", [](C& c) { c.data_directory = "/d"; }},
      {"worker_threads", "3", "3", [](C& c) { c.worker_threads = 3; }},
      {"max_waiting_calls", "7", "7", [](C& c) { c.max_waiting_calls = 7; }},
      {"drain_seconds", "9", "9", [](C& c) { c.drain = absl::Seconds(9); }},
      {"tls.certificate_file", "'/c'", "/c", [](C& c) { c.tls_certificate_file = "/c"; }},
      {"tls.key_file", "'/k'", "/k", [](C& c) { c.tls_key_file = "/k"; }},
      {"tls.client_ca_file", "'/ca'", "/ca", [](C& c) { c.tls_client_ca_file = "/ca"; }},
      {"tls.client_certificates", "'require'", "require",
       [](C& c) { c.client_certificates = ClientCertificates::kRequire; }},
      {"tls.reload_seconds", "5", "5", [](C& c) { c.tls_reload = absl::Seconds(5); }},
      {"access.authentication", "'off'", "off", [](C& c) { c.authentication = false; }},
      {"access.operator_token_file", "'/t'", "/t", [](C& c) { c.operator_token_file = "/t"; }},
      {"access.certificate_identities", "['a b', 'c d']", "a b,c d",
       [](C& c) {
         c.certificate_identities = {"a b", "c d"};
       }},
      {"limits.max_request_kib", "65", "65", [](C& c) { c.max_request_kib = 65; }},
      {"limits.requests_per_second", "19", "19", [](C& c) { c.requests_per_second = 19; }},
      {"limits.burst", "23", "23", [](C& c) { c.burst = 23; }},
      {"limits.max_concurrent_streams", "29", "29", [](C& c) { c.max_concurrent_streams = 29; }},
      {"limits.max_wait_ms", "31", "31", [](C& c) { c.max_wait = absl::Milliseconds(31); }},
      {"store.engine", "'memory'", "memory", [](C& c) { c.store_engine = "memory"; }},
      {"store.block_cache_mib", "5", "5", [](C& c) { c.block_cache_mib = 5; }},
      {"store.write_buffer_mib", "37", "37", [](C& c) { c.write_buffer_mib = 37; }},
      {"store.background_jobs", "3", "3", [](C& c) { c.background_jobs = 3; }},
      {"store.background_mib_per_second", "41", "41",
       [](C& c) { c.background_mib_per_second = 41; }},
      {"dns.servers", "['127.0.0.1:53', '[::1]:5353']", "127.0.0.1:53,[::1]:5353",
       [](C& c) {
         c.dns_servers = {"127.0.0.1:53", "[::1]:5353"};
       }},
      {"dns.timeout_ms", "11", "11", [](C& c) { c.dns_timeout = absl::Milliseconds(11); }},
      {"dns.tries", "4", "4", [](C& c) { c.dns_tries = 4; }},
      {"dns.deadline_ms", "13", "13", [](C& c) { c.dns_deadline = absl::Milliseconds(13); }},
      {"domains.public_suffix_list", "'/l'", "/l", [](C& c) { c.public_suffix_list = "/l"; }},
      {"domains.check_hours", "6", "6", [](C& c) { c.domain_check = absl::Hours(6); }},
      {"domains.check_parallelism", "9", "9", [](C& c) { c.domain_check_parallelism = 9; }},
      {"https.ca_file", "'/ca'", "/ca", [](C& c) { c.https_ca_file = "/ca"; }},
      {"https.allow_loopback", "true", "true", [](C& c) { c.https_allow_loopback = true; }},
      {"https.connect_to", "['a:1:b:2']", "a:1:b:2",
       [](C& c) { c.https_connect_to = {"a:1:b:2"}; }},
      {"saml.sp_base_url", "'https://x.test'", "https://x.test",
       [](C& c) { c.sp_base_url = "https://x.test"; }},
      {"secrets.key_file", "'/k'", "/k", [](C& c) { c.key_file = "/k"; }},
      {"audit.retention_days", "400", "400", [](C& c) { c.audit_retention_days = 400; }},
      {"metrics.listen", "'[::1]:9'", "[::1]:9", [](C& c) { c.metrics_listen = "[::1]:9"; }},
      {"login.cache_ttl_seconds", "17", "17", [](C& c) { c.cache_ttl = absl::Seconds(17); }},
      {"log.level", "'warning'", "warning", [](C& c) { c.log_level = LogLevel::kWarning; }},
  };
}

void ExpectInvalid(const absl::Status& status, const std::vector<std::string>& said) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(ReasonOf(status), reason::kInvalidField) << status;
  for (const std::string& what : said) {
    EXPECT_TRUE(absl::StrContains(std::string(status.message()), what))
        << status << " does not say " << what;
  }
}

TEST(ServerConfig, HasAnExampleOfEveryKeyInThisTest) {
  std::vector<std::string> keys, examples;
  for (const ConfigKey& key : ConfigKeys()) {
    keys.push_back(key.name);
    EXPECT_FALSE(key.help.empty()) << key.name;
  }
  for (const Example& example : Examples()) examples.push_back(example.key);
  EXPECT_EQ(keys, examples);
}

TEST(ServerConfig, TakesEveryKeyFromAFileAndFromItsFlagAlike) {
  for (const Example& example : Examples()) {
    ServerConfig expected;
    example.set(expected);
    EXPECT_FALSE(expected == ServerConfig()) << example.key << ": the example is the default";
    ServerConfig by_file, by_flag;
    absl::Status status = ApplyToml(Toml(example.key, example.toml), "f.toml", &by_file);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_TRUE(by_file == expected) << example.key;
    status = ApplyFlag(example.key, example.flag, &by_flag);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_TRUE(by_flag == expected) << example.key;
  }
}

TEST(ServerConfig, TakesAWholeFile) {
  ServerConfig config, expected;
  std::string top, sections;
  for (const Example& example : Examples()) {
    example.set(expected);
    // Dotted keys are TOML's other way to say a section.
    absl::StrAppend(&top, example.key, " = ", example.toml, "  # a comment\n");
  }
  ASSERT_TRUE(ApplyToml(top, "f.toml", &config).ok());
  EXPECT_TRUE(config == expected);
}

TEST(ServerConfig, KeepsItsDefaultsWithAnEmptyFile) {
  for (const char* toml : {"", "\n\n", "# only a comment", "[dns]\n", "\xef\xbb\xbf"}) {
    ServerConfig config;
    EXPECT_TRUE(ApplyToml(toml, "f.toml", &config).ok()) << toml;
    EXPECT_TRUE(config == ServerConfig()) << toml;
  }
}

TEST(ServerConfig, LetsAFlagOverrideTheFile) {
  ServerConfig config;
  ASSERT_TRUE(ApplyToml("worker_threads = 3\ndrain_seconds = 4", "f.toml", &config).ok());
  ASSERT_TRUE(ApplyFlag("worker_threads", "5", &config).ok());
  EXPECT_EQ(config.worker_threads, 5);
  EXPECT_EQ(config.drain, absl::Seconds(4));
}

TEST(ServerConfig, ReadsEveryLevel) {
  for (const auto& [text, level] :
       std::vector<std::pair<std::string, LogLevel>>{{"debug", LogLevel::kDebug},
                                                     {"info", LogLevel::kInfo},
                                                     {"warning", LogLevel::kWarning},
                                                     {"error", LogLevel::kError}}) {
    ServerConfig config;
    ASSERT_TRUE(ApplyFlag("log.level", text, &config).ok());
    EXPECT_EQ(config.log_level, level) << text;
  }
}

TEST(ServerConfig, HoldsEveryNumberToItsLimits) {
  struct Limits {
    std::string key;
    int64_t min, max;
  };
  for (const Limits& limits : {Limits{"worker_threads", 1, 256},
                               Limits{"max_waiting_calls", 1, 100'000},
                               Limits{"drain_seconds", 0, 300},
                               Limits{"tls.reload_seconds", 1, 86'400},
                               Limits{"limits.max_request_kib", 64, 65'536},
                               Limits{"limits.requests_per_second", 0, 1'000'000},
                               Limits{"limits.burst", 1, 1'000'000},
                               Limits{"limits.max_concurrent_streams", 1, 100'000},
                               Limits{"limits.max_wait_ms", 1, 60'000},
                               Limits{"domains.check_hours", 1, 720},
                               Limits{"domains.check_parallelism", 1, 64},
                               Limits{"audit.retention_days", 0, 36'500},
                               Limits{"store.block_cache_mib", 1, 1'048'576},
                               Limits{"store.write_buffer_mib", 4, 16'384},
                               Limits{"store.background_jobs", 2, 64},
                               Limits{"store.background_mib_per_second", 0, 100'000},
                               Limits{"dns.timeout_ms", 1, 60'000},
                               Limits{"dns.tries", 1, 10},
                               Limits{"dns.deadline_ms", 1, 120'000},
                               Limits{"login.cache_ttl_seconds", 0, 3600}}) {
    for (int64_t good : {limits.min, limits.max}) {
      ServerConfig config;
      EXPECT_TRUE(ApplyToml(Toml(limits.key, absl::StrCat(good)), "f", &config).ok()) << good;
      EXPECT_TRUE(ApplyFlag(limits.key, absl::StrCat(good), &config).ok()) << good;
    }
    for (int64_t bad :
         {limits.min - 1, limits.max + 1, INT64_MAX, INT64_MIN, int64_t{1} << 32 | limits.min}) {
      ServerConfig config;
      const std::string allowed = absl::StrCat(limits.min, " to ", limits.max);
      ExpectInvalid(ApplyToml("\n" + Toml(limits.key, absl::StrCat(bad)), "f.toml", &config),
                    {"f.toml:", limits.key, absl::StrCat("\"", bad, "\""), allowed});
      ExpectInvalid(ApplyFlag(limits.key, absl::StrCat(bad), &config),
                    {FlagName(limits.key), absl::StrCat("\"", bad, "\""), allowed});
      EXPECT_TRUE(config == ServerConfig()) << "a refused value was kept";
    }
  }
}

TEST(ServerConfig, RefusesAChoiceThatThereIsNot) {
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"store.engine", "RocksDB"},
                                                        {"store.engine", ""},
                                                        {"store.engine", "leveldb"},
                                                        {"tls.client_certificates", "required"},
                                                        {"access.authentication", "require"},
                                                        {"access.authentication", "false"},
                                                        {"log.level", "warn"},
                                                        {"log.level", "INFO"},
                                                        {"log.level", "3"}}) {
    ServerConfig config;
    ExpectInvalid(ApplyFlag(key, value, &config), {FlagName(key), "one of \""});
    ExpectInvalid(ApplyToml(Toml(key, absl::StrCat("'", value, "'")), "f.toml", &config),
                  {"f.toml:2: ", key, "one of \""});
    EXPECT_TRUE(config == ServerConfig());
  }
}

TEST(ServerConfig, NamesFileLineAndKeyOfWhatItDoesNotKnow) {
  struct Case {
    std::string toml;
    std::string where, key;
  };
  for (const Case& c :
       {Case{"listn = 'x'", "f.toml:1: ", "listn"}, Case{"\n\n  listn = 1", "f.toml:3: ", "listn"},
        Case{"[dns]\nserver = []", "f.toml:2: ", "dns.server"},
        Case{"[dns]\nlisten = 'x'", "f.toml:2: ", "dns.listen"},
        Case{"servers = []", "f.toml:1: ", "servers"},
        Case{"[dns.servers]\na = 1", "f.toml:1: ", "dns.servers"},
        Case{"[[dns]]\ntries = 1", "f.toml:1: ", "dns"},
        Case{"Listen = 'x'", "f.toml:1: ", "Listen"}, Case{"\n[dnss]\n", "f.toml:2: ", "dnss"},
        Case{"[listen]\n", "f.toml:1: ", "listen"},
        Case{"store = {}\ndsn = {}", "f.toml:2: ", "dsn"}}) {
    ServerConfig config;
    ExpectInvalid(ApplyToml(c.toml, "f.toml", &config), {c.where, c.key});
  }
  ServerConfig config;
  ExpectInvalid(ApplyFlag("listn", "x", &config), {"--listn"});
  ExpectInvalid(ApplyFlag("", "x", &config), {});
}

TEST(ServerConfig, RefusesAValueOfAnotherType) {
  struct Case {
    std::string key, value, expected;
  };
  for (const Case& c :
       {Case{"listen", "1", "a text"}, Case{"listen", "true", "a text"},
        Case{"listen", "['x']", "a text"}, Case{"listen", "1979-05-27", "a text"},
        Case{"worker_threads", "'3'", "a whole number"},
        Case{"worker_threads", "3.0", "a whole number"},
        Case{"worker_threads", "[3]", "a whole number"},
        Case{"worker_threads", "true", "a whole number"},
        Case{"insecure", "'true'", "true or false"}, Case{"insecure", "1", "true or false"},
        Case{"dns.servers", "'127.0.0.1:53'", "a list of texts"},
        Case{"dns.servers", "[53]", "a list of texts"},
        Case{"dns.servers", "['a', 1]", "a list of texts"},
        Case{"dns.servers", "[['a']]", "a list of texts"}}) {
    ServerConfig config;
    ExpectInvalid(ApplyToml(Toml(c.key, c.value), "f.toml", &config),
                  {"f.toml:", c.key, c.expected});
    EXPECT_TRUE(config == ServerConfig());
  }
  for (const char* number : {"", "x", "3x", "3.0", "0x10", "--3", "9223372036854775808", "3,4"}) {
    ServerConfig config;
    ExpectInvalid(ApplyFlag("worker_threads", number, &config),
                  {"--worker-threads", "a whole number"});
  }
}

TEST(ServerConfig, TakesTrueAndFalseForASwitchAndNothingElse) {
  ServerConfig config;
  ASSERT_TRUE(ApplyFlag("insecure", "true", &config).ok());
  EXPECT_TRUE(config.insecure);
  ASSERT_TRUE(ApplyFlag("insecure", "false", &config).ok());
  EXPECT_FALSE(config.insecure);
  for (const char* other : {"", "1", "yes", "True", "TRUE", " true", "truefalse"}) {
    ExpectInvalid(ApplyFlag("insecure", other, &config), {"--insecure", "true or false"});
    EXPECT_FALSE(config.insecure) << other;
  }
  for (const ConfigKey& key : ConfigKeys()) {
    EXPECT_EQ(key.is_switch, key.name == "insecure" || key.name == "https.allow_loopback")
        << key.name;
  }
}

TEST(ServerConfig, ReadsEveryWayToAskForClientCertificates) {
  for (const auto& [text, asked] : std::vector<std::pair<std::string, ClientCertificates>>{
           {"off", ClientCertificates::kOff},
           {"request", ClientCertificates::kRequest},
           {"require", ClientCertificates::kRequire}}) {
    ServerConfig config;
    ASSERT_TRUE(ApplyFlag("tls.client_certificates", text, &config).ok());
    EXPECT_EQ(config.client_certificates, asked) << text;
  }
}

TEST(ServerConfig, NamesTheLineOfASyntaxError) {
  struct Case {
    std::string toml;
    int line;
  };
  for (const Case& c :
       {Case{"listen", 1}, Case{"\nlisten = ", 2}, Case{"listen = 'x", 1}, Case{"\n\n[dns", 3},
        Case{"listen = 'a'\nlisten = 'b'", 2}, Case{"listen = '\xff'", 1},
        Case{"worker_threads = 99999999999999999999", 1}, Case{"{\"listen\": 1}", 1}}) {
    ServerConfig config;
    ExpectInvalid(ApplyToml(c.toml, "f.toml", &config), {absl::StrCat("f.toml:", c.line, ": ")});
    EXPECT_TRUE(config == ServerConfig());
  }
}

TEST(ServerConfig, SurvivesAFileOfNesting) {
  ServerConfig config;
  ExpectInvalid(ApplyToml("dns.servers = " + std::string(100'000, '['), "f.toml", &config),
                {"f.toml:1: "});
}

TEST(ServerConfig, NamesFlagsAsTheyAreTyped) {
  EXPECT_EQ(FlagName("listen"), "--listen");
  EXPECT_EQ(FlagName("dns.timeout_ms"), "--dns-timeout-ms");
  std::vector<std::string> flags;
  for (const ConfigKey& key : ConfigKeys()) flags.push_back(FlagName(key.name));
  std::sort(flags.begin(), flags.end());
  EXPECT_EQ(std::unique(flags.begin(), flags.end()), flags.end()) << "two keys share a flag";
}

}  // namespace
}  // namespace gatehouse
