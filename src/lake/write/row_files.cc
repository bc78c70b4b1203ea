#include "lake/write/row_files.h"

#include <arrow/array/util.h>
#include <arrow/scalar.h>

#include "lake/write/carried_column.h"
#include "lake/write/row_rules.h"

namespace deltaport::lake {
namespace {

// The table's columns, as the change files have them, and the kind of change.
std::shared_ptr<arrow::Schema> ChangeSchema(const arrow::Schema& table) {
  arrow::FieldVector fields;
  for (const auto& field : table.fields()) fields.push_back(field->WithNullable(true));
  fields.push_back(arrow::field(delta::kChangeTypeColumn, arrow::utf8(), false));
  return arrow::schema(std::move(fields));
}

// Change files have no columns beside those of the table.
delta::DataFileWriterOptions ChangeOptions(delta::DataFileWriterOptions options) {
  options.extra_columns.clear();
  return options;
}

// Passes rows on and counts them; a sink of change files, if any, gets a copy.
class CopyingReader final : public arrow::RecordBatchReader {
 public:
  CopyingReader(std::shared_ptr<arrow::RecordBatchReader> rows, RowSink* changes,
                std::string change_type)
      : rows_(std::move(rows)), changes_(changes), change_type_(std::move(change_type)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_RETURN_NOT_OK(rows_->ReadNext(batch));
    if (!*batch) return Status::OK();
    count_ += (*batch)->num_rows();
    return changes_ ? Copy(**batch) : Status::OK();
  }

  int64_t count() const { return count_; }

 private:
  Status Copy(const arrow::RecordBatch& batch) {
    arrow::ArrayVector columns;
    for (int i = 0; i + 1 < changes_->schema()->num_fields(); ++i) {
      const auto column = batch.GetColumnByName(changes_->schema()->field(i)->name());
      if (!column) {
        return Error(ErrorCode::kInternal, "a new row lacks the column '{}'",
                     changes_->schema()->field(i)->name());
      }
      columns.push_back(column);
    }
    ARROW_ASSIGN_OR_RAISE(
        const auto kind,
        arrow::MakeArrayFromScalar(arrow::StringScalar(change_type_), batch.num_rows()));
    columns.push_back(kind);
    return changes_->Write(
        arrow::RecordBatch::Make(changes_->schema(), batch.num_rows(), std::move(columns)));
  }

  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  RowSink* const changes_;
  const std::string change_type_;
  int64_t count_ = 0;
};

}  // namespace

Result<WrittenRows> WriteRowFiles(const RowTarget& target,
                                  std::shared_ptr<arrow::RecordBatchReader> rows,
                                  const std::string& change_type, const CancelToken& token) {
  std::unique_ptr<RowSink> changes;
  if (!change_type.empty()) {
    changes = MakeChangeRowSink(target, *target.files.schema, token);
  }
  // Rules know the table's columns only.
  const bool carries = !target.options.extra_columns.empty();
  const auto carried = std::make_shared<CarriedColumn>();
  if (carries) rows = carried->TakeOff(std::move(rows));
  RowRuleOptions rules;
  rules.rewrites_rows = target.rewrites_rows;
  rules.more_checks = target.checks;
  rules.fill_members = target.options.fill_missing;
  ARROW_ASSIGN_OR_RAISE(const auto ruled,
                        ApplyRowRules(target.engine, target.metadata, target.files.schema,
                                      std::move(rows), rules, token));
  std::shared_ptr<arrow::RecordBatchReader> checked = ruled;
  if (carries) checked = carried->PutBack(ruled);
  CopyingReader reader(std::move(checked), changes.get(), change_type);
  WrittenRows written;
  ARROW_ASSIGN_OR_RAISE(written.files,
                        delta::WriteDataFiles(target.files, reader, target.options, token));
  written.rows = reader.count();
  auto metadata = ruled->NewMetadata();
  if (!metadata.ok()) {
    const Status removed = RemoveWritten(target.files.location, written);
    return removed.ok() ? metadata.status() : WithContext(metadata.status(), removed.message());
  }
  written.metadata = *std::move(metadata);
  if (changes) {
    auto copies = changes->Finish();
    if (!copies.ok()) {
      const Status removed = RemoveWritten(target.files.location, written);
      return removed.ok() ? copies.status() : WithContext(copies.status(), removed.message());
    }
    written.change_files = std::move(copies->change_files);
  }
  return written;
}

std::unique_ptr<RowSink> MakeNewRowSink(const RowTarget& target,
                                        std::shared_ptr<arrow::Schema> schema,
                                        std::string change_type, const CancelToken& token) {
  return std::make_unique<RowSink>(
      std::move(schema),
      [target, change_type = std::move(change_type)](auto rows, const CancelToken& cancel) {
        return WriteRowFiles(target, std::move(rows), change_type, cancel);
      },
      token);
}

std::unique_ptr<RowSink> MakeChangeRowSink(const RowTarget& target, const arrow::Schema& columns,
                                           const CancelToken& token) {
  return std::make_unique<RowSink>(
      ChangeSchema(columns),
      [target](const auto& rows, const CancelToken& cancel) -> Result<WrittenRows> {
        WrittenRows written;
        ARROW_ASSIGN_OR_RAISE(
            written.change_files,
            delta::WriteChangeFiles(target.files, *rows, ChangeOptions(target.options), cancel));
        return written;
      },
      token);
}

Status RemoveWritten(const storage::Location& table, const WrittenRows& written) {
  const Status first = delta::RemoveDataFiles(table, written.files);
  const Status second = delta::RemoveChangeFiles(table, written.change_files);
  return first.ok() ? second : first;
}

}  // namespace deltaport::lake
