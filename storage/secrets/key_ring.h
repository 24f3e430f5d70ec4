// Where the key ring comes from: the environment, a file, or, for a new store, a
// file made on the spot.
#ifndef GATEHOUSE_STORAGE_SECRETS_KEY_RING_H_
#define GATEHOUSE_STORAGE_SECRETS_KEY_RING_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "storage/secrets/secret_box.h"

namespace gatehouse::storage {

// The environment variable that holds a key ring, in the format of
// SecretBox::FromKeyRing (keys may also be separated by commas).
inline constexpr char kKeyRingVariable[] = "GATEHOUSE_KEY_RING";

struct KeyRingOptions {
  // The value of kKeyRingVariable; wins over the file if it is set and not empty.
  std::optional<std::string> environment;
  // Empty: where the environment has no ring, a key for this process only, which
  // suits a store in memory.
  std::string file;
  // Whether the store holds something that only an existing key opens.
  bool store_has_secrets = false;
};

struct KeyRing {
  std::unique_ptr<SecretBox> box;
  std::string source;    // for the log: "environment variable …", "key file …"
  bool created = false;  // the file was made now: without a copy of it, secrets can be lost
};

// FAILED_PRECONDITION, saying what to do: no key, though the store holds sealed
// secrets; or a file that others may read or write. INVALID_ARGUMENT: the ring
// is malformed. INTERNAL: the file cannot be read or made.
//
// A new file has mode 0600 and appears complete or not at all; of two processes
// that make it at once, both end with the same key.
absl::StatusOr<KeyRing> LoadOrCreateKeyRing(const KeyRingOptions& options);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_SECRETS_KEY_RING_H_
