// What every engine checks and refuses in the same words.
#ifndef GATEHOUSE_STORAGE_ENGINE_REQUEST_H_
#define GATEHOUSE_STORAGE_ENGINE_REQUEST_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/engine.h"

namespace gatehouse::storage {

// Whether a key is the engine's own: it begins with the byte 0x00.
bool IsReservedKey(absl::string_view key);

// INVALID_ARGUMENT unless `request` keeps to the contract of Engine::Commit.
absl::Status ValidateCommitRequest(const CommitRequest& request);

// The keys and values of its writes, in bytes.
size_t WriteBytes(const CommitRequest& request);

// ABORTED: condition number `index` wants `wanted` and the key is at `actual` (0: absent).
// Names no key: keys hold addresses, and messages are logged.
absl::Status ConditionFailed(size_t index, Revision wanted, Revision actual);

// OUT_OF_RANGE unless the changes after `after` are all in a log of `first_kept` to `newest`.
absl::Status CheckChangeRange(Revision after, Revision first_kept, Revision newest);

// How many commits a change log may grow past its retention before it is trimmed: trimming
// costs a write, so it is done for several commits at once.
size_t TrimSlack(size_t change_log_commits);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_ENGINE_REQUEST_H_
