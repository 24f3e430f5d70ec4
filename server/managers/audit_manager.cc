#include "server/managers/audit_manager.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/managers/preconditions.h"
#include "server/names/resource_names.h"
#include "storage/stores/organization_store.h"

namespace gatehouse {
namespace {

using storage::AuditChainEnds;
using storage::AuditEvent;
using storage::AuditTrail;

constexpr int64_t kMaxLookedAt = 10'000;
constexpr size_t kMaxPageBytes = 2 << 20;
// What an event takes in an answer besides what is counted of it.
constexpr size_t kEventOverheadBytes = 512;
constexpr int64_t kRemovedPerTransaction = 500;

// The events of one page, as they are looked at.
class PageOfEvents {
 public:
  PageOfEvents(const AuditFilter& filter, size_t size) : filter_(filter), size_(size) {}

  bool full() const { return full_; }

  // False: the page ends before this event.
  absl::StatusOr<bool> Add(AuditEvent event) {
    if (events_.size() == size_ || looked_at_ == kMaxLookedAt) {
      full_ = true;
      return false;
    }
    if (filter_.LetsPass(event)) {
      RETURN_IF_ERROR(AuditTrail::RenderChanges(event));
      const size_t bytes = BytesOf(event);
      if (!events_.empty() && bytes_ + bytes > kMaxPageBytes) {
        full_ = true;
        return false;
      }
      bytes_ += bytes;
      cursor_ = CursorOf(event.chain, event.sequence);
      events_.push_back(std::move(event));
    } else {
      cursor_ = CursorOf(event.chain, event.sequence);
    }
    ++looked_at_;
    return true;
  }
  // A chain costs as much as an event, even if there is nothing in it.
  bool AddChain(const OrganizationId& chain) {
    if (looked_at_ == kMaxLookedAt) {
      full_ = true;
      return false;
    }
    ++looked_at_;
    cursor_ = CursorOf(chain, 0);
    return true;
  }

  // `status` is of what comes after the events that were added.
  absl::StatusOr<Page<AuditEvent>> Finish(const absl::Status& status) && {
    // What is sound is shown; the next page begins, and ends, with the damage.
    if (!status.ok() && events_.empty()) return status;
    Page<AuditEvent> page{.items = std::move(events_)};
    if (full_ || !status.ok()) page.next = cursor_;
    return page;
  }

  static std::string CursorOf(const OrganizationId& chain, int64_t sequence) {
    return absl::StrCat(chain.value(), "/", sequence);
  }

 private:
  static size_t BytesOf(const AuditEvent& event) {
    size_t bytes = kEventOverheadBytes + event.record.size();
    for (const storage::AuditedChange& change : event.changes) {
      bytes += change.before_json.value_or("").size() + change.after_json.value_or("").size();
    }
    return bytes;
  }

  const AuditFilter& filter_;
  const size_t size_;
  std::vector<AuditEvent> events_;
  std::string cursor_;
  size_t bytes_ = 0;
  int64_t looked_at_ = 0;
  bool full_ = false;
};

// Where a list goes on: after this event.
struct Cursor {
  OrganizationId chain;
  int64_t sequence = 0;
};

// The text was made by CursorOf: page tokens are checked at the edge.
Cursor ParseCursor(const std::string& text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, '/');
  Cursor cursor{.chain = OrganizationId::FromTrusted(parts.first)};
  if (!absl::SimpleAtoi(parts.second, &cursor.sequence)) cursor.sequence = 0;
  return cursor;
}

// What the server signs of a chain's beginning. Persisted through the signature.
std::string RetentionMessage(const OrganizationId& chain, int64_t first_sequence,
                             absl::string_view first_previous_hash) {
  return absl::StrCat("gatehouse-audit-retention-v1", absl::string_view("\0", 1),
                      AuditChainNameOf(chain), absl::string_view("\0", 1), first_sequence,
                      absl::string_view("\0", 1), first_previous_hash);
}

}  // namespace

absl::StatusOr<Page<AuditEvent>> AuditManager::List(const Caller& caller,
                                                    const ListCommand& command) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  PageOfEvents page(command.filter, command.page.size);
  const Cursor cursor = ParseCursor(command.page.after);
  const auto list_chain = [&](const OrganizationId& chain) {
    const int64_t after = chain == cursor.chain ? cursor.sequence : 0;
    return AuditTrail::Scan(reader, chain, after + 1,
                            [&](AuditEvent event) { return page.Add(std::move(event)); });
  };
  if (!command.parent.all) {
    if (!command.parent.chain.empty()) RETURN_IF_ERROR(GetChain(command.parent.chain).status());
    return std::move(page).Finish(list_chain(command.parent.chain));
  }
  const absl::Status listed = AuditTrail::ScanChains(
      reader, cursor.chain,
      [&](const OrganizationId& chain, const AuditChainEnds&) -> absl::StatusOr<bool> {
        if (!caller.principal.MaySee(chain)) return true;
        if (chain != cursor.chain && !page.AddChain(chain)) return false;
        RETURN_IF_ERROR(list_chain(chain));
        return !page.full();
      });
  return std::move(page).Finish(listed);
}

absl::StatusOr<AuditChainView> AuditManager::GetChain(const OrganizationId& chain) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  AuditChainView view{.chain = chain};
  ASSIGN_OR_RETURN(view.ends, AuditTrail::Ends(reader, chain));
  // The chain of an organization outlives it.
  if (view.ends.last_sequence == 0 && !chain.empty()) {
    RETURN_IF_ERROR(CheckOrganizationExists(reader, chain));
  }
  const AuditChainEnds& ends = view.ends;
  if (!ends.retention_signature.empty() && context_.secrets != nullptr) {
    const auto valid = context_.secrets->Verify(
        ends.retention_key_id,
        RetentionMessage(chain, ends.first_sequence, ends.first_previous_hash),
        ends.retention_signature);
    // Signed by a key that the ring has no more: cannot be vouched for.
    view.retention_signature_valid = valid.ok() && *valid;
  }
  return view;
}

absl::Status AuditManager::RecordRefusal(const Caller& caller, absl::string_view resource,
                                         const absl::Status& status, int64_t unwritten_count) {
  const storage::AuditRefusal refusal{.code = static_cast<int>(status.code()),
                                      .reason = ReasonOf(status),
                                      .message = std::string(status.message()),
                                      .unwritten_count = unwritten_count};
  OrganizationId organization;
  absl::string_view rest = resource;
  if (!caller.principal.name.empty() && absl::ConsumePrefix(&rest, "organizations/")) {
    const auto named = OrganizationId::Parse("name", rest.substr(0, rest.find('/')));
    if (named.ok() && caller.principal.MaySee(*named)) {
      ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
      ASSIGN_OR_RETURN(const auto found, storage::OrganizationStore::Find(reader, *named));
      if (found) organization = *named;
    }
  }
  return context_.transactions
      ->Run(caller, organization,
            [&](storage::Transaction& tx) {
              return AuditTrail::AppendRefusal(tx, organization, caller, std::string(resource),
                                               refusal);
            })
      .status();
}

absl::StatusOr<int64_t> AuditManager::RemoveExpired() {
  if (retention_ == absl::InfiniteDuration()) return 0;
  std::vector<OrganizationId> chains;
  {
    ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
    RETURN_IF_ERROR(AuditTrail::ScanChains(
        reader, OrganizationId(),
        [&](const OrganizationId& chain, const AuditChainEnds&) -> absl::StatusOr<bool> {
          chains.push_back(chain);
          return true;
        }));
  }
  const absl::Time now = context_.clock->Now();
  int64_t removed = 0;
  for (const OrganizationId& chain : chains) {
    ASSIGN_OR_RETURN(const int64_t of_chain, RemoveExpired(chain, now));
    removed += of_chain;
  }
  return removed;
}

absl::StatusOr<int64_t> AuditManager::RemoveExpired(const OrganizationId& chain, absl::Time now) {
  const absl::Time cutoff = now - retention_;
  const auto sign = [&](const AuditTrail::Removal& removal) {
    AuditTrail::RetentionSignature signature;
    if (context_.secrets != nullptr) {
      signature.signature = context_.secrets->Sign(
          RetentionMessage(chain, removal.first_sequence, removal.first_previous_hash));
      signature.key_id = context_.secrets->first_key_id();
    }
    return signature;
  };
  int64_t removed = 0;
  int64_t of_batch = 0;
  do {
    const auto remove = [&](storage::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const AuditTrail::Removal removal,
                       AuditTrail::RemoveBefore(tx, chain, cutoff, kRemovedPerTransaction, sign));
      of_batch = removal.count;
      if (removal.count > 0) {
        tx.Describe(
            {AuditEventKind::kRetention, AuditChainNameOf(chain),
             absl::StrCat(removal.count, " events of a time before ",
                          absl::FormatTime(absl::RFC3339_sec, cutoff, absl::UTCTimeZone()),
                          " were removed; the chain begins with event ", removal.first_sequence)});
      }
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(
        context_.transactions->Run(Caller::System("audit-retention", now), chain, remove).status());
    removed += of_batch;
  } while (of_batch == kRemovedPerTransaction);
  return removed;
}

}  // namespace gatehouse
