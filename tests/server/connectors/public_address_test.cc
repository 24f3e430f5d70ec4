#include "server/connectors/public_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <string>

namespace gatehouse {
namespace {

sockaddr_storage AddressOf(const std::string& text) {
  sockaddr_storage storage{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
  } else if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
  } else {
    ADD_FAILURE() << text;
  }
  return storage;
}

bool IsPublic(const std::string& text) {
  const sockaddr_storage storage = AddressOf(text);
  return IsPublicAddress(reinterpret_cast<const sockaddr*>(&storage));
}

bool IsLoopback(const std::string& text) {
  const sockaddr_storage storage = AddressOf(text);
  return IsLoopbackAddress(reinterpret_cast<const sockaddr*>(&storage));
}

// The first and the last address of each range; the neighbours are in the test below.
TEST(PublicAddress, RefusesEveryRangeOfIanasRegistries) {
  const struct {
    const char* what;
    const char* first;
    const char* last;
  } ranges[] = {
      {"this network", "0.0.0.0", "0.255.255.255"},
      {"private 10/8", "10.0.0.0", "10.255.255.255"},
      {"shared (CGNAT)", "100.64.0.0", "100.127.255.255"},
      {"loopback", "127.0.0.0", "127.255.255.255"},
      {"link-local", "169.254.0.0", "169.254.255.255"},
      {"cloud metadata", "169.254.169.254", "169.254.170.2"},
      {"private 172.16/12", "172.16.0.0", "172.31.255.255"},
      {"IETF assignments", "192.0.0.0", "192.0.0.255"},
      {"service continuity (DS-Lite)", "192.0.0.0", "192.0.0.7"},
      {"dummy address", "192.0.0.8", "192.0.0.8"},
      {"PCP and TURN anycast", "192.0.0.9", "192.0.0.10"},
      {"NAT64 discovery", "192.0.0.170", "192.0.0.171"},
      {"TEST-NET-1", "192.0.2.0", "192.0.2.255"},
      {"AS112-v4", "192.31.196.0", "192.31.196.255"},
      {"AMT", "192.52.193.0", "192.52.193.255"},
      {"6to4 relay anycast", "192.88.99.0", "192.88.99.255"},
      {"private 192.168/16", "192.168.0.0", "192.168.255.255"},
      {"direct delegation AS112", "192.175.48.0", "192.175.48.255"},
      {"benchmarking", "198.18.0.0", "198.19.255.255"},
      {"TEST-NET-2", "198.51.100.0", "198.51.100.255"},
      {"TEST-NET-3", "203.0.113.0", "203.0.113.255"},
      {"multicast", "224.0.0.0", "239.255.255.255"},
      {"reserved", "240.0.0.0", "255.255.255.254"},
      {"broadcast", "255.255.255.255", "255.255.255.255"},

      {"unspecified", "::", "::"},
      {"loopback", "::1", "::1"},
      {"IPv4-compatible", "::7f00:1", "::ffff:ffff"},
      {"IPv4-mapped", "::ffff:0.0.0.0", "::ffff:255.255.255.255"},
      {"IPv4-mapped loopback", "::ffff:127.0.0.1", "::ffff:8.8.8.8"},
      {"IPv4-translated (SIIT)", "::ffff:0:127.0.0.1", "::ffff:0:255.255.255.255"},
      {"NAT64", "64:ff9b::", "64:ff9b::255.255.255.255"},
      {"NAT64 local", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"},
      {"discard only", "100::", "100::ffff:ffff:ffff:ffff"},
      {"dummy prefix", "100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff"},
      {"IETF assignments", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"Teredo", "2001::1", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"PCP, TURN and DNS-SD anycast", "2001:1::1", "2001:1::3"},
      {"benchmarking", "2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff"},
      {"AMT", "2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"AS112-v6", "2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff"},
      {"ORCHID", "2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"ORCHIDv2", "2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"drone remote id", "2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"documentation", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"6to4", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"6to4 of loopback", "2002:7f00:1::", "2002:7f00:1::1"},
      {"direct delegation AS112", "2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"},
      {"6bone", "3ffe::", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"documentation 2", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"not global unicast", "4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"segment routing", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"unique local", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"AWS metadata", "fd00:ec2::254", "fd00:ec2::254"},
      {"link-local", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"site-local", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"multicast", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
  };
  for (const auto& range : ranges) {
    EXPECT_FALSE(IsPublic(range.first)) << range.what << " " << range.first;
    EXPECT_FALSE(IsPublic(range.last)) << range.what << " " << range.last;
  }
}

TEST(PublicAddress, AllowsTheNeighboursOfThoseRanges) {
  for (const char* address :
       {"1.0.0.0",         "8.8.8.8",         "9.255.255.255",   "11.0.0.0",
        "100.63.255.255",  "100.128.0.0",     "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0",     "172.15.255.255",  "172.32.0.0",
        "191.255.255.255", "192.0.1.0",       "192.0.3.0",       "192.31.195.255",
        "192.31.197.0",    "192.52.192.255",  "192.52.194.0",    "192.88.98.255",
        "192.88.100.0",    "192.167.255.255", "192.169.0.0",     "192.175.47.255",
        "192.175.49.0",    "198.17.255.255",  "198.20.0.0",      "198.51.99.255",
        "198.51.101.0",    "203.0.112.255",   "203.0.114.0",     "223.255.255.255",
        "2001:200::",      "2001:db7:ffff::", "2001:db9::",      "2001:ffff::",
        "2003::",          "2620:4f:7fff::",  "2620:4f:8001::",  "2606:4700:4700::1111",
        "3ffd::",          "3fff:1000::"}) {
    EXPECT_TRUE(IsPublic(address)) << address;
  }
}

TEST(PublicAddress, KnowsLoopback) {
  for (const char* address : {"127.0.0.1", "127.0.0.0", "127.255.255.255", "::1"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address :
       {"126.255.255.255", "128.0.0.0", "::", "::2", "::ffff:127.0.0.1", "1::1", "0.0.0.0"}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

TEST(PublicAddress, NoOtherFamilyIsPublic) {
  const sockaddr_un address{.sun_family = AF_UNIX, .sun_path = "/run/x"};
  EXPECT_FALSE(IsPublicAddress(reinterpret_cast<const sockaddr*>(&address)));
  EXPECT_FALSE(IsLoopbackAddress(reinterpret_cast<const sockaddr*>(&address)));
}

}  // namespace
}  // namespace gatehouse
