// Asks a second time where an answer is late (hedging): with several servers, one
// that is slow then costs few people more than the delay.
#ifndef GATEHOUSE_CLIENT_HEDGED_CONNECTION_H_
#define GATEHOUSE_CLIENT_HEDGED_CONNECTION_H_

#include <memory>

#include "absl/time/time.h"
#include "client/login_connection.h"
#include "client/timers.h"

namespace gatehouse::client {

// A check that has no outcome after `delay` is asked a second time, with the time
// that is left. The first outcome counts, and the other call is cancelled; only
// UNAVAILABLE and DEADLINE_EXCEEDED wait for the other, if it is under way. Second
// calls are at most one in twenty of the first ones so far, and ten in a row after
// a quiet time: a server that is slow for everybody is not asked twice as often.
// Batches are handed on as they are.
//
// Thread-safe. `timers` outlive it.
std::unique_ptr<LoginConnection> MakeHedgedConnection(std::unique_ptr<LoginConnection> connection,
                                                      absl::Duration delay, Timers* timers);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_HEDGED_CONNECTION_H_
