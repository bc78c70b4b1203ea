// The running lake: builds datasets in the background, follows their logs, answers queries.

#include "lake/lake.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "base/log.h"
#include "engine/query_binding.h"
#include "lake/dataset_opener.h"
#include "lake/table_versions.h"

namespace deltaport::lake {
namespace {

// A dataset that cannot be opened is tried again after 1, 2, 4, … up to this many intervals.
constexpr int kRetryIntervalsMax = 32;

bool IsNamed(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// The engine's names are matched without regard to case, so the filter has to be applied to the
// column that the name resolves to.
Status CheckPredicateColumns(const Dataset& dataset, const arrow::Schema& schema,
                             const std::vector<engine::BoundPredicate>& predicates) {
  const DatasetSettings& settings = dataset.settings;
  for (const engine::BoundPredicate& predicate : predicates) {
    const std::string& column = schema.field(predicate.column)->name();
    const bool excluded =
        IsNamed(settings.predicate_exclude, column) ||
        (!settings.predicate_include.empty() && !IsNamed(settings.predicate_include, column));
    if (excluded) {
      return Error(ErrorCode::kPermissionDenied,
                   "column '{}' may not be used in predicates on dataset '{}'", column,
                   settings.name);
    }
  }
  return Status::OK();
}

// The group columns that `having` names are filtered like those of predicates.
std::vector<engine::BoundPredicate> GroupPredicates(const engine::BoundQuery& query) {
  std::vector<engine::BoundPredicate> predicates;
  for (engine::BoundPredicate predicate : query.having) {
    const auto output = static_cast<size_t>(predicate.column);
    if (output >= query.group_by.size()) continue;
    predicate.column = query.group_by[output];
    predicates.push_back(std::move(predicate));
  }
  return predicates;
}

Status CheckSettings(const LakeOptions& options) {
  std::set<std::string_view> names;
  for (const DatasetSettings& dataset : options.datasets) {
    if (dataset.name.empty() || dataset.location.empty()) {
      return Error(ErrorCode::kInvalidArgument,
                   "a dataset needs a name and a location ('{}', '{}')", dataset.name,
                   dataset.location);
    }
    if (!names.insert(dataset.name).second) {
      return Error(ErrorCode::kInvalidArgument, "two datasets are called '{}'; names must differ",
                   dataset.name);
    }
  }
  if (options.build_concurrency < 1) {
    return Error(ErrorCode::kInvalidArgument, "build_concurrency is {}, at least 1 is needed",
                 options.build_concurrency);
  }
  return Status::OK();
}

class RunningLake final : public Lake {
 public:
  RunningLake(LakeOptions options, std::unique_ptr<engine::QueryEngine> engine)
      : follow_interval_(options.follow_interval),
        engine_(std::move(engine)),
        versions_(std::make_shared<TableVersionCache>()) {
    std::map<std::string, std::shared_ptr<const Dataset>, std::less<>> datasets;
    for (DatasetSettings& settings : options.datasets) {
      auto dataset = std::make_shared<Dataset>();
      dataset->settings = settings;
      datasets.emplace(settings.name, std::move(dataset));
      work_.emplace(settings.name, std::make_unique<DatasetWork>(settings));
      queue_.push_back(settings.name);
      in_turn_.insert(std::move(settings.name));
    }
    catalogue_ = std::make_shared<const Catalogue>(std::move(datasets));
    const size_t builders =
        std::min<size_t>(static_cast<size_t>(options.build_concurrency), queue_.size());
    for (size_t i = 0; i < builders; ++i) threads_.emplace_back([this] { Build(); });
    if (follow_interval_.count() > 0 && builders > 0) {
      threads_.emplace_back([this] { Follow(); });
    }
  }

  ~RunningLake() override {
    {
      const std::lock_guard guard(lock_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  std::shared_ptr<const Catalogue> Current() const override {
    const std::lock_guard guard(lock_);
    return catalogue_;
  }

  Status WaitUntilBuilt(const CancelToken& token) const override {
    // The lock makes sure that a waiter between its check and its wait is not missed.
    const auto registration = token.OnCancel([this] {
      {
        const std::lock_guard guard(lock_);
      }
      changed_.notify_all();
    });
    std::unique_lock guard(lock_);
    changed_.wait(guard, [&] { return token.cancelled() || IsBuilt(); });
    return IsBuilt() ? Status::OK() : token.Check();
  }

  Result<std::shared_ptr<const Dataset>> Published(std::string_view name) const override {
    auto dataset = Current()->Find(name);
    if (!dataset) return Error(ErrorCode::kNotFound, "not found: dataset: {}", name);
    if (!dataset->generation) return NotReady(*dataset);
    return dataset;
  }

  Result<std::shared_ptr<const Dataset>> Reload(std::string_view name,
                                                RefreshSource source) override {
    const auto it = work_.find(name);
    if (it == work_.end()) return Error(ErrorCode::kNotFound, "not found: dataset: {}", name);
    const std::lock_guard guard(it->second->lock);
    ARROW_RETURN_NOT_OK(OpenDataset(it->first, *it->second, source));
    return Current()->Find(name);
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const Dataset& dataset,
                                                          const engine::StructuredQuery& query,
                                                          const CancelToken& token) override {
    if (!dataset.generation) return NotReady(dataset);
    const auto& table = dataset.generation->table;
    ARROW_ASSIGN_OR_RAISE(const auto bound, engine::Bind(query, *table->schema()));
    ARROW_RETURN_NOT_OK(CheckPredicateColumns(dataset, *table->schema(), bound.predicates));
    ARROW_RETURN_NOT_OK(CheckPredicateColumns(dataset, *table->schema(), GroupPredicates(bound)));
    return engine_->Execute(table, bound, token);
  }

  Result<int64_t> Count(const Dataset& dataset, const std::vector<engine::Predicate>& predicates,
                        const CancelToken& token) override {
    if (!dataset.generation) return NotReady(dataset);
    const auto& table = dataset.generation->table;
    ARROW_ASSIGN_OR_RAISE(const auto bound, engine::BindPredicates(predicates, *table->schema()));
    ARROW_RETURN_NOT_OK(CheckPredicateColumns(dataset, *table->schema(), bound));
    return engine_->Count(table, bound, token);
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Sql(std::string_view text,
                                                        const CancelToken& token) override {
    engine::SqlQuery query;
    query.text = std::string(text);
    query.tables = std::make_shared<CatalogueTables>(Current(), versions_);
    return engine_->ExecuteSql(query, token);
  }

 private:
  // What only the thread that refreshes a dataset touches.
  struct DatasetWork {
    explicit DatasetWork(const DatasetSettings& settings) : opener(settings) {}

    std::mutex lock;  // Held during a refresh; taken before lock_.
    DatasetOpener opener;
    int intervals_to_wait = 0;  // Until a failed dataset is tried again.
  };

  bool IsBuilt() const {  // lock_ is held.
    return std::ranges::none_of(catalogue_->datasets(), [](const auto& entry) {
      return entry.second->state == DatasetState::kPending ||
             entry.second->state == DatasetState::kBuilding;
    });
  }

  // Replaces one dataset in a new catalogue.
  void Update(const std::string& name, const std::function<void(Dataset&)>& change) {
    {
      const std::lock_guard guard(lock_);
      auto datasets = catalogue_->datasets();
      auto dataset = std::make_shared<Dataset>(*datasets.at(name));
      change(*dataset);
      datasets[name] = std::move(dataset);
      catalogue_ = std::make_shared<const Catalogue>(std::move(datasets));
    }
    changed_.notify_all();
  }

  // `work.lock` is held.
  Status OpenDataset(const std::string& name, DatasetWork& work, RefreshSource source) {
    const auto start = std::chrono::steady_clock::now();
    Update(name, [](Dataset& dataset) {
      // A published dataset goes on answering, and a failed one stays failed until it is mended.
      if (dataset.state == DatasetState::kPending) dataset.state = DatasetState::kBuilding;
    });
    auto generation = work.opener.Open();
    Finish(name, work, source, start, generation);
    return generation.status();
  }

  void Finish(const std::string& name, DatasetWork& work, RefreshSource source,
              std::chrono::steady_clock::time_point start,
              const Result<std::shared_ptr<const DatasetGeneration>>& generation) {
    const auto duration = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    int failures = 0;
    Update(name, [&](Dataset& dataset) {
      if (generation.ok()) {
        dataset.state = DatasetState::kPublished;
        dataset.generation = *generation;
        dataset.refresh_source = source;
        dataset.last_refresh_duration = duration;
        dataset.last_error.clear();
        dataset.consecutive_failures = 0;
      } else {
        if (!dataset.generation) dataset.state = DatasetState::kFailed;
        dataset.last_error = generation.status().message();
        ++dataset.consecutive_failures;
      }
      failures = dataset.consecutive_failures;
    });
    work.intervals_to_wait =
        failures == 0 ? 0 : std::min(1 << std::min(failures - 1, 10), kRetryIntervalsMax);
    // One line for each change, not one for each try.
    if (failures == 1) {
      log::Warning("dataset cannot be read",
                   {{"dataset", name}, {"error", generation.status().message()}});
    } else if (generation.ok()) {
      log::Info("dataset published", {{"dataset", name},
                                      {"source", RefreshSourceName(source)},
                                      {"rows", (*generation)->row_count.value_or(-1)},
                                      {"duration_ms", duration.count()}});
    }
  }

  void Build() {
    while (true) {
      std::string name;
      {
        std::unique_lock guard(lock_);
        changed_.wait(guard, [&] { return stopping_ || !queue_.empty(); });
        if (stopping_) return;
        name = std::move(queue_.front());
        queue_.pop_front();
      }
      Refresh(name);
    }
  }

  // The turn of one dataset: its first opening, another try, or a look at its log.
  void Refresh(const std::string& name) {
    DatasetWork& work = *work_.at(name);
    {
      const std::lock_guard guard(work.lock);
      const auto dataset = Current()->Find(name);
      if (work.intervals_to_wait > 0) --work.intervals_to_wait;
      if (work.intervals_to_wait > 0) {
        // Not yet.
      } else if (!dataset->generation) {
        const auto source = dataset->state == DatasetState::kPending ? RefreshSource::kStartup
                                                                     : RefreshSource::kSchedule;
        // The error is in the catalogue.
        (void)OpenDataset(name, work, source);
      } else {
        const auto start = std::chrono::steady_clock::now();
        const auto generation = work.opener.Follow(dataset->generation);
        const bool unchanged = generation.ok() && *generation == dataset->generation &&
                               dataset->consecutive_failures == 0;
        if (!unchanged) Finish(name, work, RefreshSource::kSchedule, start, generation);
      }
    }
    const std::lock_guard guard(lock_);
    in_turn_.erase(name);
  }

  void Follow() {
    std::unique_lock guard(lock_);
    while (!changed_.wait_for(guard, follow_interval_, [&] { return stopping_; })) {
      for (const auto& [name, work] : work_) {
        // A dataset that is slow to look at is not queued twice.
        if (in_turn_.insert(name).second) queue_.push_back(name);
      }
      changed_.notify_all();
    }
  }

  const std::chrono::milliseconds follow_interval_;
  const std::unique_ptr<engine::QueryEngine> engine_;
  const std::shared_ptr<TableVersionCache> versions_;
  std::map<std::string, std::unique_ptr<DatasetWork>, std::less<>> work_;  // Fixed after start.

  mutable std::mutex lock_;  // Guards what follows; never held while a table is read.
  mutable std::condition_variable changed_;
  std::shared_ptr<const Catalogue> catalogue_;
  std::deque<std::string> queue_;  // Datasets that wait for a builder.
  std::set<std::string> in_turn_;  // Those that are queued or being refreshed.
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace

Catalogue::Catalogue(std::map<std::string, std::shared_ptr<const Dataset>, std::less<>> datasets)
    : datasets_(std::move(datasets)) {}

std::shared_ptr<const Dataset> Catalogue::Find(std::string_view name) const {
  const auto it = datasets_.find(name);
  return it == datasets_.end() ? nullptr : it->second;
}

Result<std::unique_ptr<Lake>> Lake::Open(LakeOptions options) {
  ARROW_RETURN_NOT_OK(CheckSettings(options));
  ARROW_ASSIGN_OR_RAISE(auto engine, engine::MakeDuckDbEngine(options.engine));
  return std::make_unique<RunningLake>(std::move(options), std::move(engine));
}

}  // namespace deltaport::lake
