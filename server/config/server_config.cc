#include "server/config/server_config.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

using Value = std::variant<std::string, int64_t, std::vector<std::string>>;

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

LogLevel ParseLevel(const std::string& level) {
  if (level == "debug") return LogLevel::kDebug;
  if (level == "info") return LogLevel::kInfo;
  if (level == "warning") return LogLevel::kWarning;
  return LogLevel::kError;
}

const std::vector<std::pair<std::string, Setting>>& Settings() {
  using C = ServerConfig;
  static const auto* settings = new std::vector<std::pair<std::string, Setting>>{
      {"listen",
       Text("address and port to listen on; loopback only, port 0 picks one", &C::listen)},
      {"address_file", Text("file to write the address listened on to", &C::address_file)},
      {"data_directory", Text("directory of the store", &C::data_directory)},
      {"worker_threads", Number("threads for calls that wait for disk or DNS", 1, 256,
                                [](int64_t n, C* c) { c->worker_threads = static_cast<int>(n); })},
      {"max_waiting_calls",
       Number("calls that may wait for a worker thread", 1, 100'000,
              [](int64_t n, C* c) { c->max_waiting_calls = static_cast<int>(n); })},
      {"drain_seconds", Number("how long calls under way may take on SIGTERM", 0, 300,
                               [](int64_t n, C* c) { c->drain = absl::Seconds(n); })},
      {"store.engine", Choice("\"rocksdb\" or \"memory\"", {"rocksdb", "memory"},
                              [](const std::string& s, C* c) { c->store_engine = s; })},
      {"store.block_cache_mib", Number("memory for data blocks", 1, 1 << 20,
                                       [](int64_t n, C* c) { c->block_cache_mib = n; })},
      {"dns.servers", TextList("resolvers, host:port; none: the system's", &C::dns_servers)},
      {"dns.timeout_ms", Number("for one server's first answer", 1, 60'000,
                                [](int64_t n, C* c) { c->dns_timeout = absl::Milliseconds(n); })},
      {"dns.tries", Number("rounds over all servers", 1, 10,
                           [](int64_t n, C* c) { c->dns_tries = static_cast<int>(n); })},
      {"dns.deadline_ms", Number("for a whole lookup", 1, 120'000,
                                 [](int64_t n, C* c) { c->dns_deadline = absl::Milliseconds(n); })},
      {"domains.public_suffix_list",
       Text("file with a newer public suffix list than the system's", &C::public_suffix_list)},
      {"saml.sp_base_url", Text("what our SAML entity ids begin with", &C::sp_base_url)},
      {"login.cache_ttl_seconds", Number("how long a gateway may reuse a decision", 0, 3600,
                                         [](int64_t n, C* c) { c->cache_ttl = absl::Seconds(n); })},
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
  return "a list of texts";
}

// `node` as the type of `example`; nullopt if it is of another.
std::optional<Value> ReadNode(const toml::node& node, const Value& example) {
  if (std::holds_alternative<int64_t>(example)) {
    if (const auto* number = node.as_integer()) return Value(number->get());
  } else if (std::holds_alternative<std::string>(example)) {
    if (const auto* text = node.as_string()) return Value(text->get());
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
  } else {
    parsed = std::vector<std::string>(absl::StrSplit(value, ',', absl::SkipEmpty()));
  }
  return setting->set(flag, parsed, config);
}

std::vector<ConfigKey> ConfigKeys() {
  std::vector<ConfigKey> keys;
  for (const auto& [name, setting] : Settings()) keys.push_back({name, setting.help});
  return keys;
}

absl::Status CheckListen(absl::string_view listen) {
  const size_t colon = listen.rfind(':');
  int port = -1;
  // SimpleAtoi alone would let a sign or a space pass.
  if (colon == absl::string_view::npos || colon + 1 == listen.size() ||
      !std::all_of(listen.begin() + colon + 1, listen.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(listen.substr(colon + 1), &port) || port > 65535) {
    return InvalidField("listen", listen, "host:port");
  }
  const std::string host(listen.substr(0, colon));
  in_addr address;
  // 127.0.0.0/8; a name like 127.example would be somebody's host.
  const bool is_loopback_v4 = !absl::StrContains(host, '\0') &&
                              inet_pton(AF_INET, host.c_str(), &address) == 1 &&
                              (ntohl(address.s_addr) >> 24) == 127;
  if (host == "localhost" || host == "[::1]" || is_loopback_v4) return absl::OkStatus();
  return InvalidField("listen", listen,
                      "a loopback address (127.0.0.1, [::1], localhost): there is no access "
                      "control yet, so everybody who reaches the server may do everything");
}

}  // namespace gatehouse
