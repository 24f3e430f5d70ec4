#include "storage/stores/audit_rendering.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "policy/connection_test.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "storage/stores/audited_records.h"

namespace gatehouse::storage {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Struct;
using google::protobuf::Value;

// The values of each enum field, by number; as in the API, without prefix. A
// number that is not here is shown as it is.
const std::map<std::string, std::vector<const char*>>& EnumFields() {
  static const auto& fields = *new std::map<std::string, std::vector<const char*>>{
      {"DomainRecord.state", {"", "PENDING", "VERIFIED", "AT_RISK", "EXPIRED"}},
      {"DomainRecord.verify_method", {"", "DNS", "HTTPS_FILE"}},
      {"UserRecord.role", {"", "MEMBER", "ADMIN", "OWNER"}},
      {"ConnectionTestRecord.state", {"", "PENDING", "PASSED", "FAILED"}},
      {"EnforcementRecord.mode", {"", "ENFORCE", "OBSERVE"}},
      {"EnforcementRecord.unmanaged_users", {"", "PASSWORD", "REQUIRE_SSO"}},
      {"EnforcementRecord.on_unavailable", {"", "REQUIRE_SSO", "ALLOW_PASSWORD", "DENY"}},
      {"ExemptionRecord.kind", {"", "TRIGGERING_ADMIN", "BREAK_GLASS", "SERVICE_ACCOUNT"}},
      {"SsoOverrideRecord.mode", {"", "FOLLOW_DOMAIN", "REQUIRE_SSO", "EXEMPT"}},
      {"AccessTokenRecord.role", {"", "OPERATOR", "ORGANIZATION_ADMIN", "GATEWAY", "AUDITOR"}},
  };
  return fields;
}

std::string TimeText(int64_t micros) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixMicros(micros),
                          absl::UTCTimeZone());
}

Value Text(std::string text) {
  Value value;
  value.set_string_value(std::move(text));
  return value;
}

Value Number(int64_t number) {
  Value value;
  value.set_number_value(static_cast<double>(number));
  return value;
}

Struct RenderMessage(const Message& message);

Value RenderNumber(const FieldDescriptor& field, int64_t number) {
  const std::string& name = field.name();
  if (absl::EndsWith(name, "time_us") || absl::EndsWith(name, "deadline_us")) {
    return Text(TimeText(number));
  }
  if (absl::EndsWith(name, "_us")) {
    return Text(absl::FormatDuration(absl::Microseconds(number)));
  }
  if (&field == v1::ConnectionTestRecord::descriptor()->FindFieldByNumber(
                    v1::ConnectionTestRecord::kFailureFieldNumber)) {
    return Text(std::string(Name(static_cast<ConnectionTestFailure>(number))));
  }
  const auto names =
      EnumFields().find(absl::StrCat(field.containing_type()->name(), ".", field.name()));
  if (names != EnumFields().end() && number > 0 &&
      number < static_cast<int64_t>(names->second.size())) {
    return Text(names->second[static_cast<size_t>(number)]);
  }
  return Number(number);
}

Value RenderText(const FieldDescriptor& field, const std::string& text) {
  return Text(field.type() == FieldDescriptor::TYPE_BYTES ? absl::BytesToHexString(text) : text);
}

Value RenderOne(const Message& message, const Reflection& reflection,
                const FieldDescriptor& field) {
  Value value;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      *value.mutable_struct_value() = RenderMessage(reflection.GetMessage(message, &field));
      return value;
    case FieldDescriptor::CPPTYPE_BOOL:
      value.set_bool_value(reflection.GetBool(message, &field));
      return value;
    case FieldDescriptor::CPPTYPE_INT32:
      return RenderNumber(field, reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return RenderNumber(field, reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return RenderNumber(field, static_cast<int64_t>(reflection.GetUInt64(message, &field)));
    default:
      return RenderText(field, reflection.GetString(message, &field));
  }
}

Value RenderList(const Message& message, const Reflection& reflection,
                 const FieldDescriptor& field) {
  Value list;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      *list.mutable_list_value()->add_values()->mutable_struct_value() =
          RenderMessage(reflection.GetRepeatedMessage(message, &field, i));
    } else {
      *list.mutable_list_value()->add_values() =
          RenderText(field, reflection.GetRepeatedString(message, &field, i));
    }
  }
  return list;
}

bool IsShown(const Message& message, const Reflection& reflection, const FieldDescriptor& field) {
  if (field.is_repeated()) return reflection.FieldSize(message, &field) > 0;
  // That it is false says as much as that it is true.
  return field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL || reflection.HasField(message, &field);
}

Struct RenderMessage(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  Struct fields;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.name() == "percent_left_out") {
      (*fields.mutable_fields())["percent"] = Number(100 - reflection.GetInt32(message, &field));
      continue;
    }
    if (!IsShown(message, reflection, field)) continue;
    (*fields.mutable_fields())[std::string(absl::StripSuffix(field.name(), "_us"))] =
        field.is_repeated() ? RenderList(message, reflection, field)
                            : RenderOne(message, reflection, field);
  }
  return fields;
}

}  // namespace

absl::StatusOr<std::string> RenderAuditedRecord(AuditedKind kind, const keys::Parsed& key,
                                                absl::string_view bytes) {
  const std::unique_ptr<Message> record = NewAuditedRecord(kind);
  if (!record->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt,
                 absl::StrCat("an audit event holds bytes that are no ", record->GetTypeName()))
        .Build();
  }
  Struct fields = RenderMessage(*record);
  if (kind == AuditedKind::kUser) {
    (*fields.mutable_fields())["email"] = Text(absl::StrCat(key.third, "@", key.second));
  }
  if (kind == AuditedKind::kSsoOverride) {
    Struct user;
    *(*user.mutable_fields())["sso_override"].mutable_struct_value() = std::move(fields);
    fields = std::move(user);
  }
  std::string json;
  const auto rendered = google::protobuf::util::MessageToJsonString(fields, &json);
  if (!rendered.ok()) {
    return Error(absl::StatusCode::kInternal, reason::kInternal,
                 absl::StrCat("cannot render an audited record: ", rendered.ToString()))
        .Build();
  }
  return json;
}

}  // namespace gatehouse::storage
