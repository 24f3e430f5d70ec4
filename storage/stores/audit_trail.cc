#include "storage/stores/audit_trail.h"

#include <openssl/evp.h>

#include <map>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "policy/text.h"
#include "storage/records/keys.h"
#include "storage/stores/audit_rendering.h"
#include "storage/stores/audited_records.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {
namespace {

using Event = v1::AuditEventRecord;

constexpr char kHashDomain[] = "gatehouse-audit-v1";  // persisted; hashed with its final zero byte
constexpr size_t kHashBytes = 32;
// Well below kMaxValueBytes, and below a message of the API as JSON too. One
// change may be larger (a profile with every certificate that it may have,
// staged ones too, before and after: 704 KiB) and still fits a record.
constexpr size_t kMaxEventBytes = 256 << 10;
constexpr size_t kMaxNameBytes = 512;
constexpr size_t kMaxTextBytes = 1024;

std::string ChainName(const OrganizationId& chain) {
  return chain.empty() ? "" : absl::StrCat("organizations/", chain.value(), "/");
}

// `status` of one event, with its name.
absl::Status OfEvent(const OrganizationId& chain, int64_t sequence, const absl::Status& status) {
  return Error(status.code(), ReasonOf(status),
               absl::StrCat("audit event ", ChainName(chain), "auditEvents/", sequence, ": ",
                            std::string(status.message())))
      .Build();
}

AuditChainEnds EndsOf(const v1::AuditChainRecord& record, Revision mod_revision) {
  AuditChainEnds ends;
  ends.last_sequence = record.last_sequence();
  ends.last_hash = record.last_hash();
  if (record.first_sequence() != 0) {
    ends.first_sequence = record.first_sequence();
    ends.first_previous_hash = record.first_previous_hash();
    ends.retention_time = absl::FromUnixMicros(record.retention_time_us());
    ends.retention_signature = record.retention_signature();
    ends.retention_key_id = record.retention_key_id();
    ends.removed_revision = record.removed_revision();
  }
  ends.mod_revision = mod_revision;
  return ends;
}

absl::StatusOr<Stored<v1::AuditChainRecord>> ChainRecord(Reader& reader,
                                                         const OrganizationId& chain) {
  ASSIGN_OR_RETURN(auto stored, GetRecord<v1::AuditChainRecord>(reader, keys::AuditChain(chain)));
  return stored ? *std::move(stored) : Stored<v1::AuditChainRecord>();
}

// An event without content, on behalf of `caller`.
Event NewEvent(const Caller& caller, const OrganizationId& chain, AuditEventKind kind) {
  Event event;
  event.set_time_us(absl::ToUnixMicros(caller.time));
  event.set_kind(static_cast<int>(kind));
  event.set_principal(CleanText(caller.principal.name, kMaxNameBytes));
  event.set_role(caller.principal.name.empty() ? 0 : static_cast<int>(caller.principal.role));
  if (const auto admin = caller.ActingAdmin(chain)) event.set_acting_admin(admin->value());
  event.set_peer(CleanText(caller.peer, kMaxNameBytes));
  event.set_method(CleanText(caller.method, kMaxNameBytes));
  event.set_request_id(CleanText(caller.request_id, kMaxNameBytes));
  return event;
}

// Puts `event` at the end of a chain. The chain's end is read in `tx`, so no
// other commit can put one in the same place.
absl::Status Append(Transaction& tx, const OrganizationId& chain, Event event) {
  ASSIGN_OR_RETURN(auto head, ChainRecord(tx, chain));
  event.set_sequence(head->last_sequence() + 1);
  const std::string key = keys::AuditEntry(chain, event.sequence());
  // A chain whose end was set back would write over what stands there.
  ASSIGN_OR_RETURN(const auto occupied, tx.Get(key));
  if (occupied) return CorruptRecord(keys::AuditChain(chain), "ends before its chain does");
  v1::AuditEntryRecord entry;
  entry.set_previous_hash(head->last_sequence() == 0 ? std::string(kHashBytes, '\0')
                                                     : head->last_hash());
  event.SerializeToString(entry.mutable_event());
  entry.set_hash(AuditTrail::Hash(entry.previous_hash(), entry.event()));
  head->set_last_sequence(event.sequence());
  head->set_last_hash(entry.hash());
  PutRecord(tx, key, entry);
  PutRecord(tx, keys::AuditChain(chain), *head);
  return absl::OkStatus();
}

// Appends changes to a chain, in as many events as they need.
absl::Status AppendChanges(Transaction& tx, const OrganizationId& chain, const Caller& caller,
                           std::vector<Event::Change> changes) {
  Event event = NewEvent(caller, chain, AuditEventKind::kChange);
  size_t bytes = 0;
  for (Event::Change& change : changes) {
    const size_t size = change.ByteSizeLong();
    if (bytes > 0 && bytes + size > kMaxEventBytes) {
      RETURN_IF_ERROR(Append(tx, chain, std::move(event)));
      event = NewEvent(caller, chain, AuditEventKind::kChange);
      bytes = 0;
    }
    bytes += size;
    *event.add_changes() = std::move(change);
  }
  return Append(tx, chain, std::move(event));
}

using ChangesByChain = std::map<OrganizationId, std::vector<Event::Change>>;

// Says of the profile whose secrets stand under `key` that one of them was
// written, if it was.
absl::Status AddSecretChange(Transaction& tx, const std::string& key,
                             const std::optional<std::string>& after, ChangesByChain& changes) {
  if (!after) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto before, tx.GetCommitted(key));
  if (before && before->value == *after) return absl::OkStatus();
  const auto parsed = keys::Parse(key);
  const OrganizationId organization = OrganizationId::FromTrusted(parsed->first);
  const std::string profile_key =
      keys::SsoProfile(organization, SsoProfileId::FromTrusted(parsed->second));
  for (Event::Change& change : changes[organization]) {
    if (change.key() == profile_key) {
      change.set_secret_changed(true);
      return absl::OkStatus();
    }
  }
  Event::Change change;
  change.set_key(profile_key);
  ASSIGN_OR_RETURN(const auto profile, tx.GetCommitted(profile_key));
  if (profile) {
    ASSIGN_OR_RETURN(const absl::string_view message, RecordMessage(profile_key, profile->value));
    change.set_before(message.data(), message.size());
    change.set_after(message.data(), message.size());
  }
  change.set_secret_changed(true);
  changes[organization].push_back(std::move(change));
  return absl::OkStatus();
}

absl::StatusOr<ChangesByChain> ChangesOf(Transaction& tx) {
  ChangesByChain changes;
  std::vector<const Transaction::Writes::value_type*> secrets;
  for (const auto& write : tx.writes()) {
    const auto& [key, after] = write;
    const auto parsed = keys::Parse(key);
    if (!parsed) continue;
    if (parsed->kind == kAuditedByName) secrets.push_back(&write);
    const std::optional<AuditedKind> kind = AuditedKindOf(parsed->kind);
    if (!kind) continue;
    ASSIGN_OR_RETURN(const auto before, tx.GetCommitted(key));
    ASSIGN_OR_RETURN(auto change, ChangeOf(*kind, key, before, after));
    if (!change) continue;
    if (*kind == AuditedKind::kOrganization && (!before || !after)) {
      changes[OrganizationId()].push_back(*change);
    }
    changes[ChainOf(*kind, *parsed)].push_back(*std::move(change));
  }
  for (const auto* secret : secrets) {
    RETURN_IF_ERROR(AddSecretChange(tx, secret->first, secret->second, changes));
  }
  return changes;
}

// The chain that an event about `resource` belongs to.
OrganizationId ChainOfResource(absl::string_view resource) {
  if (!absl::ConsumePrefix(&resource, "organizations/")) return OrganizationId();
  return OrganizationId::FromTrusted(resource.substr(0, resource.find('/')));
}

absl::StatusOr<AuditedChange> DecodeChange(const Event::Change& record) {
  const auto key = keys::Parse(record.key());
  const auto kind = key ? AuditedKindOf(key->kind) : std::nullopt;
  if (!kind) {
    return Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt,
                 "names a kind of record that this version does not know")
        .Build();
  }
  AuditedChange change{.kind = *kind, .organization = ChainOf(*kind, *key)};
  change.id = std::string(key->second);
  change.test = std::string(key->third);
  change.secret_changed = record.secret_changed();
  if (*kind == AuditedKind::kOrganization) change.id.clear();
  if (*kind == AuditedKind::kAccessToken) change.id = std::string(key->first);
  if (*kind == AuditedKind::kUser) {
    // Its key holds the address.
    change.test.clear();
    v1::UserRecord user;
    if (!user.ParseFromString(record.has_after() ? record.after() : record.before())) {
      return Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt, "holds no user").Build();
    }
    change.id = user.id();
  }
  return change;
}

absl::StatusOr<AuditEvent> DecodeContent(const OrganizationId& chain, Event& record) {
  AuditEvent event;
  event.chain = chain;
  event.sequence = record.sequence();
  event.time = absl::FromUnixMicros(record.time_us());
  event.kind = static_cast<AuditEventKind>(record.kind());
  event.principal = std::move(*record.mutable_principal());
  if (record.role() != 0) event.role = static_cast<AccessRole>(record.role());
  event.acting_admin = UserId::FromTrusted(record.acting_admin());
  event.peer = std::move(*record.mutable_peer());
  event.method = std::move(*record.mutable_method());
  event.request_id = std::move(*record.mutable_request_id());
  event.resource = std::move(*record.mutable_resource());
  event.description = std::move(*record.mutable_description());
  for (const Event::Change& change : record.changes()) {
    ASSIGN_OR_RETURN(AuditedChange decoded, DecodeChange(change));
    event.changes.push_back(std::move(decoded));
  }
  if (record.has_refusal()) {
    event.refusal = AuditRefusal{.code = record.refusal().code(),
                                 .reason = record.refusal().reason(),
                                 .message = record.refusal().message(),
                                 .unwritten_count = record.refusal().unwritten_count()};
  }
  return event;
}

absl::StatusOr<AuditEvent> DecodeEntry(const OrganizationId& chain, int64_t sequence,
                                       absl::string_view key, absl::string_view value,
                                       Revision mod_revision) {
  v1::AuditEntryRecord entry;
  if (absl::Status opened = OpenRecord(key, value, &entry); !opened.ok()) {
    return OfEvent(chain, sequence, opened);
  }
  Event record;
  if (!record.ParseFromString(entry.event()) || record.sequence() != sequence) {
    return OfEvent(chain, sequence, CorruptRecord(key, "is not the event of its place"));
  }
  absl::StatusOr<AuditEvent> event = DecodeContent(chain, record);
  if (!event.ok()) return OfEvent(chain, sequence, event.status());
  event->revision = mod_revision;
  event->previous_hash = std::move(*entry.mutable_previous_hash());
  event->hash = std::move(*entry.mutable_hash());
  event->record = std::move(*entry.mutable_event());
  return event;
}

}  // namespace

absl::Status AuditTrail::AppendTransaction(Transaction& tx, const Caller& caller) {
  ASSIGN_OR_RETURN(ChangesByChain changes, ChangesOf(tx));
  for (auto& [chain, of_chain] : changes) {
    if (of_chain.empty()) continue;
    RETURN_IF_ERROR(AppendChanges(tx, chain, caller, std::move(of_chain)));
  }
  for (const Transaction::Description& description : tx.descriptions()) {
    const OrganizationId chain = ChainOfResource(description.resource);
    Event event = NewEvent(caller, chain, description.kind);
    event.set_resource(CleanText(description.resource, kMaxTextBytes));
    event.set_description(CleanText(description.description, kMaxTextBytes));
    RETURN_IF_ERROR(Append(tx, chain, std::move(event)));
  }
  return absl::OkStatus();
}

absl::Status AuditTrail::AppendRefusal(Transaction& tx, const OrganizationId& chain,
                                       const Caller& caller, const std::string& resource,
                                       const AuditRefusal& refusal) {
  Event event = NewEvent(caller, chain, AuditEventKind::kRefusal);
  event.set_resource(CleanText(resource, kMaxTextBytes));
  event.mutable_refusal()->set_code(refusal.code);
  event.mutable_refusal()->set_reason(CleanText(refusal.reason, kMaxNameBytes));
  event.mutable_refusal()->set_message(CleanText(refusal.message, kMaxTextBytes));
  event.mutable_refusal()->set_unwritten_count(refusal.unwritten_count);
  return Append(tx, chain, std::move(event));
}

absl::StatusOr<AuditTrail::Removal> AuditTrail::RemoveBefore(
    Transaction& tx, const OrganizationId& chain, absl::Time cutoff, int64_t limit,
    absl::FunctionRef<RetentionSignature(const Removal&)> sign) {
  ASSIGN_OR_RETURN(auto record, ChainRecord(tx, chain));
  Removal removal;
  Revision removed_revision = 0;
  RETURN_IF_ERROR(Scan(tx, chain, EndsOf(*record, 0).first_sequence,
                       [&](const AuditEvent& event) -> absl::StatusOr<bool> {
                         if (event.time >= cutoff || removal.count == limit) return false;
                         ++removal.count;
                         removal.first_sequence = event.sequence + 1;
                         removal.first_previous_hash = event.hash;
                         removed_revision = event.revision;
                         return true;
                       }));
  if (removal.count == 0) return removal;
  for (int64_t i = removal.count; i > 0; --i) {
    tx.Delete(keys::AuditEntry(chain, removal.first_sequence - i));
  }
  record->set_first_sequence(removal.first_sequence);
  record->set_first_previous_hash(removal.first_previous_hash);
  record->set_retention_time_us(absl::ToUnixMicros(cutoff));
  record->set_removed_revision(removed_revision);
  RetentionSignature signature = sign(removal);
  record->set_retention_signature(std::move(signature.signature));
  record->set_retention_key_id(std::move(signature.key_id));
  PutRecord(tx, keys::AuditChain(chain), *record);
  return removal;
}

absl::StatusOr<AuditChainEnds> AuditTrail::Ends(Reader& reader, const OrganizationId& chain) {
  ASSIGN_OR_RETURN(auto record, ChainRecord(reader, chain));
  return EndsOf(*record, record.mod_revision);
}

absl::StatusOr<std::optional<AuditEvent>> AuditTrail::Find(Reader& reader,
                                                           const OrganizationId& chain,
                                                           int64_t sequence) {
  const std::string key = keys::AuditEntry(chain, sequence);
  ASSIGN_OR_RETURN(const auto entry, reader.Get(key));
  if (!entry) return std::nullopt;
  ASSIGN_OR_RETURN(AuditEvent event,
                   DecodeEntry(chain, sequence, key, entry->value, entry->mod_revision));
  return event;
}

absl::Status AuditTrail::Scan(Reader& reader, const OrganizationId& chain, int64_t first_sequence,
                              absl::FunctionRef<absl::StatusOr<bool>(AuditEvent)> visit) {
  KeyRange range = PrefixRange(keys::OrganizationPrefix(keys::kAuditEntry, chain));
  range.start = keys::AuditEntry(chain, first_sequence);
  return ScanRange(reader, range,
                   [&](absl::string_view key, absl::string_view value,
                       Revision mod_revision) -> absl::StatusOr<bool> {
                     const std::optional<Place> place = PlaceOf(key);
                     if (!place) return CorruptRecord(key, "has no sequence in its key");
                     ASSIGN_OR_RETURN(AuditEvent event, DecodeEntry(chain, place->sequence, key,
                                                                    value, mod_revision));
                     return visit(std::move(event));
                   });
}

absl::Status AuditTrail::ScanChains(
    Reader& reader, const OrganizationId& first,
    absl::FunctionRef<absl::StatusOr<bool>(const OrganizationId&, const AuditChainEnds&)> visit) {
  KeyRange range = PrefixRange(keys::KindPrefix(keys::kAuditChain));
  range.start = keys::AuditChain(first);
  return ScanRange(reader, range,
                   [&](absl::string_view key, absl::string_view value,
                       Revision mod_revision) -> absl::StatusOr<bool> {
                     v1::AuditChainRecord record;
                     RETURN_IF_ERROR(OpenRecord(key, value, &record));
                     return visit(OrganizationId::FromTrusted(keys::Parse(key)->first),
                                  EndsOf(record, mod_revision));
                   });
}

absl::Status AuditTrail::RenderChanges(AuditEvent& event) {
  Event record;
  if (!record.ParseFromString(event.record) ||
      static_cast<size_t>(record.changes_size()) != event.changes.size()) {
    const std::string key = keys::AuditEntry(event.chain, event.sequence);
    return OfEvent(event.chain, event.sequence, CorruptRecord(key, "is not what was decoded"));
  }
  for (size_t i = 0; i < event.changes.size(); ++i) {
    const Event::Change& stored = record.changes(static_cast<int>(i));
    AuditedChange& change = event.changes[i];
    const auto key = keys::Parse(stored.key());
    const auto render = [&](const std::string& bytes) -> absl::StatusOr<std::string> {
      absl::StatusOr<std::string> json = RenderAuditedRecord(change.kind, *key, bytes);
      if (!json.ok()) return OfEvent(event.chain, event.sequence, json.status());
      return json;
    };
    if (stored.has_before()) {
      ASSIGN_OR_RETURN(change.before_json, render(stored.before()));
    }
    if (stored.has_after()) {
      ASSIGN_OR_RETURN(change.after_json, render(stored.after()));
    }
  }
  return absl::OkStatus();
}

std::string AuditTrail::Hash(absl::string_view previous_hash, absl::string_view record) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  std::string hash(kHashBytes, '\0');
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  EVP_DigestUpdate(context.get(), kHashDomain, sizeof(kHashDomain));
  EVP_DigestUpdate(context.get(), previous_hash.data(), previous_hash.size());
  EVP_DigestUpdate(context.get(), record.data(), record.size());
  EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(hash.data()), nullptr);
  return hash;
}

std::optional<AuditTrail::Place> AuditTrail::PlaceOf(absl::string_view key) {
  const auto parsed = keys::Parse(key);
  Place place;
  if (!parsed || parsed->kind != keys::kAuditEntry ||
      !absl::SimpleHexAtoi(parsed->second, &place.sequence)) {
    return std::nullopt;
  }
  place.chain = OrganizationId::FromTrusted(parsed->first);
  return place;
}

}  // namespace gatehouse::storage
