#include "client/secure_channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/client_interceptor.h>

#include <fstream>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/access_token.h"
#include "client/loopback_target.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::client {
namespace {

constexpr char kHeader[] = "authorization";
constexpr size_t kMaxPemBytes = 1 << 20;

std::string HeaderValue(AccessToken& token) { return absl::StrCat("Bearer ", token.value()); }

// Over TLS: gRPC itself sees to it that the token never leaves otherwise.
class TokenPlugin final : public grpc::MetadataCredentialsPlugin {
 public:
  explicit TokenPlugin(std::shared_ptr<AccessToken> token) : token_(std::move(token)) {}
  bool IsBlocking() const override { return false; }
  grpc::Status GetMetadata(grpc::string_ref, grpc::string_ref, const grpc::AuthContext&,
                           std::multimap<grpc::string, grpc::string>* metadata) override {
    metadata->emplace(kHeader, HeaderValue(*token_));
    return grpc::Status::OK;
  }
  grpc::string DebugString() override { return "access token"; }

 private:
  const std::shared_ptr<AccessToken> token_;
};

// On loopback without TLS, where gRPC takes no call credentials.
class TokenInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit TokenInterceptor(std::shared_ptr<AccessToken> token) : token_(std::move(token)) {}
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            grpc::experimental::InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace(kHeader, HeaderValue(*token_));
    }
    methods->Proceed();
  }

 private:
  const std::shared_ptr<AccessToken> token_;
};

class TokenInterceptorFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit TokenInterceptorFactory(std::shared_ptr<AccessToken> token) : token_(std::move(token)) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new TokenInterceptor(token_);
  }

 private:
  const std::shared_ptr<AccessToken> token_;
};

// Null: none.
absl::StatusOr<std::shared_ptr<AccessToken>> TokenOf(const ConnectionSecurity& security) {
  if (!security.token.empty() && !security.token_file.empty()) {
    return InvalidField("token_file", security.token_file, "none, since there is a token");
  }
  if (!security.token.empty()) return AccessToken::FromText(security.token);
  if (!security.token_file.empty()) return AccessToken::FromFile(security.token_file);
  return std::shared_ptr<AccessToken>();
}

absl::StatusOr<std::string> ReadPem(absl::string_view field, const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::string content(kMaxPemBytes, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.is_open() || file.bad()) return InvalidField(field, path, "a file that can be read");
  content.resize(static_cast<size_t>(file.gcount()));
  if (content.find("-----BEGIN ") == std::string::npos) {
    return InvalidField(field, path, "a file in PEM");
  }
  return content;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> TlsCredentials(
    const ConnectionSecurity& security) {
  if (security.certificate_file.empty() != security.key_file.empty()) {
    return security.key_file.empty()
               ? InvalidField("key_file", "", "the private key of certificate_file")
               : InvalidField("certificate_file", "", "the certificate of key_file");
  }
  grpc::SslCredentialsOptions options;
  ASSIGN_OR_RETURN(options.pem_root_certs, ReadPem("ca_file", security.ca_file));
  ASSIGN_OR_RETURN(options.pem_cert_chain, ReadPem("certificate_file", security.certificate_file));
  ASSIGN_OR_RETURN(options.pem_private_key, ReadPem("key_file", security.key_file));
  return grpc::SslCredentials(options);
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeSecureChannel(const std::string& target,
                                                                 const ConnectionSecurity& security,
                                                                 grpc::ChannelArguments arguments) {
  const bool tls = security.tls || !security.ca_file.empty() ||
                   !security.certificate_file.empty() || !security.key_file.empty() ||
                   !IsLoopback(target);
  if (tls) {
    ASSIGN_OR_RETURN(std::shared_ptr<grpc::ChannelCredentials> credentials,
                     TlsCredentials(security));
    return MakeSecureChannel(target, std::move(credentials), security, std::move(arguments));
  }
  // A proxy from the environment (http_proxy) is not on loopback.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  ASSIGN_OR_RETURN(std::shared_ptr<AccessToken> token, TokenOf(security));
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  if (token != nullptr) {
    interceptors.push_back(std::make_unique<TokenInterceptorFactory>(std::move(token)));
  }
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      target, grpc::InsecureChannelCredentials(), arguments, std::move(interceptors));
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeSecureChannel(
    const std::string& target, std::shared_ptr<grpc::ChannelCredentials> credentials,
    const ConnectionSecurity& security, grpc::ChannelArguments arguments) {
  ASSIGN_OR_RETURN(std::shared_ptr<AccessToken> token, TokenOf(security));
  if (token != nullptr) {
    credentials = grpc::CompositeChannelCredentials(
        credentials,
        grpc::MetadataCredentialsFromPlugin(std::make_unique<TokenPlugin>(std::move(token))));
    if (credentials == nullptr) {
      return InvalidField("credentials", "", "credentials of TLS, since there is a token");
    }
  }
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

}  // namespace gatehouse::client
