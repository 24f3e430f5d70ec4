// The API as protoc described it, comments included: what reflection must serve.
#ifndef GATEHOUSE_TESTS_INTEGRATION_API_DESCRIPTORS_H_
#define GATEHOUSE_TESTS_INTEGRATION_API_DESCRIPTORS_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace gatehouse {

class ApiDescriptors {
 public:
  // A missing or broken descriptor set ends the test.
  ApiDescriptors();

  // Those of package gatehouse.v1.
  const std::vector<const google::protobuf::ServiceDescriptor*>& services() const {
    return services_;
  }
  // And gRPC's own: health and reflection.
  const std::vector<const google::protobuf::ServiceDescriptor*>& all_services() const {
    return all_services_;
  }
  std::vector<const google::protobuf::MethodDescriptor*> unary_methods() const;
  // Top-level messages and enums.
  const std::vector<const google::protobuf::Descriptor*>& messages() const { return messages_; }
  const std::vector<const google::protobuf::EnumDescriptor*>& enums() const { return enums_; }

 private:
  google::protobuf::DescriptorPool pool_;
  std::vector<const google::protobuf::ServiceDescriptor*> services_, all_services_;
  std::vector<const google::protobuf::Descriptor*> messages_;
  std::vector<const google::protobuf::EnumDescriptor*> enums_;
};

// The lines of the comments in front of the element and of all that stands in
// it, without blanks around; an element without a comment gives the line
// "<full name> has no comment".
std::vector<std::string> CommentLines(const google::protobuf::ServiceDescriptor& service);
std::vector<std::string> CommentLines(const google::protobuf::Descriptor& message);
std::vector<std::string> CommentLines(const google::protobuf::EnumDescriptor& type);

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_INTEGRATION_API_DESCRIPTORS_H_
