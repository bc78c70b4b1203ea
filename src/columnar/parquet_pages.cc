#include "columnar/parquet_pages.h"

#include <algorithm>
#include <functional>

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <fmt/format.h>
#include <parquet/column_page.h>
#include <parquet/exception.h>

namespace deltaport::columnar {
namespace {

// No page is larger; a size beyond it is damage.
constexpr int64_t kPageBytesMax = int64_t{1} << 30;

int64_t FirstByte(const parquet::ColumnChunkMetaData& chunk) {
  const int64_t data = chunk.data_page_offset();
  // Some writers say that a dictionary is at 0 where there is none.
  const int64_t dictionary = chunk.has_dictionary_page() ? chunk.dictionary_page_offset() : 0;
  return dictionary > 0 && dictionary < data ? dictionary : data;
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
  using ReadDictionary = std::function<std::shared_ptr<parquet::Page>()>;

  SelectedPages(std::unique_ptr<parquet::PageReader> pages, ReadDictionary read_dictionary)
      : pages_(std::move(pages)), read_dictionary_(std::move(read_dictionary)) {}

  std::shared_ptr<parquet::Page> NextPage() override {
    if (waiting_) return std::exchange(waiting_, nullptr);
    auto page = pages_->NextPage();
    if (dictionary_ || !page || !NeedsDictionary(*page)) return page;
    waiting_ = std::move(page);
    dictionary_ = read_dictionary_();
    return dictionary_;
  }
  void set_max_page_header_size(uint32_t size) override { pages_->set_max_page_header_size(size); }

 private:
  const std::unique_ptr<parquet::PageReader> pages_;
  const ReadDictionary read_dictionary_;
  std::shared_ptr<parquet::Page> dictionary_;
  std::shared_ptr<parquet::Page> waiting_;
};

// One row group of which each column shows the selected pages only.
class SelectedGroup final : public parquet::RowGroupReader::Contents {
 public:
  SelectedGroup(const PageSource& source, std::unique_ptr<parquet::RowGroupMetaData> metadata,
                int group, const GroupSelection& selections)
      : source_(source), metadata_(std::move(metadata)), group_(group), selections_(selections) {}

  std::unique_ptr<parquet::PageReader> GetColumnPageReader(int i) override {
    return source_.Open(group_, i, selections_.at(i));
  }
  const parquet::RowGroupMetaData* metadata() const override { return metadata_.get(); }
  const parquet::ReaderProperties* properties() const override { return &properties_; }

 private:
  const PageSource source_;
  const std::unique_ptr<parquet::RowGroupMetaData> metadata_;
  const int group_;
  const GroupSelection& selections_;
  const parquet::ReaderProperties properties_ = parquet::default_reader_properties();
};

// A file of which one row group can be read.
class SelectedFile final : public parquet::ParquetFileReader::Contents {
 public:
  SelectedFile(const PageSource& source, std::shared_ptr<parquet::FileMetaData> metadata,
               GroupSelection selections)
      : source_(source), metadata_(std::move(metadata)), selections_(std::move(selections)) {}

  void Close() override {}
  std::shared_ptr<parquet::RowGroupReader> GetRowGroup(int i) override {
    return std::make_shared<parquet::RowGroupReader>(
        std::make_unique<SelectedGroup>(source_, metadata_->RowGroup(i), i, selections_));
  }
  std::shared_ptr<parquet::FileMetaData> metadata() const override { return metadata_; }
  std::shared_ptr<parquet::PageIndexReader> GetPageIndexReader() override { return nullptr; }
  parquet::BloomFilterReader& GetBloomFilterReader() override {
    throw parquet::ParquetException("no Bloom filters here");
  }

 private:
  const PageSource source_;
  const std::shared_ptr<parquet::FileMetaData> metadata_;
  const GroupSelection selections_;
};

std::pair<int64_t, int64_t> RowsOfPage(const std::vector<parquet::PageLocation>& pages, size_t page,
                                       int64_t group_rows) {
  const int64_t end = page + 1 < pages.size() ? pages[page + 1].first_row_index : group_rows;
  return {pages[page].first_row_index, end - pages[page].first_row_index};
}

}  // namespace

std::vector<int64_t> PositionsOf(const PageSelection& selection, std::span<const int64_t> wanted) {
  std::vector<int64_t> positions;
  positions.reserve(wanted.size());
  size_t run = 0;
  int64_t before = 0;
  for (const int64_t row : wanted) {
    while (row >= selection.rows[run].first + selection.rows[run].second) {
      before += selection.rows[run++].second;
    }
    positions.push_back(before + row - selection.rows[run].first);
  }
  return positions;
}

std::shared_ptr<parquet::OffsetIndex> PageSource::IndexOf(int group, int leaf) const {
  const auto row_group = metadata_->RowGroup(group);
  if (!row_group->ColumnChunk(leaf)->GetOffsetIndexLocation()) return nullptr;
  const auto index =
      parquet::PageIndexReader::Make(file_, metadata_, parquet::default_reader_properties());
  index->WillNeed({group}, {leaf}, {.column_index = false, .offset_index = true});
  const auto of_group = index->RowGroup(group);
  if (!of_group) return nullptr;
  auto pages = of_group->GetOffsetIndex(leaf);
  return pages && AreOrdered(pages->page_locations(), row_group->num_rows()) ? pages : nullptr;
}

PageSelection PageSource::WholeChunk(int group, int leaf) const {
  const auto row_group = metadata_->RowGroup(group);
  const auto chunk = row_group->ColumnChunk(leaf);
  return {{}, {{FirstByte(*chunk), chunk->total_compressed_size()}}, {{0, row_group->num_rows()}}};
}

PageSelection PageSource::Select(int group, int leaf, std::span<const int64_t> wanted) const {
  const auto index = IndexOf(group, leaf);
  if (!index) return WholeChunk(group, leaf);
  const auto row_group = metadata_->RowGroup(group);
  const auto& pages = index->page_locations();
  PageSelection selection;
  const int64_t first_byte = FirstByte(*row_group->ColumnChunk(leaf));
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
    selection.ranges.push_back({pages[page].offset, pages[page].compressed_page_size});
    selection.rows.push_back(RowsOfPage(pages, page, row_group->num_rows()));
  }
  return selection;
}

std::vector<std::pair<int64_t, int64_t>> PageSource::PageRows(int group, int leaf) const {
  std::vector<std::pair<int64_t, int64_t>> rows;
  const auto index = IndexOf(group, leaf);
  if (!index) return rows;
  const auto& pages = index->page_locations();
  for (size_t page = 0; page < pages.size(); ++page) {
    rows.push_back(RowsOfPage(pages, page, metadata_->RowGroup(group)->num_rows()));
  }
  return rows;
}

std::unique_ptr<parquet::PageReader> PageSource::Open(int group, int leaf,
                                                      const PageSelection& selection) const {
  const auto chunk = metadata_->RowGroup(group)->ColumnChunk(leaf);
  const ChunkPages pages{*file_, *metadata_->schema()->Column(leaf), chunk->num_values(),
                         chunk->compression()};
  auto selected = pages.Open(selection.ranges);
  if (!selection.dictionary) return selected;
  // The pages may outlive this.
  return std::make_unique<SelectedPages>(
      std::move(selected), [pages, range = *selection.dictionary, dictionaries = dictionaries_,
                            key = fmt::format("{}:{}", *file_id_, selection.dictionary->offset)] {
        auto page = dictionaries ? dictionaries->Find(key) : nullptr;
        if (page) return page;
        page = pages.Open({range})->NextPage();
        if (dictionaries && page && page->type() == parquet::PageType::DICTIONARY_PAGE) {
          dictionaries->Keep(key, page, page->size());
        }
        return page;
      });
}

std::unique_ptr<parquet::ParquetFileReader> PageSource::OpenFile(GroupSelection selections) const {
  auto reader = std::make_unique<parquet::ParquetFileReader>();
  reader->Open(std::make_unique<SelectedFile>(*this, metadata_, std::move(selections)));
  return reader;
}

}  // namespace deltaport::columnar
