// Counters, gauges and histograms with labels, in Prometheus' text format.
//
// Thread-safe. Updating a metric is an atomic operation; finding one by its labels takes a lock, so
// hot code keeps the reference, which stays valid as long as the registry.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace deltaport {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void Increment(int64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_ = 0;
};

class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

// Counts observations per bucket; an observation falls into the first bound that is >= it.
class Histogram {
 public:
  // `bounds` ascend; a last bucket without bound is added.
  explicit Histogram(std::vector<double> bounds);

  void Observe(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  // Observations in bucket `index` alone (not cumulative).
  int64_t bucket(size_t index) const { return buckets_[index].load(std::memory_order_relaxed); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::vector<double> bounds_;
  std::vector<std::atomic<int64_t>> buckets_;
  std::atomic<double> sum_ = 0;
};

// 5 ms to 10 s, the buckets that Prometheus' own clients default to. Seconds.
const std::vector<double>& DefaultLatencyBounds();

class MetricsRegistry {
 public:
  // The metric of that name and labels; made at the first call. `help` and `bounds` of the first
  // call count. A name belongs to one kind of metric.
  Counter& GetCounter(std::string_view name, std::string_view help,
                      const MetricLabels& labels = {});
  Gauge& GetGauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  Histogram& GetHistogram(std::string_view name, std::string_view help,
                          const MetricLabels& labels = {},
                          const std::vector<double>& bounds = DefaultLatencyBounds());

  // Text exposition format 0.0.4, by name and then by labels.
  std::string Exposition() const;

 private:
  template <typename Metric>
  struct Family {
    std::string help;
    std::map<std::string, std::unique_ptr<Metric>, std::less<>> by_labels;  // Key: rendered labels.
  };
  template <typename Metric>
  using Families = std::map<std::string, Family<Metric>, std::less<>>;

  template <typename Metric, typename... Args>
  Metric& Find(Families<Metric>& families, std::string_view name, std::string_view help,
               const MetricLabels& labels, const Args&... args);

  mutable std::mutex lock_;
  Families<Counter> counters_;
  Families<Gauge> gauges_;
  Families<Histogram> histograms_;
};

// A number as Prometheus writes it: "12", "0.25", "+Inf", "NaN".
std::string FormatMetricValue(double value);

}  // namespace deltaport
