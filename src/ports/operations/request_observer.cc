// Counts and logs finished requests.

#include <array>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "ports/operations/operations.h"

namespace deltaport::ports::operations {
namespace {

// The metrics of one route, method and status, found once.
struct Series {
  Counter* requests;
  Counter* response_bytes;
  Histogram* duration;
};

class RequestMetrics {
 public:
  explicit RequestMetrics(std::shared_ptr<MetricsRegistry> registry)
      : registry_(std::move(registry)) {}

  void Record(const wire::RequestRecord& record) {
    const Series series = Find(record);
    series.requests->Increment();
    series.response_bytes->Increment(record.response_bytes);
    series.duration->Observe(std::chrono::duration<double>(record.duration).count());
  }

 private:
  using Key = std::tuple<std::string_view, std::string_view, int>;
  struct Less {
    using is_transparent = void;
    static Key View(const Key& key) { return key; }
    static Key View(const std::tuple<std::string, std::string, int>& key) {
      return {std::get<0>(key), std::get<1>(key), std::get<2>(key)};
    }
    bool operator()(const auto& a, const auto& b) const { return View(a) < View(b); }
  };

  Series Find(const wire::RequestRecord& record) {
    const std::lock_guard guard(lock_);
    const auto found = series_.find(Key{record.route, record.method, record.status});
    if (found != series_.end()) return found->second;
    const MetricLabels labels = {{"endpoint", std::string(record.route)},
                                 {"method", std::string(record.method)},
                                 {"status", std::to_string(record.status)}};
    const Series made{
        &registry_->GetCounter("datapress_http_requests_total", "Finished HTTP requests.", labels),
        &registry_->GetCounter("deltaport_http_response_bytes_total",
                               "Bytes sent in responses, heads included.", labels),
        &registry_->GetHistogram("datapress_http_requests_duration_seconds",
                                 "Time from a parsed request to its last byte sent.", labels)};
    series_.emplace(
        std::tuple(std::string(record.route), std::string(record.method), record.status), made);
    return made;
  }

  std::shared_ptr<MetricsRegistry> registry_;
  std::mutex lock_;
  std::map<std::tuple<std::string, std::string, int>, Series, Less> series_;
};

bool MayBeSecret(std::string_view name) {
  for (const std::string_view word : {"token", "password", "secret", "signature", "key", "code"}) {
    for (size_t at = 0; at + word.size() <= name.size(); ++at) {
      if (wire::EqualsIgnoringCase(name.substr(at, word.size()), word)) return true;
    }
  }
  return false;
}

}  // namespace

std::string LoggedTarget(std::string_view target) {
  const size_t mark = target.find('?');
  if (mark == std::string_view::npos) return std::string(target);
  std::string logged(target.substr(0, mark));
  char separator = '?';
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    logged += std::exchange(separator, '&');
    const std::string_view name = pair.substr(0, pair.find('='));
    if (MayBeSecret(name)) {
      logged += name;
      logged += "=***";
    } else {
      logged += pair;
    }
  }
  return logged;
}

wire::RequestObserver MakeRequestObserver(std::shared_ptr<MetricsRegistry> metrics) {
  auto counted = std::make_shared<RequestMetrics>(std::move(metrics));
  return [counted](const wire::RequestRecord& record) {
    counted->Record(record);
    if (!log::Enabled(log::Level::kInfo)) return;
    const std::string target = LoggedTarget(record.target);
    log::Info("request",
              {{"remote", record.remote_address},
               {"method", record.method},
               {"target", target},
               {"status", record.status},
               {"bytes", record.response_bytes},
               {"ms", std::chrono::duration<double, std::milli>(record.duration).count()},
               {"request_id", record.request_id}});
  };
}

}  // namespace deltaport::ports::operations
