// A SAML 2.0 identity provider for tests, which can also misbehave.
//
//   TestIdp idp = TestIdp::Create();
//   SamlSettings settings = …;  // from idp.MetadataXml(), or idp.SettingsFor(…)
//   SamlAnswer answer = AnswerTo(sign_in_url, now, "alice@acme.example");
//   answer.audience = "https://other.example";  // whatever the test is about
//   std::string saml_response = idp.Respond(answer);
#ifndef GATEHOUSE_TESTS_SERVER_CONNECTORS_SAML_TEST_IDP_H_
#define GATEHOUSE_TESTS_SERVER_CONNECTORS_SAML_TEST_IDP_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/sso_profile.h"
#include "server/connectors/certificates.h"

namespace gatehouse {

enum class Signed { kNothing, kAssertion, kResponse, kBoth };

// How a signature is made. The default is what IdPs do.
struct SignatureOptions {
  std::string method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
  std::string digest = "http://www.w3.org/2001/04/xmlenc#sha256";
  std::string canonicalization = "http://www.w3.org/2001/10/xml-exc-c14n#";
  // The children of ds:Transforms.
  std::string transforms =
      "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>"
      "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
  std::optional<std::string> reference_uri;  // default: "#" and the parent's ID
  std::string hmac_secret;                   // signs with it; `method` must be an HMAC
  bool key_info = true;                      // the certificate is sent along
};

struct EncryptionOptions {
  std::string certificate;  // PEM of the recipient; empty: the assertion stays in clear
  std::string cipher = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
  std::string key_transport = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
  std::string oaep_digest;  // SHA-256 for the digest and, with xmlenc11, the mask; empty: SHA-1
  bool key_beside_data = false;  // EncryptedKey next to EncryptedData, not inside
};

// An answer to an AuthnRequest. An empty optional is left out of the XML.
struct SamlAnswer {
  absl::Time now = absl::FromCivil(absl::CivilSecond(2024, 3, 1, 12), absl::UTCTimeZone());
  std::string email = "alice@acme.example";  // the NameID
  std::string email_attribute;  // carries `email` in its place; the NameID is then opaque
  std::string sp_entity_id = "https://gatehouse.example/saml/acme";  // audience
  std::string acs_url = "https://gatehouse.example/saml/acme/acs";   // recipient, destination
  std::string in_response_to = "_request";

  std::string response_id = "_response";
  std::string assertion_id = "_assertion";
  std::string status = "urn:oasis:names:tc:SAML:2.0:status:Success";
  std::string issuer;  // empty: the IdP's entity id
  absl::Duration lifetime = absl::Minutes(5);
  Signed sign = Signed::kAssertion;
  SignatureOptions signature;
  EncryptionOptions encryption;

  // Changes to the whole response, in clear and not signed yet.
  std::function<void(std::string&)> edit_before_signing;
  // Changes to what is sent.
  std::function<void(std::string&)> edit_after_signing;
};

// An AuthnRequest, read from the URL that a service provider sends a browser to.
struct SamlSignInRequest {
  std::string url;  // without what the binding added
  std::string relay_state;
  std::string xml;
  std::string id;
  std::string destination;
  std::string acs_url;
  std::string sp_entity_id;
};

SamlSignInRequest ReadSignInUrl(absl::string_view url);

// The answer that a well-behaved IdP gives to the request in `sign_in_url`.
SamlAnswer AnswerTo(absl::string_view sign_in_url, absl::Time now, absl::string_view email);

// Thread-safe. What fails here is a mistake of the test, which then aborts.
class TestIdp {
 public:
  // With a fresh RSA key. Two with one entity id are an IdP before and after a
  // rollover of its key, or an IdP and somebody who would like to be it.
  static TestIdp Create(absl::string_view entity_id = "https://idp.acme.example/metadata");
  // With a fresh key on the curve P-256.
  static TestIdp CreateWithEcKey(absl::string_view entity_id = "https://idp.acme.example/metadata");

  const std::string& entity_id() const { return entity_id_; }
  std::string sso_url() const { return "https://idp.acme.example/sso"; }
  const std::string& certificate_pem() const { return keys_.certificate_pem; }

  std::string MetadataXml() const;
  // A profile for this IdP and the service provider of a default SamlAnswer.
  SamlSettings Settings() const;

  std::string RespondXml(const SamlAnswer& answer) const;
  // As the POST binding carries it: base64.
  std::string Respond(const SamlAnswer& answer) const;

 private:
  TestIdp(absl::string_view entity_id, KeyPair keys)
      : entity_id_(entity_id), keys_(std::move(keys)) {}

  std::string entity_id_;
  KeyPair keys_;
};

// An edit for SamlAnswer: replaces every `from`; aborts if there is none.
std::function<void(std::string&)> Replacing(std::string from, std::string to);

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_CONNECTORS_SAML_TEST_IDP_H_
