// Secrets at rest: AES-256-GCM under a key ring.
//
// A sealed secret is bound to the record that holds it: opened under another
// key or field name, it is refused.
//
//   box->Seal("k/acme/okta", "client_secret", secret)
#ifndef GATEHOUSE_STORAGE_SECRETS_SECRET_BOX_H_
#define GATEHOUSE_STORAGE_SECRETS_SECRET_BOX_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gatehouse::storage {

// Thread-safe. No method logs, and no error quotes, a secret or a key.
class SecretBox {
 public:
  // The ring: one key a line, 64 hex digits (32 bytes) each; the first seals,
  // all of them open. Empty lines and lines that begin with '#' do not count.
  // INVALID_ARGUMENT naming the line: none, a malformed or a repeated key.
  static absl::StatusOr<std::unique_ptr<SecretBox>> FromKeyRing(absl::string_view key_ring);
  ~SecretBox();

  // Encrypts `secret` by the first key, with a random nonce. `record_key` and
  // `field` are authenticated with it. The format:
  //   %x01 key_id(8) nonce(12) ciphertext tag(16)
  // key_id: the first 8 bytes of SHA-256("gatehouse-key-id" key).
  std::string Seal(absl::string_view record_key, absl::string_view field,
                   absl::string_view secret) const;
  // DATA_LOSS (STORE_CORRUPT): not a sealed secret, changed, or of another
  // record or field. FAILED_PRECONDITION (STORE_CORRUPT): sealed by a key that
  // is not in the ring; the message names its id.
  absl::StatusOr<std::string> Open(absl::string_view record_key, absl::string_view field,
                                   absl::string_view sealed) const;
  // Whether the first key sealed it: what a rotation need not touch.
  bool IsSealedByFirstKey(absl::string_view sealed) const;

  // HMAC-SHA-256 of `message` (32 bytes) by a key derived (HKDF-SHA-256, info
  // "gatehouse-sign") from the first key, or from the key with `key_id` (16 hex
  // digits). FAILED_PRECONDITION: no such key in the ring.
  std::string Sign(absl::string_view message) const;
  absl::StatusOr<bool> Verify(absl::string_view key_id, absl::string_view message,
                              absl::string_view signature) const;
  // Id of the first key, 16 hex digits.
  std::string first_key_id() const;

 private:
  struct Key;
  explicit SecretBox(std::vector<Key> keys);
  std::vector<Key> keys_;
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_SECRETS_SECRET_BOX_H_
