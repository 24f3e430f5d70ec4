#include "tests/benchmark/load_call.h"

#include "absl/strings/str_cat.h"
#include "policy/status_macros.h"
#include "tests/benchmark/population.h"

namespace gatehouse::benchmark {
namespace {

class CheckCall final : public LoadCall {
 public:
  using LoadCall::LoadCall;

  absl::Status CheckAnswers() const override {
    return CheckAnswer(status_, request_.email(), response_);
  }
  void Weigh(AnswerSizes* sizes) const override { sizes->Record(request_.email(), response_); }

 private:
  void Send(std::mt19937_64& random, grpc::CompletionQueue* queue) override {
    request_.set_email(AnyAddress(random));
    reader_ = stub_->AsyncCheckLogin(&*context_, request_, queue);
    reader_->Finish(&response_, &status_, static_cast<LoadCall*>(this));
  }
  void Forget() override { reader_.reset(); }

  v1::CheckLoginRequest request_;
  v1::CheckLoginResponse response_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::CheckLoginResponse>> reader_;
};

class BatchCall final : public LoadCall {
 public:
  BatchCall(int size, const LoadTarget& target, const std::vector<std::string>& addresses,
            v1::LoginService::Stub* stub)
      : LoadCall(target, addresses, stub), size_(size) {}

  absl::Status CheckAnswers() const override {
    if (status_.ok() && response_.results_size() != request_.emails_size()) {
      return absl::AbortedError(
          absl::StrCat(response_.results_size(), " answers, expected ", request_.emails_size()));
    }
    for (int i = 0; i < request_.emails_size(); ++i) {
      const auto& decision =
          status_.ok() ? response_.results(i).decision() : v1::CheckLoginResponse();
      RETURN_IF_ERROR(CheckAnswer(status_, request_.emails(i), decision));
    }
    return absl::OkStatus();
  }
  void Weigh(AnswerSizes* sizes) const override {
    for (int i = 0; i < request_.emails_size(); ++i) {
      sizes->Record(request_.emails(i), response_.results(i).decision());
    }
  }

 private:
  void Send(std::mt19937_64& random, grpc::CompletionQueue* queue) override {
    request_.clear_emails();
    for (int i = 0; i < size_; ++i) request_.add_emails(AnyAddress(random));
    reader_ = stub_->AsyncBatchCheckLogin(&*context_, request_, queue);
    reader_->Finish(&response_, &status_, static_cast<LoadCall*>(this));
  }
  void Forget() override { reader_.reset(); }

  const int size_;
  v1::BatchCheckLoginRequest request_;
  v1::BatchCheckLoginResponse response_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::BatchCheckLoginResponse>> reader_;
};

}  // namespace

absl::Status CheckAnswer(const grpc::Status& status, absl::string_view email,
                         const v1::CheckLoginResponse& response) {
  if (!status.ok()) {
    return absl::AbortedError(
        absl::StrCat("a call failed: code ", status.error_code(), ": ", status.error_message()));
  }
  const v1::Verdict expected =
      Population::IsEnforced(email) ? v1::VERDICT_REQUIRE_SSO : v1::VERDICT_ALLOW_PASSWORD;
  if (response.verdict() == expected) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat(email, " is answered ",
                                         v1::Verdict_Name(response.verdict()), ", expected ",
                                         v1::Verdict_Name(expected)));
}

void AnswerSizes::Record(absl::string_view email, const v1::CheckLoginResponse& decision) {
  Mean& mean = Population::IsEnforced(email) ? enforced_ : open_;
  mean.sum += static_cast<int64_t>(decision.ByteSizeLong());
  ++mean.count;
}

void AnswerSizes::Add(const AnswerSizes& other) {
  enforced_.sum += other.enforced_.sum;
  enforced_.count += other.enforced_.count;
  open_.sum += other.open_.sum;
  open_.count += other.open_.count;
}

void LoadCall::Start(Clock::time_point start, std::mt19937_64& random,
                     grpc::CompletionQueue* queue) {
  start_ = start;
  Forget();
  context_.emplace();
  Prepare(target_, &*context_);
  Send(random, queue);
}

std::unique_ptr<LoadCall> NewLoadCall(int addresses_per_call, const LoadTarget& target,
                                      const std::vector<std::string>& addresses,
                                      v1::LoginService::Stub* stub) {
  if (addresses_per_call == 1) return std::make_unique<CheckCall>(target, addresses, stub);
  return std::make_unique<BatchCall>(addresses_per_call, target, addresses, stub);
}

}  // namespace gatehouse::benchmark
