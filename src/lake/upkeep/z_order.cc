#include "lake/upkeep/z_order.h"

#include <algorithm>
#include <span>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/table.h>
#include <arrow/util/parallel.h>

#include "columnar/json_document.h"
#include "delta/data_file_writer.h"
#include "delta/live_files.h"
#include "delta/snapshot_view.h"
#include "delta/transaction.h"
#include "lake/upkeep/file_rewrite.h"
#include "lake/upkeep/file_selection.h"
#include "lake/upkeep/hilbert.h"
#include "lake/upkeep/order_column.h"
#include "lake/upkeep/rows_in_memory.h"
#include "lake/upkeep/value_ranges.h"

namespace deltaport::lake {
namespace {

constexpr char kPosition[] = "_deltaport_position";
constexpr int64_t kSampleRows = 100'000;
constexpr int kRangeBitsMax =
    12;  // More ranges than a sample of that size can tell apart are idle.
constexpr int64_t kMemoryMaxBytes = int64_t{1} << 30;  // Columns of texts have 32-bit offsets.
constexpr int64_t kPieceRows = 32 * 1024;  // That one thread puts on the curve at a time.
constexpr int64_t kRowBytesGuess = 64;     // Where statistics do not say how many rows there are.

// Where rows lie on the curve.
class CurvePositions {
 public:
  CurvePositions(std::vector<std::unique_ptr<ValueRanges>> ranges, int bits, Curve curve)
      : ranges_(std::move(ranges)), bits_(bits), curve_(curve) {}

  // Of the rows with those values, one array for each column to order by.
  void Find(std::span<const std::shared_ptr<arrow::Array>> values, uint64_t* out) const {
    const auto count = static_cast<size_t>(values.front()->length());
    // Range of row i in column c: at c * count + i.
    std::vector<uint32_t> found(ranges_.size() * count);
    for (size_t c = 0; c < ranges_.size(); ++c) {
      ranges_[c]->Find(*values[c], found.data() + c * count);
    }
    std::vector<uint32_t> point(ranges_.size());
    for (size_t row = 0; row < count; ++row) {
      for (size_t c = 0; c < point.size(); ++c) point[c] = found[c * count + row];
      out[row] =
          curve_ == Curve::kHilbert ? HilbertIndex(point, bits_) : InterleaveBits(point, bits_);
    }
  }

 private:
  std::vector<std::unique_ptr<ValueRanges>> ranges_;
  int bits_;
  Curve curve_;
};

Result<arrow::ArrayVector> ValuesOf(const std::vector<OrderColumn>& columns,
                                    const arrow::RecordBatch& rows) {
  arrow::ArrayVector values;
  for (const auto& column : columns) {
    ARROW_ASSIGN_OR_RAISE(values.emplace_back(), OrderValues(column, rows));
  }
  return values;
}

// Adds the position of each row on the curve.
class PositionReader final : public arrow::RecordBatchReader {
 public:
  // `first`: batches that come before `rows`.
  PositionReader(arrow::RecordBatchVector first, std::shared_ptr<arrow::RecordBatchReader> rows,
                 std::vector<OrderColumn> columns, CurvePositions positions)
      : first_(std::move(first)),
        rows_(std::move(rows)),
        columns_(std::move(columns)),
        positions_(std::move(positions)) {
    auto fields = rows_->schema()->fields();
    fields.push_back(arrow::field(kPosition, arrow::uint64()));
    schema_ = arrow::schema(std::move(fields));
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    if (next_ < first_.size()) {
      *batch = std::exchange(first_[next_++], nullptr);
    } else {
      ARROW_RETURN_NOT_OK(rows_->ReadNext(batch));
    }
    if (*batch == nullptr) return Status::OK();
    const int64_t count = (*batch)->num_rows();
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> found,
                          arrow::AllocateBuffer(count * static_cast<int64_t>(sizeof(uint64_t))));
    ARROW_ASSIGN_OR_RAISE(const auto values, ValuesOf(columns_, **batch));
    positions_.Find(values, found->mutable_data_as<uint64_t>());
    auto columns = (*batch)->columns();
    columns.push_back(std::make_shared<arrow::UInt64Array>(count, std::move(found)));
    *batch = arrow::RecordBatch::Make(schema_, count, std::move(columns));
    return Status::OK();
  }

 private:
  arrow::RecordBatchVector first_;
  size_t next_ = 0;
  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  const std::vector<OrderColumn> columns_;
  const CurvePositions positions_;
  std::shared_ptr<arrow::Schema> schema_;
};

class Ordering {
 public:
  Ordering(engine::QueryEngine& engine, delta::Transaction transaction,
           const ZOrderOptions& options, const CancelToken& token)
      : engine_(engine),
        transaction_(std::move(transaction)),
        snapshot_(transaction_.snapshot()),
        options_(options),
        token_(token) {}

  Result<OptimizeOutcome> Run() {
    ARROW_RETURN_NOT_OK(ChooseColumns());
    target_bytes_ = options_.target_bytes.value_or(
        transaction_.properties().target_file_bytes.value_or(kTargetBytes));
    if (target_bytes_ < 1) {
      return Error(ErrorCode::kInvalidArgument,
                   "the target size is {} bytes; a size must be positive", target_bytes_);
    }
    ARROW_ASSIGN_OR_RAISE(auto files, SelectFiles(engine_, snapshot_, options_.where, token_));
    if (options_.incremental && clusters_) {
      std::erase_if(files, [&](size_t file) { return IsClustered(file); });
    }
    if (files.empty()) return outcome_;
    const Status ordered = OrderPartitions(files);
    if (!ordered.ok()) {
      const Status clean = delta::RemoveDataFiles(snapshot_->location(), added_);
      return clean.ok() ? ordered : WithContext(ordered, clean.message());
    }
    ARROW_RETURN_NOT_OK(CommitRewrite(transaction_, std::move(files), std::move(added_),
                                      OperationOf(), outcome_, token_));
    return outcome_;
  }

 private:
  Status ChooseColumns() {
    ARROW_ASSIGN_OR_RAISE(const auto target, transaction_.FileTarget());
    std::vector<std::string> clustering;
    for (const auto& path : target.clustering_columns) {
      clustering.push_back(fmt::format("{}", fmt::join(path, ".")));
    }
    columns_ = options_.columns.empty() ? clustering : options_.columns;
    clusters_ = !clustering.empty() && columns_ == clustering;
    if (columns_.empty()) {
      return Error(ErrorCode::kInvalidArgument,
                   "table {}: name the columns to order by; the table is not clustered by any",
                   snapshot_->location().path);
    }
    if (columns_.size() > kOrderColumnsMax) {
      return Error(ErrorCode::kInvalidArgument, "{} columns to order by; at most {} are possible",
                   columns_.size(), kOrderColumnsMax);
    }
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (std::ranges::count(columns_, columns_[i]) > 1) {
        return Error(ErrorCode::kInvalidArgument, "the column '{}' is named twice", columns_[i]);
      }
      ARROW_ASSIGN_OR_RAISE(order_.emplace_back(), FindOrderColumn(*snapshot_, columns_[i]));
    }
    bits_ = std::min(kRangeBitsMax, kCurveBitsMax / static_cast<int>(columns_.size()));
    return Status::OK();
  }

  bool IsClustered(size_t file) const {
    const delta::FileExtras* extras = snapshot_->files().extras(file);
    return extras != nullptr && extras->clustering_provider.has_value();
  }

  Status OrderPartitions(const std::vector<size_t>& files) {
    // One after the other: each takes all threads, and a large one all the memory of the engine.
    for (const auto& partition : GroupByPartition(*snapshot_, files)) {
      ARROW_RETURN_NOT_OK(token_.Check());
      ++outcome_.partitions;
      ARROW_RETURN_NOT_OK(OrderPartition(partition));
    }
    return Status::OK();
  }

  Status OrderPartition(const std::vector<size_t>& files) {
    ARROW_ASSIGN_OR_RAISE(auto source, ReadForRewrite(engine_, snapshot_, files, token_));
    const auto rows = CountRows(std::move(source.rows), options_.on_rows);
    RowsInMemory memory(rows->schema());
    bool fits = true;
    while (fits) {
      ARROW_ASSIGN_OR_RAISE(auto batch, rows->Next());
      if (batch == nullptr) break;
      ARROW_RETURN_NOT_OK(memory.Add(std::move(batch)));
      fits = memory.bytes() <= std::min(options_.memory_bytes, kMemoryMaxBytes);
    }
    ARROW_ASSIGN_OR_RAISE(const auto ordered, fits ? OrderInMemory(memory)
                                                   : OrderInEngine(files, memory.Release(), rows));
    ARROW_ASSIGN_OR_RAISE(auto written, WriteRewritten(transaction_, source.extra_columns, *ordered,
                                                       {target_bytes_, clusters_}, token_));
    std::move(written.begin(), written.end(), std::back_inserter(added_));
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> OrderInMemory(RowsInMemory& memory) const {
    ARROW_ASSIGN_OR_RAISE(auto rows, memory.Finish());
    ARROW_ASSIGN_OR_RAISE(const auto positions, PositionsOf(*rows));
    return ReadInOrder(std::move(rows), RowsByKey(positions));
  }

  // On the curve.
  Result<std::vector<uint64_t>> PositionsOf(const arrow::RecordBatch& rows) const {
    ARROW_ASSIGN_OR_RAISE(auto ranges, RangesInMemory(rows));
    const CurvePositions positions(std::move(ranges), bits_, options_.curve);
    std::vector<uint64_t> found(static_cast<size_t>(rows.num_rows()));
    const auto pieces = static_cast<int>((rows.num_rows() + kPieceRows - 1) / kPieceRows);
    ARROW_RETURN_NOT_OK(arrow::internal::ParallelFor(pieces, [&](int piece) {
      const auto slice = rows.Slice(piece * kPieceRows, kPieceRows);
      ARROW_ASSIGN_OR_RAISE(const auto values, ValuesOf(order_, *slice));
      positions.Find(values, found.data() + piece * kPieceRows);
      return Status::OK();
    }));
    return found;
  }

  // Out of every nth row.
  Result<std::vector<std::unique_ptr<ValueRanges>>> RangesInMemory(
      const arrow::RecordBatch& rows) const {
    arrow::Int64Builder builder;
    const int64_t step = std::max<int64_t>(1, rows.num_rows() / kSampleRows);
    for (int64_t row = 0; row < rows.num_rows(); row += step) {
      ARROW_RETURN_NOT_OK(builder.Append(row));
    }
    ARROW_ASSIGN_OR_RAISE(const auto sampled, builder.Finish());
    arrow::ArrayVector samples;
    for (const auto& column : order_) {
      ARROW_ASSIGN_OR_RAISE(const auto values, arrow::FieldPath(column.path).GetFlattened(rows));
      ARROW_ASSIGN_OR_RAISE(samples.emplace_back(), arrow::compute::Take(*values, *sampled));
    }
    return RangesOf(samples);
  }

  // `samples`: rows of each column.
  Result<std::vector<std::unique_ptr<ValueRanges>>> RangesOf(
      const arrow::ArrayVector& samples) const {
    std::vector<std::unique_ptr<ValueRanges>> ranges;
    for (const auto& sample : samples) {
      ARROW_ASSIGN_OR_RAISE(const auto values, OrderValues(sample));
      ARROW_ASSIGN_OR_RAISE(ranges.emplace_back(),
                            ValueRanges::Make(*values, uint32_t{1} << bits_));
    }
    return ranges;
  }

  // Sorts under the engine's memory limit; `first` are the rows that were read already.
  Result<std::shared_ptr<arrow::RecordBatchReader>> OrderInEngine(
      const std::vector<size_t>& files, arrow::RecordBatchVector first,
      std::shared_ptr<arrow::RecordBatchReader> rows) const {
    ARROW_ASSIGN_OR_RAISE(auto ranges, SampleRanges(files));
    engine::InternalQuery sort;
    sort.sql = fmt::format("SELECT * EXCLUDE ({0}) FROM rows ORDER BY {0}", kPosition);
    sort.streams["rows"] =
        std::make_shared<PositionReader>(std::move(first), std::move(rows), order_,
                                         CurvePositions(std::move(ranges), bits_, options_.curve));
    sort.keep_order = true;
    return engine_.ExecuteInternal(sort, token_);
  }

  // The same out of a query.
  Result<std::vector<std::unique_ptr<ValueRanges>>> SampleRanges(
      const std::vector<size_t>& files) const {
    int64_t rows = 0;
    std::vector<delta::ViewFile> shown;
    for (const size_t file : files) {
      ARROW_ASSIGN_OR_RAISE(auto shown_file, snapshot_->files().file(file));
      shown.push_back({std::move(shown_file), {}});
      rows += snapshot_->files().record_count(file).value_or(snapshot_->files().size_bytes(file) /
                                                             kRowBytesGuess);
    }
    std::vector<std::string> columns;
    for (const auto& column : order_) columns.push_back(column.sql);
    const auto table = std::make_shared<engine::TableSource>();
    table->name = "files";
    ARROW_ASSIGN_OR_RAISE(table->files, delta::MakeView(*snapshot_, {}, std::move(shown)));
    engine::InternalQuery query;
    query.sql = fmt::format("SELECT {} FROM files WHERE hash(file_index, file_row_number) % {} = 0",
                            fmt::join(columns, ", "), std::max<int64_t>(1, rows / kSampleRows));
    query.tables["files"] = table;
    ARROW_ASSIGN_OR_RAISE(const auto reader, engine_.ExecuteInternal(query, token_));
    ARROW_ASSIGN_OR_RAISE(const auto sample, reader->ToTable());
    ARROW_ASSIGN_OR_RAISE(const auto batch, sample->CombineChunksToBatch());
    return RangesOf(batch->columns());
  }

  delta::Operation OperationOf() const {
    delta::Operation operation;
    operation.name = "OPTIMIZE";
    operation.parameters["predicate"] =
        options_.where ? columnar::QuotedJsonList({*options_.where}) : columnar::QuotedJsonList({});
    operation.parameters[clusters_ ? "clusterBy" : "zOrderBy"] = columnar::QuotedJsonList(columns_);
    operation.parameters[clusters_ ? "zOrderBy" : "clusterBy"] = columnar::QuotedJsonList({});
    operation.parameters["auto"] = "false";
    return operation;
  }

  engine::QueryEngine& engine_;
  delta::Transaction transaction_;
  const std::shared_ptr<const delta::Snapshot> snapshot_;
  const ZOrderOptions& options_;
  const CancelToken& token_;
  std::vector<std::string> columns_;
  std::vector<OrderColumn> order_;  // One for each column.
  bool clusters_ = false;           // These are the columns that the table is clustered by.
  int bits_ = 0;                    // Of each coordinate.
  int64_t target_bytes_ = 0;
  std::vector<delta::AddFile> added_;
  OptimizeOutcome outcome_;
};

}  // namespace

Result<OptimizeOutcome> ZOrder(engine::QueryEngine& engine, const storage::Location& table,
                               const ZOrderOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(auto snapshot, delta::Snapshot::Open(table));
  ARROW_ASSIGN_OR_RAISE(auto transaction, delta::Transaction::Start(std::move(snapshot)));
  return Ordering(engine, std::move(transaction), options, token).Run();
}

}  // namespace deltaport::lake
