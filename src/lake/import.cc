#include "lake/import.h"

#include <utility>

#include "delta/table_write.h"
#include "lake/dataset_opener.h"
#include "lake/write/append.h"
#include "storage/object_store.h"

namespace deltaport::lake {
namespace {

// The files one after the other; each is opened when the one before it ends.
class FileSequence final : public arrow::RecordBatchReader {
 public:
  // `request` must outlive the reader.
  static Result<std::shared_ptr<FileSequence>> Open(engine::QueryEngine& engine,
                                                    const ImportRequest& request,
                                                    const CancelToken& token) {
    ARROW_ASSIGN_OR_RAISE(auto first, engine.ReadLocalFiles(request.files.front(), token));
    return std::shared_ptr<FileSequence>(
        new FileSequence(engine, request, token, std::move(first)));
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    while (true) {
      ARROW_RETURN_NOT_OK(token_.Check());
      ARROW_RETURN_NOT_OK(current_->ReadNext(batch));
      if (*batch && request_.on_rows) request_.on_rows((*batch)->num_rows());
      if (*batch || next_ >= files_.size()) return Status::OK();
      ARROW_ASSIGN_OR_RAISE(current_, engine_.ReadLocalFiles(files_[next_], token_));
      if (!current_->schema()->Equals(*schema_, /*check_metadata=*/false)) {
        return Error(ErrorCode::kInvalidArgument,
                     "the columns of {} differ from those of {}; import files of one kind at a "
                     "time ({} against {})",
                     files_[next_], files_.front(), OneLine(*current_->schema()),
                     OneLine(*schema_));
      }
      ++next_;
    }
  }

 private:
  FileSequence(engine::QueryEngine& engine, const ImportRequest& request, CancelToken token,
               std::shared_ptr<arrow::RecordBatchReader> first)
      : engine_(engine),
        request_(request),
        files_(request.files),
        token_(std::move(token)),
        schema_(first->schema()),
        current_(std::move(first)) {}

  static std::string OneLine(const arrow::Schema& schema) {
    std::string text;
    for (const auto& field : schema.fields()) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", field->name(),
                          field->type()->ToString());
    }
    return text;
  }

  engine::QueryEngine& engine_;
  const ImportRequest& request_;
  const std::vector<std::string>& files_;
  const CancelToken token_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatchReader> current_;
  size_t next_ = 1;
};

Status CheckRequest(const ImportRequest& request, bool table_exists) {
  if (request.files.empty()) {
    return Error(ErrorCode::kInvalidArgument, "no files to import were named");
  }
  if (request.mode != ImportMode::kCreate && !request.partition_columns.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "partition columns are fixed when a table is created; leave them out");
  }
  if (request.mode == ImportMode::kCreate && table_exists) {
    return Error(ErrorCode::kAlreadyExists,
                 "there is a table at {} already; append to it or overwrite it", request.table);
  }
  if (request.mode != ImportMode::kCreate && !table_exists) {
    return Error(ErrorCode::kNotFound, "there is no Delta table at {}; create it (--mode create)",
                 request.table);
  }
  return Status::OK();
}

Result<delta::WriteOutcome> Write(engine::QueryEngine& engine, const storage::Location& location,
                                  std::shared_ptr<arrow::RecordBatchReader> rows,
                                  const ImportRequest& request, const CancelToken& token) {
  delta::WriteOptions options;
  if (request.mode == ImportMode::kCreate) {
    delta::NewTable table;
    table.partition_columns = request.partition_columns;
    return delta::CreateTableWithRows(location, *rows, table, options, token);
  }
  options.transaction = request.transaction;
  const auto mode =
      request.mode == ImportMode::kOverwrite ? AppendMode::kOverwrite : AppendMode::kAppend;
  return AppendRows(engine, location, std::move(rows), mode, std::move(options), token);
}

}  // namespace

Result<ImportOutcome> Import(engine::QueryEngine& engine, const ImportRequest& request,
                             const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(request.table));
  ARROW_ASSIGN_OR_RAISE(const bool table_exists, HasDeltaLog(location));
  ARROW_RETURN_NOT_OK(CheckRequest(request, table_exists));
  ARROW_ASSIGN_OR_RAISE(auto rows, FileSequence::Open(engine, request, token));
  ARROW_ASSIGN_OR_RAISE(const auto outcome,
                        Write(engine, location, std::move(rows), request, token));
  return ImportOutcome{outcome.version, outcome.rows, outcome.files, outcome.size_bytes,
                       outcome.already_done};
}

}  // namespace deltaport::lake
