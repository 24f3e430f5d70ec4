// HttpFetcher by libcurl.
#ifndef GATEHOUSE_SERVER_CONNECTORS_CURL_HTTP_FETCHER_H_
#define GATEHOUSE_SERVER_CONNECTORS_CURL_HTTP_FETCHER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/connectors/http_fetcher.h"

namespace gatehouse {

struct CurlHttpFetcherOptions {
  // Lets URLs whose host is a loopback name or address ("localhost",
  // "127.0.0.1", "[::1]") through, by http too. Other hosts may not resolve to
  // loopback even so.
  bool allow_loopback = false;
  // PEM certificates to trust beside the system's. Empty: none.
  std::string extra_ca_pem;
  // Where to connect instead ("acme.example:443:127.0.0.1:8443"): for tests.
  // With allow_loopback, such a host may be on loopback.
  std::vector<std::string> connect_to;
};

// Each fetch is a connection of its own, with TLS 1.2 or later and its
// certificate verified, always. The address is judged where the socket is opened,
// after the last name resolution, so that DNS cannot change its answer in
// between. No proxy, cookies, netrc or compression, whatever the environment
// says; at most 64 KiB of headers.
//
// INVALID_ARGUMENT naming the option: extra_ca_pem holds no certificate.
absl::StatusOr<std::unique_ptr<HttpFetcher>> NewCurlHttpFetcher(
    const CurlHttpFetcherOptions& options);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_CURL_HTTP_FETCHER_H_
