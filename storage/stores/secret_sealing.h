// Seals what older stores hold in clear, and re-seals what is not under the
// first key of the ring: the start-up task that makes a key rotation complete.
#ifndef GATEHOUSE_STORAGE_STORES_SECRET_SEALING_H_
#define GATEHOUSE_STORAGE_STORES_SECRET_SEALING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/secrets/secret_box.h"
#include "storage/stores/transaction.h"
#include "storage/stores/transaction_runner.h"

namespace gatehouse::storage {

// Whether the store holds a secret that only its key ring opens.
absl::StatusOr<bool> HasSealedSecrets(Reader& reader);

struct SecretSealing {
  int64_t sealed = 0;    // secrets that stood in clear
  int64_t resealed = 0;  // that were sealed by another key than the first
  // Keys of records with a secret that does not open (damage), at most 100.
  std::vector<std::string> damaged;
};

// Leaves every secret of the store sealed by the first key of `secrets`, in
// transactions of a few records of one organization each, on behalf of
// Caller::System("seal-secrets", now). Interrupted, it is completed by the next
// run. May run beside other changes.
//
// A damaged secret is reported and left alone. FAILED_PRECONDITION
// (STORE_CORRUPT): one is sealed by a key that is not in the ring.
absl::StatusOr<SecretSealing> SealSecrets(TransactionRunner& runner, const SecretBox& secrets,
                                          absl::Time now);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_SECRET_SEALING_H_
