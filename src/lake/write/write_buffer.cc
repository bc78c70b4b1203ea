#include "lake/write/write_buffer.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include <arrow/util/byte_size.h>

#include "base/log.h"

namespace deltaport::lake {
namespace {

// A blind append conflicts only with a change of the schema or the properties; then it is judged by
// the new ones. Each attempt that fails means that somebody changed them again.
constexpr int kAttemptsMax = 5;

// True for errors that may be due to some of the rows; others would hit each of them alike.
bool MayConcernSomeRows(const Status& status) {
  switch (CodeOf(status)) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kUnsupportedFeature:
    case ErrorCode::kResourceExhausted:
      return true;
    default:
      return false;
  }
}

}  // namespace

struct WriteBuffer::Entry {
  std::shared_ptr<arrow::RecordBatch> rows;
  int64_t size_bytes = 0;
  uint64_t number = 0;
  std::chrono::steady_clock::time_point since;
  std::optional<Status> outcome;  // Absent while the rows wait or are being written.
};

std::unique_ptr<WriteBuffer> WriteBuffer::Open(const storage::Location& table,
                                               const WriteBufferOptions& options) {
  delta::WriteOptions append_options;
  append_options.files = options.files;
  // One thread at a time appends, so the options can carry the table from commit to commit.
  return std::make_unique<WriteBuffer>(
      [table, append_options](arrow::RecordBatchReader& rows, const CancelToken& token) mutable {
        auto outcome = delta::Append(table, rows, append_options, token);
        append_options.known = outcome.ok() ? std::move(outcome->snapshot) : nullptr;
        return outcome.status();
      },
      options);
}

WriteBuffer::WriteBuffer(AppendRows append, const WriteBufferOptions& options)
    : append_(std::move(append)), options_(options), writer_([this] { Run(); }) {}

WriteBuffer::~WriteBuffer() {
  if (const Status status = Close(); !status.ok()) {
    log::Error("a write buffer was closed with rows that could not be written",
               {{"error", status.message()}});
  }
  writer_.join();
}

Status WriteBuffer::MakeRoom(std::unique_lock<std::mutex>& guard, int64_t size_bytes,
                             const CancelToken& token) {
  const auto has_room = [&] {
    return used_bytes_ == 0 || used_bytes_ + size_bytes <= options_.capacity_bytes;
  };
  if (!closed_ && !has_room() && !options_.wait_for_room) {
    return Error(ErrorCode::kResourceExhausted,
                 "the write buffer is full: {} bytes wait and at most {} may; try again later",
                 used_bytes_, options_.capacity_bytes);
  }
  room_.wait(guard, [&] { return closed_ || token.cancelled() || has_room(); });
  ARROW_RETURN_NOT_OK(token.Check());
  if (closed_) return Error(ErrorCode::kUnavailable, "the write buffer is closed");
  return Status::OK();
}

Status WriteBuffer::Add(std::shared_ptr<arrow::RecordBatch> rows, const CancelToken& token) {
  if (rows->num_rows() == 0) return token.Check();
  // Before the lock is taken: an earlier cancellation calls back at once, on this thread.
  const auto wake = token.OnCancel([this] {
    const std::lock_guard guard(lock_);
    room_.notify_all();
  });
  const auto entry = std::make_shared<Entry>();
  entry->size_bytes = arrow::util::TotalBufferSize(*rows);
  entry->rows = std::move(rows);
  std::unique_lock guard(lock_);
  ARROW_RETURN_NOT_OK(MakeRoom(guard, entry->size_bytes, token));
  entry->number = ++added_;
  entry->since = std::chrono::steady_clock::now();
  waiting_rows_ += entry->rows->num_rows();
  waiting_bytes_ += entry->size_bytes;
  used_bytes_ += entry->size_bytes;
  waiting_.push_back(entry);
  work_.notify_one();
  if (options_.acknowledgement == Acknowledgement::kQueued) return Status::OK();
  room_.wait(guard, [&] { return entry->outcome || token.cancelled(); });
  if (entry->outcome) return *entry->outcome;
  const auto found = std::find(waiting_.begin(), waiting_.end(), entry);
  if (found != waiting_.end()) {
    // Its number must end too, for those who flush.
    waiting_rows_ -= entry->rows->num_rows();
    waiting_bytes_ -= entry->size_bytes;
    used_bytes_ -= entry->size_bytes;
    waiting_.erase(found);
    room_.notify_all();
    work_.notify_one();
    return token.Check();
  }
  room_.wait(guard, [&] { return entry->outcome.has_value(); });
  return *entry->outcome;
}

Status WriteBuffer::Flush() {
  std::unique_lock guard(lock_);
  const uint64_t last = added_;
  flush_to_ = std::max(flush_to_, last);
  work_.notify_one();
  room_.wait(guard, [&] { return finished_ >= last; });
  if (lost_.ok()) return Status::OK();
  const Status lost = std::exchange(lost_, Status::OK());
  return WithContext(lost, fmt::format("{} rows that were queued are lost; the first because",
                                       std::exchange(lost_rows_, 0)));
}

Status WriteBuffer::Close() {
  {
    const std::lock_guard guard(lock_);
    closed_ = true;
    work_.notify_one();
    room_.notify_all();
  }
  return Flush();
}

int64_t WriteBuffer::waiting_rows() const {
  const std::lock_guard guard(lock_);
  return waiting_rows_;
}

bool WriteBuffer::IsDue(std::chrono::steady_clock::time_point now) const {
  if (waiting_.empty()) return false;
  const Entry& oldest = *waiting_.front();
  return closed_ || oldest.number <= flush_to_ || waiting_rows_ >= options_.commit_rows ||
         waiting_bytes_ >= options_.commit_bytes ||
         // Nobody else can come in, so waiting longer would be in vain.
         used_bytes_ >= options_.capacity_bytes ||
         now >= oldest.since + std::chrono::milliseconds(options_.delay_ms);
}

// The oldest entries of one schema, within the limits of a commit.
WriteBuffer::Entries WriteBuffer::TakeDue() {
  Entries taken;
  int64_t rows = 0;
  int64_t bytes = 0;
  while (!waiting_.empty()) {
    const auto& entry = waiting_.front();
    if (!taken.empty() && (rows >= options_.commit_rows || bytes >= options_.commit_bytes ||
                           !entry->rows->schema()->Equals(*taken.front()->rows->schema()))) {
      break;
    }
    rows += entry->rows->num_rows();
    bytes += entry->size_bytes;
    taken.push_back(entry);
    waiting_.pop_front();
  }
  waiting_rows_ -= rows;
  waiting_bytes_ -= bytes;
  return taken;
}

void WriteBuffer::Run() {
  std::unique_lock guard(lock_);
  while (true) {
    const auto now = std::chrono::steady_clock::now();
    if (IsDue(now)) {
      const Entries entries = TakeDue();
      guard.unlock();
      Commit(entries);
      guard.lock();
    } else if (waiting_.empty()) {
      finished_ = added_;
      room_.notify_all();
      if (closed_) return;
      work_.wait(guard, [&] { return closed_ || !waiting_.empty() || finished_ != added_; });
    } else {
      work_.wait_until(guard,
                       waiting_.front()->since + std::chrono::milliseconds(options_.delay_ms));
    }
    if (!waiting_.empty()) finished_ = waiting_.front()->number - 1;
    room_.notify_all();
  }
}

Status WriteBuffer::AppendAll(std::span<const std::shared_ptr<Entry>> entries) {
  arrow::RecordBatchVector batches;
  for (const auto& entry : entries) batches.push_back(entry->rows);
  Status status;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    ARROW_ASSIGN_OR_RAISE(const auto reader,
                          arrow::RecordBatchReader::Make(batches, batches.front()->schema()));
    status = append_(*reader, token_);
    if (status.ok() || CodeOf(status) != ErrorCode::kConflict) return status;
  }
  return status;
}

// Where some rows may be wrong, halves are tried by themselves, down to single entries.
void WriteBuffer::Commit(std::span<const std::shared_ptr<Entry>> entries) {
  const Status status = AppendAll(entries);
  if (!status.ok() && entries.size() > 1 && MayConcernSomeRows(status)) {
    Commit(entries.first(entries.size() / 2));
    Commit(entries.subspan(entries.size() / 2));
    return;
  }
  const std::lock_guard guard(lock_);
  for (const auto& entry : entries) Finish(*entry, status);
  room_.notify_all();
}

void WriteBuffer::Finish(Entry& entry, const Status& status) {
  used_bytes_ -= entry.size_bytes;
  if (!status.ok() && options_.acknowledgement == Acknowledgement::kQueued) {
    if (lost_.ok()) lost_ = status;
    lost_rows_ += entry.rows->num_rows();
  }
  entry.outcome = status;
  entry.rows = nullptr;
}

}  // namespace deltaport::lake
