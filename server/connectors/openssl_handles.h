// Owning handles of OpenSSL's objects.
#ifndef GATEHOUSE_SERVER_CONNECTORS_OPENSSL_HANDLES_H_
#define GATEHOUSE_SERVER_CONNECTORS_OPENSSL_HANDLES_H_

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

#include "absl/strings/string_view.h"

namespace gatehouse {

template <auto Free>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioHandle = std::unique_ptr<BIO, OpensslFree<BIO_free>>;
using CipherContextHandle = std::unique_ptr<EVP_CIPHER_CTX, OpensslFree<EVP_CIPHER_CTX_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using KeyContextHandle = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<EVP_PKEY_CTX_free>>;
using X509Handle = std::unique_ptr<X509, OpensslFree<X509_free>>;

// A read-only view: `bytes` must outlive it.
inline BioHandle ReadBio(absl::string_view bytes) {
  return BioHandle(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// Empties this thread's error queue at the end of a scope: what we have judged
// must not be found there by the next user of the library (gRPC's TLS).
class OpensslErrorScope {
 public:
  OpensslErrorScope() = default;
  OpensslErrorScope(const OpensslErrorScope&) = delete;
  OpensslErrorScope& operator=(const OpensslErrorScope&) = delete;
  ~OpensslErrorScope() { ERR_clear_error(); }
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_OPENSSL_HANDLES_H_
