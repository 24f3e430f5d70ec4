// Requests about an organization, for any method of the API.
#ifndef GATEHOUSE_TESTS_INTEGRATION_ACCESS_REQUESTS_H_
#define GATEHOUSE_TESTS_INTEGRATION_ACCESS_REQUESTS_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

namespace gatehouse {

// Names of one organization's resources, whether they exist or not.
struct Names {
  std::string organization;  // "organizations/acme"
  std::string domain = "none.example";
  std::string user = "u0";
  std::string profile = "none";
  std::string test = "none";
};

// The name that the request's `name` field has.
std::string NameFor(const google::protobuf::MethodDescriptor& method, const Names& names);

// Makes of an empty message a request about the organization that changes
// nothing: of its parts it names those that `names` says, and it has an etag that
// is none's. Found by the API's conventions, not by the server's rules.
void NameResources(const google::protobuf::MethodDescriptor& method, const Names& names,
                   google::protobuf::Message& request);

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_INTEGRATION_ACCESS_REQUESTS_H_
