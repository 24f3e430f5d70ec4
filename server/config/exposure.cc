#include "server/config/exposure.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

bool HasPort(absl::string_view address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  // SimpleAtoi alone would let a sign or a space pass.
  return colon != absl::string_view::npos && colon + 1 != address.size() &&
         std::all_of(address.begin() + colon + 1, address.end(), absl::ascii_isdigit) &&
         absl::SimpleAtoi(address.substr(colon + 1), &port) && port <= 65535;
}

// The settings of TLS among themselves.
absl::Status CheckTls(const ServerConfig& config) {
  if (HasTls(config) && config.tls_key_file.empty()) {
    return InvalidField("tls.key_file", "", "the private key of tls.certificate_file");
  }
  const bool asks = config.client_certificates != ClientCertificates::kOff;
  if (!HasTls(config) && (asks || !config.tls_key_file.empty())) {
    return InvalidField("tls.certificate_file", "",
                        "the server's certificate, since other settings of TLS are there");
  }
  if (asks && config.tls_client_ca_file.empty()) {
    return InvalidField("tls.client_ca_file", "",
                        "the authority that signs clients' certificates, since "
                        "tls.client_certificates asks for them");
  }
  if (!asks && !config.tls_client_ca_file.empty()) {
    return InvalidField("tls.client_certificates", "off",
                        "\"request\" or \"require\", since there is a tls.client_ca_file");
  }
  if (!asks && !config.certificate_identities.empty()) {
    return InvalidField("tls.client_certificates", "off",
                        "\"request\" or \"require\", since there are "
                        "access.certificate_identities");
  }
  return absl::OkStatus();
}

}  // namespace

bool IsLoopbackAddress(absl::string_view address) {
  if (!HasPort(address)) return false;
  const std::string host(address.substr(0, address.rfind(':')));
  if (host == "localhost" || host == "[::1]") return true;
  // 127.0.0.0/8; a name like 127.example would be somebody's host.
  in_addr v4;
  return !absl::StrContains(host, '\0') && inet_pton(AF_INET, host.c_str(), &v4) == 1 &&
         (ntohl(v4.s_addr) >> 24) == 127;
}

absl::Status CheckExposure(const ServerConfig& config) {
  for (const auto& [key, address] :
       {std::pair("listen", &config.listen), std::pair("metrics.listen", &config.metrics_listen)}) {
    const bool off = address == &config.metrics_listen && address->empty();
    if (!off && !HasPort(*address)) return InvalidField(key, *address, "host:port");
  }
  RETURN_IF_ERROR(CheckTls(config));
  if (HasTls(config) && config.insecure) {
    return InvalidField("insecure", "true", "false, since there is a tls.certificate_file");
  }
  if (IsLoopbackAddress(config.listen)) {
    if (HasTls(config) || config.insecure) return absl::OkStatus();
    return InvalidField("tls.certificate_file", "",
                        "a certificate; or give --insecure to listen on loopback without TLS");
  }
  const std::string because =
      absl::StrCat("since listen \"", config.listen,
                   "\" is not a loopback address (127.0.0.1, [::1], localhost), so others can "
                   "reach it");
  if (config.insecure) {
    return InvalidField("insecure", "true",
                        absl::StrCat("tls.certificate_file and tls.key_file instead, ", because));
  }
  if (!HasTls(config)) {
    return InvalidField("tls.certificate_file", "",
                        absl::StrCat("the server's certificate (and tls.key_file), ", because));
  }
  if (!config.authentication) {
    return InvalidField("access.authentication", "off", absl::StrCat("\"required\", ", because));
  }
  return absl::OkStatus();
}

}  // namespace gatehouse
