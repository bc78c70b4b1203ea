#include "base/metrics.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace deltaport {
namespace {

void AppendEscaped(std::string_view text, bool quotes, std::string& out) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

// `a="1",b="2"`, without braces.
std::string RenderLabels(const MetricLabels& labels) {
  std::string out;
  for (const auto& [key, value] : labels) {
    if (!out.empty()) out += ',';
    out += key;
    out += "=\"";
    AppendEscaped(value, true, out);
    out += '"';
  }
  return out;
}

void AppendHeader(std::string_view name, std::string_view help, std::string_view type,
                  std::string& out) {
  fmt::format_to(std::back_inserter(out), "# HELP {} ", name);
  AppendEscaped(help, false, out);
  fmt::format_to(std::back_inserter(out), "\n# TYPE {} {}\n", name, type);
}

void AppendSample(std::string_view name, std::string_view suffix, std::string_view labels,
                  std::string_view more_labels, std::string_view value, std::string& out) {
  out += name;
  out += suffix;
  if (!labels.empty() || !more_labels.empty()) {
    out += '{';
    out += labels;
    if (!labels.empty() && !more_labels.empty()) out += ',';
    out += more_labels;
    out += '}';
  }
  out += ' ';
  out += value;
  out += '\n';
}

void AppendMetric(std::string_view name, std::string_view labels, const Counter& counter,
                  std::string& out) {
  AppendSample(name, "", labels, "", std::to_string(counter.value()), out);
}

void AppendMetric(std::string_view name, std::string_view labels, const Gauge& gauge,
                  std::string& out) {
  AppendSample(name, "", labels, "", FormatMetricValue(gauge.value()), out);
}

void AppendMetric(std::string_view name, std::string_view labels, const Histogram& histogram,
                  std::string& out) {
  int64_t count = 0;
  for (size_t i = 0; i <= histogram.bounds().size(); ++i) {
    count += histogram.bucket(i);
    const double bound = i < histogram.bounds().size() ? histogram.bounds()[i] : INFINITY;
    AppendSample(name, "_bucket", labels, fmt::format("le=\"{}\"", FormatMetricValue(bound)),
                 std::to_string(count), out);
  }
  AppendSample(name, "_sum", labels, "", FormatMetricValue(histogram.sum()), out);
  AppendSample(name, "_count", labels, "", std::to_string(count), out);
}

template <typename Families>
void RenderFamilies(const Families& families, std::string_view type,
                    std::map<std::string, std::string>& by_name) {
  for (const auto& [name, family] : families) {
    std::string& text = by_name[name];
    AppendHeader(name, family.help, type, text);
    for (const auto& [labels, metric] : family.by_labels) {
      AppendMetric(name, labels, *metric, text);
    }
  }
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), buckets_(bounds_.size() + 1) {}

void Histogram::Observe(double value) {
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  buckets_[bound - bounds_.begin()].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

const std::vector<double>& DefaultLatencyBounds() {
  static const std::vector<double> kBounds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                              0.5,   1,    2.5,   5,    10};
  return kBounds;
}

template <typename Metric, typename... Args>
Metric& MetricsRegistry::Find(Families<Metric>& families, std::string_view name,
                              std::string_view help, const MetricLabels& labels,
                              const Args&... args) {
  const std::string key = RenderLabels(labels);
  const std::lock_guard guard(lock_);
  auto family = families.find(name);
  if (family == families.end()) {
    family = families.emplace(std::string(name), Family<Metric>{std::string(help), {}}).first;
  }
  auto& metric = family->second.by_labels[key];
  if (!metric) metric = std::make_unique<Metric>(args...);
  return *metric;
}

Counter& MetricsRegistry::GetCounter(std::string_view name, std::string_view help,
                                     const MetricLabels& labels) {
  return Find(counters_, name, help, labels);
}

Gauge& MetricsRegistry::GetGauge(std::string_view name, std::string_view help,
                                 const MetricLabels& labels) {
  return Find(gauges_, name, help, labels);
}

Histogram& MetricsRegistry::GetHistogram(std::string_view name, std::string_view help,
                                         const MetricLabels& labels,
                                         const std::vector<double>& bounds) {
  return Find(histograms_, name, help, labels, bounds);
}

std::string MetricsRegistry::Exposition() const {
  std::map<std::string, std::string> by_name;
  {
    const std::lock_guard guard(lock_);
    RenderFamilies(counters_, "counter", by_name);
    RenderFamilies(gauges_, "gauge", by_name);
    RenderFamilies(histograms_, "histogram", by_name);
  }
  std::string out;
  for (const auto& [name, text] : by_name) out += text;
  return out;
}

std::string FormatMetricValue(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace deltaport
