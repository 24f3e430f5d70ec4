#include "tests/integration/access_requests.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace gatehouse {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

bool SetText(Message& message, const std::string& field_name, const std::string& text) {
  const FieldDescriptor* const field = message.GetDescriptor()->FindFieldByName(field_name);
  if (field == nullptr || field->type() != FieldDescriptor::TYPE_STRING) return false;
  message.GetReflection()->SetString(&message, field, text);
  return true;
}

}  // namespace

std::string NameFor(const MethodDescriptor& method, const Names& names) {
  const std::string& service = method.service()->name();
  if (service == "AccessTokenService") return "accessTokens/none";
  if (service == "AuditService") return names.organization + "/auditChain";
  if (service == "OrganizationService") return names.organization;
  if (service == "DomainService")
    return absl::StrCat(names.organization, "/domains/", names.domain);
  if (service == "UserService") return absl::StrCat(names.organization, "/users/", names.user);
  if (service == "EnforcementService") {
    return absl::EndsWith(method.name(), "Exemption")
               ? absl::StrCat(names.organization, "/exemptions/", names.user)
               : absl::StrCat(names.organization, "/enforcements/", names.domain);
  }
  const std::string profile = absl::StrCat(names.organization, "/ssoProfiles/", names.profile);
  const bool of_test =
      absl::EndsWith(method.name(), "ConnectionTest") && !absl::StartsWith(method.name(), "Start");
  return of_test ? absl::StrCat(profile, "/connectionTests/", names.test) : profile;
}

void NameResources(const MethodDescriptor& method, const Names& names, Message& request) {
  SetText(request, "etag", "none");
  if (SetText(request, "parent", names.organization)) return;
  if (SetText(request, "name", NameFor(method, names))) return;
  if (!absl::StartsWith(method.name(), "Update")) return;
  const FieldDescriptor* const resource = request.GetDescriptor()->field(0);
  Message& updated = *request.GetReflection()->MutableMessage(&request, resource);
  SetText(updated, "etag", "none");
  ASSERT_TRUE(SetText(updated, "name", NameFor(method, names))) << method.full_name();
}

}  // namespace gatehouse
