#include "server/connectors/curl_http_fetcher.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/connectors/openssl_handles.h"
#include "server/connectors/public_address.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxUrlBytes = 4096;
constexpr size_t kMaxHeaderBytes = 64 * 1024;

template <auto Free>
struct CurlFree {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using CurlHandle = std::unique_ptr<CURL, CurlFree<curl_easy_cleanup>>;
using CurlUrl = std::unique_ptr<CURLU, CurlFree<curl_url_cleanup>>;
using CurlText = std::unique_ptr<char, CurlFree<curl_free>>;

// A list that only grows.
class CurlList {
 public:
  CurlList() = default;
  CurlList(const CurlList&) = delete;
  CurlList& operator=(const CurlList&) = delete;
  ~CurlList() { curl_slist_free_all(list_); }

  void Add(const std::string& line) {
    if (curl_slist* grown = curl_slist_append(list_, line.c_str())) list_ = grown;
  }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

// A peer that hangs up raises SIGPIPE in OpenSSL's write, and libcurl, forbidden
// to touch signals, lets it through: it would end the process. Kept from this
// thread alone.
class SigpipeBlock {
 public:
  SigpipeBlock() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  SigpipeBlock(const SigpipeBlock&) = delete;
  SigpipeBlock& operator=(const SigpipeBlock&) = delete;
  ~SigpipeBlock() {
    const timespec none{};
    while (sigtimedwait(&sigpipe_, nullptr, &none) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t sigpipe_;
  sigset_t before_;
};

absl::Status InvalidUrl(absl::string_view url, absl::string_view expectation) {
  return InvalidField("url", url, expectation);
}

absl::Status Unavailable(const std::string& host, absl::string_view what) {
  return Error(absl::StatusCode::kUnavailable, reason::kIdpUnavailable,
               absl::StrCat("cannot fetch from ", Quoted(host), ": ", what))
      .Build();
}

// nullptr: the URL has no such part.
CurlText Part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  return CurlText(curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : nullptr);
}

bool IsLoopbackHost(const std::string& host) {
  if (absl::EqualsIgnoreCase(host, "localhost") || host == "[::1]") return true;
  in_addr v4;
  return inet_pton(AF_INET, host.c_str(), &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
}

// What one fetch may do, and what it has found. libcurl calls back into it.
struct Transfer {
  bool loopback_allowed = false;
  size_t max_bytes = 0;

  bool address_refused = false;
  bool too_large = false;
  size_t header_bytes = 0;
  HttpResponse response;
};

curl_socket_t OpenSocket(void* context, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (!IsPublicAddress(&address->addr) &&
      !(transfer.loopback_allowed && IsLoopbackAddress(&address->addr))) {
    transfer.address_refused = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

size_t WriteBody(char* data, size_t, size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (size > transfer.max_bytes - transfer.response.body.size()) {
    transfer.too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  transfer.response.body.append(data, size);
  return size;
}

size_t ReadHeader(char*, size_t, size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  transfer.header_bytes += size;
  if (transfer.header_bytes <= kMaxHeaderBytes) return size;
  transfer.too_large = true;
  return CURL_WRITEFUNC_ERROR;
}

class CurlHttpFetcher final : public HttpFetcher {
 public:
  explicit CurlHttpFetcher(CurlHttpFetcherOptions options) : options_(std::move(options)) {
    for (const std::string& line : options_.connect_to) connect_to_.Add(line);
  }

  absl::StatusOr<HttpResponse> Fetch(const HttpRequest& request) override {
    ASSIGN_OR_RETURN(const Target target, CheckUrl(request.url));
    CurlList headers;
    // Waiting for "100 Continue" would cost a second with servers that do not know it.
    headers.Add("Expect:");
    for (const auto& [name, value] : request.headers) {
      if (!std::all_of(name.begin(), name.end(), absl::ascii_isgraph) ||
          !std::all_of(value.begin(), value.end(), absl::ascii_isprint)) {
        return InvalidField("headers", name, "printable ASCII");
      }
      headers.Add(absl::StrCat(name, ": ", value));
    }
    Transfer transfer{.loopback_allowed = target.may_be_loopback, .max_bytes = request.max_bytes};
    const CurlHandle handle(curl_easy_init());
    if (handle == nullptr ||
        !Configure(handle.get(), request, target.may_be_loopback, headers, transfer)) {
      return Unavailable(target.host, "libcurl cannot be set up");
    }
    const OpensslErrorScope error_scope;
    const SigpipeBlock sigpipe_block;
    const CURLcode code = curl_easy_perform(handle.get());
    if (code != CURLE_OK) return Unavailable(target.host, Describe(handle.get(), code, transfer));
    long status = 0;
    char* content_type = nullptr;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(handle.get(), CURLINFO_CONTENT_TYPE, &content_type);
    transfer.response.status = static_cast<int>(status);
    if (content_type != nullptr) transfer.response.content_type = content_type;
    return std::move(transfer.response);
  }

 private:
  struct Target {
    std::string host;
    bool may_be_loopback = false;
  };

  absl::StatusOr<Target> CheckUrl(const std::string& text) const {
    if (text.size() > kMaxUrlBytes || !std::all_of(text.begin(), text.end(), absl::ascii_isgraph)) {
      return InvalidUrl(text, "at most 4,096 characters of printable ASCII");
    }
    // libcurl mends some forms that other parsers read otherwise.
    const size_t authority = text.find("://");
    if (authority == std::string::npos || text.compare(authority + 3, 1, "/") == 0 ||
        absl::StrContains(text, '\\')) {
      return InvalidUrl(text, "a URL with a host");
    }
    const CurlUrl url(curl_url());
    if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
      return InvalidUrl(text, "a URL");
    }
    const CurlText scheme = Part(url.get(), CURLUPART_SCHEME);
    const CurlText host = Part(url.get(), CURLUPART_HOST);
    if (scheme == nullptr || host == nullptr) return InvalidUrl(text, "a URL with a host");
    // Not quoted: what stands there is a secret of somebody's.
    if (Part(url.get(), CURLUPART_USER) != nullptr ||
        Part(url.get(), CURLUPART_PASSWORD) != nullptr) {
      return InvalidUrl(host.get(), "a URL without user information");
    }
    if (absl::StrContains(text, '#')) return InvalidUrl(text, "a URL without a fragment");
    Target target{.host = host.get()};
    target.may_be_loopback =
        options_.allow_loopback &&
        (IsLoopbackHost(target.host) ||
         std::any_of(options_.connect_to.begin(), options_.connect_to.end(),
                     [&](const std::string& line) {
                       return absl::StartsWith(line, absl::StrCat(target.host, ":"));
                     }));
    if (absl::string_view(scheme.get()) != "https" &&
        !(absl::string_view(scheme.get()) == "http" && target.may_be_loopback)) {
      return InvalidUrl(text, "https");
    }
    return target;
  }

  bool Configure(CURL* handle, const HttpRequest& request, bool http_allowed,
                 const CurlList& headers, Transfer& transfer) const {
    bool done = true;
    const auto set = [&](CURLoption option, auto value) {
      done = curl_easy_setopt(handle, option, value) == CURLE_OK && done;
    };
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, http_allowed ? "http,https" : "https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, "");  // not even the environment's
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_NOSIGNAL, 1L);  // a signal would hit any thread
    set(CURLOPT_TIMEOUT_MS,
        static_cast<long>(std::max<int64_t>(1, absl::ToInt64Milliseconds(request.deadline))));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options_.extra_ca_pem.empty()) {
      // Takes the place of the system's bundle, and leaves its directory.
      curl_blob ca{.data = const_cast<char*>(options_.extra_ca_pem.data()),
                   .len = options_.extra_ca_pem.size(),
                   .flags = CURL_BLOB_NOCOPY};
      set(CURLOPT_CAINFO_BLOB, &ca);
    }
    if (connect_to_.get() != nullptr) set(CURLOPT_CONNECT_TO, connect_to_.get());
    set(CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
    set(CURLOPT_OPENSOCKETDATA, &transfer);
    set(CURLOPT_WRITEFUNCTION, &WriteBody);
    set(CURLOPT_WRITEDATA, &transfer);
    set(CURLOPT_HEADERFUNCTION, &ReadHeader);
    set(CURLOPT_HEADERDATA, &transfer);
    set(CURLOPT_USERAGENT, "gatehouse");
    set(CURLOPT_HTTPHEADER, headers.get());
    if (!request.form.empty()) {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.form.size()));
      set(CURLOPT_POSTFIELDS, request.form.data());
    }
    return done;
  }

  static std::string Describe(CURL* handle, CURLcode code, const Transfer& transfer) {
    if (transfer.too_large) {
      return absl::StrCat("the answer is larger than ", transfer.max_bytes, " bytes");
    }
    if (transfer.address_refused) {
      return "its address is not a public one (private, loopback, link-local or reserved)";
    }
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
      long verified = X509_V_OK;
      curl_easy_getinfo(handle, CURLINFO_SSL_VERIFYRESULT, &verified);
      return absl::StrCat("its certificate does not verify: ",
                          verified == X509_V_OK ? "it is for another host"
                                                : X509_verify_cert_error_string(verified));
    }
    // A fixed text of the library; its error buffer may quote the answer.
    return curl_easy_strerror(code);
  }

  const CurlHttpFetcherOptions options_;
  CurlList connect_to_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpFetcher>> NewCurlHttpFetcher(
    const CurlHttpFetcherOptions& options) {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialized != CURLE_OK) {
    return Error(absl::StatusCode::kInternal, reason::kInternal, "libcurl does not start").Build();
  }
  if (!options.extra_ca_pem.empty()) {
    const OpensslErrorScope error_scope;
    const BioHandle pem = ReadBio(options.extra_ca_pem);
    if (X509Handle(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr)) == nullptr) {
      return InvalidField("extra_ca_pem", "", "at least one PEM certificate");
    }
  }
  return std::unique_ptr<HttpFetcher>(std::make_unique<CurlHttpFetcher>(options));
}

}  // namespace gatehouse
