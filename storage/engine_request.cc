#include "storage/engine_request.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::storage {
namespace {

bool IsGoodKey(absl::string_view key) {
  return !key.empty() && !IsReservedKey(key) && key.size() <= kMaxKeyBytes;
}

// `key`, which is not good, of a request's `field`.
absl::Status BadKey(absl::string_view field, absl::string_view key) {
  if (key.empty()) return InvalidField(field, "", "a key of at least 1 byte");
  if (IsReservedKey(key)) {
    return InvalidField(field, key, "a key that does not begin with the byte 0x00");
  }
  return InvalidField(field, absl::StrCat(key.size(), " bytes"),
                      absl::StrCat("at most ", kMaxKeyBytes, " bytes"));
}

// `keys` are views of the request's own strings.
absl::Status CheckDistinct(absl::string_view list, std::vector<absl::string_view> keys) {
  // As a transaction has them: in order, each once.
  if (std::adjacent_find(keys.begin(), keys.end(), std::greater_equal<>()) == keys.end()) {
    return absl::OkStatus();
  }
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) == keys.end()) return absl::OkStatus();
  return InvalidField(list, absl::StrCat(keys.size(), " keys"), "each key at most once");
}

}  // namespace

bool IsReservedKey(absl::string_view key) { return !key.empty() && key.front() == '\0'; }

size_t WriteBytes(const CommitRequest& request) {
  size_t bytes = 0;
  for (const Write& write : request.writes) {
    bytes += write.key.size() + (write.value.has_value() ? write.value->size() : 0);
  }
  return bytes;
}

absl::Status ValidateCommitRequest(const CommitRequest& request) {
  if (request.writes.empty()) return InvalidField("writes", "", "at least one write");
  std::vector<absl::string_view> keys;
  keys.reserve(std::max(request.conditions.size(), request.writes.size()));
  for (size_t i = 0; i < request.conditions.size(); ++i) {
    const std::string& key = request.conditions[i].key;
    if (!IsGoodKey(key)) return BadKey(absl::StrCat("conditions[", i, "].key"), key);
    keys.push_back(key);
  }
  RETURN_IF_ERROR(CheckDistinct("conditions", keys));
  keys.clear();
  for (size_t i = 0; i < request.writes.size(); ++i) {
    const Write& write = request.writes[i];
    if (!IsGoodKey(write.key)) return BadKey(absl::StrCat("writes[", i, "].key"), write.key);
    if (write.value.has_value() && write.value->size() > kMaxValueBytes) {
      return InvalidField(absl::StrCat("writes[", i, "].value"),
                          absl::StrCat(write.value->size(), " bytes"),
                          absl::StrCat("at most ", kMaxValueBytes, " bytes"));
    }
    keys.push_back(write.key);
  }
  RETURN_IF_ERROR(CheckDistinct("writes", std::move(keys)));
  if (size_t bytes = WriteBytes(request); bytes > kMaxCommitBytes) {
    return InvalidField("writes", absl::StrCat(bytes, " bytes"),
                        absl::StrCat("at most ", kMaxCommitBytes, " bytes of keys and values"));
  }
  return absl::OkStatus();
}

absl::Status ConditionFailed(size_t index, Revision wanted, Revision actual) {
  auto state = [](Revision revision) {
    return revision == 0 ? std::string("absent") : absl::StrCat("at revision ", revision);
  };
  return Error(absl::StatusCode::kAborted, reason::kConcurrentChange,
               absl::StrCat("conditions[", index, "]: the key is ", state(actual),
                            ", expected: ", state(wanted)))
      .Build();
}

absl::Status CheckChangeRange(Revision after, Revision first_kept, Revision newest) {
  if (after > newest) {
    return absl::OutOfRangeError(
        absl::StrCat("after ", after, ": ahead of the store, which is at revision ", newest));
  }
  if (after + 1 < first_kept) {
    return absl::OutOfRangeError(absl::StrCat("after ", after,
                                              ": the change log begins at revision ", first_kept,
                                              "; read a snapshot and go on from its revision"));
  }
  return absl::OkStatus();
}

size_t TrimSlack(size_t change_log_commits) { return change_log_commits / 8; }

}  // namespace gatehouse::storage
