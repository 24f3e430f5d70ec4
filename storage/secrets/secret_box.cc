#include "storage/secrets/secret_box.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "policy/errors.h"

namespace gatehouse::storage {
namespace {

constexpr char kVersion = '\x01';  // persisted, never renumber
constexpr size_t kKeyBytes = 32;
constexpr size_t kKeyIdBytes = 8;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kHeaderBytes = 1 + kKeyIdBytes;
constexpr size_t kOverheadBytes = kHeaderBytes + kNonceBytes + kTagBytes;
constexpr size_t kMaxKeys = 16;
constexpr char kSignInfo[] = "gatehouse-sign";
constexpr char kKeyIdPrefix[] = "gatehouse-key-id";

template <auto Free>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, OpensslFree<EVP_CIPHER_CTX_free>>;
using Kdf = std::unique_ptr<EVP_KDF, OpensslFree<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, OpensslFree<EVP_KDF_CTX_free>>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// Encryption under a valid key fails only if OpenSSL itself is broken or the
// system has no randomness. To go on could only mean to store a secret in clear.
void Require(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "gatehouse: OpenSSL cannot %s\n", what);
  std::abort();
}

// The length in front keeps ("ab", "c") apart from ("a", "bc").
std::string AuthenticatedData(absl::string_view header, absl::string_view record_key,
                              absl::string_view field) {
  std::string data(header);
  for (int shift = 24; shift >= 0; shift -= 8) {
    data.push_back(static_cast<char>(record_key.size() >> shift));
  }
  absl::StrAppend(&data, record_key, field);
  return data;
}

bool Authenticate(EVP_CIPHER_CTX* context, absl::string_view data) {
  int size = 0;
  return EVP_CipherUpdate(context, nullptr, &size, Bytes(data), static_cast<int>(data.size())) == 1;
}

absl::Status Refused(absl::string_view record_key, absl::string_view field,
                     absl::string_view what) {
  return Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt,
               absl::StrCat("the sealed \"", field, "\" of record ", Quoted(record_key), " ", what))
      .Build();
}

absl::Status UnknownKey(absl::string_view what, absl::string_view key_id) {
  return Error(absl::StatusCode::kFailedPrecondition, reason::kStoreCorrupt,
               absl::StrCat(what, " by the key ", key_id,
                            ", which is not in the key ring; put it back (docs/configuration.md)"))
      .Build();
}

}  // namespace

struct SecretBox::Key {
  std::array<unsigned char, kKeyBytes> bytes;
  std::array<unsigned char, kKeyBytes> sign_bytes;
  std::string id;  // kKeyIdBytes

  Key() = default;
  Key(Key&&) = default;
  Key& operator=(Key&&) = default;
  ~Key() {
    OPENSSL_cleanse(bytes.data(), bytes.size());
    OPENSSL_cleanse(sign_bytes.data(), sign_bytes.size());
  }

  std::string HexId() const { return absl::BytesToHexString(id); }
  std::string Mac(absl::string_view message) const {
    std::string mac(SHA256_DIGEST_LENGTH, '\0');
    unsigned int size = 0;
    Require(HMAC(EVP_sha256(), sign_bytes.data(), static_cast<int>(sign_bytes.size()),
                 Bytes(message), message.size(), Bytes(mac), &size) != nullptr &&
                size == mac.size(),
            "sign");
    return mac;
  }
  void Derive();
};

void SecretBox::Key::Derive() {
  std::string named(kKeyIdPrefix);
  named.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  Require(
      EVP_Digest(named.data(), named.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1,
      "hash");
  OPENSSL_cleanse(named.data(), named.size());
  id.assign(reinterpret_cast<const char*>(digest.data()), kKeyIdBytes);

  const Kdf kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const KdfContext context(kdf == nullptr ? nullptr : EVP_KDF_CTX_new(kdf.get()));
  Require(context != nullptr, "derive a key");
  std::string hash = "SHA256";
  std::string info = kSignInfo;
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, bytes.data(), bytes.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  Require(EVP_KDF_derive(context.get(), sign_bytes.data(), sign_bytes.size(), params) == 1,
          "derive a key");
}

SecretBox::SecretBox(std::vector<Key> keys) : keys_(std::move(keys)) {}
SecretBox::~SecretBox() = default;

absl::StatusOr<std::unique_ptr<SecretBox>> SecretBox::FromKeyRing(absl::string_view key_ring) {
  std::vector<Key> keys;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(key_ring, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    // The line is not quoted: it may be a key with a typing error.
    const auto malformed = [&](absl::string_view what) {
      return InvalidField(absl::StrCat("key_ring line ", number), "(hidden)", what);
    };
    if (line.size() != 2 * kKeyBytes ||
        !std::all_of(line.begin(), line.end(), absl::ascii_isxdigit)) {
      return malformed("64 hex digits");
    }
    if (keys.size() == kMaxKeys) return malformed(absl::StrCat("at most ", kMaxKeys, " keys"));
    std::string raw = absl::HexStringToBytes(line);
    Key key;
    std::copy(raw.begin(), raw.end(), key.bytes.begin());
    OPENSSL_cleanse(raw.data(), raw.size());
    key.Derive();
    for (const Key& other : keys) {
      if (other.id == key.id) return malformed("each key once");
    }
    keys.push_back(std::move(key));
  }
  if (keys.empty())
    return InvalidField("key_ring", "", "at least one key: a line of 64 hex digits");
  return std::unique_ptr<SecretBox>(new SecretBox(std::move(keys)));
}

std::string SecretBox::Seal(absl::string_view record_key, absl::string_view field,
                            absl::string_view secret) const {
  const Key& key = keys_.front();
  std::string nonce(kNonceBytes, '\0');
  Require(RAND_bytes(Bytes(nonce), static_cast<int>(nonce.size())) == 1, "make a nonce");
  std::string sealed = absl::StrCat(absl::string_view(&kVersion, 1), key.id);
  const std::string data = AuthenticatedData(sealed, record_key, field);
  absl::StrAppend(&sealed, nonce);

  const CipherContext context(EVP_CIPHER_CTX_new());
  std::string ciphertext(secret.size(), '\0');
  std::string tag(kTagBytes, '\0');
  int size = 0;
  Require(context != nullptr &&
              EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.bytes.data(),
                                  Bytes(absl::string_view(nonce)), nullptr) == 1 &&
              Authenticate(context.get(), data) &&
              EVP_EncryptUpdate(context.get(), Bytes(ciphertext), &size, Bytes(secret),
                                static_cast<int>(secret.size())) == 1 &&
              static_cast<size_t>(size) == secret.size() &&
              EVP_EncryptFinal_ex(context.get(), Bytes(tag), &size) == 1 && size == 0 &&
              EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1,
          "encrypt");
  absl::StrAppend(&sealed, ciphertext, tag);
  return sealed;
}

absl::StatusOr<std::string> SecretBox::Open(absl::string_view record_key, absl::string_view field,
                                            absl::string_view sealed) const {
  if (sealed.size() < kOverheadBytes || sealed.front() != kVersion) {
    return Refused(record_key, field, "is no sealed secret");
  }
  const absl::string_view header = sealed.substr(0, kHeaderBytes);
  const absl::string_view id = header.substr(1);
  const auto key = std::find_if(keys_.begin(), keys_.end(),
                                [&](const Key& candidate) { return candidate.id == id; });
  if (key == keys_.end()) {
    return UnknownKey(
        absl::StrCat("the \"", field, "\" of record ", Quoted(record_key), " is sealed"),
        absl::BytesToHexString(id));
  }
  const absl::string_view nonce = sealed.substr(kHeaderBytes, kNonceBytes);
  const absl::string_view ciphertext =
      sealed.substr(kHeaderBytes + kNonceBytes, sealed.size() - kOverheadBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const std::string data = AuthenticatedData(header, record_key, field);

  const CipherContext context(EVP_CIPHER_CTX_new());
  std::string secret(ciphertext.size(), '\0');
  int size = 0;
  std::array<unsigned char, 16> rest;
  const bool opened =
      context != nullptr &&
      EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), key->bytes.data(), Bytes(nonce),
                          nullptr) == 1 &&
      Authenticate(context.get(), data) &&
      EVP_DecryptUpdate(context.get(), Bytes(secret), &size, Bytes(ciphertext),
                        static_cast<int>(ciphertext.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), rest.data(), &size) == 1;
  if (!opened) {
    // What was decrypted before the tag failed is not to be believed, or kept.
    OPENSSL_cleanse(secret.data(), secret.size());
    return Refused(record_key, field, "was changed, or belongs to another record or field");
  }
  return secret;
}

bool SecretBox::IsSealedByFirstKey(absl::string_view sealed) const {
  return sealed.size() >= kOverheadBytes && sealed.front() == kVersion &&
         sealed.substr(1, kKeyIdBytes) == keys_.front().id;
}

std::string SecretBox::Sign(absl::string_view message) const { return keys_.front().Mac(message); }

absl::StatusOr<bool> SecretBox::Verify(absl::string_view key_id, absl::string_view message,
                                       absl::string_view signature) const {
  for (const Key& key : keys_) {
    if (key.HexId() != key_id) continue;
    const std::string expected = key.Mac(message);
    return signature.size() == expected.size() &&
           CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) == 0;
  }
  return UnknownKey("the message is signed", Quoted(key_id));
}

std::string SecretBox::first_key_id() const { return keys_.front().HexId(); }

}  // namespace gatehouse::storage
