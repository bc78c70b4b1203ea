// Rows that go and rows that come, as one commit of a table.
//
// DELETE, UPDATE and MERGE end here, whoever asks for them: batches of changes come in, in any
// order, and Finish turns them into files. A changed row is a deletion of the old row and a new
// row. What a deletion becomes is decided by the table: a deletion vector beside the data file
// (merge-on-read) or a new data file without the row (copy-on-write). A file that loses all rows is
// removed. With a change data feed the changes are written as files of their own, too.
//
// One thread. Files that were written are removed again when the object goes without a commit.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/deletion_vector.h"
#include "delta/snapshot.h"
#include "delta/transaction.h"
#include "engine/query_engine.h"
#include "lake/write/change_query.h"
#include "lake/write/deleted_positions.h"
#include "lake/write/row_files.h"

namespace deltaport::lake {

enum class DeletionMethod {
  kAsTable,          // Deletion vectors if delta.enableDeletionVectors is true.
  kDeletionVectors,  // kUnsupportedFeature if the table does not have the feature.
  kCopyOnWrite,
};

struct RowChangeOptions {
  DeletionMethod method = DeletionMethod::kAsTable;
  delta::DataFileWriterOptions files;
  // Of the positions of deleted rows; kResourceExhausted beyond it.
  int64_t positions_max_bytes = int64_t{1} << 30;
  // A row that is changed twice is an error (kInvalidArgument) that shows these columns of it.
  // Otherwise it is deleted once; rows must not be updated twice then.
  bool once = false;
  std::vector<std::string> key_columns;
  bool count_only = false;  // Writes nothing; there is nothing to commit then.
  // Changes the columns of the table in the same commit; may be empty.
  std::function<Status(delta::Transaction&)> change_schema;
};

struct RowChangeCounts {
  int64_t deleted_rows = 0;  // Without those of updates.
  int64_t updated_rows = 0;
  int64_t inserted_rows = 0;
  int64_t copied_rows = 0;  // Into new files, because of their neighbours.
  int64_t added_files = 0;
  int64_t added_bytes = 0;
  int64_t removed_files = 0;  // Not those that only got another deletion vector.
  int64_t removed_bytes = 0;
  int64_t vectors_added = 0;    // Files that had none before.
  int64_t vectors_updated = 0;  // Files that had one already.
  int64_t vectors_removed = 0;  // Of files that were removed or rewritten.
  int64_t change_files = 0;

  bool any() const { return deleted_rows + updated_rows + inserted_rows + removed_files > 0; }
};

class RowChanges {
 public:
  // `engine` must outlive the object.
  static Result<std::unique_ptr<RowChanges>> Start(
      engine::QueryEngine& engine, const std::shared_ptr<const delta::Snapshot>& snapshot,
      const RowChangeOptions& options, const CancelToken& token);
  ~RowChanges();
  RowChanges(const RowChanges&) = delete;
  RowChanges& operator=(const RowChanges&) = delete;

  // Whether answers must hold the rows as they were.
  bool wants_old_rows() const { return change_feed_; }

  // Name of the column of row ids in source(), empty if the table does not keep ids.
  const std::string& row_id_column() const { return row_id_column_; }

  // The table as an input of queries.
  const std::shared_ptr<const engine::TableSource>& source() const { return source_; }

  delta::Transaction& transaction() { return transaction_; }

  // The table's columns after the commit.
  const std::shared_ptr<arrow::Schema>& schema() const { return target_.files.schema; }

  // Carries out the changes that `rows`, the answer to `query`, holds. Once. Errors of the rows'
  // own reader and of the table's rules as they are.
  Status Apply(const ChangeQuery& query, arrow::RecordBatchReader& rows);

  // Adds rows, which pass the table's rules and `checks`.
  Status InsertRows(std::shared_ptr<arrow::RecordBatchReader> rows, std::vector<RowCheck> checks);

  // New data files so far.
  const std::vector<delta::AddFile>& new_files() const { return written_.files; }

  // Deletes all rows of files, by index in the snapshot. They must not have other deletions.
  Status DeleteFiles(std::span<const size_t> files);

  // Writes what is still open; the transaction then holds all actions. Nothing to commit if
  // nothing changed.
  Result<RowChangeCounts> Finish();

  // What was written is removed where it is certain that the commit does not exist.
  Result<delta::CommitOutcome> Commit(const delta::Operation& operation);

 private:
  RowChanges(engine::QueryEngine& engine, std::shared_ptr<const delta::Snapshot> snapshot,
             const RowChangeOptions& options, const CancelToken& token,
             delta::Transaction transaction, delta::DataFileTarget files);

  Status OpenSinks(const ChangeQuery& query);
  Status ApplyBatch(const ChangeQuery& query, const std::shared_ptr<arrow::RecordBatch>& batch);
  Status MarkDeleted(const arrow::RecordBatch& batch);
  Status RowChangedTwice(const RowPosition& position);
  Status WriteOldRows(const ChangeQuery& query, const arrow::RecordBatch& batch);
  Status WriteNewRows(const ChangeQuery& query, RowChange change,
                      const std::shared_ptr<arrow::RecordBatch>& batch);

  // The stable ids of a batch's rows, null for inserts, out of its last column.
  Result<std::shared_ptr<arrow::Array>> RowIds(const arrow::RecordBatch& batch) const;

  Status CloseSinks();
  Status DropFiles(std::span<const size_t> files);
  Status FinishDeletions();
  Status WriteVectors(const std::vector<size_t>& files);
  Status Rewrite(const std::vector<size_t>& files);
  // In the file, deleted ones among them.
  Result<int64_t> PhysicalRows(size_t file) const;
  int64_t RowsDeletedBefore(size_t file) const;
  void Take(WrittenRows written);
  Status RemoveAllWritten();

  engine::QueryEngine& engine_;
  const std::shared_ptr<const delta::Snapshot> snapshot_;
  const RowChangeOptions options_;
  const CancelToken token_;
  const RowTarget target_;
  delta::Transaction transaction_;
  std::shared_ptr<const engine::TableSource> source_;
  bool change_feed_ = false;
  bool vectors_ = false;  // Deletions become deletion vectors.
  std::string row_id_column_;
  arrow::FieldVector file_columns_;  // Of row tracking: ids, and versions of the last change.

  DeletedPositions deleted_;
  std::array<std::shared_ptr<RowSink>, 3> new_rows_;  // By RowChange; two may be the same.
  std::unique_ptr<RowSink> old_rows_;
  RowChangeCounts counts_;
  WrittenRows written_;
  std::vector<std::string> vector_paths_;
  bool settled_ = false;  // The files belong to a commit, or may, or were never written.
};

}  // namespace deltaport::lake
