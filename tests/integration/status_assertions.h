// Assertions on absl::Status and StatusOr.
#ifndef GATEHOUSE_TESTS_INTEGRATION_STATUS_ASSERTIONS_H_
#define GATEHOUSE_TESTS_INTEGRATION_STATUS_ASSERTIONS_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }

template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

inline ::testing::AssertionResult IsOk(const absl::Status& status) {
  if (status.ok()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << status;
}

// Of a Status or StatusOr: fails with `code` and a stable `reason`.
MATCHER_P2(FailsWith, code, reason, "") {
  const absl::Status& status = StatusOf(arg);
  *result_listener << "which is " << status;
  return status.code() == code && ReasonOf(status) == reason;
}

}  // namespace gatehouse

#define ASSERT_OK(expression) ASSERT_TRUE(::gatehouse::IsOk(::gatehouse::StatusOf(expression)))
#define EXPECT_OK(expression) EXPECT_TRUE(::gatehouse::IsOk(::gatehouse::StatusOf(expression)))

// Assigns the value of a StatusOr to `lhs` (which may declare), or fails the test.
#define ASSERT_OK_AND_ASSIGN(lhs, expression)                                               \
  GATEHOUSE_ASSERT_OK_AND_ASSIGN_(GATEHOUSE_CONCAT_(gatehouse_statusor_, __COUNTER__), lhs, \
                                  expression)

#define GATEHOUSE_ASSERT_OK_AND_ASSIGN_(statusor, lhs, expression) \
  auto statusor = (expression);                                    \
  ASSERT_TRUE(::gatehouse::IsOk(statusor.status()));               \
  lhs = *std::move(statusor)

#endif  // GATEHOUSE_TESTS_INTEGRATION_STATUS_ASSERTIONS_H_
