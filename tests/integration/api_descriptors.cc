#include "tests/integration/api_descriptors.h"

#include <google/protobuf/descriptor.pb.h>

#include <cstdlib>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/peers/child_process.h"

namespace gatehouse {
namespace {

template <typename Element>
void AddCommentOf(const Element& element, std::vector<std::string>& lines) {
  google::protobuf::SourceLocation location;
  if (!element.GetSourceLocation(&location) || location.leading_comments.empty()) {
    lines.push_back(absl::StrCat(element.full_name(), " has no comment"));
    return;
  }
  for (absl::string_view line : absl::StrSplit(location.leading_comments, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty()) lines.emplace_back(line);
  }
}

void AddCommentsOf(const google::protobuf::EnumDescriptor& type, std::vector<std::string>& lines) {
  AddCommentOf(type, lines);
  for (int i = 0; i < type.value_count(); ++i) AddCommentOf(*type.value(i), lines);
}

void AddCommentsOf(const google::protobuf::Descriptor& message, std::vector<std::string>& lines) {
  AddCommentOf(message, lines);
  for (int i = 0; i < message.field_count(); ++i) AddCommentOf(*message.field(i), lines);
  for (int i = 0; i < message.enum_type_count(); ++i) AddCommentsOf(*message.enum_type(i), lines);
  for (int i = 0; i < message.nested_type_count(); ++i) {
    const google::protobuf::Descriptor& nested = *message.nested_type(i);
    if (!nested.options().map_entry()) AddCommentsOf(nested, lines);
  }
}

}  // namespace

ApiDescriptors::ApiDescriptors() {
  google::protobuf::FileDescriptorSet set;
  std::ifstream file(DataFile("proto/descriptors.binpb"), std::ios::binary);
  if (!set.ParseFromIstream(&file)) abort();
  for (const auto& proto : set.file()) {
    const google::protobuf::FileDescriptor* const built = pool_.BuildFile(proto);
    if (built == nullptr) abort();
    for (int i = 0; i < built->service_count(); ++i) all_services_.push_back(built->service(i));
    if (built->package() != "gatehouse.v1") continue;
    for (int i = 0; i < built->service_count(); ++i) services_.push_back(built->service(i));
    for (int i = 0; i < built->message_type_count(); ++i) {
      messages_.push_back(built->message_type(i));
    }
    for (int i = 0; i < built->enum_type_count(); ++i) enums_.push_back(built->enum_type(i));
  }
}

std::vector<const google::protobuf::MethodDescriptor*> ApiDescriptors::unary_methods() const {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const google::protobuf::ServiceDescriptor* service : services_) {
    for (int i = 0; i < service->method_count(); ++i) {
      const google::protobuf::MethodDescriptor* const method = service->method(i);
      if (!method->client_streaming() && !method->server_streaming()) methods.push_back(method);
    }
  }
  return methods;
}

std::vector<std::string> CommentLines(const google::protobuf::ServiceDescriptor& service) {
  std::vector<std::string> lines;
  AddCommentOf(service, lines);
  for (int i = 0; i < service.method_count(); ++i) AddCommentOf(*service.method(i), lines);
  return lines;
}

std::vector<std::string> CommentLines(const google::protobuf::Descriptor& message) {
  std::vector<std::string> lines;
  AddCommentsOf(message, lines);
  return lines;
}

std::vector<std::string> CommentLines(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> lines;
  AddCommentsOf(type, lines);
  return lines;
}

}  // namespace gatehouse
