#include "lake/write/file_rows.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <arrow/array/array_primitive.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/compute/cast.h>
#include <arrow/scalar.h>
#include <arrow/util/byte_size.h>

#include "delta/live_files.h"
#include "delta/snapshot_view.h"
#include "engine/query_sql.h"
#include "lake/write/plain_file.h"

namespace deltaport::lake {
namespace {

constexpr int64_t kWaitingRowsMaxBytes = int64_t{32} << 20;
constexpr size_t kFileThreadsMax = 4;

// Reads files on threads of its own, begun in their order, and gives their rows in it.
class FilesAhead {
 public:
  using Batch = std::shared_ptr<arrow::RecordBatch>;

  FilesAhead(std::shared_ptr<const PlainFiles> reader, size_t files, const CancelToken& token)
      : reader_(std::move(reader)),
        files_(files),
        token_(token),
        registration_(token_.OnCancel([this] { Stop(); })) {
    const size_t cores = std::max<size_t>(2, std::thread::hardware_concurrency());
    const size_t threads = std::min({files_, cores, kFileThreadsMax});
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { ReadFiles(); });
  }

  ~FilesAhead() {
    Stop();
    for (auto& thread : threads_) thread.join();
  }
  FilesAhead(const FilesAhead&) = delete;
  FilesAhead& operator=(const FilesAhead&) = delete;

  // The next batch and the position of its file; null at the end, and before the first file that
  // must be read otherwise: rest().
  Result<std::pair<size_t, Batch>> Next() {
    std::unique_lock guard(lock_);
    while (current_ < files_) {
      File& file = opened_[current_];
      changed_.wait(guard, [&] { return stopped_ || file.ended || !file.batches.empty(); });
      ARROW_RETURN_NOT_OK(token_.Check());
      if (!file.batches.empty()) {
        auto [batch, size_bytes] = std::move(file.batches.front());
        file.batches.pop_front();
        waiting_bytes_ -= size_bytes;
        changed_.notify_all();
        return std::pair(current_, std::move(batch));
      }
      ARROW_RETURN_NOT_OK(file.status);
      if (!file.plain) break;
      opened_.erase(current_++);
      changed_.notify_all();
    }
    return std::pair(current_, Batch());
  }

  // The first file that was not read.
  size_t rest() const { return current_; }

 private:
  struct File {
    std::deque<std::pair<Batch, int64_t>> batches;
    bool ended = false;
    bool plain = true;  // False: the reader cannot.
    Status status;
  };

  void Stop() {
    const std::lock_guard guard(lock_);
    stopped_ = true;
    changed_.notify_all();
  }

  void ReadFiles() {
    std::unique_lock guard(lock_);
    while (true) {
      changed_.wait(guard, [&] { return stopped_ || next_ == files_ || HasRoom(next_); });
      if (stopped_ || next_ == files_) return;
      const size_t number = next_++;
      File& file = opened_[number];
      guard.unlock();
      const auto read = reader_->Read(
          number, [&](Batch batch) { return Put(number, file, std::move(batch)); }, token_);
      guard.lock();
      file.status = read.status();
      file.plain = read.ok() && *read;
      file.ended = true;
      if (!file.plain) next_ = files_;  // What follows is not wanted.
      changed_.notify_all();
    }
  }

  // The file whose rows are asked for never waits.
  bool HasRoom(size_t number) const {
    return number == current_ || waiting_bytes_ < kWaitingRowsMaxBytes;
  }

  Status Put(size_t number, File& file, Batch batch) {
    const int64_t size_bytes = arrow::util::TotalBufferSize(*batch);
    std::unique_lock guard(lock_);
    changed_.wait(guard, [&] { return stopped_ || HasRoom(number); });
    if (stopped_) return Error(ErrorCode::kCancelled, "nobody reads the rows any more");
    file.batches.emplace_back(std::move(batch), size_bytes);
    waiting_bytes_ += size_bytes;
    changed_.notify_all();
    return Status::OK();
  }

  const std::shared_ptr<const PlainFiles> reader_;
  const size_t files_;
  const CancelToken token_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::map<size_t, File> opened_;  // A file's place in memory stays.
  size_t next_ = 0;                // The first that was not begun.
  size_t current_ = 0;             // Whose rows are asked for.
  int64_t waiting_bytes_ = 0;
  bool stopped_ = false;
  CancelToken::Registration registration_;
  std::vector<std::thread> threads_;  // Last: they use the members above.
};

class FileRows final : public arrow::RecordBatchReader {
 public:
  FileRows(engine::QueryEngine& engine, std::shared_ptr<const delta::Snapshot> view,
           std::vector<size_t> files, const CancelToken& token)
      : engine_(engine), view_(std::move(view)), files_(std::move(files)), token_(token) {
    arrow::FieldVector fields{
        arrow::field(std::string(engine::kFileIndexColumn), arrow::int64()),
        arrow::field(std::string(engine::kFileRowNumberColumn), arrow::int64())};
    std::ranges::copy(view_->schema()->fields(), std::back_inserter(fields));
    schema_ = arrow::schema(std::move(fields));
  }

  // Once, before anything else. Without `plain` the engine reads all files.
  Status Start(std::shared_ptr<const PlainFiles> plain) {
    if (plain) {
      ahead_ = std::make_unique<FilesAhead>(std::move(plain), files_.size(), token_);
      return Status::OK();
    }
    ARROW_ASSIGN_OR_RAISE(query_, Query());
    schema_ = query_->schema();
    return Status::OK();
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    if (ahead_) {
      ARROW_ASSIGN_OR_RAISE(auto next, ahead_->Next());
      if (next.second) {
        ARROW_ASSIGN_OR_RAISE(*batch, WithFile(next.first, *next.second));
        return Status::OK();
      }
      rest_ = ahead_->rest();
      ahead_.reset();
    }
    batch->reset();
    if (!query_) {
      if (rest_ == files_.size()) return Status::OK();
      ARROW_ASSIGN_OR_RAISE(query_, Query());
    }
    ARROW_ASSIGN_OR_RAISE(const auto rows, query_->Next());
    if (!rows) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(*batch, Renumbered(*rows));
    return Status::OK();
  }

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> WithFile(size_t position,
                                                       const arrow::RecordBatch& rows) const {
    ARROW_ASSIGN_OR_RAISE(auto file, arrow::MakeArrayFromScalar(
                                         arrow::Int64Scalar(static_cast<int64_t>(files_[position])),
                                         rows.num_rows()));
    arrow::ArrayVector columns{std::move(file)};
    std::ranges::copy(rows.columns(), std::back_inserter(columns));
    return arrow::RecordBatch::Make(schema_, rows.num_rows(), std::move(columns));
  }

  // The rest of the files.
  Result<std::shared_ptr<arrow::RecordBatchReader>> Query() {
    auto table = std::make_shared<engine::TableSource>();
    table->name = "files";
    table->files = view_;
    engine::InternalQuery query;
    std::vector<std::string> columns;
    for (const auto& field : schema_->fields()) {
      columns.push_back(engine::QuoteIdentifier(field->name()));
    }
    query.sql = fmt::format("SELECT {} FROM files WHERE {} >= {}", fmt::join(columns, ", "),
                            engine::kFileIndexColumn, rest_);
    query.tables["files"] = std::move(table);
    query.keep_order = true;
    return engine_.ExecuteInternal(query, token_);
  }

  // Positions of files in the view become those in the table, and types those of the schema.
  Result<std::shared_ptr<arrow::RecordBatch>> Renumbered(const arrow::RecordBatch& rows) const {
    const auto& positions = static_cast<const arrow::Int64Array&>(*rows.column(0));
    ARROW_ASSIGN_OR_RAISE(
        std::shared_ptr<arrow::Buffer> buffer,
        arrow::AllocateBuffer(positions.length() * static_cast<int64_t>(sizeof(int64_t))));
    auto* const named = buffer->mutable_data_as<int64_t>();
    for (int64_t i = 0; i < positions.length(); ++i) {
      named[i] = static_cast<int64_t>(files_[static_cast<size_t>(positions.Value(i))]);
    }
    arrow::ArrayVector columns{
        std::make_shared<arrow::Int64Array>(positions.length(), std::move(buffer))};
    for (int i = 1; i < rows.num_columns(); ++i) {
      auto column = rows.column(i);
      if (const auto& type = schema_->field(i)->type(); !column->type()->Equals(type)) {
        ARROW_ASSIGN_OR_RAISE(column, arrow::compute::Cast(*column, type));
      }
      columns.push_back(std::move(column));
    }
    return arrow::RecordBatch::Make(schema_, rows.num_rows(), std::move(columns));
  }

  engine::QueryEngine& engine_;
  const std::shared_ptr<const delta::Snapshot> view_;
  const std::vector<size_t> files_;
  const CancelToken token_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<FilesAhead> ahead_;  // Null once it has given what it can.
  size_t rest_ = 0;                    // The first file that the engine reads.
  std::shared_ptr<arrow::RecordBatchReader> query_;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> ReadFileRows(
    engine::QueryEngine& engine, const std::shared_ptr<const delta::Snapshot>& snapshot,
    const arrow::FieldVector& stored, std::vector<size_t> files, const CancelToken& token) {
  std::vector<delta::ViewFile> shown;
  shown.reserve(files.size());
  for (const size_t file : files) {
    ARROW_ASSIGN_OR_RAISE(auto shown_file, snapshot->files().file(file));
    shown.push_back({std::move(shown_file), {}});
  }
  ARROW_ASSIGN_OR_RAISE(const auto view,
                        delta::MakeView(*snapshot, {stored, {}}, std::move(shown)));
  auto rows = std::make_shared<FileRows>(engine, view, std::move(files), token);
  ARROW_ASSIGN_OR_RAISE(auto plain, PlainFiles::Of(view));
  ARROW_RETURN_NOT_OK(rows->Start(std::move(plain)));
  return rows;
}

}  // namespace deltaport::lake
