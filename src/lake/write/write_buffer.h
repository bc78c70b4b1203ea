// Rows that arrive one by one, gathered into few commits of one table.
//
// Callers that wait at the same time share a commit. A caller whose rows are wrong gets the error;
// the rows of the others are committed all the same. Thread-safe; one thread of its own writes.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/table_write.h"

namespace deltaport::lake {

enum class Acknowledgement {
  kCommitted,  // Add() returns when the rows are in the table: they outlive a crash of the process.
  kQueued,     // Add() returns at once: rows that wait are lost with the process.
};

struct WriteBufferOptions {
  Acknowledgement acknowledgement = Acknowledgement::kCommitted;
  // A commit starts when so many rows or bytes wait, or when the oldest has waited so long. With 0
  // it starts at once; rows that arrive while it runs share the next one.
  int64_t commit_rows = 100'000;
  int64_t commit_bytes = int64_t{32} << 20;
  int64_t delay_ms = 0;
  // Rows that wait or are being written may take so much memory.
  int64_t capacity_bytes = int64_t{128} << 20;
  // What happens beyond: Add() waits, or fails with kResourceExhausted.
  bool wait_for_room = true;
  delta::DataFileWriterOptions files;
};

class WriteBuffer {
 public:
  // Adds the rows of one commit to the table, all or none. Called by one thread at a time.
  using AppendRows =
      std::function<Status(arrow::RecordBatchReader& rows, const CancelToken& token)>;

  // For the table at `table`, which need not exist before the first rows arrive.
  static std::unique_ptr<WriteBuffer> Open(const storage::Location& table,
                                           const WriteBufferOptions& options);
  WriteBuffer(AppendRows append, const WriteBufferOptions& options);

  // Closes. What Close() would report goes to the log.
  ~WriteBuffer();

  // Errors are those of the append (delta::Append), for these rows alone, where the acknowledgement
  // is kCommitted; kUnavailable after Close(). A token that is cancelled while the rows still wait
  // takes them out again; once they are being written, the outcome of that is returned. Rows that
  // are larger than the capacity pass when nothing else waits.
  Status Add(std::shared_ptr<arrow::RecordBatch> rows, const CancelToken& token = CancelToken());

  // Returns when all rows that were added before are in the table. An error says that rows which
  // were acknowledged as queued since the last Flush() are not, how many, and why for the first.
  Status Flush();

  // Flush(), and no rows are taken any more. Callers that wait for room are turned away with
  // kUnavailable. May be called several times.
  Status Close();

  int64_t waiting_rows() const;

 private:
  struct Entry;
  using Entries = std::vector<std::shared_ptr<Entry>>;

  void Run();
  bool IsDue(std::chrono::steady_clock::time_point now) const;
  Entries TakeDue();
  void Commit(std::span<const std::shared_ptr<Entry>> entries);
  Status AppendAll(std::span<const std::shared_ptr<Entry>> entries);
  void Finish(Entry& entry, const Status& status);
  Status MakeRoom(std::unique_lock<std::mutex>& guard, int64_t size_bytes,
                  const CancelToken& token);

  const AppendRows append_;
  const WriteBufferOptions options_;
  const CancelToken token_;  // Never cancelled: what is being written is finished.

  mutable std::mutex lock_;
  std::condition_variable work_;  // For the writing thread.
  std::condition_variable room_;  // For those who add, flush and close.
  std::deque<std::shared_ptr<Entry>> waiting_;
  int64_t waiting_rows_ = 0;
  int64_t waiting_bytes_ = 0;
  int64_t used_bytes_ = 0;  // Waiting and being written.
  uint64_t added_ = 0;      // Entries so far; the last one's number.
  uint64_t finished_ = 0;   // All entries up to this number have ended.
  uint64_t flush_to_ = 0;   // Entries up to this number are due.
  bool closed_ = false;
  Status lost_;  // Why rows that were acknowledged as queued are lost: the first reason.
  int64_t lost_rows_ = 0;

  std::thread writer_;  // Last: it uses the rest.
};

}  // namespace deltaport::lake
