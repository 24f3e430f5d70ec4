// Which network addresses belong to the public internet.
#ifndef GATEHOUSE_SERVER_CONNECTORS_PUBLIC_ADDRESS_H_
#define GATEHOUSE_SERVER_CONNECTORS_PUBLIC_ADDRESS_H_

#include <sys/socket.h>

namespace gatehouse {

// Whether a host of the public internet may have the address: not in any range
// of IANA's special-purpose registries (private, shared, loopback, link-local,
// documentation, benchmarking, translation of IPv4 into IPv6 …), not multicast,
// not reserved. Of IPv6 only global unicast (2000::/3) is public. Any family but
// AF_INET and AF_INET6 is not.
bool IsPublicAddress(const sockaddr* address);

// 127.0.0.0/8 and ::1.
bool IsLoopbackAddress(const sockaddr* address);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_PUBLIC_ADDRESS_H_
