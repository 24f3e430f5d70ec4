#include "server/connectors/saml_authn_request.h"

#include <libxml/tree.h>
#include <zlib.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/substitute.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/connectors/saml_names.h"
#include "server/connectors/xml_document.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxRelayStateBytes = 80;  // Bindings 2.0, 3.4.3

// Raw DEFLATE (RFC 1951), without zlib's header: Bindings 2.0, 3.4.4.1.
absl::StatusOr<std::string> Deflate(absl::string_view text) {
  z_stream stream = {};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return absl::InternalError("zlib did not start");
  }
  std::string compressed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  const int result = deflate(&stream, Z_FINISH);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) return absl::InternalError("zlib did not finish");
  return compressed;
}

// RFC 3986, section 2.3: all but the unreserved characters.
std::string UrlEncode(absl::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(c) || absl::StrContains("-._~", absl::string_view(&c, 1))) {
      encoded.push_back(c);
    } else {
      absl::StrAppendFormat(&encoded, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

absl::Status CheckArguments(const SamlSettings& settings, absl::string_view request_id,
                            absl::string_view relay_state) {
  const std::string id(request_id);
  if (!IsXmlText(request_id) ||
      xmlValidateNCName(reinterpret_cast<const xmlChar*>(id.c_str()), 0) != 0) {
    return InvalidField("request_id", request_id, "an xs:NCName");
  }
  if (relay_state.size() > kMaxRelayStateBytes) {
    return InvalidField("relay_state", relay_state,
                        absl::StrFormat("at most %d bytes", kMaxRelayStateBytes));
  }
  for (const auto& [field, value] :
       {std::pair("idp_sso_url", &settings.idp_sso_url), std::pair("acs_url", &settings.acs_url),
        std::pair("sp_entity_id", &settings.sp_entity_id)}) {
    if (value->empty() || !IsXmlText(*value)) {
      return InvalidField(field, *value, "UTF-8 without control characters, not empty");
    }
  }
  return absl::OkStatus();
}

// ForceAuthn: a test must show a sign-in, not a session that was there before.
std::string AuthnRequest(const SamlSettings& settings, absl::string_view request_id,
                         absl::Time now) {
  // Asking for a format that an IdP does not have configured is an error at some
  // of them, so it is asked for only where the NameID matters.
  const std::string policy =
      settings.email_attribute.empty()
          ? absl::Substitute("<samlp:NameIDPolicy Format=\"$0\" AllowCreate=\"true\"/>",
                             kNameIdEmail)
          : "";
  return absl::Substitute(
      "<samlp:AuthnRequest xmlns:samlp=\"$0\" xmlns:saml=\"$1\" ID=\"$2\" Version=\"2.0\" "
      "IssueInstant=\"$3\" Destination=\"$4\" AssertionConsumerServiceURL=\"$5\" "
      "ProtocolBinding=\"$6\" ForceAuthn=\"true\"><saml:Issuer>$7</saml:Issuer>$8"
      "</samlp:AuthnRequest>",
      kProtocolNs, kAssertionNs, request_id,
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now, absl::UTCTimeZone()),
      EscapeXml(settings.idp_sso_url), EscapeXml(settings.acs_url), kPostBinding,
      EscapeXml(settings.sp_entity_id), policy);
}

}  // namespace

absl::StatusOr<std::string> BuildSignInUrl(const SamlSettings& settings,
                                           absl::string_view request_id,
                                           absl::string_view relay_state, absl::Time now) {
  RETURN_IF_ERROR(CheckArguments(settings, request_id, relay_state));
  ASSIGN_OR_RETURN(const std::string compressed, Deflate(AuthnRequest(settings, request_id, now)));
  // A fragment would swallow what is appended; it means nothing to the IdP.
  const std::string base = settings.idp_sso_url.substr(0, settings.idp_sso_url.find('#'));
  std::string url = absl::StrCat(base, absl::StrContains(base, "?") ? "&" : "?",
                                 "SAMLRequest=", UrlEncode(absl::Base64Escape(compressed)));
  if (!relay_state.empty()) absl::StrAppend(&url, "&RelayState=", UrlEncode(relay_state));
  return url;
}

}  // namespace gatehouse
