// The name in a request that says which organization it is about.
#ifndef GATEHOUSE_SERVER_SERVICES_REQUEST_RESOURCE_H_
#define GATEHOUSE_SERVER_SERVICES_REQUEST_RESOURCE_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/strings/string_view.h"

namespace gatehouse {

// The text at `path` ("user.name"), as server/access/method_rules.h gives it;
// empty if it is not set, or `path` is empty or leads nowhere.
std::string RequestResource(const google::protobuf::Message& request, absl::string_view path);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_REQUEST_RESOURCE_H_
