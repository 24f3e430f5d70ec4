// Lets checks of the same thing at the same time share one call: a person who
// clicks twice, a form that asks with each key.
#ifndef GATEHOUSE_CLIENT_SHARED_CALL_CONNECTION_H_
#define GATEHOUSE_CLIENT_SHARED_CALL_CONNECTION_H_

#include <memory>

#include "client/login_connection.h"
#include "client/timers.h"

namespace gatehouse::client {

// Checks with the same address, as typed, the same action and min_revision share a
// call that has begun and has no answer yet, so an answer may be as old as that
// call. Each check keeps its own timeout: one that is over gets DEADLINE_EXCEEDED
// while the others wait on, and those that still have time when the call runs out
// of its own share another. A shared call is not cancelled, whatever a check's
// `cancellation` says. Batches are handed on as they are.
//
// Thread-safe. `timers` outlive it.
std::unique_ptr<LoginConnection> MakeSharedCallConnection(
    std::unique_ptr<LoginConnection> connection, Timers* timers);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_SHARED_CALL_CONNECTION_H_
