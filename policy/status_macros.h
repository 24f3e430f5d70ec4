// RETURN_IF_ERROR and ASSIGN_OR_RETURN, which Debian's Abseil does not have.
#ifndef GATEHOUSE_POLICY_STATUS_MACROS_H_
#define GATEHOUSE_POLICY_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns the status of `expression` from the enclosing function unless it is OK.
#define RETURN_IF_ERROR(expression) \
  GATEHOUSE_RETURN_IF_ERROR_(GATEHOUSE_CONCAT_(gatehouse_status_, __COUNTER__), expression)

#define GATEHOUSE_RETURN_IF_ERROR_(status, expression)                   \
  do {                                                                   \
    if (absl::Status status = (expression); !status.ok()) return status; \
  } while (false)

// Assigns the value of a StatusOr to `lhs` (which may declare), or returns its status.
#define ASSIGN_OR_RETURN(lhs, expression) \
  GATEHOUSE_ASSIGN_OR_RETURN_(GATEHOUSE_CONCAT_(gatehouse_statusor_, __COUNTER__), lhs, expression)

#define GATEHOUSE_ASSIGN_OR_RETURN_(statusor, lhs, expression) \
  auto statusor = (expression);                                \
  if (!statusor.ok()) return std::move(statusor).status();     \
  lhs = *std::move(statusor)

#define GATEHOUSE_CONCAT_(a, b) GATEHOUSE_CONCAT_INNER_(a, b)
#define GATEHOUSE_CONCAT_INNER_(a, b) a##b

#endif  // GATEHOUSE_POLICY_STATUS_MACROS_H_
