// How a load reaches its server: address, transport, credential.
#ifndef GATEHOUSE_TESTS_BENCHMARK_LOAD_TARGET_H_
#define GATEHOUSE_TESTS_BENCHMARK_LOAD_TARGET_H_

#include <memory>
#include <string>

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace gatehouse::benchmark {

struct LoadTarget {
  std::string address;  // "host:port" of this machine
  // PEM of the authority that signed the server's certificate; empty: no TLS.
  std::string ca_pem;
  // Shown with every call; empty: none. Sent in plain text, too: what is
  // measured never leaves the machine.
  std::string token;
};

// A channel with a connection of its own.
std::shared_ptr<grpc::Channel> Connect(const LoadTarget& target);

// What every call of a load has: the token, and a deadline, so that no run hangs.
void Prepare(const LoadTarget& target, grpc::ClientContext* context);

}  // namespace gatehouse::benchmark

#endif  // GATEHOUSE_TESTS_BENCHMARK_LOAD_TARGET_H_
