#include "server/connectors/saml_decryption.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <optional>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "policy/status_macros.h"
#include "server/connectors/saml_names.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxEncryptedKeys = 4;  // one per recipient; each costs an RSA operation
constexpr size_t kAesBlockBytes = 16;
constexpr size_t kGcmIvBytes = 12;
constexpr size_t kGcmTagBytes = 16;

struct ContentCipher {
  absl::string_view uri;
  const EVP_CIPHER* (*cipher)();
  size_t key_bytes;
  bool gcm;
};

constexpr std::array<ContentCipher, 4> kContentCiphers = {{
    {"http://www.w3.org/2001/04/xmlenc#aes128-cbc", EVP_aes_128_cbc, 16, false},
    {"http://www.w3.org/2001/04/xmlenc#aes256-cbc", EVP_aes_256_cbc, 32, false},
    {"http://www.w3.org/2009/xmlenc11#aes128-gcm", EVP_aes_128_gcm, 16, true},
    {"http://www.w3.org/2009/xmlenc11#aes256-gcm", EVP_aes_256_gcm, 32, true},
}};

struct Digest {
  absl::string_view uri;
  const EVP_MD* (*digest)();
};

// SHA-1 is sound inside OAEP, and its default there (XML Encryption, 5.5.2).
constexpr std::array<Digest, 4> kOaepDigests = {{
    {"http://www.w3.org/2000/09/xmldsig#sha1", EVP_sha1},
    {"http://www.w3.org/2001/04/xmlenc#sha256", EVP_sha256},
    {"http://www.w3.org/2001/04/xmldsig-more#sha384", EVP_sha384},
    {"http://www.w3.org/2001/04/xmlenc#sha512", EVP_sha512},
}};

constexpr std::array<Digest, 4> kOaepMasks = {{
    {"http://www.w3.org/2009/xmlenc11#mgf1sha1", EVP_sha1},
    {"http://www.w3.org/2009/xmlenc11#mgf1sha256", EVP_sha256},
    {"http://www.w3.org/2009/xmlenc11#mgf1sha384", EVP_sha384},
    {"http://www.w3.org/2009/xmlenc11#mgf1sha512", EVP_sha512},
}};

constexpr absl::string_view kRsaOaepMgf1p = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
constexpr absl::string_view kRsaOaep = "http://www.w3.org/2009/xmlenc11#rsa-oaep";

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

SamlRefusal Malformed(absl::string_view detail) {
  return {ConnectionTestFailure::kMalformedResponse, std::string(detail)};
}

SamlRefusal Forbidden(absl::string_view what, const std::optional<std::string>& algorithm) {
  return {ConnectionTestFailure::kAlgorithmForbidden,
          absl::StrCat("the ", what, " of the encrypted assertion is ", ShownOrNothing(algorithm),
                       "; allowed are AES-CBC or AES-GCM with 128 or 256 bits, and RSA-OAEP")};
}

SamlRefusal Failed() {
  return {ConnectionTestFailure::kDecryptionFailed,
          "the assertion was encrypted for another key than this profile's, or was damaged"};
}

// The one element that holds the ciphertext in line; CipherReference is refused
// with everything else, since it names a place outside.
SamlResult<std::string> ReadCipherValue(const xmlNode* encrypted) {
  const xmlNode* data = FirstChild(encrypted, kEncryptionNs, "CipherData");
  const xmlNode* value = data == nullptr ? nullptr : FirstChild(data, kEncryptionNs, "CipherValue");
  if (value == nullptr) return Malformed("an encrypted element has no CipherValue");
  std::string bytes;
  if (!absl::Base64Unescape(TextOf(value), &bytes)) {
    return Malformed("a CipherValue is not base64");
  }
  return bytes;
}

std::vector<xmlNode*> EncryptedKeysOf(const xmlNode* encrypted_assertion,
                                      const xmlNode* encrypted_data) {
  std::vector<xmlNode*> keys = ChildElements(encrypted_assertion, kEncryptionNs, "EncryptedKey");
  if (const xmlNode* info = FirstChild(encrypted_data, kSignatureNs, "KeyInfo"); info != nullptr) {
    for (xmlNode* key : ChildElements(info, kEncryptionNs, "EncryptedKey")) keys.push_back(key);
  }
  return keys;
}

// How a key is wrapped.
struct Oaep {
  const EVP_MD* digest = nullptr;
  const EVP_MD* mask = nullptr;
  std::string label;
};

SamlResult<const EVP_MD*> FindDigest(absl::string_view what, const std::array<Digest, 4>& known,
                                     const xmlNode* method) {
  if (method == nullptr) return EVP_sha1();
  const std::optional<std::string> algorithm = AttributeOf(method, "Algorithm");
  for (const Digest& digest : known) {
    if (algorithm == digest.uri) return digest.digest();
  }
  return Forbidden(what, algorithm);
}

SamlResult<Oaep> ReadOaep(const xmlNode* encrypted_key) {
  const xmlNode* method = FirstChild(encrypted_key, kEncryptionNs, "EncryptionMethod");
  const std::optional<std::string> algorithm =
      method == nullptr ? std::nullopt : AttributeOf(method, "Algorithm");
  if (algorithm != kRsaOaepMgf1p && algorithm != kRsaOaep) {
    return Forbidden("key transport", algorithm);
  }
  Oaep oaep;
  ASSIGN_OR_RETURN(oaep.digest, FindDigest("OAEP digest", kOaepDigests,
                                           FirstChild(method, kSignatureNs, "DigestMethod")));
  // The older identifier fixes the mask to MGF1 with SHA-1.
  oaep.mask = EVP_sha1();
  if (algorithm == kRsaOaep) {
    ASSIGN_OR_RETURN(
        oaep.mask, FindDigest("OAEP mask", kOaepMasks, FirstChild(method, kEncryption11Ns, "MGF")));
  }
  if (const xmlNode* label = FirstChild(method, kEncryptionNs, "OAEPparams");
      label != nullptr && !absl::Base64Unescape(TextOf(label), &oaep.label)) {
    return Malformed("OAEPparams is not base64");
  }
  return oaep;
}

std::optional<std::string> UnwrapKey(absl::string_view wrapped, const Oaep& oaep, EVP_PKEY* key) {
  KeyContextHandle context(EVP_PKEY_CTX_new(key, nullptr));
  if (context == nullptr || EVP_PKEY_decrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), oaep.digest) != 1 ||
      EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), oaep.mask) != 1) {
    return std::nullopt;
  }
  if (!oaep.label.empty()) {
    void* copy = OPENSSL_memdup(oaep.label.data(), oaep.label.size());
    if (EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), copy,
                                         static_cast<int>(oaep.label.size())) != 1) {
      OPENSSL_free(copy);
      return std::nullopt;
    }
  }
  size_t size = 0;
  if (EVP_PKEY_decrypt(context.get(), nullptr, &size, Bytes(wrapped), wrapped.size()) != 1) {
    return std::nullopt;
  }
  std::string unwrapped(size, '\0');
  if (EVP_PKEY_decrypt(context.get(), Bytes(unwrapped), &size, Bytes(wrapped), wrapped.size()) !=
      1) {
    return std::nullopt;
  }
  unwrapped.resize(size);
  return unwrapped;
}

std::optional<std::string> DecryptGcm(const ContentCipher& cipher, absl::string_view key,
                                      absl::string_view data) {
  if (data.size() < kGcmIvBytes + kGcmTagBytes) return std::nullopt;
  const absl::string_view iv = data.substr(0, kGcmIvBytes);
  std::string tag(data.substr(data.size() - kGcmTagBytes));
  const absl::string_view text = data.substr(kGcmIvBytes, data.size() - kGcmIvBytes - kGcmTagBytes);
  std::string plain(text.size() + kAesBlockBytes, '\0');
  int size = 0;
  int rest = 0;
  CipherContextHandle context(EVP_CIPHER_CTX_new());
  if (context == nullptr ||
      EVP_DecryptInit_ex(context.get(), cipher.cipher(), nullptr, Bytes(key), Bytes(iv)) != 1 ||
      EVP_DecryptUpdate(context.get(), Bytes(plain), &size, Bytes(text),
                        static_cast<int>(text.size())) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kGcmTagBytes, tag.data()) != 1 ||
      EVP_DecryptFinal_ex(context.get(), Bytes(plain) + size, &rest) != 1) {
    return std::nullopt;
  }
  plain.resize(size + rest);
  return plain;
}

std::optional<std::string> DecryptCbc(const ContentCipher& cipher, absl::string_view key,
                                      absl::string_view data) {
  if (data.size() < 2 * kAesBlockBytes || data.size() % kAesBlockBytes != 0) return std::nullopt;
  const absl::string_view iv = data.substr(0, kAesBlockBytes);
  const absl::string_view text = data.substr(kAesBlockBytes);
  std::string plain(text.size() + kAesBlockBytes, '\0');
  int size = 0;
  int rest = 0;
  CipherContextHandle context(EVP_CIPHER_CTX_new());
  if (context == nullptr ||
      EVP_DecryptInit_ex(context.get(), cipher.cipher(), nullptr, Bytes(key), Bytes(iv)) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      EVP_DecryptUpdate(context.get(), Bytes(plain), &size, Bytes(text),
                        static_cast<int>(text.size())) != 1 ||
      EVP_DecryptFinal_ex(context.get(), Bytes(plain) + size, &rest) != 1) {
    return std::nullopt;
  }
  plain.resize(size + rest);
  // XML Encryption fills all but the last padding byte with anything (5.2.1).
  const auto padding = static_cast<unsigned char>(plain.back());
  if (padding == 0 || padding > kAesBlockBytes) return std::nullopt;
  plain.resize(plain.size() - padding);
  return plain;
}

SamlResult<const ContentCipher*> FindCipher(const xmlNode* encrypted_data) {
  const xmlNode* method = FirstChild(encrypted_data, kEncryptionNs, "EncryptionMethod");
  const std::optional<std::string> algorithm =
      method == nullptr ? std::nullopt : AttributeOf(method, "Algorithm");
  for (const ContentCipher& cipher : kContentCiphers) {
    if (algorithm == cipher.uri) return &cipher;
  }
  return Forbidden("cipher", algorithm);
}

}  // namespace

absl::StatusOr<KeyHandle> LoadDecryptionKey(absl::string_view private_key_pem) {
  OpensslErrorScope errors;
  BioHandle bio = ReadBio(private_key_pem);
  // The callback gives no passphrase: without it OpenSSL would ask on the terminal.
  KeyHandle key(PEM_read_bio_PrivateKey(
      bio.get(), nullptr, [](char*, int, int, void*) { return 0; }, nullptr));
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return absl::InternalError("the stored private key of the SSO profile is no RSA key");
  }
  return key;
}

SamlResult<XmlDocument> DecryptAssertion(const xmlNode* encrypted_assertion, EVP_PKEY* private_key,
                                         size_t max_bytes) {
  OpensslErrorScope errors;
  const auto data = ChildElements(encrypted_assertion, kEncryptionNs, "EncryptedData");
  if (data.size() != 1) return Malformed("an EncryptedAssertion must hold one EncryptedData");
  ASSIGN_OR_RETURN(const ContentCipher* cipher, FindCipher(data[0]));
  ASSIGN_OR_RETURN(const std::string ciphertext, ReadCipherValue(data[0]));
  const std::vector<xmlNode*> keys = EncryptedKeysOf(encrypted_assertion, data[0]);
  if (keys.empty() || keys.size() > kMaxEncryptedKeys) {
    return Malformed(absl::StrCat("an EncryptedAssertion has ", keys.size(),
                                  " encrypted keys; 1 to ", kMaxEncryptedKeys, " are expected"));
  }
  for (const xmlNode* key : keys) {
    ASSIGN_OR_RETURN(const Oaep oaep, ReadOaep(key));
    ASSIGN_OR_RETURN(const std::string wrapped, ReadCipherValue(key));
    const std::optional<std::string> content_key = UnwrapKey(wrapped, oaep, private_key);
    if (!content_key.has_value() || content_key->size() != cipher->key_bytes) continue;
    std::optional<std::string> plain = cipher->gcm ? DecryptGcm(*cipher, *content_key, ciphertext)
                                                   : DecryptCbc(*cipher, *content_key, ciphertext);
    if (!plain.has_value()) continue;
    SamlResult<XmlDocument> document = ParseXml(*plain, max_bytes);
    if (document.ok() || document.status().failure == ConnectionTestFailure::kForbiddenXml) {
      return document;
    }
  }
  return Failed();
}

}  // namespace gatehouse
