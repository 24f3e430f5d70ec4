// A real DNS server for tests: knotd on a loopback port of its own.
//
//   ASSERT_OK_AND_ASSIGN(auto dns, KnotServer::Start());
//   dns->SetTxt("_gatehouse.acme.example", {"gatehouse-domain-verification=…"});
//   resolver asks dns->address()
#ifndef GATEHOUSE_TESTS_PEERS_KNOT_SERVER_H_
#define GATEHOUSE_TESTS_PEERS_KNOT_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/peers/child_process.h"

namespace gatehouse {

// Authoritative for every name. A test that uses it needs the tags "local" and
// "peers". Not thread-safe.
class KnotServer {
 public:
  // Returns once the server answers. An error says to run tools/setup if knot is
  // not installed.
  static absl::StatusOr<std::unique_ptr<KnotServer>> Start();

  // "127.0.0.1:PORT", UDP and TCP.
  const std::string& address() const { return address_; }

  // From now on the TXT records of `name` (no trailing dot) are `values`; none
  // if empty. A value above 255 bytes becomes several character-strings.
  absl::Status SetTxt(absl::string_view name, const std::vector<std::string>& values);

  // Ends the server: an outage. Nothing listens on the port then.
  void Stop() { process_.reset(); }

 private:
  KnotServer() = default;

  ShortTempDir directory_;
  std::unique_ptr<ChildProcess> process_;
  std::string address_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_PEERS_KNOT_SERVER_H_
