#include "server/access/token_index.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "storage/stores/access_token_store.h"

namespace gatehouse {
namespace {

Principal PrincipalOf(const AccessToken& token) {
  return {.name = absl::StrCat("accessTokens/", token.id.value()),
          .role = token.role,
          .scopes = token.scopes};
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenIndex>> TokenIndex::Open(storage::CommitFeed* feed) {
  auto index = std::unique_ptr<TokenIndex>(new TokenIndex(feed));
  std::lock_guard<std::mutex> lock(index->update_mutex_);
  feed->Subscribe(index.get());
  RETURN_IF_ERROR(index->Reload());
  return index;
}

TokenIndex::~TokenIndex() { feed_->Unsubscribe(this); }

void TokenIndex::OnCommits(const std::vector<storage::Change>& changes) {
  std::lock_guard<std::mutex> lock(update_mutex_);
  // Without a table, every commit is a try to read one again.
  if (!storage::AccessTokenStore::IsTouchedBy(changes) && table_.Get() != nullptr) return;
  if (!Reload().ok()) table_.Set(nullptr);
}

absl::Status TokenIndex::Reload() {
  ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::Open(feed_->engine()));
  auto table = std::make_shared<Table>();
  RETURN_IF_ERROR(storage::AccessTokenStore::ForEach(
      reader, [&](storage::Stored<AccessToken> token) -> absl::Status {
        std::shared_ptr<Use> use;
        if (last_good_ != nullptr) {
          const auto known = last_good_->find(token->secret_hash);
          if (known != last_good_->end()) use = known->second->use;
        }
        auto entry = std::make_shared<Entry>();
        entry->principal = PrincipalOf(*token);
        entry->use = use != nullptr ? std::move(use) : std::make_shared<Use>();
        entry->token = std::move(token.value);
        table->emplace(entry->token.secret_hash, std::move(entry));
        return absl::OkStatus();
      }));
  last_good_ = table;
  table_.Set(std::move(table));
  return absl::OkStatus();
}

absl::StatusOr<const TokenIndex::Entry*> TokenIndex::Find(absl::string_view secret_hash) const {
  const Table* const table = table_.Get();
  if (table == nullptr) {
    return Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable,
                 "access tokens cannot be read")
        .RetryAfterMs(1000)
        .Build();
  }
  // By hash, which an attacker cannot steer: how long it takes tells nothing.
  const auto found = table->find(secret_hash);
  return found == table->end() ? nullptr : found->second.get();
}

absl::Time TokenIndex::LastUse(const AccessTokenId& id) const {
  const Table* const table = table_.Get();
  if (table == nullptr) return absl::InfinitePast();
  for (const auto& [hash, entry] : *table) {
    if (entry->token.id != id) continue;
    const int64_t micros = entry->use->last_use_us.load(std::memory_order_relaxed);
    return micros == 0 ? absl::InfinitePast() : absl::FromUnixMicros(micros);
  }
  return absl::InfinitePast();
}

absl::Status TokenIndex::FlushLastUse(storage::TransactionRunner& transactions, absl::Time now) {
  // A copy: writing publishes a commit, on this thread, which may replace it.
  std::vector<std::shared_ptr<const Entry>> used;
  const Table* const table = table_.Get();
  if (table == nullptr) return absl::OkStatus();
  for (const auto& [hash, entry] : *table) {
    if (entry->use->last_use_us.load(std::memory_order_relaxed) !=
        entry->use->written_us.load(std::memory_order_relaxed)) {
      used.push_back(entry);
    }
  }
  if (used.empty()) return absl::OkStatus();
  std::vector<int64_t> written(used.size());
  auto write = [&](storage::Transaction& tx) -> absl::Status {
    for (size_t i = 0; i < used.size(); ++i) {
      written[i] = used[i]->use->last_use_us.load(std::memory_order_relaxed);
      RETURN_IF_ERROR(storage::AccessTokenStore::PutLastUse(tx, used[i]->token.id,
                                                            absl::FromUnixMicros(written[i])));
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(
      transactions.Run(Caller::System("token-use", now), OrganizationId(), write).status());
  for (size_t i = 0; i < used.size(); ++i) {
    used[i]->use->written_us.store(written[i], std::memory_order_relaxed);
  }
  return absl::OkStatus();
}

}  // namespace gatehouse
