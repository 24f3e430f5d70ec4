#include "tests/server/connectors/saml_test_idp.h"

#include <libxml/tree.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlenc.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/substitute.h"
#include "server/connectors/openssl_handles.h"
#include "server/connectors/xml_document.h"
#include "server/connectors/xml_runtime.h"

namespace gatehouse {
namespace {

constexpr size_t kAnySize = 16 * 1024 * 1024;

void Require(bool holds, absl::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "TestIdp: %s\n", std::string(what).c_str());
  std::abort();
}

template <auto Free>
struct XmlsecFree {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using SignatureContext = std::unique_ptr<xmlSecDSigCtx, XmlsecFree<xmlSecDSigCtxDestroy>>;
using EncryptionContext = std::unique_ptr<xmlSecEncCtx, XmlsecFree<xmlSecEncCtxDestroy>>;

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const xmlChar* XmlChars(const char* text) { return reinterpret_cast<const xmlChar*>(text); }

std::string SamlTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

std::string PemBody(const std::string& pem) {
  return absl::StrReplaceAll(
      pem, {{"-----BEGIN CERTIFICATE-----", ""}, {"-----END CERTIFICATE-----", ""}, {"\n", ""}});
}

// The tests' XML may hold what ParseXml refuses.
XmlDocument ParseAnything(const std::string& xml) {
  XmlDocument document(xmlReadMemory(xml.data(), static_cast<int>(xml.size()), nullptr, nullptr,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR));
  Require(document != nullptr, absl::StrCat("not XML: ", xml));
  return document;
}

std::string Serialize(xmlNode* node) {
  std::unique_ptr<xmlBuffer, XmlsecFree<xmlBufferFree>> buffer(xmlBufferCreate());
  Require(xmlNodeDump(buffer.get(), node->doc, node, 0, 0) > 0, "nothing to serialize");
  return reinterpret_cast<const char*>(xmlBufferContent(buffer.get()));
}

xmlNode* FindElement(const XmlDocument& document, absl::string_view name) {
  xmlNode* found = nullptr;
  ForEachElement(RootOf(document), [&](xmlNode* element) {
    const absl::string_view local_name(reinterpret_cast<const char*>(element->name));
    if (found == nullptr && local_name == name) found = element;
  });
  Require(found != nullptr, absl::StrCat("no element ", name));
  return found;
}

KeyHandle ReadPrivateKey(const std::string& pem) {
  BioHandle bio = ReadBio(pem);
  KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  Require(key != nullptr, "no private key");
  return key;
}

xmlSecKey* SigningKey(const std::string& private_key_pem, const SignatureOptions& options) {
  if (!options.hmac_secret.empty()) {
    return xmlSecKeyReadMemory(xmlSecOpenSSLKeyDataHmacGetKlass(), Bytes(options.hmac_secret),
                               static_cast<xmlSecSize>(options.hmac_secret.size()));
  }
  xmlSecKey* key = xmlSecKeyCreate();
  xmlSecKeySetValue(key, xmlSecOpenSSLEvpKeyAdopt(ReadPrivateKey(private_key_pem).release()));
  return key;
}

std::string SignatureTemplate(const std::string& id, const SignatureOptions& options) {
  return absl::Substitute(
      "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>"
      "<ds:CanonicalizationMethod Algorithm=\"$0\"/><ds:SignatureMethod Algorithm=\"$1\"/>"
      "<ds:Reference URI=\"$2\"><ds:Transforms>$3</ds:Transforms>"
      "<ds:DigestMethod Algorithm=\"$4\"/><ds:DigestValue></ds:DigestValue></ds:Reference>"
      "</ds:SignedInfo><ds:SignatureValue></ds:SignatureValue></ds:Signature>",
      options.canonicalization, options.method, options.reference_uri.value_or("#" + id),
      options.transforms, options.digest);
}

// Signs the element `name` of `xml`. The signature follows the Issuer, as the
// schema demands.
std::string Sign(const std::string& xml, absl::string_view name, const KeyPair& keys,
                 const SignatureOptions& options) {
  XmlDocument document = ParseAnything(xml);
  xmlNode* parent = FindElement(document, name);
  const std::string id = AttributeOf(parent, "ID").value_or("");
  xmlAddID(nullptr, document.get(), XmlChars(id.c_str()), xmlHasProp(parent, XmlChars("ID")));

  XmlDocument signature_document = ParseAnything(SignatureTemplate(id, options));
  xmlNode* signature = xmlDocCopyNode(RootOf(signature_document), document.get(), 1);
  xmlNode* issuer = FirstChild(parent, "urn:oasis:names:tc:SAML:2.0:assertion", "Issuer");
  if (issuer != nullptr) {
    xmlAddNextSibling(issuer, signature);
  } else {
    xmlAddPrevSibling(parent->children, signature);
  }
  SignatureContext context(xmlSecDSigCtxCreate(nullptr));
  context->signKey = SigningKey(keys.private_key_pem, options);
  Require(context->signKey != nullptr && xmlSecDSigCtxSign(context.get(), signature) == 0,
          "signing failed");
  if (options.key_info) {
    XmlDocument key_info = ParseAnything(absl::StrCat(
        "<ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data>"
        "<ds:X509Certificate>",
        PemBody(keys.certificate_pem), "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"));
    xmlAddChild(signature, xmlDocCopyNode(RootOf(key_info), document.get(), 1));
  }
  return Serialize(RootOf(document));
}

std::string WrapKey(const std::string& content_key, const EncryptionOptions& options) {
  BioHandle bio = ReadBio(options.certificate);
  X509Handle certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  Require(certificate != nullptr, "no certificate to encrypt for");
  const bool oaep = absl::StrContains(options.key_transport, "oaep");
  const bool sha256 = !options.oaep_digest.empty();
  KeyContextHandle context(EVP_PKEY_CTX_new(X509_get0_pubkey(certificate.get()), nullptr));
  EVP_PKEY_encrypt_init(context.get());
  EVP_PKEY_CTX_set_rsa_padding(context.get(), oaep ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING);
  if (oaep) {
    EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), sha256 ? EVP_sha256() : EVP_sha1());
    const bool sha256_mask = sha256 && absl::StrContains(options.key_transport, "xmlenc11");
    EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), sha256_mask ? EVP_sha256() : EVP_sha1());
  }
  std::string wrapped(1024, '\0');
  size_t size = wrapped.size();
  Require(EVP_PKEY_encrypt(context.get(), Bytes(wrapped), &size, Bytes(content_key),
                           content_key.size()) == 1,
          "wrapping a key failed");
  wrapped.resize(size);
  return wrapped;
}

std::string EncryptedKeyXml(const std::string& content_key, const EncryptionOptions& options) {
  std::string parameters;
  if (!options.oaep_digest.empty()) {
    parameters = absl::StrCat("<ds:DigestMethod Algorithm=\"", options.oaep_digest, "\"/>");
    if (absl::StrContains(options.key_transport, "xmlenc11")) {
      absl::StrAppend(&parameters,
                      "<xenc11:MGF xmlns:xenc11=\"http://www.w3.org/2009/xmlenc11#\" "
                      "Algorithm=\"http://www.w3.org/2009/xmlenc11#mgf1sha256\"/>");
    }
  }
  return absl::Substitute(
      "<xenc:EncryptedKey xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" "
      "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"
      "<xenc:EncryptionMethod Algorithm=\"$0\">$1</xenc:EncryptionMethod>"
      "<xenc:CipherData><xenc:CipherValue>$2</xenc:CipherValue></xenc:CipherData>"
      "</xenc:EncryptedKey>",
      options.key_transport, parameters, absl::Base64Escape(WrapKey(content_key, options)));
}

xmlSecKeyDataId ContentKeyKind(const std::string& cipher) {
  return absl::StrContains(cipher, "tripledes") ? xmlSecOpenSSLKeyDataDesGetKlass()
                                                : xmlSecOpenSSLKeyDataAesGetKlass();
}

size_t ContentKeyBytes(const std::string& cipher) {
  if (absl::StrContains(cipher, "tripledes")) return 24;
  return absl::StrContains(cipher, "128") ? 16 : 32;
}

// The content by xmlsec, so that what decrypts it is checked by another hand.
std::string EncryptAssertion(const std::string& xml, const EncryptionOptions& options) {
  XmlDocument document = ParseAnything(xml);
  xmlNode* assertion = FindElement(document, "Assertion");
  const std::string plain = Serialize(assertion);
  std::string content_key(ContentKeyBytes(options.cipher), '\0');
  RAND_bytes(Bytes(content_key), static_cast<int>(content_key.size()));

  const std::string key_xml = EncryptedKeyXml(content_key, options);
  XmlDocument encrypted = ParseAnything(absl::Substitute(
      "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">"
      "<xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" "
      "Type=\"http://www.w3.org/2001/04/xmlenc#Element\">"
      "<xenc:EncryptionMethod Algorithm=\"$0\"/>$1"
      "<xenc:CipherData><xenc:CipherValue></xenc:CipherValue></xenc:CipherData>"
      "</xenc:EncryptedData>$2</saml:EncryptedAssertion>",
      options.cipher,
      options.key_beside_data
          ? ""
          : absl::StrCat("<ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">", key_xml,
                         "</ds:KeyInfo>"),
      options.key_beside_data ? key_xml : ""));
  EncryptionContext context(xmlSecEncCtxCreate(nullptr));
  context->encKey = xmlSecKeyReadMemory(ContentKeyKind(options.cipher), Bytes(content_key),
                                        static_cast<xmlSecSize>(content_key.size()));
  context->mode = xmlEncCtxModeEncryptedData;
  // xmlsec would read the key out of the KeyInfo; it has it already.
  xmlNode* data = FindElement(encrypted, "EncryptedData");
  xmlNode* key_info = FirstChild(data, "http://www.w3.org/2000/09/xmldsig#", "KeyInfo");
  if (key_info != nullptr) xmlUnlinkNode(key_info);
  Require(xmlSecEncCtxBinaryEncrypt(context.get(), data, Bytes(plain),
                                    static_cast<xmlSecSize>(plain.size())) == 0,
          "encrypting failed");
  if (key_info != nullptr) xmlAddNextSibling(data->children, key_info);
  return absl::StrReplaceAll(xml, {{plain, Serialize(RootOf(encrypted))}});
}

std::string Inflate(const std::string& compressed) {
  std::string plain(64 * 1024, '\0');
  z_stream stream = {};
  stream.next_in = const_cast<Bytef*>(Bytes(compressed));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = Bytes(plain);
  stream.avail_out = static_cast<uInt>(plain.size());
  inflateInit2(&stream, -MAX_WBITS);
  const int result = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  Require(result == Z_STREAM_END, "not a raw DEFLATE stream");
  plain.resize(stream.total_out);
  return plain;
}

std::string UrlDecode(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    decoded += absl::HexStringToBytes(text.substr(i + 1, 2));
    i += 2;
  }
  return decoded;
}

std::string UnsignedXml(const SamlAnswer& answer, const std::string& issuer) {
  const std::string name_id =
      answer.email_attribute.empty()
          ? absl::StrCat(
                "<saml:NameID Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:"
                "emailAddress\">",
                answer.email, "</saml:NameID>")
          : "<saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">"
            "a7f3c1d9</saml:NameID>";
  const std::string attributes =
      answer.email_attribute.empty()
          ? ""
          : absl::StrCat("<saml:AttributeStatement><saml:Attribute Name=\"", answer.email_attribute,
                         "\"><saml:AttributeValue>", answer.email,
                         "</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>");
  const std::string assertion = absl::StrCat(
      "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"",
      answer.assertion_id, "\" Version=\"2.0\" IssueInstant=\"", SamlTime(answer.now),
      "\"><saml:Issuer>", issuer, "</saml:Issuer><saml:Subject>", name_id,
      "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">"
      "<saml:SubjectConfirmationData NotOnOrAfter=\"",
      SamlTime(answer.now + answer.lifetime), "\" Recipient=\"", answer.acs_url,
      "\" InResponseTo=\"", answer.in_response_to,
      "\"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore=\"",
      SamlTime(answer.now), "\" NotOnOrAfter=\"", SamlTime(answer.now + answer.lifetime),
      "\"><saml:AudienceRestriction><saml:Audience>", answer.sp_entity_id,
      "</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement "
      "AuthnInstant=\"",
      SamlTime(answer.now),
      "\"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:"
      "Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>",
      attributes, "</saml:Assertion>");
  return absl::StrCat("<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"",
                      answer.response_id, "\" Version=\"2.0\" IssueInstant=\"",
                      SamlTime(answer.now), "\" Destination=\"", answer.acs_url,
                      "\" InResponseTo=\"", answer.in_response_to,
                      "\"><saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">",
                      issuer, "</saml:Issuer><samlp:Status><samlp:StatusCode Value=\"",
                      answer.status, "\"/></samlp:Status>", assertion, "</samlp:Response>");
}

}  // namespace

SamlSignInRequest ReadSignInUrl(absl::string_view url) {
  Require(InitializeXml().ok(), "the XML libraries did not start");
  SamlSignInRequest request;
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(url, absl::MaxSplits('?', 1));
  std::vector<absl::string_view> own_query;
  for (absl::string_view parameter : absl::StrSplit(parts.second, '&')) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(parameter, absl::MaxSplits('=', 1));
    if (pair.first == "SAMLRequest") {
      std::string compressed;
      Require(absl::Base64Unescape(UrlDecode(pair.second), &compressed), "SAMLRequest: base64");
      request.xml = Inflate(compressed);
    } else if (pair.first == "RelayState") {
      request.relay_state = UrlDecode(pair.second);
    } else {
      own_query.push_back(parameter);
    }
  }
  request.url = std::string(parts.first);
  for (size_t i = 0; i < own_query.size(); ++i) {
    absl::StrAppend(&request.url, i == 0 ? "?" : "&", own_query[i]);
  }
  const SamlResult<XmlDocument> document = ParseXml(request.xml, kAnySize);
  Require(document.ok(), "the AuthnRequest is no XML");
  xmlNode* root = RootOf(*document);
  request.id = AttributeOf(root, "ID").value_or("");
  request.destination = AttributeOf(root, "Destination").value_or("");
  request.acs_url = AttributeOf(root, "AssertionConsumerServiceURL").value_or("");
  request.sp_entity_id = TextOf(FindElement(*document, "Issuer"));
  return request;
}

SamlAnswer AnswerTo(absl::string_view sign_in_url, absl::Time now, absl::string_view email) {
  const SamlSignInRequest request = ReadSignInUrl(sign_in_url);
  SamlAnswer answer;
  answer.now = now;
  answer.email = std::string(email);
  answer.sp_entity_id = request.sp_entity_id;
  answer.acs_url = request.acs_url;
  answer.in_response_to = request.id;
  answer.response_id = absl::StrCat("_response", request.id);
  answer.assertion_id = absl::StrCat("_assertion", request.id);
  return answer;
}

TestIdp TestIdp::Create(absl::string_view entity_id) {
  Require(InitializeXml().ok(), "the XML libraries did not start");
  absl::StatusOr<KeyPair> keys = GenerateKeyPair("idp.acme.example", SamlAnswer().now);
  Require(keys.ok(), "no key pair");
  return TestIdp(entity_id, *std::move(keys));
}

TestIdp TestIdp::CreateWithEcKey(absl::string_view entity_id) {
  Require(InitializeXml().ok(), "the XML libraries did not start");
  KeyHandle key(EVP_EC_gen("P-256"));
  X509Handle certificate(X509_new());
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  Require(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "no EC certificate");
  BioHandle key_bio(BIO_new(BIO_s_mem()));
  BioHandle certificate_bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  PEM_write_bio_X509(certificate_bio.get(), certificate.get());
  char* data = nullptr;
  KeyPair keys;
  const long key_size = BIO_get_mem_data(key_bio.get(), &data);
  keys.private_key_pem.assign(data, key_size);
  const long certificate_size = BIO_get_mem_data(certificate_bio.get(), &data);
  keys.certificate_pem.assign(data, certificate_size);
  return TestIdp(entity_id, std::move(keys));
}

std::string TestIdp::MetadataXml() const {
  return absl::Substitute(
      "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"$0\">"
      "<md:IDPSSODescriptor "
      "protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">"
      "<md:KeyDescriptor use=\"signing\">"
      "<ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data>"
      "<ds:X509Certificate>$1</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
      "<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" "
      "Location=\"$2\"/></md:IDPSSODescriptor></md:EntityDescriptor>",
      entity_id_, PemBody(certificate_pem()), sso_url());
}

SamlSettings TestIdp::Settings() const {
  SamlSettings settings;
  settings.idp_entity_id = entity_id_;
  settings.idp_sso_url = sso_url();
  settings.idp_certificates = {certificate_pem()};
  settings.sp_entity_id = SamlAnswer().sp_entity_id;
  settings.acs_url = SamlAnswer().acs_url;
  return settings;
}

std::string TestIdp::RespondXml(const SamlAnswer& answer) const {
  XmlDiagnostics diagnostics;
  std::string xml = UnsignedXml(answer, answer.issuer.empty() ? entity_id_ : answer.issuer);
  if (answer.edit_before_signing) answer.edit_before_signing(xml);
  // One serialization for all that follows, so that text can be found again.
  xml = Serialize(RootOf(ParseAnything(xml)));
  if (answer.sign == Signed::kAssertion || answer.sign == Signed::kBoth) {
    xml = Sign(xml, "Assertion", keys_, answer.signature);
  }
  if (!answer.encryption.certificate.empty()) xml = EncryptAssertion(xml, answer.encryption);
  if (answer.sign == Signed::kResponse || answer.sign == Signed::kBoth) {
    xml = Sign(xml, "Response", keys_, answer.signature);
  }
  if (answer.edit_after_signing) answer.edit_after_signing(xml);
  return xml;
}

std::string TestIdp::Respond(const SamlAnswer& answer) const {
  return absl::Base64Escape(RespondXml(answer));
}

std::function<void(std::string&)> Replacing(std::string from, std::string to) {
  return [from = std::move(from), to = std::move(to)](std::string& xml) {
    Require(absl::StrReplaceAll({{from, to}}, &xml) > 0, absl::StrCat("no ", from, " in ", xml));
  };
}

}  // namespace gatehouse
