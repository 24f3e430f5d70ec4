#include "server/connectors/saml_signature.h"

#include <libxml/tree.h>
#include <libxml/valid.h>
#include <openssl/pem.h>
#include <xmlsec/buffer.h>
#include <xmlsec/keys.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "policy/status_macros.h"
#include "server/connectors/certificates.h"
#include "server/connectors/saml_names.h"
#include "server/connectors/xml_runtime.h"

namespace gatehouse {
namespace {

// What is signed is at most what was parsed, so canonical bytes that are much
// larger (namespace declarations repeated) are an attack.
constexpr size_t kMaxSignedBytes = 4 * 1024 * 1024;

struct SignatureMethod {
  absl::string_view uri;
  int key_type;  // of the EVP_PKEY
  xmlSecTransformId (*transform)();
};

// No HMAC: its key would be a public value. No SHA-1: collisions are made at will.
constexpr std::array<SignatureMethod, 6> kSignatureMethods = {{
    {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", EVP_PKEY_RSA,
     xmlSecOpenSSLTransformRsaSha256GetKlass},
    {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", EVP_PKEY_RSA,
     xmlSecOpenSSLTransformRsaSha384GetKlass},
    {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", EVP_PKEY_RSA,
     xmlSecOpenSSLTransformRsaSha512GetKlass},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", EVP_PKEY_EC,
     xmlSecOpenSSLTransformEcdsaSha256GetKlass},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", EVP_PKEY_EC,
     xmlSecOpenSSLTransformEcdsaSha384GetKlass},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512", EVP_PKEY_EC,
     xmlSecOpenSSLTransformEcdsaSha512GetKlass},
}};

constexpr std::array<absl::string_view, 3> kDigestMethods = {
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
};

constexpr absl::string_view kEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
constexpr absl::string_view kExclusiveC14n = "http://www.w3.org/2001/10/xml-exc-c14n#";
constexpr absl::string_view kExclusiveC14nWithComments =
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";

struct SignatureContextFree {
  void operator()(xmlSecDSigCtx* context) const { xmlSecDSigCtxDestroy(context); }
};
using SignatureContext = std::unique_ptr<xmlSecDSigCtx, SignatureContextFree>;

SamlRefusal Structure(std::string detail) {
  return {ConnectionTestFailure::kSignatureStructure, std::move(detail)};
}

SamlRefusal Forbidden(absl::string_view what, const std::optional<std::string>& algorithm) {
  return {ConnectionTestFailure::kAlgorithmForbidden,
          absl::StrCat("the ", what, " is ", ShownOrNothing(algorithm),
                       "; allowed are RSA or ECDSA with SHA-256, SHA-384 or SHA-512, and "
                       "enveloped-signature followed by exclusive canonicalization")};
}

// The elements of a ds:Signature that has the one shape we accept.
struct SignatureParts {
  xmlNode* c14n_method;
  xmlNode* signature_method;
  std::vector<xmlNode*> transforms;
  xmlNode* digest_method;
};

// The children of `parent` if they are exactly `names`, in order, else empty.
std::vector<xmlNode*> ExactChildren(const xmlNode* parent,
                                    const std::vector<absl::string_view>& names) {
  std::vector<xmlNode*> children = ChildElements(parent);
  if (children.size() != names.size()) return {};
  for (size_t i = 0; i < names.size(); ++i) {
    if (!IsElement(children[i], kSignatureNs, names[i])) return {};
  }
  return children;
}

SamlResult<SignatureParts> ReadParts(const xmlNode* signature) {
  std::vector<xmlNode*> top = ExactChildren(signature, {"SignedInfo", "SignatureValue", "KeyInfo"});
  if (top.empty()) top = ExactChildren(signature, {"SignedInfo", "SignatureValue"});
  if (top.empty()) {
    return Structure("a signature holds other than SignedInfo, SignatureValue and KeyInfo");
  }
  const auto signed_info =
      ExactChildren(top[0], {"CanonicalizationMethod", "SignatureMethod", "Reference"});
  if (signed_info.empty()) return Structure("a signature has other than exactly one Reference");
  const xmlNode* reference = signed_info[2];
  const auto referenced = ExactChildren(reference, {"Transforms", "DigestMethod", "DigestValue"});
  if (referenced.empty()) {
    return Structure("a Reference holds other than Transforms, DigestMethod and DigestValue");
  }
  // The element that is verified is the element that will be read.
  const std::string expected = absl::StrCat("#", AttributeOf(signature->parent, "ID").value_or(""));
  const std::optional<std::string> uri = AttributeOf(reference, "URI");
  if (uri != expected) {
    return Structure(absl::StrCat("a signature refers to ", ShownOrNothing(uri),
                                  ", not to its parent ", Shown(expected)));
  }
  return SignatureParts{signed_info[0], signed_info[1], ChildElements(referenced[0]),
                        referenced[1]};
}

bool IsExclusiveC14n(const xmlNode* method) {
  const std::optional<std::string> algorithm = AttributeOf(method, "Algorithm");
  if (algorithm != kExclusiveC14n && algorithm != kExclusiveC14nWithComments) return false;
  const auto children = ChildElements(method);
  return children.empty() ||
         (children.size() == 1 && IsElement(children[0], kExclusiveC14nNs, "InclusiveNamespaces"));
}

std::optional<SamlRefusal> CheckAlgorithms(const SignatureParts& parts) {
  if (!IsExclusiveC14n(parts.c14n_method)) {
    return Forbidden("canonicalization", AttributeOf(parts.c14n_method, "Algorithm"));
  }
  for (size_t i = 0; i < parts.transforms.size(); ++i) {
    const xmlNode* transform = parts.transforms[i];
    const bool allowed = i == 0 ? AttributeOf(transform, "Algorithm") == kEnveloped &&
                                      ChildElements(transform).empty()
                                : i == 1 && IsExclusiveC14n(transform);
    if (!allowed || !IsElement(transform, kSignatureNs, "Transform")) {
      return Forbidden(absl::StrFormat("transform number %d", i + 1),
                       AttributeOf(transform, "Algorithm"));
    }
  }
  if (parts.transforms.size() != 2) {
    return Forbidden("list of transforms incomplete; its second transform", std::nullopt);
  }
  const std::optional<std::string> digest = AttributeOf(parts.digest_method, "Algorithm");
  if (std::none_of(kDigestMethods.begin(), kDigestMethods.end(),
                   [&](absl::string_view allowed) { return digest == allowed; })) {
    return Forbidden("digest", digest);
  }
  return std::nullopt;
}

SamlResult<const SignatureMethod*> FindMethod(const SignatureParts& parts) {
  const std::optional<std::string> algorithm = AttributeOf(parts.signature_method, "Algorithm");
  for (const SignatureMethod& method : kSignatureMethods) {
    if (algorithm == method.uri && ChildElements(parts.signature_method).empty()) return &method;
  }
  return Forbidden("signature algorithm", algorithm);
}

// Makes `URI="#id"` find `element`. libxml2 knows no ID without a DTD, so this
// is the only one that xmlsec can follow.
std::optional<SamlRefusal> RegisterId(xmlNode* element) {
  xmlAttr* attribute = xmlHasProp(element, reinterpret_cast<const xmlChar*>("ID"));
  const std::string id = AttributeOf(element, "ID").value_or("");
  const auto* chars = reinterpret_cast<const xmlChar*>(id.c_str());
  // xmlsec puts the ID into an XPointer expression: it must not hold quotes.
  if (attribute == nullptr || xmlValidateNCName(chars, 0) != 0) {
    return Structure(absl::StrCat("the ID ", Shown(id), " is no NCName"));
  }
  if (xmlGetID(element->doc, chars) == nullptr) {
    xmlAddID(nullptr, element->doc, chars, attribute);
  }
  if (xmlGetID(element->doc, chars) != attribute) {
    return Structure(absl::StrCat("the ID ", Shown(id), " is ambiguous"));
  }
  return std::nullopt;
}

// A context that knows `key` and the allowed algorithms, and nothing else: no
// key is ever taken from the message, no URI outside it is followed.
SignatureContext NewContext(EVP_PKEY* key) {
  SignatureContext context(xmlSecDSigCtxCreate(nullptr));
  if (context == nullptr) return nullptr;
  context->flags =
      XMLSEC_DSIG_FLAGS_IGNORE_MANIFESTS | XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES;
  context->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
  bool enabled = true;
  const auto signature = [&](xmlSecTransformId id) {
    enabled &= xmlSecDSigCtxEnableSignatureTransform(context.get(), id) == 0;
  };
  const auto reference = [&](xmlSecTransformId id) {
    enabled &= xmlSecDSigCtxEnableReferenceTransform(context.get(), id) == 0;
  };
  for (xmlSecTransformId c14n :
       {xmlSecTransformExclC14NGetKlass(), xmlSecTransformExclC14NWithCommentsGetKlass()}) {
    signature(c14n);
    reference(c14n);
  }
  for (const SignatureMethod& method : kSignatureMethods) signature(method.transform());
  for (xmlSecTransformId id :
       {xmlSecTransformEnvelopedGetKlass(), xmlSecOpenSSLTransformSha256GetKlass(),
        xmlSecOpenSSLTransformSha384GetKlass(), xmlSecOpenSSLTransformSha512GetKlass()}) {
    reference(id);
  }
  if (!enabled || EVP_PKEY_up_ref(key) != 1) return nullptr;
  xmlSecKeyData* data = xmlSecOpenSSLEvpKeyAdopt(key);
  if (data == nullptr) {
    EVP_PKEY_free(key);
    return nullptr;
  }
  context->signKey = xmlSecKeyCreate();
  if (context->signKey == nullptr || xmlSecKeySetValue(context->signKey, data) != 0) {
    xmlSecKeyDataDestroy(data);
    return nullptr;
  }
  return context;
}

// The only Reference of a context that has verified; nullptr if it got that far.
xmlSecDSigReferenceCtx* ReferenceOf(const SignatureContext& context) {
  if (xmlSecPtrListGetSize(&context->signedInfoReferences) != 1) return nullptr;
  return static_cast<xmlSecDSigReferenceCtx*>(
      xmlSecPtrListGetItem(&context->signedInfoReferences, 0));
}

SamlResult<XmlDocument> ParseVerifiedBytes(xmlSecDSigReferenceCtx* reference,
                                           const xmlNode* parent) {
  xmlSecBuffer* buffer = xmlSecDSigReferenceCtxGetPreDigestBuffer(reference);
  if (buffer == nullptr) return Structure("the signature covers nothing");
  ASSIGN_OR_RETURN(
      XmlDocument verified,
      ParseXml(absl::string_view(reinterpret_cast<const char*>(xmlSecBufferGetData(buffer)),
                                 xmlSecBufferGetSize(buffer)),
               kMaxSignedBytes));
  if (NameOf(RootOf(verified)) != NameOf(parent) ||
      AttributeOf(RootOf(verified), "ID") != AttributeOf(parent, "ID")) {
    return Structure("the signature covers another element than its parent");
  }
  return verified;
}

// What the signature says of its own key. Never trusted; it only tells an
// admin's mistake (an outdated certificate) from bytes changed on the way.
std::optional<CertificateInfo> ClaimedCertificate(const xmlNode* signature) {
  const xmlNode* key_info = FirstChild(signature, kSignatureNs, "KeyInfo");
  if (key_info == nullptr) return std::nullopt;
  const xmlNode* data = FirstChild(key_info, kSignatureNs, "X509Data");
  if (data == nullptr) return std::nullopt;
  const xmlNode* certificate = FirstChild(data, kSignatureNs, "X509Certificate");
  if (certificate == nullptr) return std::nullopt;
  absl::StatusOr<CertificateInfo> info = ParseCertificate("KeyInfo", TextOf(certificate));
  return info.ok() ? std::optional(*std::move(info)) : std::nullopt;
}

SamlRefusal ExplainNoKeyFits(const xmlNode* signature,
                             const std::vector<SamlVerificationKey>& keys) {
  const std::optional<CertificateInfo> claimed = ClaimedCertificate(signature);
  std::vector<absl::string_view> fingerprints;
  for (const SamlVerificationKey& key : keys) fingerprints.push_back(key.sha256_fingerprint);
  if (!claimed.has_value()) {
    return {ConnectionTestFailure::kWrongCertificate,
            absl::StrCat("no certificate of the profile made the signature; the profile's SHA-256 "
                         "fingerprints are ",
                         absl::StrJoin(fingerprints, ", "))};
  }
  if (std::find(fingerprints.begin(), fingerprints.end(), claimed->sha256_fingerprint) !=
      fingerprints.end()) {
    return {ConnectionTestFailure::kSignatureInvalid,
            absl::StrCat("the signature names the profile's certificate ",
                         claimed->sha256_fingerprint, " (SHA-256), but was not made by its key")};
  }
  return {ConnectionTestFailure::kWrongCertificate,
          absl::StrCat("the signature names a certificate of subject ", Shown(claimed->subject),
                       ", SHA-256 fingerprint ", claimed->sha256_fingerprint,
                       "; the profile's are ", absl::StrJoin(fingerprints, ", "))};
}

}  // namespace

absl::StatusOr<std::vector<SamlVerificationKey>> LoadVerificationKeys(
    const std::vector<std::string>& certificates) {
  OpensslErrorScope errors;
  std::vector<SamlVerificationKey> keys;
  for (const std::string& pem : certificates) {
    BioHandle bio = ReadBio(pem);
    X509Handle certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    KeyHandle key(certificate == nullptr ? nullptr : X509_get_pubkey(certificate.get()));
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (key == nullptr || X509_digest(certificate.get(), EVP_sha256(), digest, &size) != 1) {
      return absl::InternalError("a stored certificate of the SSO profile does not parse");
    }
    keys.push_back({std::move(key), absl::BytesToHexString(absl::string_view(
                                        reinterpret_cast<const char*>(digest), size))});
  }
  return keys;
}

SamlResult<XmlDocument> VerifyEnvelopedSignature(xmlNode* signature,
                                                 const std::vector<SamlVerificationKey>& keys) {
  OpensslErrorScope errors;
  XmlDiagnostics diagnostics;
  ASSIGN_OR_RETURN(const SignatureParts parts, ReadParts(signature));
  if (auto refusal = CheckAlgorithms(parts)) return *refusal;
  ASSIGN_OR_RETURN(const SignatureMethod* method, FindMethod(parts));
  if (auto refusal = RegisterId(signature->parent)) return *refusal;

  for (const SamlVerificationKey& key : keys) {
    if (EVP_PKEY_get_base_id(key.key.get()) != method->key_type) continue;
    SignatureContext context = NewContext(key.key.get());
    // Both answers count: a context can say "verified nothing" by returning 0.
    const bool processed = context != nullptr && xmlSecDSigCtxVerify(context.get(), signature) == 0;
    xmlSecDSigReferenceCtx* reference = context == nullptr ? nullptr : ReferenceOf(context);
    if (reference == nullptr || reference->status != xmlSecDSigStatusSucceeded) {
      return SamlRefusal{
          ConnectionTestFailure::kSignatureInvalid,
          absl::StrCat("the signed content was changed after signing: its digest differs",
                       diagnostics.text().empty() ? "" : "; ", diagnostics.text())};
    }
    if (processed && context->status == xmlSecDSigStatusSucceeded) {
      return ParseVerifiedBytes(reference, signature->parent);
    }
  }
  return ExplainNoKeyFits(signature, keys);
}

}  // namespace gatehouse
