// Who calls, in tests for which it does not matter.
#ifndef GATEHOUSE_TESTS_BUILDERS_TEST_CALLER_H_
#define GATEHOUSE_TESTS_BUILDERS_TEST_CALLER_H_

#include "policy/caller.h"

namespace gatehouse {

inline Caller TestCaller(absl::Time now = absl::FromUnixSeconds(1'700'000'000)) {
  return {.principal = {.name = "accessTokens/ktest", .role = AccessRole::kOperator},
          .method = "Test/Call",
          .peer = "ipv4:127.0.0.1:1",
          .request_id = "request-1",
          .time = now};
}

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_BUILDERS_TEST_CALLER_H_
