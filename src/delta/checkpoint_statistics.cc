#include "delta/checkpoint_statistics.h"

#include <atomic>
#include <mutex>
#include <utility>

#include <arrow/record_batch.h>

#include "base/thread_team.h"
#include "delta/checkpoint_files.h"

namespace deltaport::delta {
namespace {

using columnar::ParquetFile;

// A process usually may open 1024 files, and data files are more urgent.
constexpr int kHeldFilesMax = 128;
// Below, a thread costs more than it saves.
constexpr int64_t kSharedRowsMin = 4096;

std::atomic<int> held_files = 0;

// Hands out a row group's batches to several threads.
class SharedBatches {
 public:
  SharedBatches(const ParquetFile& file, std::shared_ptr<arrow::RecordBatchReader> batches)
      : file_(file), batches_(std::move(batches)) {}

  // The next one and the number of its first row; null at the end.
  Result<std::pair<int64_t, std::shared_ptr<arrow::RecordBatch>>> Next() {
    const std::lock_guard guard(lock_);
    std::shared_ptr<arrow::RecordBatch> batch;
    if (ended_) return std::pair(rows_, batch);
    const Status status = batches_->ReadNext(&batch);
    ended_ = batch == nullptr;
    ARROW_RETURN_NOT_OK(file_.Explain(status));
    const int64_t first = rows_;
    if (batch) rows_ += batch->num_rows();
    return std::pair(first, std::move(batch));
  }

  int64_t rows() const { return rows_; }

 private:
  const ParquetFile& file_;
  const std::shared_ptr<arrow::RecordBatchReader> batches_;
  std::mutex lock_;
  int64_t rows_ = 0;
  bool ended_ = false;
};

class DeferredColumn final : public DeferredStatistics {
 public:
  DeferredColumn(std::shared_ptr<const ParquetFile> file, int group, int64_t rows)
      : file_(std::move(file)), group_(group), rows_(rows) {}

  Status Visit(size_t threads_max, const StatisticsVisitor& visit) const override {
    const Status status = VisitBatches(threads_max, visit);
    const bool named = status.message().find(file_->path()) != std::string::npos;
    return status.ok() || named ? status : WithContext(status, file_->path());
  }

 private:
  Status VisitBatches(size_t threads_max, const StatisticsVisitor& visit) const {
    // A reader of its own: whoever reads the same file meanwhile has another place in it.
    ARROW_ASSIGN_OR_RAISE(const auto file, file_->Reopen());
    ARROW_ASSIGN_OR_RAISE(auto reader, file->ReadBatches(group_, [](std::string_view leaf) {
      return leaf == "add.stats";
    }));
    SharedBatches batches(*file, std::move(reader));
    const size_t workers = rows_ < kSharedRowsMin ? 1 : threads_max;
    ARROW_RETURN_NOT_OK(RunTasks(workers, threads_max, [&](size_t /*number*/) -> Status {
      while (true) {
        ARROW_ASSIGN_OR_RAISE(const auto next, batches.Next());
        const auto& [first, batch] = next;
        if (!batch) return Status::OK();
        if (first + batch->num_rows() > rows_) return DifferentLength();
        ARROW_ASSIGN_OR_RAISE(const auto texts, CheckpointStatisticsTexts(*batch));
        ARROW_RETURN_NOT_OK(visit(first, *texts));
      }
    }));
    return batches.rows() == rows_ ? Status::OK() : DifferentLength();
  }

  static Status DifferentLength() {
    return Error(ErrorCode::kCorruptTable, "the columns of add differ in length");
  }

  const std::shared_ptr<const ParquetFile> file_;
  const int group_;
  const int64_t rows_;
};

}  // namespace

std::shared_ptr<const ParquetFile> HoldCheckpoint(std::shared_ptr<const ParquetFile> file) {
  if (held_files.fetch_add(1) >= kHeldFilesMax) {
    held_files.fetch_sub(1);
    return nullptr;
  }
  const ParquetFile* held = file.get();
  return {held, [kept = std::move(file)](const ParquetFile*) mutable {
            kept.reset();
            held_files.fetch_sub(1);
          }};
}

std::shared_ptr<const DeferredStatistics> CheckpointStatistics(
    std::shared_ptr<const ParquetFile> file, int group, int64_t rows) {
  return std::make_shared<DeferredColumn>(std::move(file), group, rows);
}

}  // namespace deltaport::delta
