#include "storage/stores/access_token_store.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "storage/records/keys.h"
#include "storage/stores/expiry_queue.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {
namespace {

absl::Status Scan(Reader& reader, absl::string_view after,
                  absl::FunctionRef<absl::StatusOr<bool>(Stored<AccessToken>)> visit) {
  return ScanRange(reader, RangeAfter(keys::KindPrefix(keys::kAccessToken), after),
                   [&](absl::string_view key, absl::string_view value,
                       Revision mod_revision) -> absl::StatusOr<bool> {
                     AccessToken token{.id = AccessTokenId::FromTrusted(keys::Parse(key)->first)};
                     RETURN_IF_ERROR(DecodeRecord<v1::AccessTokenRecord>(key, value, &token));
                     return visit({std::move(token), mod_revision});
                   });
}

}  // namespace

absl::StatusOr<std::optional<Stored<AccessToken>>> AccessTokenStore::Find(Reader& reader,
                                                                          const AccessTokenId& id) {
  return FindValue<v1::AccessTokenRecord>(reader, keys::AccessToken(id), AccessToken{.id = id});
}

absl::StatusOr<std::vector<Stored<AccessToken>>> AccessTokenStore::List(Reader& reader,
                                                                        absl::string_view after,
                                                                        size_t limit) {
  std::vector<Stored<AccessToken>> tokens;
  if (limit == 0) return tokens;
  RETURN_IF_ERROR(Scan(reader, after, [&](Stored<AccessToken> token) -> absl::StatusOr<bool> {
    tokens.push_back(std::move(token));
    return tokens.size() < limit;
  }));
  return tokens;
}

absl::Status AccessTokenStore::ForEach(Reader& reader,
                                       absl::FunctionRef<absl::Status(Stored<AccessToken>)> visit) {
  return Scan(reader, "", [&](Stored<AccessToken> token) -> absl::StatusOr<bool> {
    RETURN_IF_ERROR(visit(std::move(token)));
    return true;
  });
}

void AccessTokenStore::Put(Transaction& tx, const AccessToken& token) {
  const std::string key = keys::AccessToken(token.id);
  PutRecord(tx, key, ToRecord(token));
  const absl::Time end = std::min(token.expire_time, token.revoke_time);
  if (end == absl::InfiniteFuture()) return;
  // An end only ever comes nearer, so no earlier entry outlives the record.
  ExpiryQueue::Add(tx, key, end + kKeptAfterEnd);
  ExpiryQueue::Add(tx, keys::AccessTokenUse(token.id), end + kKeptAfterEnd);
}

bool AccessTokenStore::IsTouchedBy(const std::vector<Change>& changes) {
  const std::string prefix = keys::KindPrefix(keys::kAccessToken);
  return std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
    return std::any_of(change.keys.begin(), change.keys.end(),
                       [&](const std::string& key) { return absl::StartsWith(key, prefix); });
  });
}

absl::StatusOr<absl::Time> AccessTokenStore::LastUse(Reader& reader, const AccessTokenId& id) {
  ASSIGN_OR_RETURN(const auto use,
                   GetRecord<v1::AccessTokenUseRecord>(reader, keys::AccessTokenUse(id)));
  if (!use) return absl::InfinitePast();
  return absl::FromUnixMicros((*use)->last_use_time_us());
}

absl::Status AccessTokenStore::PutLastUse(Transaction& tx, const AccessTokenId& id,
                                          absl::Time time) {
  ASSIGN_OR_RETURN(const auto token, tx.Get(keys::AccessToken(id)));
  if (!token) return absl::OkStatus();
  v1::AccessTokenUseRecord use;
  use.set_last_use_time_us(absl::ToUnixMicros(time));
  PutRecord(tx, keys::AccessTokenUse(id), use);
  return absl::OkStatus();
}

}  // namespace gatehouse::storage
