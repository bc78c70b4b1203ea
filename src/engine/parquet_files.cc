// OpenParquetFiles: from a path, directory or glob to a list of files with one schema.

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>

#include "engine/hive_path.h"
#include "engine/path_pattern.h"
#include "engine/scan_type.h"
#include "engine/table_source.h"

namespace deltaport::engine {
namespace {

constexpr size_t kFooterThreads = 8;

struct Footer {
  std::shared_ptr<arrow::Schema> schema;
  int64_t row_count = 0;
};

Result<Footer> ReadFooter(const storage::ObjectStore& store, const storage::ObjectInfo& file) {
  ARROW_ASSIGN_OR_RAISE(auto input, store.Open(file.path, file.size_bytes));
  try {
    const auto metadata = parquet::ReadMetaData(input);
    Footer footer;
    ARROW_RETURN_NOT_OK(
        parquet::arrow::FromParquetSchema(metadata->schema(), parquet::ArrowReaderProperties(),
                                          metadata->key_value_metadata(), &footer.schema));
    footer.row_count = metadata->num_rows();
    return footer;
  } catch (const parquet::ParquetException& error) {
    return Error(ErrorCode::kCorruptTable, "'{}' is not a readable Parquet file: {}", file.path,
                 error.what());
  }
}

Result<std::vector<Footer>> ReadFooters(const storage::ObjectStore& store,
                                        const std::vector<storage::ObjectInfo>& files) {
  std::vector<Footer> footers(files.size());
  std::vector<Status> failures(files.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < files.size(); i = next++) {
      auto footer = ReadFooter(store, files[i]);
      failures[i] = footer.status();
      if (footer.ok()) footers[i] = *std::move(footer);
    }
  };
  std::vector<std::jthread> threads;
  for (size_t i = 1; i < std::min(kFooterThreads, files.size()); ++i) threads.emplace_back(work);
  work();
  threads.clear();
  for (const auto& failure : failures) ARROW_RETURN_NOT_OK(failure);
  return footers;
}

arrow::Field::MergeOptions Promotions() {
  auto options = arrow::Field::MergeOptions::Defaults();
  options.promote_nullability = true;
  options.promote_integer_to_float = false;
  options.promote_integer_sign = true;
  options.promote_numeric_width = true;
  return options;
}

std::string FoldCase(std::string_view name) {
  std::string folded(name);
  for (auto& c : folded) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return folded;
}

// Columns in the order in which the files first show them.
class SchemaUnion {
 public:
  Status Add(const arrow::Schema& schema, const std::string& path) {
    std::set<std::string> seen;
    for (const auto& found : schema.fields()) {
      const auto type = ScanType(*found->type());
      if (!type.ok()) {
        return Error(CodeOf(type.status()), "column '{}' of '{}': {}", found->name(), path,
                     type.status().message());
      }
      const auto key = FoldCase(found->name());
      if (!seen.insert(key).second) {
        return Error(ErrorCode::kUnsupportedFeature,
                     "'{}' has two columns named '{}' (names match without regard to case)", path,
                     found->name());
      }
      ARROW_RETURN_NOT_OK(Merge(arrow::field(found->name(), *type, found->nullable()), path, key));
    }
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (!seen.contains(FoldCase(fields_[i]->name()))) fields_[i] = fields_[i]->WithNullable(true);
    }
    ++files_;
    return Status::OK();
  }

  std::vector<std::shared_ptr<arrow::Field>>& fields() { return fields_; }

 private:
  Status Merge(const std::shared_ptr<arrow::Field>& found, const std::string& path,
               const std::string& key) {
    const auto [position, added] = positions_.try_emplace(key, fields_.size());
    if (added) {
      // Files before this one lack the column, so its values there are null.
      fields_.push_back(files_ > 0 ? found->WithNullable(true) : found);
      first_paths_.push_back(path);
      return Status::OK();
    }
    auto& known = fields_[position->second];
    const auto renamed = found->WithName(known->name())->WithNullable(known->nullable());
    if (found->nullable()) known = known->WithNullable(true);
    if (renamed->type()->Equals(known->type())) return Status::OK();
    auto merged = known->MergeWith(renamed, Promotions());
    if (!merged.ok()) {
      return Error(ErrorCode::kInvalidArgument,
                   "column '{}' is {} in '{}' but {} in '{}'; files of one dataset must agree",
                   known->name(), known->type()->ToString(), first_paths_[position->second],
                   found->type()->ToString(), path);
    }
    known = *merged;
    return Status::OK();
  }

  size_t files_ = 0;
  std::map<std::string, size_t> positions_;
  std::vector<std::shared_ptr<arrow::Field>> fields_;
  std::vector<std::string> first_paths_;
};

// Keys that every file has, with the type that fits all values.
Status AddHiveColumns(const std::vector<storage::ObjectInfo>& files,
                      std::vector<std::shared_ptr<arrow::Field>>& fields,
                      std::vector<std::string>& hive_columns) {
  std::map<std::string, std::vector<std::optional<std::string>>> texts;
  std::vector<std::string> order;
  for (const auto& file : files) {
    for (auto& [key, text] : HiveValues(file.path)) {
      const auto [entry, added] = texts.try_emplace(key);
      if (added) order.push_back(key);
      entry->second.push_back(std::move(text));
    }
  }
  for (const auto& key : order) {
    if (texts[key].size() != files.size()) continue;
    hive_columns.push_back(key);
    std::erase_if(fields,
                  [&](const auto& field) { return FoldCase(field->name()) == FoldCase(key); });
    fields.push_back(arrow::field(key, InferHiveType(texts[key])));
  }
  return Status::OK();
}

}  // namespace

Result<ParquetFiles> OpenParquetFiles(const storage::Location& pattern) {
  ParquetFiles result;
  result.store = pattern.store;
  ARROW_ASSIGN_OR_RAISE(result.files, FindFiles(*pattern.store, pattern.path, ".parquet"));
  ARROW_ASSIGN_OR_RAISE(const auto footers, ReadFooters(*pattern.store, result.files));
  SchemaUnion united;
  int64_t row_count = 0;
  for (size_t i = 0; i < footers.size(); ++i) {
    ARROW_RETURN_NOT_OK(united.Add(*footers[i].schema, result.files[i].path));
    row_count += footers[i].row_count;
  }
  ARROW_RETURN_NOT_OK(AddHiveColumns(result.files, united.fields(), result.hive_columns));
  result.schema = arrow::schema(united.fields());
  result.row_count = row_count;
  return result;
}

}  // namespace deltaport::engine
