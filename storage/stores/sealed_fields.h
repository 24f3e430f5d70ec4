// What a sealed secret is, as it is authenticated with it beside the key of its
// record. Persisted, never rename.
#ifndef GATEHOUSE_STORAGE_STORES_SEALED_FIELDS_H_
#define GATEHOUSE_STORAGE_STORES_SEALED_FIELDS_H_

#include "absl/strings/string_view.h"

namespace gatehouse::storage::sealed_fields {

inline constexpr absl::string_view kPrivateKeyPem = "private_key_pem";  // ProfileKeyRecord
inline constexpr absl::string_view kClientSecret = "client_secret";     // ProfileKeyRecord
inline constexpr absl::string_view kCodeVerifier = "code_verifier";     // ConnectionTestRecord

}  // namespace gatehouse::storage::sealed_fields

#endif  // GATEHOUSE_STORAGE_STORES_SEALED_FIELDS_H_
