// A LoginService whose answers a test writes.
#ifndef GATEHOUSE_TESTS_CLIENT_FAKE_LOGIN_SERVICE_H_
#define GATEHOUSE_TESTS_CLIENT_FAKE_LOGIN_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "gatehouse/v1/login_service.grpc.pb.h"

namespace gatehouse::client {

// Thread-safe. Until told otherwise it answers ALLOW_PASSWORD.
class FakeLoginService : public v1::LoginService::Service {
 public:
  using Check = std::function<grpc::Status(int call, v1::CheckLoginResponse& response)>;
  using Batch = std::function<grpc::Status(int call, v1::BatchCheckLoginResponse& response)>;

  // `call` counts from 1.
  void OnCheck(Check check) { check_ = std::move(check); }
  void OnBatch(Batch batch) { batch_ = std::move(batch); }

  std::vector<v1::CheckLoginRequest> checks() const {
    const std::lock_guard lock(mutex_);
    return checks_;
  }
  std::vector<v1::BatchCheckLoginRequest> batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

  grpc::Status CheckLogin(grpc::ServerContext*, const v1::CheckLoginRequest* request,
                          v1::CheckLoginResponse* response) override {
    return check_(Record(*request, checks_), *response);
  }
  grpc::Status BatchCheckLogin(grpc::ServerContext*, const v1::BatchCheckLoginRequest* request,
                               v1::BatchCheckLoginResponse* response) override {
    return batch_(Record(*request, batches_), *response);
  }

 private:
  template <typename Request>
  int Record(const Request& request, std::vector<Request>& requests) {
    const std::lock_guard lock(mutex_);
    requests.push_back(request);
    return static_cast<int>(requests.size());
  }

  mutable std::mutex mutex_;
  std::vector<v1::CheckLoginRequest> checks_;
  std::vector<v1::BatchCheckLoginRequest> batches_;
  Check check_ = [](int, v1::CheckLoginResponse& response) {
    response.set_verdict(v1::VERDICT_ALLOW_PASSWORD);
    response.set_revision(1);
    return grpc::Status::OK;
  };
  Batch batch_ = [](int, v1::BatchCheckLoginResponse&) { return grpc::Status::OK; };
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_TESTS_CLIENT_FAKE_LOGIN_SERVICE_H_
