#include "server/metrics/prometheus_endpoint.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <exception>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

constexpr size_t kThreads = 1;

prometheus::MetricType TypeOf(MetricFamily::Type type) {
  switch (type) {
    case MetricFamily::Type::kCounter:
      return prometheus::MetricType::Counter;
    case MetricFamily::Type::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricFamily::Type::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric Render(const MetricSample& sample) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
  metric.counter.value = sample.value;
  metric.gauge.value = sample.value;
  metric.histogram.sample_count = sample.count;
  metric.histogram.sample_sum = sample.sum;
  for (const auto& [bound, count] : sample.buckets) {
    metric.histogram.bucket.push_back({count, bound});
  }
  metric.histogram.bucket.push_back({sample.count, std::numeric_limits<double>::infinity()});
  return metric;
}

class Collector final : public prometheus::Collectable {
 public:
  explicit Collector(std::vector<MetricSource*> sources) : sources_(std::move(sources)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> rendered;
    for (MetricSource* source : sources_) {
      for (const MetricFamily& family : source->Collect()) {
        prometheus::MetricFamily target{family.name, family.help, TypeOf(family.type), {}};
        for (const MetricSample& sample : family.samples) target.metric.push_back(Render(sample));
        rendered.push_back(std::move(target));
      }
    }
    return rendered;
  }

 private:
  std::vector<MetricSource*> sources_;
};

}  // namespace

class PrometheusEndpoint::Impl {
 public:
  Impl(const std::string& address, std::vector<MetricSource*> sources)
      : collector_(std::make_shared<Collector>(std::move(sources))), exposer_(address, kThreads) {
    exposer_.RegisterCollectable(collector_);
  }

  int port() const {
    const std::vector<int> ports = exposer_.GetListeningPorts();
    return ports.empty() ? 0 : ports.front();
  }

 private:
  std::shared_ptr<Collector> collector_;
  prometheus::Exposer exposer_;
};

absl::StatusOr<std::unique_ptr<PrometheusEndpoint>> PrometheusEndpoint::Start(
    const std::string& address, std::vector<MetricSource*> sources) {
  try {
    return std::unique_ptr<PrometheusEndpoint>(
        new PrometheusEndpoint(std::make_unique<Impl>(address, std::move(sources))));
  } catch (const std::exception& error) {  // the library's way to say that it cannot listen
    return Error(absl::StatusCode::kUnavailable, reason::kInvalidField,
                 absl::StrCat("metrics.listen: cannot listen on \"", address, "\": ", error.what()))
        .Build();
  }
}

PrometheusEndpoint::PrometheusEndpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

PrometheusEndpoint::~PrometheusEndpoint() = default;

int PrometheusEndpoint::port() const { return impl_->port(); }

}  // namespace gatehouse
