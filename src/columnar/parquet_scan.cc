#include "columnar/parquet_scan.h"

#include <algorithm>
#include <utility>

#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>

#include "columnar/utf8.h"

namespace deltaport::columnar {
namespace {

constexpr int64_t kReadBytes = int64_t{1} << 20;

class ParquetScan final : public arrow::RecordBatchReader {
 public:
  ParquetScan(std::shared_ptr<const ParquetFooter> footer, std::shared_ptr<arrow::Schema> schema,
              std::vector<int> places)
      : footer_(std::move(footer)), schema_(std::move(schema)), places_(std::move(places)) {}

  Status Open(std::shared_ptr<arrow::io::RandomAccessFile> file, const std::vector<int>& leaves,
              int64_t batch_rows) {
    return Guarded([&]() -> Status {
      parquet::ReaderProperties reading = parquet::default_reader_properties();
      reading.enable_buffered_stream();
      reading.set_buffer_size(kReadBytes);
      parquet::ArrowReaderProperties properties = ParquetFooter::ArrowProperties();
      properties.set_batch_size(batch_rows);
      properties.set_use_threads(true);
      auto reader = parquet::ParquetFileReader::Open(std::move(file), reading, footer_->metadata());
      ARROW_ASSIGN_OR_RAISE(file_, parquet::arrow::FileReader::Make(arrow::default_memory_pool(),
                                                                    std::move(reader), properties));
      std::vector<int> groups;
      for (int i = 0; i < footer_->metadata()->num_row_groups(); ++i) groups.push_back(i);
      ARROW_ASSIGN_OR_RAISE(rows_, file_->GetRecordBatchReader(groups, leaves));
      return Status::OK();
    });
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    return Guarded([&]() -> Status {
      ARROW_ASSIGN_OR_RAISE(const auto next, rows_->Next());
      *batch = nullptr;
      if (!next) return Status::OK();
      arrow::ArrayVector columns;
      for (size_t i = 0; i < places_.size(); ++i) {
        columns.push_back(next->column(places_[i]));
        ARROW_RETURN_NOT_OK(CheckUtf8(*schema_->field(static_cast<int>(i)), *columns.back()));
      }
      *batch = arrow::RecordBatch::Make(schema_, next->num_rows(), std::move(columns));
      return Status::OK();
    });
  }

 private:
  template <typename Work>
  Status Guarded(const Work& work) const {
    try {
      return footer_->Explain(work());
    } catch (const parquet::ParquetStatusException& failure) {
      return footer_->Explain(failure.status());
    } catch (const parquet::ParquetException& failure) {
      return footer_->Explain(Status::Invalid(failure.what()));
    }
  }

  const std::shared_ptr<const ParquetFooter> footer_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::vector<int> places_;  // Of the fields among those that are read.
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::shared_ptr<arrow::RecordBatchReader> rows_;  // Reads from `file_`.
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> ScanParquet(
    const std::shared_ptr<const ParquetFooter>& footer,
    std::shared_ptr<arrow::io::RandomAccessFile> file, const std::vector<int>& fields,
    int64_t batch_rows) {
  // The file gives its fields in its own order.
  std::vector<int> stored = fields;
  std::sort(stored.begin(), stored.end());
  std::vector<int> leaves, places;
  for (const int field : stored) {
    const auto& of_field = footer->leaves(field);
    leaves.insert(leaves.end(), of_field.begin(), of_field.end());
  }
  arrow::FieldVector schema;
  for (const int field : fields) {
    schema.push_back(footer->schema()->field(field));
    const auto place = std::lower_bound(stored.begin(), stored.end(), field);
    places.push_back(static_cast<int>(std::distance(stored.begin(), place)));
  }
  auto scan =
      std::make_shared<ParquetScan>(footer, arrow::schema(std::move(schema)), std::move(places));
  ARROW_RETURN_NOT_OK(scan->Open(std::move(file), leaves, batch_rows));
  return scan;
}

}  // namespace deltaport::columnar
