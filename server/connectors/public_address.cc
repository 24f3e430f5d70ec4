#include "server/connectors/public_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace gatehouse {
namespace {

struct V4Range {
  uint32_t network;
  int bits;
};

constexpr uint32_t V4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// IANA IPv4 Special-Purpose Address Registry (RFC 6890), and multicast. The few
// that are globally reachable there (AS112, AMT) are no host's either.
constexpr V4Range kSpecialV4[] = {
    {V4(0, 0, 0, 0), 8},        // this network
    {V4(10, 0, 0, 0), 8},       // private
    {V4(100, 64, 0, 0), 10},    // shared: carrier-grade NAT
    {V4(127, 0, 0, 0), 8},      // loopback
    {V4(169, 254, 0, 0), 16},   // link-local; clouds serve credentials here
    {V4(172, 16, 0, 0), 12},    // private
    {V4(192, 0, 0, 0), 24},     // IETF protocol assignments
    {V4(192, 0, 2, 0), 24},     // documentation
    {V4(192, 31, 196, 0), 24},  // AS112
    {V4(192, 52, 193, 0), 24},  // AMT
    {V4(192, 88, 99, 0), 24},   // 6to4 relays, deprecated
    {V4(192, 168, 0, 0), 16},   // private
    {V4(192, 175, 48, 0), 24},  // AS112
    {V4(198, 18, 0, 0), 15},    // benchmarking
    {V4(198, 51, 100, 0), 24},  // documentation
    {V4(203, 0, 113, 0), 24},   // documentation
    {V4(224, 0, 0, 0), 4},      // multicast
    {V4(240, 0, 0, 0), 4},      // reserved; broadcast
};

using V6 = std::array<uint8_t, 16>;

struct V6Range {
  V6 network;
  int bits;
};

constexpr V6Range kGlobalUnicast = {{0x20}, 3};

// IANA IPv6 Special-Purpose Address Registry, as far as it lies in global
// unicast: everything outside that is refused as a whole, with it the forms that
// hide an IPv4 address (::ffff:0:0/96, 64:ff9b::/96, 64:ff9b:1::/48).
constexpr V6Range kSpecialV6[] = {
    {{0x20, 0x01}, 23},                          // IETF protocol assignments; Teredo, ORCHID
    {{0x20, 0x01, 0x0d, 0xb8}, 32},              // documentation
    {{0x20, 0x02}, 16},                          // 6to4: an IPv4 address inside
    {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48},  // AS112
    {{0x3f, 0xfe}, 16},                          // 6bone, returned
    {{0x3f, 0xff, 0x00}, 20},                    // documentation
};

bool Contains(const V4Range& range, uint32_t address) {
  return ((address ^ range.network) >> (32 - range.bits)) == 0;
}

bool Contains(const V6Range& range, const V6& address) {
  for (int bit = 0; bit < range.bits; ++bit) {
    const int mask = 0x80 >> (bit % 8);
    const auto byte = static_cast<size_t>(bit / 8);
    if (((address[byte] ^ range.network[byte]) & mask) != 0) return false;
  }
  return true;
}

// Copied: a sockaddr need not be aligned for the types it stands for.
uint32_t V4Of(const sockaddr* address) {
  sockaddr_in v4;
  std::memcpy(&v4, address, sizeof v4);
  return ntohl(v4.sin_addr.s_addr);
}

V6 V6Of(const sockaddr* address) {
  sockaddr_in6 v6;
  std::memcpy(&v6, address, sizeof v6);
  V6 bytes;
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return bytes;
}

}  // namespace

bool IsPublicAddress(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const uint32_t v4 = V4Of(address);
    return std::none_of(std::begin(kSpecialV4), std::end(kSpecialV4),
                        [&](const V4Range& range) { return Contains(range, v4); });
  }
  if (address->sa_family != AF_INET6) return false;
  const V6 v6 = V6Of(address);
  return Contains(kGlobalUnicast, v6) &&
         std::none_of(std::begin(kSpecialV6), std::end(kSpecialV6),
                      [&](const V6Range& range) { return Contains(range, v6); });
}

bool IsLoopbackAddress(const sockaddr* address) {
  if (address->sa_family == AF_INET) return V4Of(address) >> 24 == 127;
  if (address->sa_family != AF_INET6) return false;
  V6 loopback{};
  loopback.back() = 1;
  return V6Of(address) == loopback;
}

}  // namespace gatehouse
