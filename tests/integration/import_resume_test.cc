// An import whose connection is cut on the way, and that goes on by itself.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <sstream>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/import/user_import.h"
#include "tests/integration/server_test_case.h"

namespace gatehouse {
namespace {

// Passes on what clients send to a server and what it answers, one connection at
// a time. Cuts the first `cuts` connections, each when so many bytes have come
// from its client.
class CuttingProxy {
 public:
  CuttingProxy(const std::string& server, int cuts, size_t cut_after)
      : cuts_(cuts), cut_after_(cut_after) {
    const std::pair<std::string, std::string> target = absl::StrSplit(server, ':');
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(target.second, &port));
    server_ = Loopback(port);
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = Loopback(0);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    address_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
    thread_ = std::thread([this] { Run(); });
  }
  ~CuttingProxy() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  const std::string& address() const { return address_; }
  int cuts_done() const { return cuts_done_; }

 private:
  static sockaddr_in Loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void Run() {
    while (!stopping_) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      const int server = ::socket(AF_INET, SOCK_STREAM, 0);
      if (::connect(server, reinterpret_cast<sockaddr*>(&server_), sizeof(server_)) == 0) {
        if (!PassOn(client, server)) ++cuts_done_;
      }
      // Unread bytes on either side make it a reset.
      ::close(client);
      ::close(server);
    }
  }

  // Until one side ends, which is true, or the connection is to be cut.
  bool PassOn(int client, int server) {
    std::array<pollfd, 2> ends = {pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    std::array<char, 16384> bytes;
    size_t from_client = 0;
    while (!stopping_) {
      if (::poll(ends.data(), ends.size(), 100) < 0) return true;
      for (const pollfd& end : ends) {
        if (end.revents == 0) continue;
        const ssize_t size = ::recv(end.fd, bytes.data(), bytes.size(), 0);
        if (size <= 0) return true;
        if (!SendAll(end.fd == client ? server : client, bytes.data(), static_cast<size_t>(size))) {
          return true;
        }
        if (end.fd == client) from_client += static_cast<size_t>(size);
      }
      if (cuts_done_ < cuts_ && from_client >= cut_after_) return false;
    }
    return true;
  }

  static bool SendAll(int to, const char* bytes, size_t size) {
    while (size > 0) {
      const ssize_t sent = ::send(to, bytes, size, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes += sent;
      size -= static_cast<size_t>(sent);
    }
    return true;
  }

  const int cuts_;
  const size_t cut_after_;
  sockaddr_in server_{};
  int listener_ = -1;
  std::string address_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> cuts_done_{0};
  std::thread thread_;
};

class ImportResume : public ServerTestCase {
 protected:
  static int64_t UserCount(const std::string& organization) {
    int64_t count = 0;
    std::string token;
    do {
      const auto page = api().Call(&Users::ListUsers,
                                   absl::StrCat("parent: \"", organization,
                                                "\" page_size: 1000 page_token: \"", token, "\""));
      EXPECT_OK(page);
      if (!page.ok()) return -1;
      count += page->users_size();
      token = page->next_page_token();
    } while (!token.empty());
    return count;
  }
};

TEST_F(ImportResume, GoesOnWhereTheConnectionWasCutAndCountsEachRowOnce) {
  ASSERT_OK(api().Call(&Organizations::CreateOrganization,
                       R"(organization_id: "resumed" organization { display_name: "Resumed" })"));
  constexpr int kRows = 30'000;
  std::string csv = "email,display_name,role\n";
  for (int i = 0; i < kRows; ++i) {
    absl::StrAppend(&csv, "user", i, "@resumed.example,User ", i, ",member\n");
  }
  absl::StrAppend(&csv, "nobody,,\n");
  // In the middle of the first call, and of the call that repeats it.
  CuttingProxy proxy(address(), /*cuts=*/2, /*cut_after=*/400'000);
  std::istringstream in(csv);
  client::UserImportReport report;
  const auto channel = grpc::CreateChannel(proxy.address(), grpc::InsecureChannelCredentials());
  ASSERT_OK(client::ImportUsers(in, channel, {.parent = "organizations/resumed"}, report));
  EXPECT_EQ(proxy.cuts_done(), 2);
  EXPECT_EQ(report.row_count, kRows + 1);
  EXPECT_EQ(report.failed_count, 1);
  EXPECT_EQ(report.created_count + report.unchanged_count, kRows);
  // What a call that was cut had imported is the only thing found as it should be.
  EXPECT_EQ(report.unchanged_count, report.unchanged_on_retry_count);
  EXPECT_EQ(UserCount("organizations/resumed"), kRows);

  // Nothing is left to do.
  std::istringstream again(csv);
  ASSERT_OK(client::ImportUsers(again, channel, {.parent = "organizations/resumed"}, report));
  EXPECT_EQ(report.unchanged_count, kRows);
  EXPECT_EQ(report.unchanged_on_retry_count, 0);
}

}  // namespace
}  // namespace gatehouse
