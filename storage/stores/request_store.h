// Memory of creates with a request_id, which makes a retry safe.
#ifndef GATEHOUSE_STORAGE_STORES_REQUEST_STORE_H_
#define GATEHOUSE_STORAGE_STORES_REQUEST_STORE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/ids.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

struct CompletedRequest {
  std::string fingerprint;  // of the request's content
  std::string resource;     // what it created
};

struct RequestStore {
  static constexpr absl::Duration kRetention = absl::Hours(24);

  static absl::StatusOr<std::optional<CompletedRequest>> Find(Reader& reader,
                                                              const OrganizationId& organization,
                                                              absl::string_view request_id);
  static void Put(Transaction& tx, const OrganizationId& organization, absl::string_view request_id,
                  const CompletedRequest& request, absl::Time now);
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_REQUEST_STORE_H_
