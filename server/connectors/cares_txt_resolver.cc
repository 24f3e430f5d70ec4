#include "server/connectors/cares_txt_resolver.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr size_t kMaxServers = 8;  // c-ares polls 16 sockets: UDP and TCP of each
constexpr int kMaxTries = 10;
constexpr absl::Duration kMaxWait = absl::Minutes(5);
constexpr size_t kMaxRecords = 100;
constexpr size_t kMaxBytes = 32 * 1024;

constexpr int kClassIn = 1;   // RFC 1035, 3.2.4
constexpr int kTypeTxt = 16;  // RFC 1035, 3.2.2

struct ChannelDeleter {
  void operator()(ares_channel channel) const { ares_destroy(channel); }
};
using Channel = std::unique_ptr<std::remove_pointer_t<ares_channel>, ChannelDeleter>;

struct AresDataDeleter {
  void operator()(void* data) const { ares_free_data(data); }
};

// What c-ares' callback was told.
struct Answer {
  bool done = false;
  int status = ARES_SUCCESS;
  std::vector<unsigned char> message;
};

void OnAnswer(void* argument, int status, int /*timeouts*/, unsigned char* message, int size) {
  Answer* answer = static_cast<Answer*>(argument);
  answer->done = true;
  answer->status = status;
  if (message != nullptr) answer->message.assign(message, message + size);
}

absl::StatusOr<ares_addr_port_node> ParseServer(absl::string_view field, absl::string_view text) {
  ares_addr_port_node server = {};
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon != absl::string_view::npos && absl::SimpleAtoi(text.substr(colon + 1), &port) &&
      port >= 1 && port <= 65535) {
    server.udp_port = static_cast<int>(port);
    server.tcp_port = static_cast<int>(port);
    absl::string_view host = text.substr(0, colon);
    if (inet_pton(AF_INET, std::string(host).c_str(), &server.addr.addr4) == 1) {
      server.family = AF_INET;
      return server;
    }
    if (absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]") &&
        inet_pton(AF_INET6, std::string(host).c_str(), &server.addr.addr6) == 1) {
      server.family = AF_INET6;
      return server;
    }
  }
  return InvalidField(field, text, "an address and port, as 192.0.2.53:53 or [2001:db8::53]:53");
}

std::string FormatServer(const ares_addr_port_node& server) {
  char host[INET6_ADDRSTRLEN] = "";
  inet_ntop(server.family, &server.addr, host, sizeof(host));
  // c-ares keeps the default port as 0.
  const int port = server.udp_port == 0 ? 53 : server.udp_port;
  return server.family == AF_INET6 ? absl::StrCat("[", host, "]:", port)
                                   : absl::StrCat(host, ":", port);
}

std::string ServersOf(ares_channel channel) {
  ares_addr_port_node* first = nullptr;
  if (ares_get_servers_ports(channel, &first) != ARES_SUCCESS) return "the system's servers";
  const std::unique_ptr<ares_addr_port_node, AresDataDeleter> owner(first);
  std::vector<std::string> servers;
  for (const ares_addr_port_node* server = first; server != nullptr; server = server->next) {
    servers.push_back(FormatServer(*server));
  }
  return absl::StrJoin(servers, ", ");
}

int PollTimeoutMs(ares_channel channel, SteadyClock::duration left) {
  const auto left_us = std::chrono::duration_cast<std::chrono::microseconds>(left).count();
  timeval limit = {left_us / 1'000'000, left_us % 1'000'000};
  timeval next = {};
  const timeval* wait = ares_timeout(channel, &limit, &next);
  // Rounded up: a wait of 0.4 ms must not become a busy loop.
  return static_cast<int>(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1);
}

// Waits for the sockets that c-ares has open and lets it go on.
void ProcessOnce(ares_channel channel, SteadyClock::duration left) {
  ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
  const auto wanted = static_cast<unsigned>(ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM));
  pollfd fds[ARES_GETSOCK_MAXNUM];
  nfds_t count = 0;
  for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
    short events = 0;
    if (ARES_GETSOCK_READABLE(wanted, i)) events |= POLLIN;
    if (ARES_GETSOCK_WRITABLE(wanted, i)) events |= POLLOUT;
    if (events != 0) fds[count++] = {sockets[i], events, 0};
  }
  poll(fds, count, PollTimeoutMs(channel, left));
  // An error or a hang-up is read, so that c-ares sees it.
  for (nfds_t i = 0; i < count; ++i) {
    const bool readable = (fds[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool writable = (fds[i].revents & POLLOUT) != 0;
    ares_process_fd(channel, readable ? fds[i].fd : ARES_SOCKET_BAD,
                    writable ? fds[i].fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // time-outs
}

absl::StatusOr<std::vector<std::string>> ParseRecords(const std::vector<unsigned char>& message) {
  ares_txt_ext* first = nullptr;
  const int status =
      ares_parse_txt_reply_ext(message.data(), static_cast<int>(message.size()), &first);
  const std::unique_ptr<ares_txt_ext, AresDataDeleter> owner(first);
  std::vector<std::string> records;
  if (status == ARES_ENODATA) return records;  // an alias that leads to no TXT record
  if (status != ARES_SUCCESS) {
    return absl::UnavailableError(absl::StrCat("a malformed answer: ", ares_strerror(status)));
  }
  size_t bytes = 0;
  for (const ares_txt_ext* part = first; part != nullptr; part = part->next) {
    if (part->record_start != 0 || records.empty()) records.emplace_back();
    records.back().append(reinterpret_cast<const char*>(part->txt), part->length);
    bytes += part->length;
    if (records.size() > kMaxRecords || bytes > kMaxBytes) {
      return absl::UnavailableError(absl::StrCat("an answer of more than ", kMaxRecords,
                                                 " records or ", kMaxBytes, " bytes"));
    }
  }
  return records;
}

class CaresTxtResolver : public TxtResolver {
 public:
  CaresTxtResolver(CaresOptions options, std::vector<ares_addr_port_node> servers)
      : options_(std::move(options)), servers_(std::move(servers)) {}

  absl::StatusOr<std::vector<std::string>> LookupTxt(absl::string_view name) override {
    const SteadyClock::time_point deadline =
        SteadyClock::now() + absl::ToChronoNanoseconds(options_.deadline);
    // Outlives the channel: destroying that answers what is still open.
    Answer answer;
    // One channel per lookup: no lock, and no lookup waits for another's.
    ASSIGN_OR_RETURN(const Channel channel, NewChannel());
    ares_query(channel.get(), std::string(name).c_str(), kClassIn, kTypeTxt, OnAnswer, &answer);
    bool expired = false;
    while (!answer.done) {
      const SteadyClock::duration left = deadline - SteadyClock::now();
      if (left <= SteadyClock::duration::zero()) {
        expired = true;
        ares_cancel(channel.get());
        break;
      }
      ProcessOnce(channel.get(), left);
    }
    switch (answer.status) {
      case ARES_SUCCESS: {
        absl::StatusOr<std::vector<std::string>> records = ParseRecords(answer.message);
        if (records.ok()) return records;
        return Unavailable(name, channel.get(), records.status().message());
      }
      case ARES_ENODATA:
      case ARES_ENOTFOUND:
        return std::vector<std::string>();
      case ARES_EBADNAME:
        return InvalidField("name", name, "a DNS name: labels of 1 to 63 bytes, 253 bytes in all");
      default:
        return Unavailable(
            name, channel.get(),
            expired ? absl::StrCat("no answer within ", absl::FormatDuration(options_.deadline))
                    : ares_strerror(answer.status));
    }
  }

 private:
  absl::StatusOr<Channel> NewChannel() {
    ares_options settings = {};
    settings.timeout = static_cast<int>(absl::ToInt64Milliseconds(options_.timeout));
    settings.tries = options_.tries;
    ares_channel raw = nullptr;
    int status = ares_init_options(&raw, &settings, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    Channel channel(raw);
    if (status == ARES_SUCCESS && !servers_.empty()) {
      std::vector<ares_addr_port_node> list = servers_;  // c-ares wants it linked; it copies
      for (size_t i = 0; i + 1 < list.size(); ++i) list[i].next = &list[i + 1];
      status = ares_set_servers_ports(channel.get(), list.data());
    }
    if (status != ARES_SUCCESS) {
      return Error(absl::StatusCode::kUnavailable, reason::kDnsUnavailable,
                   absl::StrCat("cannot set up a DNS lookup: ", ares_strerror(status)))
          .Build();
    }
    return channel;
  }

  static absl::Status Unavailable(absl::string_view name, ares_channel channel,
                                  absl::string_view cause) {
    const std::string servers = ServersOf(channel);
    return Error(absl::StatusCode::kUnavailable, reason::kDnsUnavailable,
                 absl::StrCat("TXT records of ", name, ": asked ", servers, ": ", cause))
        .Metadata("servers", servers)
        .Build();
  }

  const CaresOptions options_;
  const std::vector<ares_addr_port_node> servers_;
};

absl::Status CheckWait(absl::string_view field, absl::Duration wait) {
  if (wait >= absl::Milliseconds(1) && wait <= kMaxWait) return absl::OkStatus();
  return InvalidField(field, absl::FormatDuration(wait), "1ms to 5m");
}

}  // namespace

absl::StatusOr<std::unique_ptr<TxtResolver>> NewCaresTxtResolver(const CaresOptions& options) {
  RETURN_IF_ERROR(CheckWait("timeout", options.timeout));
  RETURN_IF_ERROR(CheckWait("deadline", options.deadline));
  if (options.tries < 1 || options.tries > kMaxTries) {
    return InvalidField("tries", absl::StrCat(options.tries), "1 to 10");
  }
  if (options.servers.size() > kMaxServers) {
    return InvalidField("servers", absl::StrCat(options.servers.size(), " servers"), "at most 8");
  }
  std::vector<ares_addr_port_node> servers;
  for (const std::string& text : options.servers) {
    const std::string field = absl::StrCat("servers[", servers.size(), "]");
    ASSIGN_OR_RETURN(servers.emplace_back(), ParseServer(field, text));
  }
  // Never undone: the library counts its users without a lock.
  static const int initialized = ares_library_init(ARES_LIB_INIT_ALL);
  if (initialized != ARES_SUCCESS) {
    return absl::InternalError(absl::StrCat("c-ares: ", ares_strerror(initialized)));
  }
  return std::make_unique<CaresTxtResolver>(options, std::move(servers));
}

}  // namespace gatehouse
