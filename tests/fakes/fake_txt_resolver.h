// TXT records that a test sets, and what happens while they are asked for:
//
//   FakeTxtResolver dns;
//   dns.Set("_gatehouse.acme.test", {"gatehouse-domain-verification=…"});
//   dns.DuringNextLookup([&] { … });  // somebody changes the store meanwhile
#ifndef GATEHOUSE_TESTS_FAKES_FAKE_TXT_RESOLVER_H_
#define GATEHOUSE_TESTS_FAKES_FAKE_TXT_RESOLVER_H_

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/connectors/txt_resolver.h"

namespace gatehouse {

// Thread-safe. A name that was not set has no records.
class FakeTxtResolver final : public TxtResolver {
 public:
  void Set(const std::string& name, std::vector<std::string> records) {
    std::lock_guard<std::mutex> lock(mutex_);
    records_[name] = std::move(records);
  }
  // Each lookup from now on fails so; OK: they work again.
  void Fail(absl::Status error) {
    std::lock_guard<std::mutex> lock(mutex_);
    error_ = std::move(error);
  }
  // Called by the next lookup, once, before it answers; may block and look up.
  void DuringNextLookup(std::function<void()> act) {
    std::lock_guard<std::mutex> lock(mutex_);
    act_ = std::move(act);
  }
  // Every name asked for so far.
  std::vector<std::string> lookups() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return lookups_;
  }

  absl::StatusOr<std::vector<std::string>> LookupTxt(absl::string_view name) override {
    std::function<void()> act;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      lookups_.emplace_back(name);
      act = std::exchange(act_, nullptr);
    }
    if (act) act();
    std::lock_guard<std::mutex> lock(mutex_);
    if (!error_.ok()) return error_;
    const auto found = records_.find(std::string(name));
    return found == records_.end() ? std::vector<std::string>() : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> records_;
  absl::Status error_;
  std::function<void()> act_;
  std::vector<std::string> lookups_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_FAKES_FAKE_TXT_RESOLVER_H_
