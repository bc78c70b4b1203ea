#include "columnar/parquet_rows.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include <arrow/array/concatenate.h>
#include <arrow/builder.h>
#include <arrow/chunked_array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/column_page.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>

namespace deltaport::columnar {
namespace {

// What the parsed form of one column chunk of a footer takes, roughly.
constexpr int64_t kChunkMetadataBytes = 512;

// No page is larger; a size beyond it is damage.
constexpr int64_t kPageBytesMax = int64_t{1} << 30;

Status DamagedPages(const std::string& path, std::string_view what) {
  return Error(ErrorCode::kCorruptTable, "{}: cannot be read as Parquet: {}", path, what);
}

// Errors of the store keep their code; all others say that the file is damaged.
Status Explain(const std::string& path, const Status& status) {
  if (status.ok() || status.detail() || status.IsOutOfMemory()) return status;
  return DamagedPages(path, status.message());
}

struct ByteRange {
  int64_t offset = 0;
  int64_t size_bytes = 0;
};

// What is to be read of one column chunk.
struct PageSelection {
  std::optional<ByteRange> dictionary;            // If it is not part of `ranges`.
  std::vector<ByteRange> ranges;                  // Whole pages.
  std::vector<std::pair<int64_t, int64_t>> rows;  // Of the group: first and count of each run.
};

int64_t FirstByte(const parquet::ColumnChunkMetaData& chunk) {
  const int64_t data = chunk.data_page_offset();
  // Some writers say that a dictionary is at 0 where there is none.
  const int64_t dictionary = chunk.has_dictionary_page() ? chunk.dictionary_page_offset() : 0;
  return dictionary > 0 && dictionary < data ? dictionary : data;
}

PageSelection WholeChunk(const parquet::ColumnChunkMetaData& chunk, int64_t group_rows) {
  return {{}, {{FirstByte(chunk), chunk.total_compressed_size()}}, {{0, group_rows}}};
}

// The pages that hold `wanted`, ascending rows of the group.
PageSelection SelectPages(const parquet::ColumnChunkMetaData& chunk,
                          const std::vector<parquet::PageLocation>& pages, int64_t group_rows,
                          std::span<const int64_t> wanted) {
  PageSelection selection;
  const int64_t first_byte = FirstByte(chunk);
  if (first_byte < pages.front().offset) {
    selection.dictionary = {first_byte, pages.front().offset - first_byte};
  }
  size_t last = pages.size();
  for (const int64_t row : wanted) {
    const auto after = std::upper_bound(pages.begin(), pages.end(), row,
                                        [](int64_t value, const parquet::PageLocation& page) {
                                          return value < page.first_row_index;
                                        });
    const auto page = static_cast<size_t>(std::distance(pages.begin(), after)) - 1;
    if (page == last) continue;
    last = page;
    const int64_t end = page + 1 < pages.size() ? pages[page + 1].first_row_index : group_rows;
    selection.ranges.push_back({pages[page].offset, pages[page].compressed_page_size});
    selection.rows.emplace_back(pages[page].first_row_index, end - pages[page].first_row_index);
  }
  return selection;
}

bool AreOrdered(const std::vector<parquet::PageLocation>& pages, int64_t group_rows) {
  if (pages.empty() || pages.front().first_row_index != 0) return false;
  for (size_t i = 0; i < pages.size(); ++i) {
    const int64_t end = i + 1 < pages.size() ? pages[i + 1].first_row_index : group_rows;
    if (pages[i].first_row_index >= end || pages[i].compressed_page_size <= 0) return false;
    if (i > 0 && pages[i].offset <= pages[i - 1].offset) return false;
  }
  return true;
}

// Opens pages of one column chunk.
struct ChunkPages {
  std::unique_ptr<parquet::PageReader> Open(const std::vector<ByteRange>& ranges) const {
    arrow::BufferVector parts;
    for (const auto& [offset, size_bytes] : ranges) {
      if (size_bytes < 0 || size_bytes > kPageBytesMax) {
        throw parquet::ParquetException("a page of ", size_bytes, " bytes");
      }
      PARQUET_ASSIGN_OR_THROW(auto bytes, file.ReadAt(offset, size_bytes));
      if (bytes->size() != size_bytes) throw parquet::ParquetException("the file ends too early");
      parts.push_back(std::move(bytes));
    }
    std::shared_ptr<arrow::Buffer> pages = parts.front();
    if (parts.size() > 1) {
      PARQUET_ASSIGN_OR_THROW(pages, arrow::ConcatenateBuffers(parts));
    }
    return parquet::PageReader::Open(std::make_shared<arrow::io::BufferReader>(pages), num_values,
                                     codec, parquet::default_reader_properties(), column);
  }

  arrow::io::RandomAccessFile& file;
  const parquet::ColumnDescriptor& column;
  int64_t num_values = 0;
  parquet::Compression::type codec = parquet::Compression::UNCOMPRESSED;
};

bool NeedsDictionary(const parquet::Page& page) {
  if (page.type() != parquet::PageType::DATA_PAGE &&
      page.type() != parquet::PageType::DATA_PAGE_V2) {
    return false;
  }
  const auto encoding = static_cast<const parquet::DataPage&>(page).encoding();
  return encoding == parquet::Encoding::RLE_DICTIONARY ||
         encoding == parquet::Encoding::PLAIN_DICTIONARY;
}

// Pages of a chunk, with its dictionary only once one of them needs it: columns of many values have
// large dictionaries that most of their pages do without.
class SelectedPages final : public parquet::PageReader {
 public:
  using OpenDictionary = std::function<std::unique_ptr<parquet::PageReader>()>;

  SelectedPages(std::unique_ptr<parquet::PageReader> pages, OpenDictionary open_dictionary)
      : pages_(std::move(pages)), open_dictionary_(std::move(open_dictionary)) {}

  std::shared_ptr<parquet::Page> NextPage() override {
    if (waiting_) return std::exchange(waiting_, nullptr);
    auto page = pages_->NextPage();
    if (dictionary_ || !page || !NeedsDictionary(*page)) return page;
    waiting_ = std::move(page);
    dictionary_ = open_dictionary_();
    return dictionary_->NextPage();
  }
  void set_max_page_header_size(uint32_t size) override { pages_->set_max_page_header_size(size); }

 private:
  const std::unique_ptr<parquet::PageReader> pages_;
  const OpenDictionary open_dictionary_;
  std::unique_ptr<parquet::PageReader> dictionary_;
  std::shared_ptr<parquet::Page> waiting_;
};

// One row group of which each column shows the selected pages only.
class SelectedGroup final : public parquet::RowGroupReader::Contents {
 public:
  SelectedGroup(std::unique_ptr<parquet::RowGroupMetaData> metadata,
                const std::map<int, PageSelection>& selections,
                const parquet::SchemaDescriptor& schema, arrow::io::RandomAccessFile& file)
      : metadata_(std::move(metadata)), selections_(selections), schema_(schema), file_(file) {}

  std::unique_ptr<parquet::PageReader> GetColumnPageReader(int i) override {
    const auto chunk = metadata_->ColumnChunk(i);
    const ChunkPages pages{file_, *schema_.Column(i), chunk->num_values(), chunk->compression()};
    const PageSelection& selection = selections_.at(i);
    auto selected = pages.Open(selection.ranges);
    if (!selection.dictionary) return selected;
    // The page reader outlives the group.
    return std::make_unique<SelectedPages>(
        std::move(selected),
        [pages, range = *selection.dictionary] { return pages.Open({range}); });
  }
  const parquet::RowGroupMetaData* metadata() const override { return metadata_.get(); }
  const parquet::ReaderProperties* properties() const override { return &properties_; }

 private:
  const std::unique_ptr<parquet::RowGroupMetaData> metadata_;
  const std::map<int, PageSelection>& selections_;
  const parquet::SchemaDescriptor& schema_;
  arrow::io::RandomAccessFile& file_;
  const parquet::ReaderProperties properties_ = parquet::default_reader_properties();
};

// A file of which one row group can be read.
class SelectedFile final : public parquet::ParquetFileReader::Contents {
 public:
  SelectedFile(std::shared_ptr<parquet::FileMetaData> metadata,
               std::map<int, PageSelection> selections, arrow::io::RandomAccessFile& file)
      : metadata_(std::move(metadata)), selections_(std::move(selections)), file_(file) {}

  void Close() override {}
  std::shared_ptr<parquet::RowGroupReader> GetRowGroup(int i) override {
    return std::make_shared<parquet::RowGroupReader>(std::make_unique<SelectedGroup>(
        metadata_->RowGroup(i), selections_, *metadata_->schema(), file_));
  }
  std::shared_ptr<parquet::FileMetaData> metadata() const override { return metadata_; }
  std::shared_ptr<parquet::PageIndexReader> GetPageIndexReader() override { return nullptr; }
  parquet::BloomFilterReader& GetBloomFilterReader() override {
    throw parquet::ParquetException("no Bloom filters here");
  }

 private:
  const std::shared_ptr<parquet::FileMetaData> metadata_;
  const std::map<int, PageSelection> selections_;
  arrow::io::RandomAccessFile& file_;
};

parquet::ArrowReaderProperties ReaderProperties() {
  parquet::ArrowReaderProperties properties;
  properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  // Buffering ahead works on Arrow's own file contents only.
  properties.set_pre_buffer(false);
  return properties;
}

// Null where the file has no usable index for the column.
std::shared_ptr<parquet::OffsetIndex> PagesOf(
    const std::shared_ptr<parquet::FileMetaData>& metadata, arrow::io::RandomAccessFile& file,
    int group, int leaf) {
  if (!metadata->RowGroup(group)->ColumnChunk(leaf)->GetOffsetIndexLocation()) return nullptr;
  const auto properties = parquet::default_reader_properties();
  const auto index = parquet::PageIndexReader::Make(&file, metadata, properties);
  index->WillNeed({group}, {leaf}, {.column_index = false, .offset_index = true});
  const auto of_group = index->RowGroup(group);
  return of_group ? of_group->GetOffsetIndex(leaf) : nullptr;
}

void AddLeaves(const parquet::arrow::SchemaField& field, std::vector<int>& leaves) {
  if (field.is_leaf()) leaves.push_back(field.column_index);
  for (const auto& child : field.children) AddLeaves(child, leaves);
}

// Positions of `wanted` among the selected rows.
void AppendPositions(const PageSelection& selection, std::span<const int64_t> wanted,
                     std::vector<int64_t>& positions) {
  size_t run = 0;
  int64_t before = 0;
  for (const int64_t row : wanted) {
    while (row >= selection.rows[run].first + selection.rows[run].second) {
      before += selection.rows[run++].second;
    }
    positions.push_back(before + row - selection.rows[run].first);
  }
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

// Writers of Arrow in Rust note that text was in views, which no kernel takes rows of.
std::shared_ptr<arrow::DataType> WithoutView(const std::shared_ptr<arrow::DataType>& type) {
  if (type->id() == arrow::Type::STRING_VIEW) return arrow::utf8();
  return type->id() == arrow::Type::BINARY_VIEW ? arrow::binary() : type;
}

}  // namespace

Result<std::shared_ptr<const ParquetFooter>> ParquetFooter::Read(
    const std::string& path, const std::shared_ptr<arrow::io::RandomAccessFile>& file) {
  try {
    std::shared_ptr<ParquetFooter> footer(new ParquetFooter());
    footer->path_ = path;
    footer->metadata_ = parquet::ParquetFileReader::Open(file)->metadata();
    parquet::arrow::SchemaManifest manifest;
    const Status made = parquet::arrow::SchemaManifest::Make(
        footer->metadata_->schema(), footer->metadata_->key_value_metadata(), ReaderProperties(),
        &manifest);
    if (!made.ok()) return Explain(path, made);
    arrow::FieldVector fields;
    for (const auto& field : manifest.schema_fields) {
      fields.push_back(field.field->WithType(WithoutView(field.field->type())));
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
    return Explain(path, failure.status());
  } catch (const parquet::ParquetException& failure) {
    return DamagedPages(path, failure.what());
  }
}

ParquetRows::ParquetRows(std::shared_ptr<const ParquetFooter> footer,
                         std::shared_ptr<arrow::io::RandomAccessFile> file)
    : footer_(std::move(footer)), file_(std::move(file)) {}

Result<std::shared_ptr<arrow::ChunkedArray>> ParquetRows::ReadGroup(
    int field, int group, std::span<const int64_t> wanted, std::vector<int64_t>& positions) const {
  const auto& leaves = footer_->leaves_[static_cast<size_t>(field)];
  const auto metadata = footer_->metadata_->RowGroup(group);
  std::map<int, PageSelection> selections;
  for (const int leaf : leaves) {
    const auto chunk = metadata->ColumnChunk(leaf);
    // Pages of several leaves end at different rows, so they cannot be put together again.
    const auto index =
        leaves.size() == 1 ? PagesOf(footer_->metadata_, *file_, group, leaf) : nullptr;
    const bool usable = index && AreOrdered(index->page_locations(), metadata->num_rows());
    selections[leaf] =
        usable ? SelectPages(*chunk, index->page_locations(), metadata->num_rows(), wanted)
               : WholeChunk(*chunk, metadata->num_rows());
  }
  AppendPositions(selections.begin()->second, wanted, positions);
  auto reader = std::make_unique<parquet::ParquetFileReader>();
  reader->Open(std::make_unique<SelectedFile>(footer_->metadata_, std::move(selections), *file_));
  ARROW_ASSIGN_OR_RAISE(const auto arrow_reader,
                        parquet::arrow::FileReader::Make(arrow::default_memory_pool(),
                                                         std::move(reader), ReaderProperties()));
  ARROW_ASSIGN_OR_RAISE(const auto table, arrow_reader->ReadRowGroup(group, leaves));
  auto column = table->column(0);
  const auto& type = footer_->schema_->field(field)->type();
  if (!column->type()->Equals(type)) {
    ARROW_ASSIGN_OR_RAISE(const auto plain, arrow::compute::Cast(arrow::Datum(column), type));
    column = plain.chunked_array();
  }
  if (positions.back() >= column->length()) {
    return DamagedPages(footer_->path_, "a page has fewer rows than the page index says");
  }
  return column;
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
      std::vector<int64_t> positions;
      const auto column = ReadGroup(field, group, wanted, positions);
      if (!column.ok()) return Explain(footer_->path_, column.status());
      ARROW_ASSIGN_OR_RAISE(auto piece, Pick((*column)->chunks(), positions));
      pieces.push_back(std::move(piece));
    }
    if (pieces.empty()) return arrow::MakeEmptyArray(footer_->schema_->field(field)->type());
    return Pick(pieces, place);
  } catch (const parquet::ParquetStatusException& failure) {
    return Explain(footer_->path_, failure.status());
  } catch (const parquet::ParquetException& failure) {
    return DamagedPages(footer_->path_, failure.what());
  }
}

}  // namespace deltaport::columnar
