// Creates that may be repeated: a request_id remembers what it made.
//
//   IdempotentRequest request(organization, command.request_id, {command.name, …});
//   …Run(organization, [&](Transaction& tx) -> absl::Status {
//     ASSIGN_OR_RETURN(auto result, request.FindResult(tx));
//     if (result) { id = *result; return absl::OkStatus(); }
//     … create, then:
//     return request.Remember(tx, id, now);
//   });
#ifndef GATEHOUSE_SERVER_MANAGERS_IDEMPOTENT_REQUEST_H_
#define GATEHOUSE_SERVER_MANAGERS_IDEMPOTENT_REQUEST_H_

#include <initializer_list>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/ids.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

class IdempotentRequest {
 public:
  // `content`: everything that makes the request what it is, its method first.
  // An empty `request_id` remembers nothing.
  IdempotentRequest(OrganizationId organization, std::string request_id,
                    std::initializer_list<absl::string_view> content);

  // What the same request made before; nullopt: nothing, go on. INVALID_ARGUMENT:
  // a request_id above 64 bytes or with other than printable ASCII.
  // ALREADY_EXISTS (REQUEST_ID_REUSED): it was used for another request.
  absl::StatusOr<std::optional<std::string>> FindResult(storage::Transaction& tx) const;

  // Remembers for 24 hours that the request made `result`. Also forgets a few
  // records whose time has come.
  absl::Status Remember(storage::Transaction& tx, absl::string_view result, absl::Time now) const;

 private:
  OrganizationId organization_;
  std::string request_id_;
  std::string fingerprint_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_IDEMPOTENT_REQUEST_H_
