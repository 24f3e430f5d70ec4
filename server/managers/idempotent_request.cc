#include "server/managers/idempotent_request.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "storage/stores/expiry_queue.h"
#include "storage/stores/request_store.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxRequestIdBytes = 64;
constexpr int kSweepPerRequest = 4;

// Tells requests of one caller apart; not a defence, so a fast hash will do.
std::string Fingerprint(std::initializer_list<absl::string_view> content) {
  std::string bytes;
  for (absl::string_view part : content) absl::StrAppend(&bytes, part.size(), ":", part);
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return absl::StrFormat("%016x%016x", hash.high64, hash.low64);
}

}  // namespace

IdempotentRequest::IdempotentRequest(OrganizationId organization, std::string request_id,
                                     std::initializer_list<absl::string_view> content)
    : organization_(std::move(organization)),
      request_id_(std::move(request_id)),
      fingerprint_(Fingerprint(content)) {}

absl::StatusOr<std::optional<std::string>> IdempotentRequest::FindResult(
    storage::Transaction& tx) const {
  if (request_id_.empty()) return std::nullopt;
  if (request_id_.size() > kMaxRequestIdBytes ||
      !std::all_of(request_id_.begin(), request_id_.end(), absl::ascii_isgraph)) {
    return InvalidField("request_id", request_id_, "at most 64 printable ASCII characters");
  }
  ASSIGN_OR_RETURN(auto completed, storage::RequestStore::Find(tx, organization_, request_id_));
  if (!completed) return std::nullopt;
  if (completed->fingerprint != fingerprint_) {
    return Error(absl::StatusCode::kAlreadyExists, reason::kRequestIdReused,
                 absl::StrCat("request_id \"", request_id_,
                              "\" was used for a different request; use a fresh one"))
        .Build();
  }
  return completed->resource;
}

absl::Status IdempotentRequest::Remember(storage::Transaction& tx, absl::string_view result,
                                         absl::Time now) const {
  if (request_id_.empty()) return absl::OkStatus();
  storage::RequestStore::Put(tx, organization_, request_id_,
                             {.fingerprint = fingerprint_, .resource = std::string(result)}, now);
  return storage::ExpiryQueue::Sweep(tx, now, kSweepPerRequest).status();
}

}  // namespace gatehouse
