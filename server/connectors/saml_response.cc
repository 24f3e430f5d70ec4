#include "server/connectors/saml_response.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "policy/status_macros.h"
#include "server/connectors/saml_names.h"

namespace gatehouse {
namespace {

bool IsBase64(char c) { return absl::ascii_isalnum(c) || c == '+' || c == '/' || c == '='; }

SamlRefusal Structure(std::string detail) {
  return {ConnectionTestFailure::kSignatureStructure, std::move(detail)};
}

SamlRefusal Malformed(std::string detail) {
  return {ConnectionTestFailure::kMalformedResponse, std::move(detail)};
}

std::optional<SamlRefusal> CheckVersionAndId(const xmlNode* element) {
  if (AttributeOf(element, "Version") != "2.0") {
    return Malformed(absl::StrCat(NameOf(element), " has Version ",
                                  ShownOrNothing(AttributeOf(element, "Version")),
                                  ", not \"2.0\""));
  }
  if (AttributeOf(element, "ID").value_or("").empty()) {
    return Malformed(absl::StrCat(NameOf(element), " has no ID"));
  }
  return std::nullopt;
}

std::optional<SamlRefusal> CheckStatus(const xmlNode* response) {
  const xmlNode* status = FirstChild(response, kProtocolNs, "Status");
  const xmlNode* code = status == nullptr ? nullptr : FirstChild(status, kProtocolNs, "StatusCode");
  if (code == nullptr) return Malformed("the response has no StatusCode");
  const std::optional<std::string> value = AttributeOf(code, "Value");
  if (value == kStatusSuccess) return std::nullopt;
  std::string detail = absl::StrCat("the IdP answered with status ", ShownOrNothing(value));
  if (const xmlNode* second = FirstChild(code, kProtocolNs, "StatusCode"); second != nullptr) {
    absl::StrAppend(&detail, ", ", ShownOrNothing(AttributeOf(second, "Value")));
  }
  if (const xmlNode* message = FirstChild(status, kProtocolNs, "StatusMessage");
      message != nullptr) {
    absl::StrAppend(&detail, ", message ", Shown(TrimmedTextOf(message)));
  }
  return SamlRefusal{ConnectionTestFailure::kIdpRefused, std::move(detail)};
}

// An ID that occurs twice makes "the element that was signed" ambiguous. The
// spellings are those of SAML, XML Signature and XML Encryption, and xml:id,
// which libxml2 registers by itself.
std::optional<SamlRefusal> CheckIdsUnique(xmlNode* root) {
  std::set<std::string> seen;
  std::optional<SamlRefusal> refusal;
  ForEachElement(root, [&](xmlNode* element) {
    for (const xmlAttr* attribute = element->properties; attribute != nullptr;
         attribute = attribute->next) {
      const absl::string_view name(reinterpret_cast<const char*>(attribute->name));
      if (!absl::EqualsIgnoreCase(name, "id")) continue;
      const std::string id = TextOf(reinterpret_cast<const xmlNode*>(attribute));
      if (!seen.insert(id).second && !refusal.has_value()) {
        refusal = Structure(absl::StrCat("the ID ", Shown(id), " occurs more than once"));
      }
    }
  });
  return refusal;
}

// Refuses elements of these names anywhere but at the nodes of `expected`.
std::optional<SamlRefusal> CheckPlaces(xmlNode* root, const std::vector<const xmlNode*>& expected) {
  std::optional<SamlRefusal> refusal;
  ForEachElement(root, [&](xmlNode* element) {
    if (refusal.has_value()) return;
    if (!IsElement(element, kProtocolNs, "Response") &&
        !IsElement(element, kAssertionNs, "Assertion") &&
        !IsElement(element, kAssertionNs, "EncryptedAssertion") &&
        !IsElement(element, kSignatureNs, "Signature")) {
      return;
    }
    if (std::find(expected.begin(), expected.end(), element) != expected.end()) return;
    refusal = Structure(absl::StrCat(
        "the response has a ", NameOf(element), " inside ",
        element->parent->type == XML_ELEMENT_NODE ? NameOf(element->parent) : "the document",
        ", where none belongs"));
  });
  return refusal;
}

SamlResult<xmlNode*> SignatureOf(const xmlNode* parent) {
  const std::vector<xmlNode*> signatures = ChildElements(parent, kSignatureNs, "Signature");
  if (signatures.size() > 1) {
    return Structure(absl::StrFormat("%s has %d signatures; one is expected", NameOf(parent),
                                     signatures.size()));
  }
  return signatures.empty() ? nullptr : signatures.front();
}

}  // namespace

SamlResult<std::string> DecodeSamlResponse(absl::string_view base64, size_t max_bytes) {
  // Base64 takes 4 characters for 3 bytes; one in two may be white space.
  if (base64.size() / 4 > max_bytes) {
    return Malformed(absl::StrFormat(
        "the SAMLResponse has %d characters; at most %d bytes are read", base64.size(), max_bytes));
  }
  std::string compact;
  compact.reserve(base64.size());
  for (size_t i = 0; i < base64.size(); ++i) {
    if (absl::ascii_isspace(base64[i])) continue;
    if (!IsBase64(base64[i])) {
      return Malformed(absl::StrFormat(
          "the SAMLResponse is not base64: %s at offset %d; pass the form field as it came, after "
          "URL-decoding it once",
          Shown(base64.substr(i, 1)), i));
    }
    compact.push_back(base64[i]);
  }
  std::string bytes;
  if (compact.empty() || !absl::Base64Unescape(compact, &bytes)) {
    return Malformed("the SAMLResponse is empty, or not whole base64");
  }
  return bytes;
}

SamlResult<SamlResponseShape> InspectResponse(const XmlDocument& document) {
  SamlResponseShape shape;
  shape.response = RootOf(document);
  if (!IsElement(shape.response, kProtocolNs, "Response")) {
    return Malformed(
        absl::StrCat("the message is a ", Shown(NameOf(shape.response)), ", not a samlp:Response"));
  }
  if (auto refusal = CheckVersionAndId(shape.response)) return *refusal;
  if (auto refusal = CheckStatus(shape.response)) return *refusal;
  if (auto refusal = CheckIdsUnique(shape.response)) return *refusal;

  const auto assertions = ChildElements(shape.response, kAssertionNs, "Assertion");
  const auto encrypted = ChildElements(shape.response, kAssertionNs, "EncryptedAssertion");
  if (assertions.size() + encrypted.size() != 1) {
    return SamlRefusal{
        ConnectionTestFailure::kNoAssertion,
        absl::StrFormat("the response has %d assertions in clear and %d encrypted; one is expected",
                        assertions.size(), encrypted.size())};
  }
  ASSIGN_OR_RETURN(shape.response_signature, SignatureOf(shape.response));
  if (!encrypted.empty()) {
    shape.encrypted_assertion = encrypted.front();
  } else {
    shape.assertion = assertions.front();
    if (auto refusal = CheckVersionAndId(shape.assertion)) return *refusal;
    ASSIGN_OR_RETURN(shape.assertion_signature, SignatureOf(shape.assertion));
  }
  if (auto refusal =
          CheckPlaces(shape.response, {shape.response, shape.response_signature, shape.assertion,
                                       shape.assertion_signature, shape.encrypted_assertion})) {
    return *refusal;
  }
  return shape;
}

SamlResult<SamlResponseShape> InspectAssertion(const XmlDocument& document) {
  SamlResponseShape shape;
  shape.assertion = RootOf(document);
  if (!IsElement(shape.assertion, kAssertionNs, "Assertion")) {
    return Malformed(absl::StrCat("the encrypted content is a ", Shown(NameOf(shape.assertion)),
                                  ", not a saml:Assertion"));
  }
  if (auto refusal = CheckVersionAndId(shape.assertion)) return *refusal;
  if (auto refusal = CheckIdsUnique(shape.assertion)) return *refusal;
  ASSIGN_OR_RETURN(shape.assertion_signature, SignatureOf(shape.assertion));
  if (auto refusal = CheckPlaces(shape.assertion, {shape.assertion, shape.assertion_signature})) {
    return *refusal;
  }
  return shape;
}

}  // namespace gatehouse
