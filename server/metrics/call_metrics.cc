#include "server/metrics/call_metrics.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace gatehouse {
namespace {

// As gRPC for Go spells them, whose dashboards this is for.
constexpr std::array<absl::string_view, 17> kCodeNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

uint64_t Load(const std::atomic<uint64_t>& counter) {
  return counter.load(std::memory_order_relaxed);
}

void Add(std::atomic<uint64_t>& counter, uint64_t amount) {
  counter.fetch_add(amount, std::memory_order_relaxed);
}

}  // namespace

CallMetrics::CallMetrics(const std::vector<std::string>& methods) {
  for (const std::string& method : methods) {
    const size_t slash = method.find('/');
    const size_t dot = method.rfind('.', slash);
    index_.emplace(method.substr(dot == std::string::npos ? 0 : dot + 1), methods_.size());
    methods_.push_back({method.substr(0, slash), method.substr(slash + 1)});
  }
  for (auto& shard : shards_) shard = std::make_unique<Counts[]>(methods_.size());
}

CallMetrics::Counts* CallMetrics::Find(absl::string_view method) {
  const auto found = index_.find(method);
  return found == index_.end() ? nullptr : &shards_[ThreadNumber() % kShards][found->second];
}

void CallMetrics::Started(absl::string_view method) {
  if (Counts* const counts = Find(method)) Add(counts->started, 1);
}

void CallMetrics::Handled(absl::string_view method, absl::StatusCode code,
                          absl::Duration duration) {
  Counts* const counts = Find(method);
  if (counts == nullptr) return;
  Add(counts->handled[std::min<size_t>(static_cast<size_t>(code), kCodes - 1)], 1);
  const double seconds = absl::ToDoubleSeconds(duration);
  const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  Add(counts->buckets[static_cast<size_t>(bound - kBounds.begin())], 1);
  Add(counts->nanoseconds,
      static_cast<uint64_t>(std::max<int64_t>(0, absl::ToInt64Nanoseconds(duration))));
}

std::vector<MetricFamily> CallMetrics::Collect() {
  MetricFamily started{.name = "grpc_server_started_total",
                       .help = "Calls that arrived.",
                       .type = MetricFamily::Type::kCounter,
                       .samples = {}};
  MetricFamily handled{.name = "grpc_server_handled_total",
                       .help = "Calls that ended, by their code.",
                       .type = MetricFamily::Type::kCounter,
                       .samples = {}};
  MetricFamily handling{.name = "grpc_server_handling_seconds",
                        .help = "How long calls took.",
                        .type = MetricFamily::Type::kHistogram,
                        .samples = {}};
  for (size_t m = 0; m < methods_.size(); ++m) {
    MetricSample method{
        .labels = {{"grpc_service", methods_[m].service}, {"grpc_method", methods_[m].name}}};
    MetricSample time = method;
    std::array<uint64_t, kCodes> codes{};
    std::array<uint64_t, kBounds.size() + 1> buckets{};
    for (const auto& shard : shards_) {
      const Counts& counts = shard[m];
      method.value += static_cast<double>(Load(counts.started));
      time.sum += static_cast<double>(Load(counts.nanoseconds)) / 1e9;
      for (size_t i = 0; i < kCodes; ++i) codes[i] += Load(counts.handled[i]);
      for (size_t i = 0; i < buckets.size(); ++i) buckets[i] += Load(counts.buckets[i]);
    }
    for (size_t i = 0; i < kBounds.size(); ++i) {
      time.count += buckets[i];
      time.buckets.emplace_back(kBounds[i], time.count);
    }
    time.count += buckets.back();
    for (size_t i = 0; i < kCodes; ++i) {
      // OK from the start, so that a rate is there before the first error.
      if (codes[i] == 0 && i != 0) continue;
      MetricSample sample{.labels = method.labels, .value = static_cast<double>(codes[i])};
      sample.labels.emplace_back("grpc_code", std::string(kCodeNames[i]));
      handled.samples.push_back(std::move(sample));
    }
    started.samples.push_back(std::move(method));
    handling.samples.push_back(std::move(time));
  }
  return {std::move(started), std::move(handled), std::move(handling)};
}

}  // namespace gatehouse
