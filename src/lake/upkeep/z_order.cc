#include "lake/upkeep/z_order.h"

#include <algorithm>
#include <utility>

#include <arrow/builder.h>
#include <arrow/table.h>

#include "delta/data_file_writer.h"
#include "delta/live_files.h"
#include "delta/transaction.h"
#include "lake/upkeep/file_rewrite.h"
#include "lake/upkeep/hilbert.h"
#include "lake/upkeep/order_column.h"
#include "lake/upkeep/value_ranges.h"

namespace deltaport::lake {
namespace {

constexpr char kPosition[] = "_deltaport_position";
constexpr int64_t kSampleRows = 100'000;
constexpr int kRangeBitsMax =
    12;  // More ranges than a sample of that size can tell apart are idle.
constexpr int64_t kRowBytesGuess = 64;  // Where statistics do not say how many rows there are.

// Adds the position of each row on the curve, in place of the columns that it is made of.
class PositionReader final : public arrow::RecordBatchReader {
 public:
  PositionReader(std::shared_ptr<arrow::RecordBatchReader> rows,
                 std::vector<std::unique_ptr<ValueRanges>> ranges, int bits, Curve curve)
      : rows_(std::move(rows)), ranges_(std::move(ranges)), bits_(bits), curve_(curve) {
    auto fields = rows_->schema()->fields();
    fields.resize(fields.size() - ranges_.size());
    fields.push_back(arrow::field(kPosition, arrow::uint64()));
    schema_ = arrow::schema(std::move(fields));
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_RETURN_NOT_OK(rows_->ReadNext(batch));
    if (*batch == nullptr) return Status::OK();
    auto columns = (*batch)->columns();
    const auto first = columns.end() - static_cast<std::ptrdiff_t>(ranges_.size());
    const int64_t count = (*batch)->num_rows();
    // Range of row i in column c: at c * count + i.
    std::vector<uint32_t> found(ranges_.size() * static_cast<size_t>(count));
    for (size_t c = 0; c < ranges_.size(); ++c) {
      ranges_[c]->Find(*first[static_cast<std::ptrdiff_t>(c)],
                       found.data() + c * static_cast<size_t>(count));
    }
    columns.erase(first, columns.end());
    ARROW_ASSIGN_OR_RAISE(columns.emplace_back(), Positions(found, static_cast<size_t>(count)));
    *batch = arrow::RecordBatch::Make(schema_, count, std::move(columns));
    return Status::OK();
  }

 private:
  Result<std::shared_ptr<arrow::Array>> Positions(const std::vector<uint32_t>& found,
                                                  size_t count) const {
    arrow::UInt64Builder builder;
    ARROW_RETURN_NOT_OK(builder.Reserve(static_cast<int64_t>(count)));
    std::vector<uint32_t> point(ranges_.size());
    for (size_t row = 0; row < count; ++row) {
      for (size_t c = 0; c < point.size(); ++c) point[c] = found[c * count + row];
      builder.UnsafeAppend(curve_ == Curve::kHilbert ? HilbertIndex(point, bits_)
                                                     : InterleaveBits(point, bits_));
    }
    return builder.Finish();
  }

  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  const std::vector<std::unique_ptr<ValueRanges>> ranges_;
  const int bits_;
  const Curve curve_;
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
    std::vector<size_t> files;
    for (size_t file = 0; file < snapshot_->files().size(); ++file) {
      const bool done = options_.incremental && clusters_ && IsClustered(file);
      if (!done) files.push_back(file);
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
      ARROW_ASSIGN_OR_RAISE(const std::string sql, OrderColumnSql(*snapshot_, columns_[i]));
      order_sql_.push_back(fmt::format("{} AS _deltaport_order_{}", sql, i));
    }
    bits_ = std::min(kRangeBitsMax, kCurveBitsMax / static_cast<int>(columns_.size()));
    return Status::OK();
  }

  bool IsClustered(size_t file) const {
    const delta::FileExtras* extras = snapshot_->files().extras(file);
    return extras != nullptr && extras->clustering_provider.has_value();
  }

  Status OrderPartitions(const std::vector<size_t>& files) {
    // One after the other: a sort takes all threads and all the memory that the engine may have.
    for (const auto& partition : GroupByPartition(*snapshot_, files)) {
      ARROW_RETURN_NOT_OK(token_.Check());
      ++outcome_.partitions;
      ARROW_RETURN_NOT_OK(OrderPartition(partition));
    }
    return Status::OK();
  }

  Status OrderPartition(const std::vector<size_t>& files) {
    ARROW_ASSIGN_OR_RAISE(const auto source, SourceOf(*snapshot_, files));
    ARROW_ASSIGN_OR_RAISE(auto ranges, SampleRanges(source, files));
    engine::InternalQuery scan;
    scan.sql = fmt::format("SELECT {}, {} FROM files", fmt::join(source.columns, ", "),
                           fmt::join(order_sql_, ", "));
    scan.tables["files"] = source.files;
    ARROW_ASSIGN_OR_RAISE(auto rows, engine_.ExecuteInternal(scan, token_));
    engine::InternalQuery sort;
    sort.sql = fmt::format("SELECT * EXCLUDE ({0}) FROM rows ORDER BY {0}", kPosition);
    sort.streams["rows"] = std::make_shared<PositionReader>(
        CountRows(std::move(rows), options_.on_rows), std::move(ranges), bits_, options_.curve);
    sort.keep_order = true;
    ARROW_ASSIGN_OR_RAISE(const auto ordered, engine_.ExecuteInternal(sort, token_));
    ARROW_ASSIGN_OR_RAISE(auto written, WriteRewritten(transaction_, source, *ordered,
                                                       {target_bytes_, clusters_}, token_));
    std::move(written.begin(), written.end(), std::back_inserter(added_));
    return Status::OK();
  }

  // Ranges for each column out of some rows, the same ones at each run.
  Result<std::vector<std::unique_ptr<ValueRanges>>> SampleRanges(
      const RewriteSource& source, const std::vector<size_t>& files) const {
    int64_t rows = 0;
    for (const size_t file : files) {
      rows += snapshot_->files().record_count(file).value_or(snapshot_->files().size_bytes(file) /
                                                             kRowBytesGuess);
    }
    engine::InternalQuery query;
    query.sql = fmt::format("SELECT {} FROM files WHERE hash(file_index, file_row_number) % {} = 0",
                            fmt::join(order_sql_, ", "), std::max<int64_t>(1, rows / kSampleRows));
    query.tables["files"] = source.files;
    ARROW_ASSIGN_OR_RAISE(const auto reader, engine_.ExecuteInternal(query, token_));
    ARROW_ASSIGN_OR_RAISE(const auto sample, reader->ToTable());
    ARROW_ASSIGN_OR_RAISE(const auto batch, sample->CombineChunksToBatch());
    std::vector<std::unique_ptr<ValueRanges>> ranges;
    for (const auto& column : batch->columns()) {
      ARROW_ASSIGN_OR_RAISE(ranges.emplace_back(),
                            ValueRanges::Make(*column, uint32_t{1} << bits_));
    }
    return ranges;
  }

  delta::Operation OperationOf() const {
    delta::Operation operation;
    operation.name = "OPTIMIZE";
    operation.parameters["predicate"] = JsonListText({});
    operation.parameters[clusters_ ? "clusterBy" : "zOrderBy"] = JsonListText(columns_);
    operation.parameters[clusters_ ? "zOrderBy" : "clusterBy"] = JsonListText({});
    operation.parameters["auto"] = "false";
    return operation;
  }

  engine::QueryEngine& engine_;
  delta::Transaction transaction_;
  const std::shared_ptr<const delta::Snapshot> snapshot_;
  const ZOrderOptions& options_;
  const CancelToken& token_;
  std::vector<std::string> columns_;
  std::vector<std::string> order_sql_;  // One for each column.
  bool clusters_ = false;               // These are the columns that the table is clustered by.
  int bits_ = 0;                        // Of each coordinate.
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
