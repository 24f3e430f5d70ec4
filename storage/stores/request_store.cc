#include "storage/stores/request_store.h"

#include "storage/records/keys.h"
#include "storage/stores/expiry_queue.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {

absl::StatusOr<std::optional<CompletedRequest>> RequestStore::Find(
    Reader& reader, const OrganizationId& organization, absl::string_view request_id) {
  ASSIGN_OR_RETURN(auto record,
                   GetRecord<v1::RequestRecord>(reader, keys::Request(organization, request_id)));
  if (!record) return std::nullopt;
  return CompletedRequest{.fingerprint = (*record)->fingerprint(),
                          .resource = (*record)->resource()};
}

void RequestStore::Put(Transaction& tx, const OrganizationId& organization,
                       absl::string_view request_id, const CompletedRequest& request,
                       absl::Time now) {
  const std::string key = keys::Request(organization, request_id);
  v1::RequestRecord record;
  record.set_fingerprint(request.fingerprint);
  record.set_resource(request.resource);
  PutRecord(tx, key, record);
  ExpiryQueue::Add(tx, key, now + kRetention);
}

}  // namespace gatehouse::storage
