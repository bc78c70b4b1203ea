#include "base/metrics.h"

#include <cmath>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace deltaport {
namespace {

TEST(Metrics, ExpositionIsOrderedAndEscaped) {
  MetricsRegistry registry;
  registry.GetGauge("b_rows", "Rows.", {{"dataset", "a\"b\\c\nd"}}).Set(2.5);
  registry.GetCounter("a_total", "Line\nbreak \\ \"kept\".", {{"status", "500"}}).Increment(2);
  registry.GetCounter("a_total", "ignored", {{"status", "200"}}).Increment();
  EXPECT_EQ(registry.Exposition(),
            "# HELP a_total Line\\nbreak \\\\ \"kept\".\n"
            "# TYPE a_total counter\n"
            "a_total{status=\"200\"} 1\n"
            "a_total{status=\"500\"} 2\n"
            "# HELP b_rows Rows.\n"
            "# TYPE b_rows gauge\n"
            "b_rows{dataset=\"a\\\"b\\\\c\\nd\"} 2.5\n");
}

TEST(Metrics, HistogramBucketsAreCumulativeAndBoundsInclusive) {
  MetricsRegistry registry;
  Histogram& histogram = registry.GetHistogram("t_seconds", "Time.", {{"m", "GET"}}, {0.5, 1});
  for (const double value : {0.1, 0.5, 0.75, 3.0}) histogram.Observe(value);
  EXPECT_EQ(registry.Exposition(),
            "# HELP t_seconds Time.\n"
            "# TYPE t_seconds histogram\n"
            "t_seconds_bucket{m=\"GET\",le=\"0.5\"} 2\n"
            "t_seconds_bucket{m=\"GET\",le=\"1\"} 3\n"
            "t_seconds_bucket{m=\"GET\",le=\"+Inf\"} 4\n"
            "t_seconds_sum{m=\"GET\"} 4.35\n"
            "t_seconds_count{m=\"GET\"} 4\n");
}

TEST(Metrics, ConcurrentUpdatesAreAllCounted) {
  MetricsRegistry registry;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&registry, t] {
      for (int i = 0; i < 1000; ++i) {
        registry.GetCounter("n_total", "N.", {{"t", std::to_string(t % 2)}}).Increment();
        registry.GetHistogram("h", "H.").Observe(0.001 * i);
        if (i % 100 == 0) registry.Exposition();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(registry.GetCounter("n_total", "N.", {{"t", "0"}}).value(), 2000);
  EXPECT_NE(registry.Exposition().find("h_count 4000\n"), std::string::npos);
}

TEST(Metrics, ValuesThatAreNotNumbers) {
  EXPECT_EQ(FormatMetricValue(12), "12");
  EXPECT_EQ(FormatMetricValue(-INFINITY), "-Inf");
  EXPECT_EQ(FormatMetricValue(NAN), "NaN");
}

}  // namespace
}  // namespace deltaport
