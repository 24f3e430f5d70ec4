#include "server/services/audit_rendering.h"

#include <google/protobuf/util/json_util.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/names/audit_names.h"
#include "server/services/requests.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxFilterTextBytes = 512;

absl::Status CheckLength(absl::string_view field, const std::string& text) {
  if (text.size() <= kMaxFilterTextBytes) return absl::OkStatus();
  return InvalidField(field, text, absl::StrCat("at most ", kMaxFilterTextBytes, " bytes"));
}

absl::Status RenderJson(const std::optional<std::string>& json, google::protobuf::Struct* out) {
  if (!json) return absl::OkStatus();
  const auto parsed = google::protobuf::util::JsonStringToMessage(*json, out);
  if (parsed.ok()) return absl::OkStatus();
  return Error(absl::StatusCode::kInternal, reason::kInternal,
               absl::StrCat("a change is no JSON object: ", parsed.ToString()))
      .Build();
}

}  // namespace

absl::StatusOr<AuditFilter> ParseAuditFilter(const v1::AuditEventFilter& filter) {
  AuditFilter parsed;
  if (filter.has_start_time()) {
    ASSIGN_OR_RETURN(parsed.start, ParseTime("filter.start_time", filter.start_time()));
  }
  if (filter.has_end_time()) {
    ASSIGN_OR_RETURN(parsed.end, ParseTime("filter.end_time", filter.end_time()));
  }
  RETURN_IF_ERROR(CheckLength("filter.actor", filter.actor()));
  RETURN_IF_ERROR(CheckLength("filter.resource", filter.resource()));
  parsed.actor = filter.actor();
  parsed.resource = filter.resource();
  for (int i = 0; i < filter.kinds_size(); ++i) {
    ASSIGN_OR_RETURN(
        const AuditEventKind kind,
        ParseEnum<AuditEventKind>(absl::StrCat("filter.kinds[", i, "]"), filter.kinds(i),
                                  std::nullopt, v1::AuditEvent::Kind_IsValid));
    parsed.kinds.push_back(kind);
  }
  return parsed;
}

absl::StatusOr<v1::AuditEvent> RenderAuditEvent(const storage::AuditEvent& event,
                                                bool include_record) {
  v1::AuditEvent rendered;
  rendered.set_name(AuditEventNameOf(event.chain, event.sequence));
  rendered.set_sequence(event.sequence);
  rendered.set_revision(static_cast<int64_t>(event.revision));
  *rendered.mutable_time() = RenderTime(event.time);
  rendered.set_kind(static_cast<v1::AuditEvent::Kind>(event.kind));
  rendered.set_principal(event.principal);
  if (event.role) rendered.set_role(static_cast<v1::AccessRole>(*event.role));
  rendered.set_acting_admin(ActingAdminNameOf(event));
  rendered.set_peer(event.peer);
  rendered.set_method(event.method);
  rendered.set_request_id(event.request_id);
  rendered.set_resource(ResourceNameOf(event));
  rendered.set_description(event.description);
  for (const storage::AuditedChange& change : event.changes) {
    v1::AuditEvent::Change& out = *rendered.add_changes();
    out.set_resource(ResourceNameOf(change));
    if (change.before_json) {
      RETURN_IF_ERROR(RenderJson(change.before_json, out.mutable_before()));
    }
    if (change.after_json) RETURN_IF_ERROR(RenderJson(change.after_json, out.mutable_after()));
    out.set_secret_changed(change.secret_changed);
  }
  if (event.refusal) {
    rendered.mutable_refusal()->set_code(event.refusal->code);
    rendered.mutable_refusal()->set_reason(event.refusal->reason);
    rendered.mutable_refusal()->set_message(event.refusal->message);
    rendered.mutable_refusal()->set_unwritten_count(event.refusal->unwritten_count);
  }
  rendered.set_previous_hash(event.previous_hash);
  rendered.set_hash(event.hash);
  if (include_record) rendered.set_record(event.record);
  return rendered;
}

v1::AuditChain RenderAuditChain(const AuditChainView& view) {
  const storage::AuditChainEnds& ends = view.ends;
  v1::AuditChain chain;
  chain.set_name(AuditChainNameOf(view.chain));
  if (ends.last_sequence == 0) return chain;
  chain.set_first_sequence(ends.first_sequence);
  chain.set_first_previous_hash(ends.first_previous_hash);
  chain.set_last_sequence(ends.last_sequence);
  chain.set_last_hash(ends.last_hash);
  chain.set_retention_signature(ends.retention_signature);
  chain.set_retention_signature_valid(view.retention_signature_valid);
  if (ends.retention_time != absl::InfinitePast()) {
    *chain.mutable_retention_time() = RenderTime(ends.retention_time);
  }
  return chain;
}

}  // namespace gatehouse
