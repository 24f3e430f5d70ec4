#include "server/connectors/saml_metadata.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/substitute.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/connectors/certificates.h"
#include "server/connectors/saml_names.h"
#include "server/connectors/saml_result.h"
#include "server/connectors/xml_document.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxMetadataBytes = 1024 * 1024;

// An IDPSSODescriptor may speak SAML 1.1 only.
bool SpeaksSaml2(const xmlNode* descriptor) {
  const std::string protocols = AttributeOf(descriptor, "protocolSupportEnumeration").value_or("");
  const std::vector<absl::string_view> list =
      absl::StrSplit(protocols, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  return std::find(list.begin(), list.end(), kProtocolNs) != list.end();
}

std::string RedirectLocation(const xmlNode* descriptor) {
  for (const xmlNode* service : ChildElements(descriptor, kMetadataNs, "SingleSignOnService")) {
    if (AttributeOf(service, "Binding") != kRedirectBinding) continue;
    return std::string(absl::StripAsciiWhitespace(AttributeOf(service, "Location").value_or("")));
  }
  return "";
}

// The certificate of a KeyDescriptor: the first, since a descriptor is about one
// key, and what follows it is its chain.
std::optional<std::string> CertificateTextOf(const xmlNode* key_descriptor) {
  const xmlNode* node = key_descriptor;
  for (absl::string_view name : {"KeyInfo", "X509Data", "X509Certificate"}) {
    node = FirstChild(node, kSignatureNs, name);
    if (node == nullptr) return std::nullopt;
  }
  return TextOf(node);
}

// The usable ones; if there are none, `why_not` says what is wrong with the last.
std::vector<std::string> SigningCertificates(const xmlNode* descriptor, std::string& why_not) {
  why_not = "no KeyDescriptor for signing holds an X509Certificate";
  std::vector<std::string> certificates;
  for (const xmlNode* key : ChildElements(descriptor, kMetadataNs, "KeyDescriptor")) {
    if (AttributeOf(key, "use").value_or("signing") != "signing") continue;
    const std::optional<std::string> text = CertificateTextOf(key);
    if (!text.has_value()) continue;
    absl::StatusOr<CertificateInfo> info = ParseCertificate("X509Certificate", *text);
    if (!info.ok()) {
      why_not = std::string(info.status().message());
      continue;
    }
    if (std::find(certificates.begin(), certificates.end(), info->pem) == certificates.end()) {
      certificates.push_back(std::move(info->pem));
    }
  }
  return certificates;
}

// The base64 between a PEM certificate's lines.
std::string PemBody(absl::string_view pem) {
  return absl::StrReplaceAll(
      pem, {{"-----BEGIN CERTIFICATE-----", ""}, {"-----END CERTIFICATE-----", ""}, {"\n", ""}});
}

}  // namespace

absl::StatusOr<SamlIdpMetadata> ReadIdpMetadata(absl::string_view field, absl::string_view xml) {
  const auto invalid = [&](absl::string_view problem) {
    return InvalidField(field, xml,
                        absl::StrCat("the SAML 2.0 metadata of one IdP; but ", problem));
  };
  // Pasted text has blank lines before the XML declaration, which must come first.
  SamlResult<XmlDocument> document =
      ParseXml(absl::StripLeadingAsciiWhitespace(xml), kMaxMetadataBytes);
  if (!document.ok()) return invalid(document.status().detail);

  std::vector<xmlNode*> descriptors;
  ForEachElement(RootOf(*document), [&](xmlNode* element) {
    if (IsElement(element, kMetadataNs, "IDPSSODescriptor") && SpeaksSaml2(element)) {
      descriptors.push_back(element);
    }
  });
  if (descriptors.size() != 1) {
    return invalid(
        absl::StrFormat("it has %d IDPSSODescriptor elements for SAML 2.0", descriptors.size()));
  }
  const xmlNode* descriptor = descriptors.front();
  SamlIdpMetadata metadata;
  if (IsElement(descriptor->parent, kMetadataNs, "EntityDescriptor")) {
    metadata.entity_id = AttributeOf(descriptor->parent, "entityID").value_or("");
  }
  if (metadata.entity_id.empty()) return invalid("no EntityDescriptor names its entityID");
  metadata.sso_url = RedirectLocation(descriptor);
  if (metadata.sso_url.empty()) {
    return invalid("it has no SingleSignOnService of the HTTP-Redirect binding");
  }
  std::string why_not;
  metadata.certificates = SigningCertificates(descriptor, why_not);
  if (metadata.certificates.empty()) {
    return invalid(absl::StrCat("it has no usable signing certificate: ", why_not));
  }
  if (metadata.certificates.size() > kMaxCertificates) {
    return invalid(absl::StrFormat("it has %d signing certificates; at most %d are kept",
                                   metadata.certificates.size(), kMaxCertificates));
  }
  return metadata;
}

absl::StatusOr<std::string> WriteServiceProviderMetadata(const SamlSettings& settings) {
  for (const auto& [field, value] : {std::pair("sp_entity_id", &settings.sp_entity_id),
                                     std::pair("acs_url", &settings.acs_url)}) {
    if (value->empty() || !IsXmlText(*value)) {
      return InvalidField(field, *value, "UTF-8 without control characters, not empty");
    }
  }
  ASSIGN_OR_RETURN(const CertificateInfo certificate,
                   ParseCertificate("sp_certificate", settings.sp_certificate));
  return absl::Substitute(
      R"xml(<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="$0" entityID="$1">
  <md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" protocolSupportEnumeration="$2">
    <md:KeyDescriptor use="encryption">
      <ds:KeyInfo xmlns:ds="$3">
        <ds:X509Data>
          <ds:X509Certificate>$4</ds:X509Certificate>
        </ds:X509Data>
      </ds:KeyInfo>
      <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"/>
      <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes128-gcm"/>
      <md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/>
      <md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>
      <md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/>
    </md:KeyDescriptor>
    <md:NameIDFormat>$5</md:NameIDFormat>
    <md:AssertionConsumerService Binding="$6" Location="$7" index="0" isDefault="true"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
)xml",
      kMetadataNs, EscapeXml(settings.sp_entity_id), kProtocolNs, kSignatureNs,
      PemBody(certificate.pem), kNameIdEmail, kPostBinding, EscapeXml(settings.acs_url));
}

}  // namespace gatehouse
