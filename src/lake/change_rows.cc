#include "lake/change_rows.h"

#include <deque>
#include <map>
#include <utility>

#include <arrow/builder.h>

#include "columnar/delta_schema.h"
#include "delta/data_file_writer.h"
#include "delta/deletion_vector.h"
#include "delta/snapshot_view.h"
#include "delta/value_text.h"
#include "engine/query_binding.h"
#include "engine/query_sql.h"

namespace deltaport::lake {
namespace {

// Files of one query: many commits are read together, few files are held at a time.
constexpr size_t kFilesPerQuery = 1'000;

enum class SegmentKind {
  kChangeFiles,  // Files that hold the type of change.
  kWholeFiles,   // Files whose rows all have one type of change.
  kSomeRows,     // Files of which only the rows at given positions changed.
};

// Positions of changed rows, by index of the file in its segment.
using ChangedRows = std::vector<std::pair<int64_t, int64_t>>;

struct Segment {
  SegmentKind kind = SegmentKind::kWholeFiles;
  std::vector<delta::ViewFile> files;
  ChangedRows rows;  // Only for kSomeRows.
};

std::vector<std::optional<std::string>> Constants(const delta::CommitChanges& changes,
                                                  const char* type) {
  std::vector<std::optional<std::string>> constants;
  if (type != nullptr) constants.emplace_back(type);
  constants.emplace_back(fmt::format("{}", changes.version));
  constants.emplace_back(delta::TimestampText(changes.timestamp_ms * 1000) + "Z");
  return constants;
}

class ChangeRowReader final : public arrow::RecordBatchReader {
 public:
  ChangeRowReader(engine::QueryEngine& engine, delta::ChangeFeed feed, CancelToken token)
      : engine_(engine), feed_(std::move(feed)), token_(std::move(token)) {}

  Status Start() {
    ARROW_ASSIGN_OR_RAISE(const auto view, View(SegmentKind::kWholeFiles, {}));
    ARROW_ASSIGN_OR_RAISE(schema_,
                          engine::OutputSchema(SelectAll(*view->schema()), *view->schema()));
    return Status::OK();
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    while (true) {
      if (rows_ == nullptr) {
        ARROW_ASSIGN_OR_RAISE(auto segment, NextSegment());
        if (!segment) return Status::OK();
        ARROW_ASSIGN_OR_RAISE(rows_, Query(*std::move(segment)));
      }
      ARROW_RETURN_NOT_OK(rows_->ReadNext(batch));
      if (*batch != nullptr) {
        *batch = arrow::RecordBatch::Make(schema_, (*batch)->num_rows(), (*batch)->columns());
        return Status::OK();
      }
      rows_.reset();
    }
  }

 private:
  // Adjacent commits of the same kind are read by one query.
  Result<std::optional<Segment>> NextSegment() {
    Segment segment;
    while (true) {
      if (waiting_.empty() && !ended_) ARROW_RETURN_NOT_OK(ReadCommit());
      if (waiting_.empty()) {
        if (ended_) break;
        continue;  // A commit without any change.
      }
      Segment& next = waiting_.front();
      if (!segment.files.empty() &&
          (next.kind != segment.kind || segment.files.size() >= kFilesPerQuery)) {
        break;
      }
      const auto first = static_cast<int64_t>(segment.files.size());
      segment.kind = next.kind;
      std::move(next.files.begin(), next.files.end(), std::back_inserter(segment.files));
      for (const auto& [file, row] : next.rows) segment.rows.emplace_back(first + file, row);
      waiting_.pop_front();
    }
    return segment.files.empty() ? std::nullopt : std::optional(std::move(segment));
  }

  Status ReadCommit() {
    ARROW_RETURN_NOT_OK(token_.Check());
    ARROW_ASSIGN_OR_RAISE(auto changes, feed_.Next());
    if (!changes) {
      ended_ = true;
      return Status::OK();
    }
    Segment change_files{SegmentKind::kChangeFiles, {}, {}};
    for (auto& file : changes->change_files) {
      delta::AddFile add;
      add.path = std::move(file.path);
      add.partition_values = std::move(file.partition_values);
      add.size_bytes = file.size_bytes;
      change_files.files.push_back({std::move(add), Constants(*changes, nullptr)});
    }
    Segment whole{SegmentKind::kWholeFiles, {}, {}};
    for (auto& file : changes->deleted) {
      whole.files.push_back({std::move(file), Constants(*changes, "delete")});
    }
    for (auto& file : changes->inserted) {
      whole.files.push_back({std::move(file), Constants(*changes, "insert")});
    }
    Segment some{SegmentKind::kSomeRows, {}, {}};
    for (const auto& change : changes->vector_changes) {
      ARROW_RETURN_NOT_OK(AddVectorChange(*changes, change, some));
    }
    for (Segment* segment : {&change_files, &some, &whole}) {
      if (!segment->files.empty()) waiting_.push_back(std::move(*segment));
    }
    return Status::OK();
  }

  // Rows that are deleted after the commit only, and rows that it brought back.
  Status AddVectorChange(const delta::CommitChanges& changes, const delta::VectorChange& change,
                         Segment& segment) const {
    ARROW_ASSIGN_OR_RAISE(const auto before, Rows(change.before));
    ARROW_ASSIGN_OR_RAISE(const auto after, Rows(change.after));
    const auto add = [&](const char* type, const delta::DeletedRows& in,
                         const delta::DeletedRows& not_in,
                         const std::optional<delta::DeletionVectorDescriptor>& vector) {
      const auto file = static_cast<int64_t>(segment.files.size());
      const size_t rows_before = segment.rows.size();
      in.ForEach([&](int64_t row) {
        if (!not_in.Contains(row)) segment.rows.emplace_back(file, row);
      });
      if (segment.rows.size() == rows_before) return;
      delta::AddFile shown = change.file;
      shown.deletion_vector = vector;
      segment.files.push_back({std::move(shown), Constants(changes, type)});
    };
    add("delete", *after, *before, change.before);
    add("insert", *before, *after, change.after);
    return Status::OK();
  }

  Result<std::shared_ptr<const delta::DeletedRows>> Rows(
      const std::optional<delta::DeletionVectorDescriptor>& vector) const {
    if (!vector) return std::make_shared<const delta::DeletedRows>();
    return delta::ReadDeletionVector(feed_.last()->location(), *vector);
  }

  Result<std::shared_ptr<const delta::Snapshot>> View(SegmentKind kind,
                                                      std::vector<delta::ViewFile> files) const {
    const auto type = arrow::field(delta::kChangeTypeColumn, arrow::utf8());
    delta::ViewColumns columns;
    (kind == SegmentKind::kChangeFiles ? columns.stored : columns.constants).push_back(type);
    columns.constants.push_back(arrow::field(kCommitVersionColumn, arrow::int64()));
    columns.constants.push_back(
        arrow::field(kCommitTimestampColumn, arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")));
    return delta::MakeView(*feed_.last(), columns, std::move(files));
  }

  static engine::BoundQuery SelectAll(const arrow::Schema& schema) {
    engine::BoundQuery query;
    for (int i = 0; i < schema.num_fields(); ++i) {
      query.columns.push_back(i);
      query.output_names.push_back(schema.field(i)->name());
    }
    return query;
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Query(Segment segment) {
    auto source = std::make_shared<engine::TableSource>();
    source->name = "changes";
    ARROW_ASSIGN_OR_RAISE(source->files, View(segment.kind, std::move(segment.files)));
    if (segment.kind != SegmentKind::kSomeRows) {
      return engine_.Execute(source, SelectAll(*source->schema()), token_);
    }
    engine::InternalQuery query;
    std::vector<std::string> columns;
    for (const auto& field : schema_->fields()) {
      columns.push_back("changes." + engine::QuoteIdentifier(field->name()));
    }
    query.sql = fmt::format(
        "SELECT {} FROM changes SEMI JOIN positions ON changes.file_index = positions.file AND "
        "changes.file_row_number = positions.row_number",
        fmt::join(columns, ", "));
    query.keep_order = true;
    ARROW_ASSIGN_OR_RAISE(query.streams["positions"], Positions(segment.rows));
    query.tables["changes"] = std::move(source);
    return engine_.ExecuteInternal(query, token_);
  }

  static Result<std::shared_ptr<arrow::RecordBatchReader>> Positions(const ChangedRows& changed) {
    arrow::Int64Builder files, rows;
    for (const auto& [file, row] : changed) {
      ARROW_RETURN_NOT_OK(files.Append(file));
      ARROW_RETURN_NOT_OK(rows.Append(row));
    }
    ARROW_ASSIGN_OR_RAISE(auto file_array, files.Finish());
    ARROW_ASSIGN_OR_RAISE(auto row_array, rows.Finish());
    const auto schema = arrow::schema(
        {arrow::field("file", arrow::int64()), arrow::field("row_number", arrow::int64())});
    return arrow::RecordBatchReader::Make(
        {arrow::RecordBatch::Make(schema, file_array->length(), {file_array, row_array})}, schema);
  }

  engine::QueryEngine& engine_;
  delta::ChangeFeed feed_;
  const CancelToken token_;
  std::shared_ptr<arrow::Schema> schema_;
  std::deque<Segment> waiting_;
  bool ended_ = false;
  std::shared_ptr<arrow::RecordBatchReader> rows_;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> ReadChangeRows(engine::QueryEngine& engine,
                                                                 const storage::Location& table,
                                                                 const delta::ChangeRange& range,
                                                                 const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(auto feed, delta::ChangeFeed::Open(table, range));
  auto reader = std::make_shared<ChangeRowReader>(engine, std::move(feed), token);
  ARROW_RETURN_NOT_OK(reader->Start());
  return reader;
}

}  // namespace deltaport::lake
