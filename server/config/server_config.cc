#include "server/config/server_config.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

using Value = std::variant<std::string, int64_t, bool, std::vector<std::string>>;

// One key: its type is that of the value it takes.
struct Setting {
  std::string help;
  Value example;  // for its type only
  // INVALID_ARGUMENT naming `key`.
  std::function<absl::Status(absl::string_view key, const Value& value, ServerConfig* config)> set;
};

Setting Text(absl::string_view help, std::string ServerConfig::*member) {
  return {std::string(help), std::string(),
          [member](absl::string_view, const Value& value, ServerConfig* config) {
            config->*member = std::get<std::string>(value);
            return absl::OkStatus();
          }};
}

Setting Switch(absl::string_view help, bool ServerConfig::*member) {
  return {std::string(help), false,
          [member](absl::string_view, const Value& value, ServerConfig* config) {
            config->*member = std::get<bool>(value);
            return absl::OkStatus();
          }};
}

Setting TextList(absl::string_view help, std::vector<std::string> ServerConfig::*member) {
  return {std::string(help), std::vector<std::string>(),
          [member](absl::string_view, const Value& value, ServerConfig* config) {
            config->*member = std::get<std::vector<std::string>>(value);
            return absl::OkStatus();
          }};
}

// `text` must be one of `choices`, which are given to `set`.
Setting Choice(absl::string_view help, std::vector<std::string> choices,
               std::function<void(const std::string&, ServerConfig*)> set) {
  return {std::string(help), std::string(),
          [choices = std::move(choices), set = std::move(set)](
              absl::string_view key, const Value& value, ServerConfig* config) -> absl::Status {
            const std::string& text = std::get<std::string>(value);
            std::string listed;
            for (const std::string& choice : choices) {
              if (choice == text) {
                set(text, config);
                return absl::OkStatus();
              }
              absl::StrAppend(&listed, listed.empty() ? "" : ", ", "\"", choice, "\"");
            }
            return InvalidField(key, text, absl::StrCat("one of ", listed));
          }};
}

Setting Number(absl::string_view help, int64_t min, int64_t max,
               std::function<void(int64_t, ServerConfig*)> set) {
  return {absl::StrCat(help, " (", min, " to ", max, ")"), int64_t{0},
          [min, max, set = std::move(set)](absl::string_view key, const Value& value,
                                           ServerConfig* config) -> absl::Status {
            const int64_t number = std::get<int64_t>(value);
            if (number < min || number > max) {
              return InvalidField(key, absl::StrCat(number), absl::StrCat(min, " to ", max));
            }
            set(number, config);
            return absl::OkStatus();
          }};
}

Setting Number(absl::string_view help, int64_t min, int64_t max, int64_t ServerConfig::*member) {
  return Number(help, min, max, [member](int64_t n, ServerConfig* config) { config->*member = n; });
}

Setting Number(absl::string_view help, int64_t min, int64_t max, int ServerConfig::*member) {
  return Number(help, min, max, [member](int64_t n, ServerConfig* config) {
    config->*member = static_cast<int>(n);
  });
}

Setting Number(absl::string_view help, int64_t min, int64_t max, absl::Duration unit,
               absl::Duration ServerConfig::*member) {
  return Number(help, min, max,
                [unit, member](int64_t n, ServerConfig* config) { config->*member = n * unit; });
}

ClientCertificates ParseClientCertificates(const std::string& text) {
  if (text == "require") return ClientCertificates::kRequire;
  return text == "request" ? ClientCertificates::kRequest : ClientCertificates::kOff;
}

LogLevel ParseLevel(const std::string& level) {
  if (level == "debug") return LogLevel::kDebug;
  if (level == "info") return LogLevel::kInfo;
  if (level == "warning") return LogLevel::kWarning;
  return LogLevel::kError;
}

// In the order of ServerConfig.
const std::vector<std::pair<std::string, Setting>>& Settings() {
  using C = ServerConfig;
  const absl::Duration second = absl::Seconds(1);
  const absl::Duration millisecond = absl::Milliseconds(1);
  static const auto* settings = new std::vector<std::pair<std::string, Setting>>{
      {"listen", Text("address and port to listen on; port 0 picks one", &C::listen)},
      {"insecure", Switch("listen without TLS; on loopback only", &C::insecure)},
      {"address_file", Text("file to write the address listened on to", &C::address_file)},
      {"data_directory", Text("directory of the store", &C::data_directory)},
      {"worker_threads",
       Number("threads for calls that wait for disk or DNS", 1, 256, &C::worker_threads)},
      {"max_waiting_calls",
       Number("calls that may wait for a worker thread", 1, 100'000, &C::max_waiting_calls)},
      {"drain_seconds",
       Number("how long calls under way may take on SIGTERM", 0, 300, second, &C::drain)},
      {"tls.certificate_file",
       Text("PEM file of the server's certificate; none: no TLS", &C::tls_certificate_file)},
      {"tls.key_file", Text("PEM file of its private key", &C::tls_key_file)},
      {"tls.client_ca_file",
       Text("PEM file of who may sign clients' certificates", &C::tls_client_ca_file)},
      {"tls.client_certificates",
       Choice("\"off\", \"request\" or \"require\"", {"off", "request", "require"},
              [](const std::string& s, C* c) {
                c->client_certificates = ParseClientCertificates(s);
              })},
      {"tls.reload_seconds",
       Number("how soon changed files are taken up", 1, 86'400, second, &C::tls_reload)},
      {"access.authentication",
       Choice("\"required\", or \"off\" on loopback", {"required", "off"},
              [](const std::string& s, C* c) { c->authentication = s == "required"; })},
      {"access.operator_token_file",
       Text("file for the operator's first token; none: in data_directory",
            &C::operator_token_file)},
      {"access.certificate_identities",
       TextList("roles of clients' certificates", &C::certificate_identities)},
      {"limits.max_request_kib",
       Number("size of a request message", 64, 65'536, &C::max_request_kib)},
      {"limits.requests_per_second",
       Number("calls of one principal; 0: unlimited", 0, 1'000'000, &C::requests_per_second)},
      {"limits.burst", Number("calls of one principal at once", 1, 1'000'000, &C::burst)},
      {"limits.max_concurrent_streams",
       Number("calls at a time on one connection", 1, 100'000, &C::max_concurrent_streams)},
      {"limits.max_wait_ms", Number("how long a call may wait for a worker thread", 1, 60'000,
                                    millisecond, &C::max_wait)},
      {"store.engine", Choice("\"rocksdb\" or \"memory\"", {"rocksdb", "memory"},
                              [](const std::string& s, C* c) { c->store_engine = s; })},
      {"store.block_cache_mib",
       Number("memory for what was read from tables", 1, 1 << 20, &C::block_cache_mib)},
      {"store.write_buffer_mib",
       Number("memory for commits not yet in tables", 4, 1 << 14, &C::write_buffer_mib)},
      {"store.background_jobs",
       Number("threads that write and merge tables", 2, 64, &C::background_jobs)},
      {"store.background_mib_per_second",
       Number("what they may write; 0: no limit", 0, 100'000, &C::background_mib_per_second)},
      {"dns.servers", TextList("resolvers, host:port; none: the system's", &C::dns_servers)},
      {"dns.timeout_ms",
       Number("for one server's first answer", 1, 60'000, millisecond, &C::dns_timeout)},
      {"dns.tries", Number("rounds over all servers", 1, 10, &C::dns_tries)},
      {"dns.deadline_ms", Number("for a whole lookup", 1, 120'000, millisecond, &C::dns_deadline)},
      {"domains.public_suffix_list",
       Text("file with a newer public suffix list than the system's", &C::public_suffix_list)},
      {"domains.check_hours", Number("how often a held domain is checked again", 1, 720,
                                     absl::Hours(1), &C::domain_check)},
      {"domains.check_parallelism",
       Number("such checks at a time", 1, 64, &C::domain_check_parallelism)},
      {"https.ca_file",
       Text("PEM file of authorities to trust beside the system's", &C::https_ca_file)},
      {"https.allow_loopback",
       Switch("fetch from this machine, too; for tests", &C::https_allow_loopback)},
      {"https.connect_to",
       TextList("\"host:port:address:port\": where to connect instead; for tests",
                &C::https_connect_to)},
      {"saml.sp_base_url", Text("what our SAML entity ids begin with", &C::sp_base_url)},
      {"secrets.key_file",
       Text("file of the keys that seal secrets in the store; none: in data_directory",
            &C::key_file)},
      {"audit.retention_days",
       Number("after these, events are removed; 0: never", 0, 36'500, &C::audit_retention_days)},
      {"metrics.listen", Text("address and port for Prometheus; none: off", &C::metrics_listen)},
      {"login.cache_ttl_seconds",
       Number("how long a gateway may reuse a decision", 0, 3600, second, &C::cache_ttl)},
      {"log.level", Choice("\"debug\", \"info\", \"warning\" or \"error\"",
                           {"debug", "info", "warning", "error"},
                           [](const std::string& s, C* c) { c->log_level = ParseLevel(s); })},
  };
  return *settings;
}

const Setting* FindSetting(absl::string_view key) {
  for (const auto& [name, setting] : Settings()) {
    if (name == key) return &setting;
  }
  return nullptr;
}

bool IsSection(absl::string_view key) {
  for (const auto& [name, setting] : Settings()) {
    if (absl::StartsWith(name, absl::StrCat(key, "."))) return true;
  }
  return false;
}

absl::string_view TypeName(const Value& value) {
  if (std::holds_alternative<int64_t>(value)) return "a whole number";
  if (std::holds_alternative<std::string>(value)) return "a text";
  if (std::holds_alternative<bool>(value)) return "true or false";
  return "a list of texts";
}

// `node` as the type of `example`; nullopt if it is of another.
std::optional<Value> ReadNode(const toml::node& node, const Value& example) {
  if (std::holds_alternative<int64_t>(example)) {
    if (const auto* number = node.as_integer()) return Value(number->get());
  } else if (std::holds_alternative<std::string>(example)) {
    if (const auto* text = node.as_string()) return Value(text->get());
  } else if (std::holds_alternative<bool>(example)) {
    if (const auto* on = node.as_boolean()) return Value(on->get());
  } else if (const auto* array = node.as_array()) {
    std::vector<std::string> texts;
    for (const toml::node& item : *array) {
      if (!item.is_string()) return std::nullopt;
      texts.push_back(item.as_string()->get());
    }
    return Value(std::move(texts));
  }
  return std::nullopt;
}

// A key that is wrong whatever its value.
absl::Status InvalidKey(absl::string_view where, absl::string_view key,
                        absl::string_view expectation) {
  return Error(absl::StatusCode::kInvalidArgument, reason::kInvalidField,
               absl::StrCat(where, key, ": expected ", expectation))
      .Field(key, expectation)
      .Build();
}

absl::Status ApplyTable(const toml::table& table, const std::string& prefix,
                        absl::string_view file_name, ServerConfig* config) {
  for (const auto& [name, node] : table) {
    const std::string key = absl::StrCat(prefix, std::string(name.str()));
    if (const toml::table* section = node.as_table(); section != nullptr && IsSection(key)) {
      RETURN_IF_ERROR(ApplyTable(*section, absl::StrCat(key, "."), file_name, config));
      continue;
    }
    const std::string where = absl::StrCat(file_name, ":", node.source().begin.line, ": ");
    const Setting* setting = FindSetting(key);
    if (setting == nullptr) {
      return InvalidKey(where, key, "a key that docs/configuration.md names");
    }
    const std::optional<Value> value = ReadNode(node, setting->example);
    if (!value) return InvalidKey(where, key, TypeName(setting->example));
    absl::Status set = setting->set(key, *value, config);
    if (!set.ok()) return PrefixFields(set, where);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ApplyToml(absl::string_view toml, absl::string_view file_name, ServerConfig* config) {
  toml::parse_result parsed =
      toml::parse(std::string_view(toml.data(), toml.size()), std::string(file_name));
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return InvalidKey(absl::StrCat(file_name, ":", error.source().begin.line, ": "), "syntax",
                      absl::StrCat("TOML: ", std::string(error.description())));
  }
  return ApplyTable(parsed.table(), "", file_name, config);
}

std::string FlagName(absl::string_view key) {
  return absl::StrCat("--", absl::StrReplaceAll(key, {{".", "-"}, {"_", "-"}}));
}

absl::Status ApplyFlag(absl::string_view key, absl::string_view value, ServerConfig* config) {
  const std::string flag = FlagName(key);
  const Setting* setting = FindSetting(key);
  if (setting == nullptr) return InvalidField(flag, value, "a known flag");
  Value parsed;
  if (std::holds_alternative<int64_t>(setting->example)) {
    int64_t number = 0;
    if (!absl::SimpleAtoi(value, &number)) return InvalidField(flag, value, "a whole number");
    parsed = number;
  } else if (std::holds_alternative<std::string>(setting->example)) {
    parsed = std::string(value);
  } else if (std::holds_alternative<bool>(setting->example)) {
    if (value != "true" && value != "false") return InvalidField(flag, value, "true or false");
    parsed = value == "true";
  } else {
    parsed = std::vector<std::string>(absl::StrSplit(value, ',', absl::SkipEmpty()));
  }
  return setting->set(flag, parsed, config);
}

std::vector<ConfigKey> ConfigKeys() {
  std::vector<ConfigKey> keys;
  for (const auto& [name, setting] : Settings()) {
    keys.push_back({name, setting.help, std::holds_alternative<bool>(setting.example)});
  }
  return keys;
}

}  // namespace gatehouse
