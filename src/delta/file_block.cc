#include "delta/file_block.h"

#include <algorithm>

#include "columnar/json_document.h"
#include "storage/uri.h"

namespace deltaport::delta {
namespace {

uint64_t HashOf(std::string_view key) { return std::hash<std::string_view>{}(key); }

bool ClimbsOut(std::string_view path) {
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return false;
}

// FileKey of what is known to be well formed; malformed input gives the text itself.
std::string KeyOf(const FileBlock& block, int64_t row) {
  const FileExtras* extras = block.extras(row);
  return FileKey(block.path(row), extras ? extras->deletion_vector : std::nullopt)
      .ValueOr(std::string(block.path(row)));
}

std::optional<int64_t> RecordCount(std::string_view stats) {
  const auto document = columnar::JsonDocument::Parse(stats);
  if (!document.ok()) return std::nullopt;
  const auto count = document->root()["numRecords"].integer();
  return count && *count >= 0 ? count : std::nullopt;
}

}  // namespace

Result<std::string> DecodeFilePath(std::string_view path) {
  const auto decoded = [&]() -> Result<std::string> {
    if (storage::UriScheme(path) == "file") return storage::FileUriPath(path);
    return storage::PercentDecode(path);
  }();
  if (!decoded.ok() || decoded->empty()) {
    return Error(ErrorCode::kCorruptTable, "the file path '{}' is malformed", path);
  }
  if (!decoded->starts_with('/') && ClimbsOut(*decoded)) {
    return Error(ErrorCode::kCorruptTable, "the file path '{}' leads out of the table", path);
  }
  return decoded;
}

Result<std::string> FileKey(std::string_view path,
                            const std::optional<DeletionVectorDescriptor>& deletion_vector) {
  ARROW_ASSIGN_OR_RAISE(std::string key, DecodeFilePath(path));
  if (!deletion_vector) return key;
  key += '\0';
  key += deletion_vector->storage_type;
  key += deletion_vector->path_or_inline;
  if (deletion_vector->offset) key += fmt::format("@{}", *deletion_vector->offset);
  return key;
}

std::optional<std::string_view> FileBlock::stats(int64_t row) const {
  if (stats_->IsNull(row)) return std::nullopt;
  return stats_->GetView(row);
}

const arrow::LargeStringArray* FileBlock::partition_values(std::string_view name) const {
  const auto found = partition_values_.find(name);
  return found == partition_values_.end() ? nullptr : found->second.get();
}

std::optional<std::string_view> FileBlock::partition_value(int64_t row,
                                                           std::string_view name) const {
  const arrow::LargeStringArray* values = partition_values(name);
  if (values == nullptr || values->IsNull(row)) return std::nullopt;
  return values->GetView(row);
}

const FileExtras* FileBlock::extras(int64_t row) const {
  const auto found = extras_.find(row);
  return found == extras_.end() ? nullptr : &found->second;
}

AddFile FileBlock::file(int64_t row) const {
  AddFile add;
  add.path = path(row);
  for (const auto& [name, values] : partition_values_) {
    const auto value = partition_value(row, name);
    add.partition_values[name] = value ? std::optional<std::string>(*value) : std::nullopt;
  }
  add.size_bytes = size_bytes(row);
  add.modification_time_ms = modification_time_ms(row);
  if (const auto text = stats(row)) add.stats = std::string(*text);
  if (const FileExtras* more = extras(row)) {
    add.tags = more->tags;
    add.deletion_vector = more->deletion_vector;
    add.base_row_id = more->base_row_id;
    add.default_row_commit_version = more->default_row_commit_version;
    add.clustering_provider = more->clustering_provider;
  }
  return add;
}

void FileBlock::BuildIndex() const {
  index_.reserve(static_cast<size_t>(rows()));
  for (int64_t row = 0; row < rows(); ++row) index_.emplace_back(HashOf(KeyOf(*this, row)), row);
  std::sort(index_.begin(), index_.end());
}

int64_t FileBlock::Find(std::string_view key) const {
  std::call_once(index_once_, [this] { BuildIndex(); });
  const uint64_t hash = HashOf(key);
  for (auto it = std::lower_bound(index_.begin(), index_.end(), std::pair(hash, int64_t{0}));
       it != index_.end() && it->first == hash; ++it) {
    if (KeyOf(*this, it->second) == key) return it->second;
  }
  return -1;
}

const arrow::Int64Array& FileBlock::record_counts() const {
  std::call_once(record_counts_once_, [this] {
    std::vector<int64_t> counts(static_cast<size_t>(rows()));
    auto validity = arrow::AllocateEmptyBitmap(rows()).ValueOrDie();
    int64_t nulls = 0;
    for (int64_t row = 0; row < rows(); ++row) {
      const auto text = stats(row);
      const auto count = text ? RecordCount(*text) : std::nullopt;
      counts[static_cast<size_t>(row)] = count.value_or(0);
      nulls += count ? 0 : 1;
      arrow::bit_util::SetBitTo(validity->mutable_data(), row, count.has_value());
    }
    record_counts_ = std::make_shared<arrow::Int64Array>(
        rows(), arrow::Buffer::FromVector(std::move(counts)), std::move(validity), nulls);
  });
  return *record_counts_;
}

Result<std::shared_ptr<const ColumnStatistics>> FileBlock::CachedStatistics(
    const std::string& key, const ParseStatistics& parse) const {
  const std::lock_guard guard(statistics_lock_);
  const auto found = statistics_.find(key);
  if (found != statistics_.end()) return found->second;
  ARROW_ASSIGN_OR_RAISE(auto parsed, parse());
  statistics_.emplace(key, parsed);
  return parsed;
}

Status FileBlockBuilder::AppendPartitionValue(std::string_view name,
                                              std::optional<std::string_view> value) {
  auto found = partition_values_.find(name);
  if (found == partition_values_.end()) {
    found =
        partition_values_.emplace(std::string(name), std::make_unique<arrow::LargeStringBuilder>())
            .first;
  }
  // Earlier files without this key have null.
  ARROW_RETURN_NOT_OK(found->second->AppendNulls(rows() - found->second->length()));
  return value ? found->second->Append(*value) : found->second->AppendNull();
}

void FileBlockBuilder::NoteUnusual(std::string_view path, const FileExtras* extras) {
  const size_t colon = path.find(':');
  const bool uri = colon != std::string_view::npos && path.substr(colon).starts_with(":/") &&
                   !storage::UriScheme(path).empty();
  if (uri || (extras != nullptr && extras->deletion_vector)) unusual_rows_.push_back(rows());
}

Status FileBlockBuilder::Append(const AddFile& add) {
  for (const auto& [name, value] : add.partition_values) {
    ARROW_RETURN_NOT_OK(AppendPartitionValue(name, value));
  }
  ARROW_RETURN_NOT_OK(path_.Append(add.path));
  ARROW_RETURN_NOT_OK(add.stats ? stats_.Append(*add.stats) : stats_.AppendNull());
  if (!add.tags.empty() || add.deletion_vector || add.base_row_id ||
      add.default_row_commit_version || add.clustering_provider) {
    extras_.emplace(rows(), FileExtras{add.tags, add.deletion_vector, add.base_row_id,
                                       add.default_row_commit_version, add.clustering_provider});
  }
  const auto extras = extras_.find(rows());
  NoteUnusual(add.path, extras == extras_.end() ? nullptr : &extras->second);
  size_bytes_.push_back(add.size_bytes);
  modification_time_ms_.push_back(add.modification_time_ms);
  return Status::OK();
}

Status FileBlockBuilder::AppendFrom(const FileBlock& block, int64_t row) {
  for (const auto& [name, values] : block.partition_values_) {
    ARROW_RETURN_NOT_OK(AppendPartitionValue(name, block.partition_value(row, name)));
  }
  ARROW_RETURN_NOT_OK(path_.Append(block.path(row)));
  const auto stats = block.stats(row);
  ARROW_RETURN_NOT_OK(stats ? stats_.Append(*stats) : stats_.AppendNull());
  const FileExtras* extras = block.extras(row);
  if (extras != nullptr) extras_.emplace(rows(), *extras);
  NoteUnusual(block.path(row), extras);
  size_bytes_.push_back(block.size_bytes(row));
  modification_time_ms_.push_back(block.modification_time_ms(row));
  return Status::OK();
}

Result<std::shared_ptr<const FileBlock>> FileBlockBuilder::Finish() {
  const auto finish = [](arrow::LargeStringBuilder& builder,
                         std::shared_ptr<arrow::LargeStringArray>& out) {
    return builder.Finish(&out);
  };
  auto block = std::make_shared<FileBlock>();
  ARROW_RETURN_NOT_OK(finish(path_, block->path_));
  ARROW_RETURN_NOT_OK(finish(stats_, block->stats_));
  for (auto& [name, builder] : partition_values_) {
    ARROW_RETURN_NOT_OK(builder->AppendNulls(rows() - builder->length()));
    ARROW_RETURN_NOT_OK(finish(*builder, block->partition_values_[name]));
  }
  block->size_bytes_ = std::move(size_bytes_);
  block->modification_time_ms_ = std::move(modification_time_ms_);
  block->extras_ = std::move(extras_);
  block->unusual_rows_ = std::move(unusual_rows_);
  return block;
}

}  // namespace deltaport::delta
