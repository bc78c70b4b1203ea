#include "lake/upkeep/upkeep_test_support.h"

#include <algorithm>
#include <fstream>

#include <arrow/builder.h>
#include <gtest/gtest.h>

#include "columnar/json_rows.h"
#include "delta/live_files.h"
#include "delta/table_write.h"
#include "engine/query_binding.h"

namespace deltaport::lake {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<arrow::RecordBatchReader> RowsOf(const std::vector<int64_t>& ids) {
  arrow::Int64Builder numbers;
  arrow::StringBuilder words, parts;
  for (const int64_t id : ids) {
    EXPECT_TRUE(numbers.Append(id).ok());
    EXPECT_TRUE(words.Append(fmt::format("w{}", id)).ok());
    EXPECT_TRUE(parts.Append(fmt::format("p{}", id % 3)).ok());
  }
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("word", arrow::utf8()),
                     arrow::field("part", arrow::utf8())});
  const auto batch =
      arrow::RecordBatch::Make(schema, static_cast<int64_t>(ids.size()),
                               {*numbers.Finish(), *words.Finish(), *parts.Finish()});
  return arrow::RecordBatchReader::Make({batch}, schema).ValueOrDie();
}

}  // namespace

UpkeepTable::UpkeepTable(std::map<std::string, std::string> configuration,
                         std::vector<std::string> partition_columns) {
  location_ = storage::ParseLocation(path().string()).ValueOrDie();
  engine::EngineOptions options;
  options.threads = 2;
  engine_ = engine::MakeDuckDbEngine(options).ValueOrDie();
  const auto created = delta::CreateTable(location_, *RowsOf({})->schema(),
                                          {std::move(partition_columns), std::move(configuration)});
  EXPECT_TRUE(created.ok()) << created.status();
}

void UpkeepTable::Append(const std::vector<int64_t>& ids) {
  const auto written = delta::Append(location_, *RowsOf(ids), {}, CancelToken());
  EXPECT_TRUE(written.ok()) << written.status();
}

void UpkeepTable::Overwrite(const std::vector<int64_t>& ids) {
  const auto written = delta::Overwrite(location_, *RowsOf(ids), {}, CancelToken());
  EXPECT_TRUE(written.ok()) << written.status();
}

std::shared_ptr<const delta::Snapshot> UpkeepTable::Open(const delta::TimeTravel& at) const {
  auto snapshot = delta::Snapshot::Open(location_, at);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return snapshot.ValueOrDie();
}

std::vector<std::string> UpkeepTable::Rows(const delta::TimeTravel& at) {
  auto source = std::make_shared<engine::TableSource>();
  source->name = "table";
  source->files = Open(at);
  const auto bound = engine::Bind({}, *source->schema()).ValueOrDie();
  const auto reader = engine_->Execute(source, bound, CancelToken());
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return {};
  auto rows = RowTexts(**reader);
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::vector<std::string> UpkeepTable::Files() const {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(path())) {
    const std::string relative = fs::relative(entry.path(), path()).string();
    if (entry.is_regular_file() && !relative.starts_with("_delta_log")) files.push_back(relative);
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> UpkeepTable::LiveFiles() const {
  std::vector<std::string> files;
  const auto snapshot = Open();
  for (size_t i = 0; i < snapshot->files().size(); ++i) {
    files.push_back(fs::relative(snapshot->FilePath(i), path()).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void UpkeepTable::Age(int hours) const {
  for (const auto& file : Files()) {
    const fs::path at = path() / file;
    fs::last_write_time(at, fs::last_write_time(at) - std::chrono::hours(hours));
  }
}

void UpkeepTable::Put(const std::string& relative, const std::string& content) const {
  fs::create_directories((path() / relative).parent_path());
  std::ofstream(path() / relative) << content;
}

std::vector<std::string> RowTexts(arrow::RecordBatchReader& rows) {
  std::string text;
  const auto writer = columnar::JsonRowWriter::Make(rows.schema()).ValueOrDie();
  while (true) {
    const auto batch = rows.Next();
    EXPECT_TRUE(batch.ok()) << batch.status();
    if (!batch.ok() || *batch == nullptr) break;
    EXPECT_TRUE(writer->Append(**batch, '\n', text).ok());
  }
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace deltaport::lake
