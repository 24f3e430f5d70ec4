// Seam to the web: what Gatehouse fetches from hosts that others name.
//
// Every URL comes from a customer or from a document that a customer named, so
// each fetch is guarded against server-side request forgery.
#ifndef GATEHOUSE_SERVER_CONNECTORS_HTTP_FETCHER_H_
#define GATEHOUSE_SERVER_CONNECTORS_HTTP_FETCHER_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gatehouse {

struct HttpRequest {
  // https; http only where the fetcher allows loopback hosts. No user
  // information, no fragment.
  std::string url;
  // Set: a POST of this body, application/x-www-form-urlencoded. Else a GET.
  std::string form;
  std::vector<std::pair<std::string, std::string>> headers;
  size_t max_bytes = 1 << 20;                   // of the body
  absl::Duration deadline = absl::Seconds(10);  // for all of it
};

struct HttpResponse {
  int status = 0;  // 200, 404, …; a redirect is an answer like another
  std::string content_type;
  std::string body;
};

// Thread-safe; blocks up to the deadline.
class HttpFetcher {
 public:
  virtual ~HttpFetcher() = default;

  // Never follows a redirect. INVALID_ARGUMENT naming `url`: a scheme, host or
  // form that is not allowed. UNAVAILABLE (IDP_UNAVAILABLE), saying what
  // happened but quoting nothing of the answer: no connection, a certificate
  // that does not verify, an address that is not allowed (private, loopback,
  // link-local, multicast, unless configured), a time-out, a body above
  // max_bytes.
  virtual absl::StatusOr<HttpResponse> Fetch(const HttpRequest& request) = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_HTTP_FETCHER_H_
