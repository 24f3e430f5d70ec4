// What a scraper of metrics gets from a port of loopback.
#ifndef GATEHOUSE_TESTS_SERVER_METRICS_SCRAPE_H_
#define GATEHOUSE_TESTS_SERVER_METRICS_SCRAPE_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"

namespace gatehouse {

// The whole answer, headers included.
inline std::string Scrape(int port) {
  const int file = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(file, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
  EXPECT_EQ(write(file, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t got = read(file, buffer, sizeof(buffer)); got > 0;
       got = read(file, buffer, sizeof(buffer))) {
    answer.append(buffer, static_cast<size_t>(got));
  }
  close(file);
  return answer;
}

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_METRICS_SCRAPE_H_
