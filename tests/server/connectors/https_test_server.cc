#include "tests/server/connectors/https_test_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gatehouse {
namespace {

using SslHandle = std::unique_ptr<SSL, OpensslFree<SSL_free>>;

X509Handle MakeCertificate(EVP_PKEY* key, const std::string& names) {
  X509Handle certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("test server"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(certificate.get(), extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(certificate.get(), key, EVP_sha256());
  return certificate;
}

// The size of a request whose headers end at `end`.
size_t RequestSize(const std::string& request, size_t end) {
  size_t length = 0;
  const size_t field = request.find("Content-Length: ");
  if (field != std::string::npos && field < end) {
    const size_t start = field + 16;
    EXPECT_TRUE(
        absl::SimpleAtoi(request.substr(start, request.find("\r\n", start) - start), &length));
  }
  return end + 4 + length;
}

}  // namespace

HttpsTestServer::HttpsTestServer(Handler handler, const Options& options)
    : handler_(std::move(handler)), options_(options) {
  if (options_.tls) {
    const KeyHandle key(EVP_EC_gen("P-256"));
    const X509Handle certificate = MakeCertificate(key.get(), options_.names);
    context_.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context_.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), key.get());
    const BioHandle pem(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(pem.get(), certificate.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(pem.get(), &text);
    certificate_pem_.assign(text, static_cast<size_t>(size));
  }
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, any, size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, any, &size) != 0) {
    ADD_FAILURE() << "cannot listen on a loopback port";
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

HttpsTestServer::~HttpsTestServer() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);  // wakes accept()
  thread_.join();
  close(listener_);
}

std::vector<std::string> HttpsTestServer::requests() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return requests_;
}

std::string HttpsTestServer::Ok(const std::string& body, const std::string& type) {
  return absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: ", type,
                      "\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
}

void HttpsTestServer::Run() {
  // A client that hangs up must not end the test. Only here: a test's own thread
  // is as it would be in the server.
  sigset_t sigpipe;
  sigemptyset(&sigpipe);
  sigaddset(&sigpipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &sigpipe, nullptr);
  while (!stopping_) {
    const int accepted = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) continue;
    Serve(accepted);
    close(accepted);
  }
}

void HttpsTestServer::Serve(int socket) {
  // A client that connects and says nothing must not hold up the test's end.
  const timeval timeout{.tv_sec = 5, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  SslHandle ssl;
  if (options_.tls) {
    ssl.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), socket);
    if (SSL_accept(ssl.get()) != 1) return;
  }
  const auto receive = [&](char* data, size_t size) {
    return ssl != nullptr ? SSL_read(ssl.get(), data, static_cast<int>(size))
                          : static_cast<int>(recv(socket, data, size, 0));
  };
  const auto send_bytes = [&](const char* data, size_t size) {
    return ssl != nullptr ? SSL_write(ssl.get(), data, static_cast<int>(size)) > 0
                          : send(socket, data, size, MSG_NOSIGNAL) > 0;
  };
  std::string request;
  char buffer[4096];
  size_t end = std::string::npos;
  while (end == std::string::npos || request.size() < RequestSize(request, end)) {
    const int got = receive(buffer, sizeof buffer);
    if (got <= 0) return;
    request.append(buffer, static_cast<size_t>(got));
    end = request.find("\r\n\r\n");
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    requests_.push_back(request);
  }
  const std::string response = handler_(request);
  const size_t piece = options_.drip.count() > 0 ? 1 : 16384;
  for (size_t at = 0; at < response.size() && !stopping_; at += piece) {
    if (!send_bytes(response.data() + at, std::min(piece, response.size() - at))) return;
    if (options_.drip.count() > 0) std::this_thread::sleep_for(options_.drip);
  }
  if (ssl != nullptr) SSL_shutdown(ssl.get());
}

}  // namespace gatehouse
