#include "delta/file_block.h"

#include <algorithm>
#include <cstring>

#include "base/log.h"
#include "base/thread_team.h"
#include "columnar/json_document.h"
#include "delta/parsed_statistics.h"
#include "delta/statistics_scanner.h"
#include "storage/uri.h"

namespace deltaport::delta {
namespace {

// Of keys and counts; a task is worth a thread from about a millisecond of work on.
constexpr int64_t kBlockTaskRows = 4096;
constexpr size_t kBlockThreadsMax = 8;

// -1 where the statistics do not say.
int64_t CountIn(std::string_view stats) {
  std::optional<int64_t> count;
  if (const auto scanned = ScanRecordCount(stats)) {
    count = IntegerIn(*scanned);
  } else if (const auto document = columnar::JsonDocument::Parse(stats); document.ok()) {
    count = document->root()["numRecords"].integer();
  }
  return count && *count >= 0 ? *count : -1;
}

// Negative counts as nulls.
std::shared_ptr<arrow::Int64Array> CountsOf(std::vector<int64_t> counts) {
  const auto rows = static_cast<int64_t>(counts.size());
  auto validity = arrow::AllocateEmptyBitmap(rows).ValueOrDie();
  int64_t nulls = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const bool known = counts[static_cast<size_t>(row)] >= 0;
    nulls += known ? 0 : 1;
    arrow::bit_util::SetBitTo(validity->mutable_data(), row, known);
  }
  return std::make_shared<arrow::Int64Array>(rows, arrow::Buffer::FromVector(std::move(counts)),
                                             std::move(validity), nulls);
}

bool IsUri(std::string_view path) {
  const size_t colon = path.find(':');
  return colon != std::string_view::npos && path.substr(colon).starts_with(":/") &&
         !storage::UriScheme(path).empty();
}

bool HasColon(const arrow::LargeStringArray& paths) {
  const int64_t bytes = paths.total_values_length();
  return bytes > 0 && std::memchr(paths.raw_data() + paths.value_offset(0), ':',
                                  static_cast<size_t>(bytes)) != nullptr;
}

// numRecords of statistics held as columns, or null if they are of another type.
std::shared_ptr<arrow::Int64Array> ParsedRecordCounts(const arrow::StructArray& parsed) {
  const int field = parsed.struct_type()->GetFieldIndex("numRecords");
  if (field < 0 || parsed.struct_type()->field(field)->type()->id() != arrow::Type::INT64) {
    return nullptr;
  }
  const auto flattened = parsed.GetFlattenedField(field);
  if (!flattened.ok()) return nullptr;
  auto counts = std::static_pointer_cast<arrow::Int64Array>(*flattened);
  const bool negative = std::any_of(counts->raw_values(), counts->raw_values() + counts->length(),
                                    [](int64_t count) { return count < 0; });
  return negative ? nullptr : counts;
}

}  // namespace

AddFileView ViewOf(const AddFile& add, const PartitionValueViews& values) {
  return {add.path,
          values,
          add.size_bytes,
          add.modification_time_ms,
          add.data_change,
          add.stats,
          {add.tags, add.deletion_vector, add.base_row_id, add.default_row_commit_version,
           add.clustering_provider}};
}

Result<std::shared_ptr<const FileBlock>> FileBlock::Make(FileColumns columns) {
  std::shared_ptr<FileBlock> block(new FileBlock());
  block->columns_ = std::move(columns);
  ARROW_RETURN_NOT_OK(block->TakeKeys());
  block->NoteUnusualRows();
  return block;
}

Status FileBlock::TakeKeys() {
  key_hashes_.resize(static_cast<size_t>(rows()));
  const auto take = [this](int64_t first, int64_t last) -> Status {
    std::string scratch;
    for (int64_t row = first; row < last; ++row) {
      if (!IsFile(row)) continue;
      ARROW_ASSIGN_OR_RAISE(const auto key, FileKeyIn(path(row), deletion_vector(row), scratch));
      key_hashes_[static_cast<size_t>(row)] = HashOfKey(key);
      if (columns_.size_bytes->IsNull(row) || size_bytes(row) < 0) {
        return Error(ErrorCode::kCorruptTable, "the file '{}' has {}", path(row),
                     columns_.size_bytes->IsNull(row)
                         ? "no size"
                         : fmt::format("the size {}", size_bytes(row)));
      }
    }
    return Status::OK();
  };
  return RunRanges(rows(), kBlockTaskRows, kBlockThreadsMax, take);
}

void FileBlock::NoteUnusualRows() {
  if (HasColon(*columns_.path)) {
    for (int64_t row = 0; row < rows(); ++row) {
      if (IsFile(row) && IsUri(path(row))) unusual_rows_.push_back(row);
    }
  }
  const auto uris = static_cast<std::ptrdiff_t>(unusual_rows_.size());
  for (const auto& [row, extras] : columns_.extras) {
    if (extras.deletion_vector) unusual_rows_.push_back(row);
  }
  std::sort(unusual_rows_.begin() + uris, unusual_rows_.end());
  std::inplace_merge(unusual_rows_.begin(), unusual_rows_.begin() + uris, unusual_rows_.end());
  unusual_rows_.erase(std::unique(unusual_rows_.begin(), unusual_rows_.end()), unusual_rows_.end());
}

const DeletionVectorDescriptor* FileBlock::deletion_vector(int64_t row) const {
  const FileExtras* more = extras(row);
  return more != nullptr && more->deletion_vector ? &*more->deletion_vector : nullptr;
}

Status FileBlock::MakeStatisticsTexts() const {
  if (columns_.deferred_stats) {
    ARROW_ASSIGN_OR_RAISE(stats_text_, AllTexts(*columns_.deferred_stats));
    return Status::OK();
  }
  arrow::LargeStringBuilder texts;
  for (int64_t row = 0; row < rows(); ++row) {
    if (!IsFile(row) || columns_.parsed_stats->IsNull(row)) {
      ARROW_RETURN_NOT_OK(texts.AppendNull());
      continue;
    }
    // Statistics that are nested too deep bound nothing.
    ARROW_RETURN_NOT_OK(
        texts.Append(StatisticsJson(*columns_.parsed_stats, row).ValueOr(std::string("{}"))));
  }
  return texts.Finish(&stats_text_);
}

Result<const arrow::LargeStringArray*> FileBlock::StatisticsTexts() const {
  if (columns_.stats) return columns_.stats.get();
  if (!columns_.parsed_stats && !columns_.deferred_stats) return nullptr;
  std::call_once(stats_text_once_, [this] { stats_text_status_ = MakeStatisticsTexts(); });
  ARROW_RETURN_NOT_OK(stats_text_status_);
  return stats_text_.get();
}

Result<std::optional<std::string_view>> FileBlock::stats(int64_t row) const {
  ARROW_ASSIGN_OR_RAISE(const auto* const texts, StatisticsTexts());
  if (texts == nullptr || texts->IsNull(row)) return std::nullopt;
  return texts->GetView(row);
}

Status FileBlock::VisitStatistics(const StatisticsVisitor& visit) const {
  if (columns_.deferred_stats) return columns_.deferred_stats->Visit(kBlockThreadsMax, visit);
  ARROW_ASSIGN_OR_RAISE(const auto* const texts, StatisticsTexts());
  if (texts == nullptr) return Status::OK();
  return RunRanges(rows(), kBlockTaskRows, kBlockThreadsMax, [&](int64_t first, int64_t last) {
    const auto run = texts->Slice(first, last - first);
    return visit(first, static_cast<const arrow::LargeStringArray&>(*run));
  });
}

const arrow::LargeStringArray* FileBlock::partition_values(std::string_view name) const {
  const auto found = columns_.partition_values.find(name);
  return found == columns_.partition_values.end() ? nullptr : found->second.get();
}

std::optional<std::string_view> FileBlock::partition_value(int64_t row,
                                                           std::string_view name) const {
  const arrow::LargeStringArray* values = partition_values(name);
  if (values == nullptr || values->IsNull(row)) return std::nullopt;
  return values->GetView(row);
}

const FileExtras* FileBlock::extras(int64_t row) const {
  if (columns_.extras.empty()) return nullptr;
  const auto found = columns_.extras.find(row);
  return found == columns_.extras.end() ? nullptr : &found->second;
}

Result<AddFile> FileBlock::file(int64_t row) const {
  AddFile add = FileWithoutStatistics(row);
  ARROW_ASSIGN_OR_RAISE(const auto text, stats(row));
  if (text) add.stats = std::string(*text);
  return add;
}

AddFile FileBlock::FileWithoutStatistics(int64_t row) const {
  AddFile add;
  add.path = path(row);
  for (const auto& [name, values] : columns_.partition_values) {
    const auto value = partition_value(row, name);
    add.partition_values[name] = value ? std::optional<std::string>(*value) : std::nullopt;
  }
  add.size_bytes = size_bytes(row);
  add.modification_time_ms = modification_time_ms(row);
  if (const FileExtras* more = extras(row)) {
    add.tags = more->tags;
    add.deletion_vector = more->deletion_vector;
    add.base_row_id = more->base_row_id;
    add.default_row_commit_version = more->default_row_commit_version;
    add.clustering_provider = more->clustering_provider;
  }
  return add;
}

std::string_view FileBlock::key(int64_t row, std::string& scratch) const {
  // Make() has refused every path without a key.
  return FileKeyIn(path(row), deletion_vector(row), scratch).ValueOr(path(row));
}

void FileBlock::BuildIndex() const {
  index_.Reserve(static_cast<size_t>(files()));
  for (int64_t row = 0; row < rows(); ++row) {
    if (IsFile(row)) index_.Insert(key_hash(row), row);
  }
}

void FileBlock::FindRows(const FileKeyView& key, std::vector<int64_t>& found) const {
  std::call_once(index_once_, [this] { BuildIndex(); });
  std::string scratch;
  index_.Find(key.hash, [&](int64_t row) {
    if (this->key(row, scratch) == key.key) found.push_back(row);
    return false;  // Go on.
  });
}

const arrow::Int64Array& FileBlock::record_counts() const {
  std::call_once(record_counts_once_, [this] {
    if (columns_.parsed_stats) record_counts_ = ParsedRecordCounts(*columns_.parsed_stats);
    if (record_counts_) return;
    std::vector<int64_t> counts(static_cast<size_t>(rows()), -1);
    const Status status = VisitStatistics([&](int64_t first, const arrow::LargeStringArray& texts) {
      for (int64_t i = 0; i < texts.length(); ++i) {
        if (texts.IsValid(i)) counts[static_cast<size_t>(first + i)] = CountIn(texts.GetView(i));
      }
      return Status::OK();
    });
    if (!status.ok()) {
      counts.assign(counts.size(), -1);
      log::Warning("the rows of files are not known, because their statistics cannot be read",
                   {{"error", status.message()}});
    }
    record_counts_ = CountsOf(std::move(counts));
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
  // Earlier files without this key have null. Of a key that stands twice the first counts.
  if (found->second->length() > rows()) return Status::OK();
  ARROW_RETURN_NOT_OK(found->second->AppendNulls(rows() - found->second->length()));
  return value ? found->second->Append(*value) : found->second->AppendNull();
}

Status FileBlockBuilder::Append(const AddFileView& add) {
  for (const auto& [name, value] : add.partition_values) {
    ARROW_RETURN_NOT_OK(AppendPartitionValue(name, value));
  }
  ARROW_RETURN_NOT_OK(add.stats ? stats_.Append(*add.stats) : stats_.AppendNull());
  ARROW_RETURN_NOT_OK(size_bytes_.Append(add.size_bytes));
  ARROW_RETURN_NOT_OK(modification_time_ms_.Append(add.modification_time_ms));
  if (!add.extras.empty()) extras_.emplace(rows(), add.extras);
  return path_.Append(add.path);
}

Status FileBlockBuilder::Append(const AddFile& add) {
  const PartitionValueViews values(add.partition_values.begin(), add.partition_values.end());
  return Append(ViewOf(add, values));
}

Status FileBlockBuilder::AppendFrom(const FileBlock& block, int64_t row) {
  for (const auto& [name, values] : block.columns_.partition_values) {
    ARROW_RETURN_NOT_OK(AppendPartitionValue(name, block.partition_value(row, name)));
  }
  ARROW_ASSIGN_OR_RAISE(const auto stats, block.stats(row));
  ARROW_RETURN_NOT_OK(stats ? stats_.Append(*stats) : stats_.AppendNull());
  ARROW_RETURN_NOT_OK(size_bytes_.Append(block.size_bytes(row)));
  ARROW_RETURN_NOT_OK(modification_time_ms_.Append(block.modification_time_ms(row)));
  if (const FileExtras* extras = block.extras(row)) extras_.emplace(rows(), *extras);
  return path_.Append(block.path(row));
}

Result<std::shared_ptr<const FileBlock>> FileBlockBuilder::Finish() {
  const int64_t rows_built = rows();
  FileColumns columns;
  ARROW_RETURN_NOT_OK(path_.Finish(&columns.path));
  ARROW_RETURN_NOT_OK(stats_.Finish(&columns.stats));
  ARROW_RETURN_NOT_OK(size_bytes_.Finish(&columns.size_bytes));
  ARROW_RETURN_NOT_OK(modification_time_ms_.Finish(&columns.modification_time_ms));
  for (auto& [name, builder] : partition_values_) {
    ARROW_RETURN_NOT_OK(builder->AppendNulls(rows_built - builder->length()));
    ARROW_RETURN_NOT_OK(builder->Finish(&columns.partition_values[name]));
  }
  columns.extras = std::move(extras_);
  return FileBlock::Make(std::move(columns));
}

}  // namespace deltaport::delta
