// A web of pages that a test sets:
//
//   FakeHttpFetcher web;
//   web.Set("https://idp.example/metadata", {.status = 200, .body = "…"});
#ifndef GATEHOUSE_TESTS_FAKES_FAKE_HTTP_FETCHER_H_
#define GATEHOUSE_TESTS_FAKES_FAKE_HTTP_FETCHER_H_

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/connectors/http_fetcher.h"

namespace gatehouse {

// Thread-safe. A page that was not set is 404.
class FakeHttpFetcher final : public HttpFetcher {
 public:
  void Set(const std::string& url, HttpResponse response) {
    std::lock_guard<std::mutex> lock(mutex_);
    pages_[url] = std::move(response);
  }
  // Each fetch from now on fails so; OK: they work again.
  void Fail(absl::Status error) {
    std::lock_guard<std::mutex> lock(mutex_);
    error_ = std::move(error);
  }
  // Every request so far.
  std::vector<HttpRequest> requests() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return requests_;
  }

  absl::StatusOr<HttpResponse> Fetch(const HttpRequest& request) override {
    std::lock_guard<std::mutex> lock(mutex_);
    requests_.push_back(request);
    if (!error_.ok()) return error_;
    const auto found = pages_.find(request.url);
    if (found == pages_.end()) return HttpResponse{.status = 404, .content_type = "", .body = ""};
    return found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, HttpResponse> pages_;
  absl::Status error_;
  std::vector<HttpRequest> requests_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_FAKES_FAKE_HTTP_FETCHER_H_
