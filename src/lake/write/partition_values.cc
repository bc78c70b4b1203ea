#include "lake/write/partition_values.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/scalar.h>

#include "delta/live_files.h"
#include "delta/partition_text.h"

namespace deltaport::lake {
namespace {

// Adds a value so that no two lists of values become the same key.
Status AppendValue(const arrow::Array& values, int64_t row, std::string& key) {
  ARROW_ASSIGN_OR_RAISE(const auto value, values.GetScalar(row));
  if (!value->is_valid) {
    key += "-;";
    return Status::OK();
  }
  const std::string text = value->ToString();
  key += fmt::format("{}:{};", text.size(), text);
  return Status::OK();
}

Result<std::string> KeyOf(const delta::Snapshot& snapshot, const delta::AddFile& file) {
  std::string key;
  for (const auto& name : snapshot.partition_columns()) {
    const int column = snapshot.schema()->GetFieldIndex(name);
    const auto found = file.partition_values.find(snapshot.PhysicalName(column));
    const auto& field = *snapshot.schema()->field(column);
    ARROW_ASSIGN_OR_RAISE(auto builder, arrow::MakeBuilder(field.type()));
    const bool absent = found == file.partition_values.end() || !found->second;
    ARROW_RETURN_NOT_OK(delta::PartitionText(field).Append(
        absent ? std::string_view() : std::string_view(*found->second), *builder));
    ARROW_ASSIGN_OR_RAISE(const auto value, builder->Finish());
    ARROW_RETURN_NOT_OK(AppendValue(*value, 0, key));
  }
  return key;
}

}  // namespace

Result<PartitionValues> PartitionValues::Of(const delta::Snapshot& snapshot,
                                            std::span<const delta::AddFile> files) {
  PartitionValues values;
  for (const auto& file : files) {
    ARROW_ASSIGN_OR_RAISE(auto key, KeyOf(snapshot, file));
    values.keys_.insert(std::move(key));
  }
  return values;
}

Result<std::vector<size_t>> PartitionValues::Files(const delta::Snapshot& snapshot) const {
  std::vector<std::string> keys(snapshot.files().size());
  for (const auto& name : snapshot.partition_columns()) {
    const int column = snapshot.schema()->GetFieldIndex(name);
    ARROW_ASSIGN_OR_RAISE(const auto values, snapshot.PartitionValues(column));
    for (size_t file = 0; file < keys.size(); ++file) {
      ARROW_RETURN_NOT_OK(AppendValue(*values, static_cast<int64_t>(file), keys[file]));
    }
  }
  std::vector<size_t> files;
  for (size_t file = 0; file < keys.size(); ++file) {
    if (keys_.contains(keys[file])) files.push_back(file);
  }
  return files;
}

Result<bool> PartitionValues::Accepts(const delta::Snapshot& snapshot,
                                      const delta::AddFile& file) const {
  ARROW_ASSIGN_OR_RAISE(const auto key, KeyOf(snapshot, file));
  return keys_.contains(key);
}

}  // namespace deltaport::lake
