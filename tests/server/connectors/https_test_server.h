// A web server on a loopback port, by HTTPS or HTTP, that answers as a test says.
#ifndef GATEHOUSE_TESTS_SERVER_CONNECTORS_HTTPS_TEST_SERVER_H_
#define GATEHOUSE_TESTS_SERVER_CONNECTORS_HTTPS_TEST_SERVER_H_

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/connectors/openssl_handles.h"

namespace gatehouse {

// One connection at a time, one request each. Thread-safe.
class HttpsTestServer {
 public:
  // `request`: everything up to the end of its body. The result is sent as it
  // is, in pieces of one byte each `drip` if that is set.
  using Handler = std::function<std::string(const std::string& request)>;

  struct Options {
    // The subject alternative names of its certificate, in OpenSSL's syntax.
    std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
    bool tls = true;
    // Sends the answer byte by byte, this far apart, as long as somebody listens.
    std::chrono::milliseconds drip{0};
  };

  explicit HttpsTestServer(Handler handler) : HttpsTestServer(std::move(handler), Options()) {}
  HttpsTestServer(Handler handler, const Options& options);
  ~HttpsTestServer();
  HttpsTestServer(const HttpsTestServer&) = delete;
  HttpsTestServer& operator=(const HttpsTestServer&) = delete;

  int port() const { return port_; }
  // Self-signed: also what a client must trust.
  const std::string& certificate_pem() const { return certificate_pem_; }
  // What clients have sent, in order.
  std::vector<std::string> requests() const;

  // "HTTP/1.1 200 OK" with `body`.
  static std::string Ok(const std::string& body, const std::string& type = "text/plain");

 private:
  void Run();
  void Serve(int socket);

  const Handler handler_;
  const Options options_;
  std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>> context_;
  std::string certificate_pem_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_CONNECTORS_HTTPS_TEST_SERVER_H_
