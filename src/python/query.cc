#include "python/query.h"

#include <chrono>
#include <filesystem>
#include <utility>

#include "lake/configuration.h"
#include "lake/lake.h"

namespace deltaport::python {
namespace {

// Keeps the lake, and with it the engine, alive while its rows are read.
class LakeReader final : public arrow::RecordBatchReader {
 public:
  LakeReader(std::unique_ptr<lake::Lake> lake, std::shared_ptr<arrow::RecordBatchReader> rows)
      : lake_(std::move(lake)), rows_(std::move(rows)) {}

  ~LakeReader() override { rows_.reset(); }

  std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    return rows_->ReadNext(batch);
  }

  Status Close() override { return rows_->Close(); }

 private:
  std::unique_ptr<lake::Lake> lake_;
  std::shared_ptr<arrow::RecordBatchReader> rows_;
};

Result<lake::LakeOptions> OptionsOf(const std::vector<std::string>& directories) {
  lake::ConfigurationSources sources;
  sources.search_for_file = false;
  const bool one_file =
      directories.size() == 1 && std::filesystem::is_regular_file(directories.front());
  if (one_file) sources.file = directories.front();
  ARROW_ASSIGN_OR_RAISE(const auto configuration, lake::Configuration::Load(sources));
  return configuration.ToLakeOptions(one_file ? std::vector<std::string>() : directories);
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const std::vector<std::string>& directories,
                                                        const std::string& sql,
                                                        const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(auto options, OptionsOf(directories));
  options.follow_interval = std::chrono::milliseconds(0);
  ARROW_ASSIGN_OR_RAISE(auto lake, lake::Lake::Open(std::move(options)));
  ARROW_RETURN_NOT_OK(lake->WaitUntilBuilt(token));
  ARROW_ASSIGN_OR_RAISE(auto rows, lake->Sql(sql, token));
  return std::make_shared<LakeReader>(std::move(lake), std::move(rows));
}

}  // namespace deltaport::python
