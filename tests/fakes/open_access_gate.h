// A gate that lets everybody do everything, for tests of what is behind it.
#ifndef GATEHOUSE_TESTS_FAKES_OPEN_ACCESS_GATE_H_
#define GATEHOUSE_TESTS_FAKES_OPEN_ACCESS_GATE_H_

#include <string>

#include "server/access/access_gate.h"

namespace gatehouse {

class OpenAccessGate final : public AccessGate {
 public:
  Admission Admit(const CallCredentials& credentials, absl::string_view method) override {
    return {.caller = {.principal = {.name = "anonymous", .role = AccessRole::kOperator},
                       .method = std::string(method),
                       .peer = credentials.peer,
                       .request_id = credentials.request_id,
                       .time = absl::UnixEpoch()}};
  }
  absl::Status Check(const CallCredentials&, absl::string_view) override {
    return absl::OkStatus();
  }
  absl::Status Recheck(const CallCredentials&, absl::string_view) override {
    return absl::OkStatus();
  }
  absl::Status Authorize(const Caller&, absl::string_view) override { return absl::OkStatus(); }
  void Refused(const Caller&, absl::string_view, const absl::Status&) override {}
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_FAKES_OPEN_ACCESS_GATE_H_
