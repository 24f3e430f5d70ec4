#include "server/services/request_resource.h"

#include <google/protobuf/descriptor.h>

namespace gatehouse {

using google::protobuf::FieldDescriptor;

std::string RequestResource(const google::protobuf::Message& request, absl::string_view path) {
  if (path.empty()) return "";
  const size_t dot = path.find('.');
  const FieldDescriptor* const field =
      request.GetDescriptor()->FindFieldByName(std::string(path.substr(0, dot)));
  if (field == nullptr || field->is_repeated()) return "";
  const google::protobuf::Reflection* const reflection = request.GetReflection();
  if (dot == absl::string_view::npos) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return "";
    return reflection->GetString(request, field);
  }
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return "";
  return RequestResource(reflection->GetMessage(request, field), path.substr(dot + 1));
}

}  // namespace gatehouse
