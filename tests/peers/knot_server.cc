#include "tests/peers/knot_server.h"

#include <utility>

#include "policy/status_macros.h"

namespace gatehouse {

absl::StatusOr<std::unique_ptr<KnotServer>> KnotServer::Start() {
  std::unique_ptr<KnotServer> server(new KnotServer());
  ASSIGN_OR_RETURN(server->process_, ChildProcess::StartPeer({DataFile("tests/peers/knot"), "run",
                                                              server->directory_.path()},
                                                             server->address_));
  return server;
}

absl::Status KnotServer::SetTxt(absl::string_view name, const std::vector<std::string>& values) {
  std::vector<std::string> argv = {DataFile("tests/peers/knot"), "set-txt", directory_.path(),
                                   std::string(name)};
  argv.insert(argv.end(), values.begin(), values.end());
  return RunChecked(argv).status();
}

}  // namespace gatehouse
