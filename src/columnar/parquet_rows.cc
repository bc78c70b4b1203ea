#include "columnar/parquet_rows.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <optional>
#include <utility>

#include <arrow/array/concatenate.h>
#include <arrow/builder.h>
#include <arrow/chunked_array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/statistics.h>

#include "columnar/parquet_pages.h"
#include "columnar/parquet_values.h"
#include "columnar/utf8.h"
#include "columnar/value_bounds.h"

namespace deltaport::columnar {
namespace {

// What the parsed form of one column chunk of a footer takes, roughly.
constexpr int64_t kChunkMetadataBytes = 512;

constexpr const char* kArrowSchemaNote = "ARROW:schema";
// More pages than this are for a scan: it reads them on all cores.
constexpr size_t kSearchPagesMax = 8;
// Up to so many rows their values are read one by one.
constexpr size_t kSingleRowsMax = 256;

Status DamagedPages(const std::string& path, std::string_view what) {
  return Error(ErrorCode::kCorruptTable, "{}: cannot be read as Parquet: {}", path, what);
}

void AddLeaves(const parquet::arrow::SchemaField& field, std::vector<int>& leaves) {
  if (field.is_leaf()) leaves.push_back(field.column_index);
  for (const auto& child : field.children) AddLeaves(child, leaves);
}

Result<std::shared_ptr<arrow::Array>> Pick(const arrow::ArrayVector& pieces,
                                           const std::vector<int64_t>& positions) {
  arrow::Int64Builder builder;
  ARROW_RETURN_NOT_OK(builder.AppendValues(positions));
  ARROW_ASSIGN_OR_RAISE(const auto indices, builder.Finish());
  ARROW_ASSIGN_OR_RAISE(const auto values,
                        pieces.size() == 1 ? Result<std::shared_ptr<arrow::Array>>(pieces.front())
                                           : arrow::Concatenate(pieces));
  ARROW_ASSIGN_OR_RAISE(const auto taken, arrow::compute::Take(arrow::Datum(values), indices));
  return taken.make_array();
}

bool HoldsViews(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRING_VIEW || type.id() == arrow::Type::BINARY_VIEW ||
         std::any_of(type.fields().begin(), type.fields().end(),
                     [](const auto& field) { return HoldsViews(*field->type()); });
}

// The fields of the file; nothing but the footer's own types if the writer had text in views (Arrow
// in Rust notes that), which take longer to make and which no kernel takes rows of.
Status ReadManifest(const parquet::FileMetaData& metadata,
                    parquet::arrow::SchemaManifest& manifest) {
  const auto make = [&](const std::shared_ptr<const arrow::KeyValueMetadata>& notes) {
    return parquet::arrow::SchemaManifest::Make(metadata.schema(), notes,
                                                ParquetFooter::ArrowProperties(), &manifest);
  };
  ARROW_RETURN_NOT_OK(make(metadata.key_value_metadata()));
  const bool views =
      std::any_of(manifest.schema_fields.begin(), manifest.schema_fields.end(),
                  [](const auto& field) { return HoldsViews(*field.field->type()); });
  if (!views) return Status::OK();
  // Readers look at the notes of the parsed footer again.
  const auto notes =
      std::const_pointer_cast<arrow::KeyValueMetadata>(metadata.key_value_metadata());
  ARROW_RETURN_NOT_OK(notes->Delete(kArrowSchemaNote));
  manifest = {};
  return make(notes);
}

bool HasHybridDays(const parquet::FileMetaData& metadata) {
  const auto& notes = metadata.key_value_metadata();
  if (!notes || !notes->Contains("org.apache.spark.version")) return false;
  return notes->Contains("org.apache.spark.legacyDateTime") ||
         notes->Contains("org.apache.spark.legacyINT96") ||
         notes->Get("org.apache.spark.version").ValueOr("") < "3.1.0";
}

}  // namespace

parquet::ArrowReaderProperties ParquetFooter::ArrowProperties() {
  parquet::ArrowReaderProperties properties;
  properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  // Buffering ahead works on Arrow's own file contents only.
  properties.set_pre_buffer(false);
  return properties;
}

Status ParquetFooter::Explain(const Status& status) const {
  if (status.ok() || status.detail() || status.IsOutOfMemory()) return status;
  return DamagedPages(path_, status.message());
}

Result<std::shared_ptr<const ParquetFooter>> ParquetFooter::Read(
    const std::string& path, const std::shared_ptr<arrow::io::RandomAccessFile>& file) {
  try {
    std::shared_ptr<ParquetFooter> footer(new ParquetFooter());
    static std::atomic<uint64_t> footers = 0;
    footer->id_ = std::to_string(++footers);
    footer->path_ = path;
    footer->metadata_ = parquet::ParquetFileReader::Open(file)->metadata();
    footer->has_hybrid_days_ = HasHybridDays(*footer->metadata_);
    parquet::arrow::SchemaManifest manifest;
    ARROW_RETURN_NOT_OK(footer->Explain(ReadManifest(*footer->metadata_, manifest)));
    arrow::FieldVector fields;
    for (const auto& field : manifest.schema_fields) {
      fields.push_back(field.field);
      AddLeaves(field, footer->leaves_.emplace_back());
    }
    footer->schema_ = arrow::schema(std::move(fields));
    footer->first_rows_.push_back(0);
    for (int group = 0; group < footer->metadata_->num_row_groups(); ++group) {
      footer->first_rows_.push_back(footer->first_rows_.back() +
                                    footer->metadata_->RowGroup(group)->num_rows());
    }
    footer->memory_bytes_ = kChunkMetadataBytes * footer->metadata_->num_columns() *
                            (footer->metadata_->num_row_groups() + 1);
    return footer;
  } catch (const parquet::ParquetStatusException& failure) {
    return failure.status().detail() ? failure.status()
                                     : DamagedPages(path, failure.status().message());
  } catch (const parquet::ParquetException& failure) {
    return DamagedPages(path, failure.what());
  }
}

ParquetRows::ParquetRows(std::shared_ptr<const ParquetFooter> footer,
                         std::shared_ptr<arrow::io::RandomAccessFile> file,
                         DictionaryCache* dictionaries)
    : footer_(std::move(footer)), file_(std::move(file)), dictionaries_(dictionaries) {}

PageSource ParquetRows::Pages() const {
  return {footer_->metadata_, *file_, dictionaries_, footer_->id_};
}

const parquet::ColumnDescriptor* ParquetRows::PlainLeaf(int field) const {
  const auto& leaves = footer_->leaves_[static_cast<size_t>(field)];
  if (leaves.size() != 1) return nullptr;
  const auto* leaf = footer_->metadata_->schema()->Column(leaves.front());
  return IsPlainColumn(*leaf, *footer_->schema_->field(field)->type()) ? leaf : nullptr;
}

Result<std::shared_ptr<arrow::Array>> ParquetRows::ReadGroup(
    int field, int group, std::span<const int64_t> wanted) const {
  const auto& leaves = footer_->leaves_[static_cast<size_t>(field)];
  const auto& type = footer_->schema_->field(field)->type();
  const PageSource pages = Pages();
  GroupSelection selections;
  for (const int leaf : leaves) {
    // Pages of several leaves end at different rows, so they cannot be put together again.
    selections[leaf] =
        leaves.size() == 1 ? pages.Select(group, leaf, wanted) : pages.WholeChunk(group, leaf);
  }
  const auto positions = PositionsOf(selections.begin()->second, wanted);
  const auto* plain = PlainLeaf(field);
  if (plain && wanted.size() <= kSingleRowsMax) {
    return ReadValues(pages.Open(group, leaves.front(), selections.begin()->second), *plain,
                      positions, type);
  }
  auto reader = pages.OpenFile(std::move(selections));
  ARROW_ASSIGN_OR_RAISE(
      const auto arrow_reader,
      parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(reader),
                                       ParquetFooter::ArrowProperties()));
  ARROW_ASSIGN_OR_RAISE(const auto table, arrow_reader->ReadRowGroup(group, leaves));
  const auto column = table->column(0);
  if (positions.back() >= column->length()) {
    return DamagedPages(footer_->path_, "a page has fewer rows than the page index says");
  }
  return Pick(column->chunks(), positions);
}

Result<std::shared_ptr<arrow::Array>> ParquetRows::Read(int field,
                                                        std::span<const int64_t> rows) const {
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t left, size_t right) { return rows[left] < rows[right]; });
  const auto& first_rows = footer_->first_rows_;
  arrow::ArrayVector pieces;
  std::vector<int64_t> place(rows.size());
  try {
    for (size_t next = 0; next < order.size();) {
      const int64_t row = rows[order[next]];
      if (row < 0 || row >= first_rows.back()) {
        return DamagedPages(footer_->path_, fmt::format("it has no row {}", row));
      }
      const auto after = std::upper_bound(first_rows.begin(), first_rows.end(), row);
      const auto group = static_cast<int>(std::distance(first_rows.begin(), after)) - 1;
      std::vector<int64_t> wanted;
      for (; next < order.size() && rows[order[next]] < *after; ++next) {
        place[order[next]] = static_cast<int64_t>(next);
        wanted.push_back(rows[order[next]] - first_rows[static_cast<size_t>(group)]);
      }
      auto piece = ReadGroup(field, group, wanted);
      if (!piece.ok()) return footer_->Explain(piece.status());
      ARROW_RETURN_NOT_OK(footer_->Explain(CheckUtf8(*footer_->schema_->field(field), **piece)));
      pieces.push_back(*std::move(piece));
    }
    if (pieces.empty()) return arrow::MakeEmptyArray(footer_->schema_->field(field)->type());
    return std::is_sorted(place.begin(), place.end()) && pieces.size() == 1
               ? Result<std::shared_ptr<arrow::Array>>(pieces.front())
               : Pick(pieces, place);
  } catch (const parquet::ParquetStatusException& failure) {
    return footer_->Explain(failure.status());
  } catch (const parquet::ParquetException& failure) {
    return DamagedPages(footer_->path_, failure.what());
  }
}

Result<std::vector<bool>> ParquetRows::GroupsThatMayHold(int field,
                                                         const arrow::Array& values) const {
  const auto* leaf = PlainLeaf(field);
  const int position = footer_->leaves_[static_cast<size_t>(field)].front();
  std::vector<std::optional<std::string>> min_values, max_values;
  for (int group = 0; group < footer_->metadata_->num_row_groups(); ++group) {
    const auto chunk = footer_->metadata_->RowGroup(group)->ColumnChunk(position);
    const auto bounds = chunk->is_stats_set() ? chunk->encoded_statistics() : nullptr;
    const bool known = bounds && bounds->has_min && bounds->has_max;
    min_values.push_back(known ? std::optional(bounds->min()) : std::nullopt);
    max_values.push_back(known ? std::optional(bounds->max()) : std::nullopt);
  }
  const auto& type = footer_->schema_->field(field)->type();
  ARROW_ASSIGN_OR_RAISE(const auto least, DecodeBounds(min_values, *leaf, type));
  ARROW_ASSIGN_OR_RAISE(const auto greatest, DecodeBounds(max_values, *leaf, type));
  return MayHold(*least, *greatest, values);
}

Result<std::optional<std::vector<std::pair<int64_t, int64_t>>>> ParquetRows::PagesThatMayHold(
    int field, int group, const arrow::Array& values) const {
  const auto* leaf = PlainLeaf(field);
  const int position = footer_->leaves_[static_cast<size_t>(field)].front();
  std::optional<std::vector<std::pair<int64_t, int64_t>>> pages;
  if (!footer_->metadata_->RowGroup(group)->ColumnChunk(position)->GetColumnIndexLocation()) {
    return pages;
  }
  const auto rows = Pages().PageRows(group, position);
  const auto index = parquet::PageIndexReader::Make(file_.get(), footer_->metadata_,
                                                    parquet::default_reader_properties());
  index->WillNeed({group}, {position}, {.column_index = true, .offset_index = false});
  const auto of_group = index->RowGroup(group);
  const auto bounds = of_group ? of_group->GetColumnIndex(position) : nullptr;
  if (!bounds || rows.empty() || bounds->null_pages().size() != rows.size()) return pages;
  std::vector<std::optional<std::string>> min_values, max_values;
  for (size_t page = 0; page < rows.size(); ++page) {
    min_values.emplace_back(bounds->encoded_min_values()[page]);
    max_values.emplace_back(bounds->encoded_max_values()[page]);
  }
  const auto& type = footer_->schema_->field(field)->type();
  ARROW_ASSIGN_OR_RAISE(const auto least, DecodeBounds(min_values, *leaf, type));
  ARROW_ASSIGN_OR_RAISE(const auto greatest, DecodeBounds(max_values, *leaf, type));
  ARROW_ASSIGN_OR_RAISE(const auto may_hold, MayHold(*least, *greatest, values));
  pages.emplace();
  for (size_t page = 0; page < rows.size(); ++page) {
    if (may_hold[page] && !bounds->null_pages()[page]) pages->push_back(rows[page]);
  }
  return pages;
}

Result<std::optional<std::vector<int64_t>>> ParquetRows::FindAmongPages(
    int field, const arrow::Array& values) const {
  std::optional<std::vector<int64_t>> found;
  std::vector<int64_t> candidates;
  size_t searched = 0;
  ARROW_ASSIGN_OR_RAISE(const auto groups, GroupsThatMayHold(field, values));
  for (int group = 0; group < footer_->metadata_->num_row_groups(); ++group) {
    if (!groups[static_cast<size_t>(group)]) continue;
    ARROW_ASSIGN_OR_RAISE(const auto pages, PagesThatMayHold(field, group, values));
    if (!pages) return found;
    searched += pages->size();
    if (searched > kSearchPagesMax) return found;
    for (const auto& [first, count] : *pages) {
      const size_t end = candidates.size() + static_cast<size_t>(count);
      const int64_t row = footer_->first_rows_[static_cast<size_t>(group)] + first;
      const size_t begin = candidates.size();
      candidates.resize(end);
      std::iota(candidates.begin() + static_cast<int64_t>(begin), candidates.end(), row);
    }
  }
  ARROW_ASSIGN_OR_RAISE(const auto column, Read(field, candidates));
  ARROW_ASSIGN_OR_RAISE(auto slots, columnar::FindEqual(*column, values));
  for (int64_t& slot : slots) slot = candidates[static_cast<size_t>(slot)];
  found = std::move(slots);
  return found;
}

Result<std::optional<std::vector<int64_t>>> ParquetRows::FindEqual(
    int field, const arrow::Array& values) const {
  std::optional<std::vector<int64_t>> scan_instead;
  const auto& type = footer_->schema_->field(field)->type();
  if (!PlainLeaf(field) || !HaveBounds(*type) || !values.type()->Equals(type)) return scan_instead;
  try {
    auto found = FindAmongPages(field, values);
    return found.ok() ? found : footer_->Explain(found.status());
  } catch (const parquet::ParquetStatusException& failure) {
    return footer_->Explain(failure.status());
  } catch (const parquet::ParquetException& failure) {
    return DamagedPages(footer_->path_, failure.what());
  }
}

}  // namespace deltaport::columnar
