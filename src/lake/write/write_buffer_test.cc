#include "lake/write/write_buffer.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <set>
#include <thread>

#include <arrow/builder.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "columnar/parquet_file.h"
#include "delta/live_files.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"
#include "storage/uuid.h"

namespace deltaport::lake {
namespace {

constexpr char kChildTable[] = "DELTAPORT_WRITE_BUFFER_CHILD";

const std::shared_ptr<arrow::Schema>& IdSchema() {
  static const auto schema = arrow::schema({arrow::field("id", arrow::int64(), false)});
  return schema;
}

std::shared_ptr<arrow::RecordBatch> Row(std::optional<int64_t> id) {
  arrow::Int64Builder builder;
  EXPECT_TRUE(builder.AppendOrNull(id).ok());
  return arrow::RecordBatch::Make(IdSchema(), 1, {builder.Finish().ValueOrDie()});
}

std::shared_ptr<arrow::RecordBatch> OtherRow() {
  arrow::StringBuilder builder;
  EXPECT_TRUE(builder.Append("x").ok());
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("other", arrow::utf8())}), 1,
                                  {builder.Finish().ValueOrDie()});
}

// What a table would be: gathers the ids of each commit and refuses nulls.
class Commits {
 public:
  WriteBuffer::AppendRows Append() {
    return [this](arrow::RecordBatchReader& rows, const CancelToken&) { return Take(rows); };
  }

  std::vector<std::vector<int64_t>> ids() const {
    const std::lock_guard guard(lock_);
    return commits_;
  }

 private:
  Status Take(arrow::RecordBatchReader& rows) {
    std::vector<int64_t> ids;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, rows.Next());
      if (batch == nullptr) break;
      const auto& column = static_cast<const arrow::Int64Array&>(*batch->column(0));
      for (int64_t row = 0; row < column.length(); ++row) {
        if (column.IsNull(row)) return Error(ErrorCode::kInvalidArgument, "id is null");
        ids.push_back(column.Value(row));
      }
    }
    const std::lock_guard guard(lock_);
    commits_.push_back(std::move(ids));
    return Status::OK();
  }

  mutable std::mutex lock_;
  std::vector<std::vector<int64_t>> commits_;
};

// Runs `add` for 0 to `count` - 1, each on a thread of its own, and returns the outcomes.
template <typename Add>
std::vector<Status> AtTheSameTime(int count, Add add) {
  std::vector<Status> outcomes(static_cast<size_t>(count));
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] { outcomes[static_cast<size_t>(i)] = add(i); });
  }
  for (auto& thread : threads) thread.join();
  return outcomes;
}

TEST(WriteBuffer, ConcurrentCallersShareACommit) {
  Commits commits;
  WriteBufferOptions options;
  options.commit_rows = 8;
  options.delay_ms = 60'000;
  WriteBuffer buffer(commits.Append(), options);
  for (const Status& status : AtTheSameTime(8, [&](int i) { return buffer.Add(Row(i)); })) {
    EXPECT_TRUE(status.ok()) << status;
  }
  ASSERT_EQ(commits.ids().size(), 1U);
  EXPECT_EQ(commits.ids().front().size(), 8U);
}

TEST(WriteBuffer, ConcurrentBadRowsFailAloneAndTheOthersAreCommitted) {
  Commits commits;
  WriteBufferOptions options;
  options.commit_rows = 16;
  options.delay_ms = 60'000;
  WriteBuffer buffer(commits.Append(), options);
  const auto outcomes = AtTheSameTime(16, [&](int i) {
    return buffer.Add(Row(i == 3 || i == 9 ? std::nullopt : std::optional<int64_t>(i)));
  });
  std::set<int64_t> committed;
  for (const auto& ids : commits.ids()) committed.insert(ids.begin(), ids.end());
  for (int i = 0; i < 16; ++i) {
    const bool bad = i == 3 || i == 9;
    EXPECT_EQ(outcomes[static_cast<size_t>(i)].ok(), !bad) << i;
    EXPECT_EQ(committed.contains(i), !bad) << i;
  }
}

TEST(WriteBuffer, AnErrorOfTheStoreReachesEveryConcurrentCaller) {
  std::atomic<int> calls = 0;
  WriteBufferOptions options;
  options.commit_rows = 4;
  options.delay_ms = 60'000;
  WriteBuffer buffer(
      [&](arrow::RecordBatchReader&, const CancelToken&) {
        ++calls;
        return Error(ErrorCode::kIo, "the disk is gone");
      },
      options);
  for (const Status& status : AtTheSameTime(4, [&](int i) { return buffer.Add(Row(i)); })) {
    EXPECT_EQ(CodeOf(status), ErrorCode::kIo);
  }
  EXPECT_EQ(calls, 1);
}

TEST(WriteBuffer, QueuedRowsAreWrittenByFlushAndItTellsOfLoss) {
  Commits commits;
  WriteBufferOptions options;
  options.acknowledgement = Acknowledgement::kQueued;
  options.delay_ms = 60'000;
  WriteBuffer buffer(commits.Append(), options);
  ASSERT_TRUE(buffer.Add(Row(1)).ok());
  ASSERT_TRUE(buffer.Add(Row(2)).ok());
  EXPECT_EQ(buffer.waiting_rows(), 2);
  EXPECT_TRUE(buffer.Flush().ok());
  EXPECT_EQ(commits.ids(), (std::vector<std::vector<int64_t>>{{1, 2}}));
  ASSERT_TRUE(buffer.Add(Row(std::nullopt)).ok());
  const Status lost = buffer.Flush();
  EXPECT_EQ(CodeOf(lost), ErrorCode::kInvalidArgument);
  EXPECT_NE(lost.message().find("1 rows"), std::string::npos) << lost;
  EXPECT_TRUE(buffer.Flush().ok());
}

TEST(WriteBuffer, RowsThatWaitLongEnoughAreWritten) {
  Commits commits;
  WriteBufferOptions options;
  options.delay_ms = 1;
  WriteBuffer buffer(commits.Append(), options);
  EXPECT_TRUE(buffer.Add(Row(1)).ok());
  EXPECT_EQ(commits.ids().size(), 1U);
}

TEST(WriteBuffer, RowsOfAnotherSchemaAreACommitOfTheirOwn) {
  std::vector<std::string> names;
  WriteBufferOptions options;
  options.acknowledgement = Acknowledgement::kQueued;
  options.delay_ms = 60'000;
  WriteBuffer buffer(
      [&](arrow::RecordBatchReader& rows, const CancelToken&) {
        names.push_back(rows.schema()->field(0)->name());
        return Status::OK();
      },
      options);
  for (const auto& rows : {Row(1), Row(2), OtherRow(), Row(3)}) {
    ASSERT_TRUE(buffer.Add(rows).ok());
  }
  ASSERT_TRUE(buffer.Close().ok());
  EXPECT_EQ(names, (std::vector<std::string>{"id", "other", "id"}));
}

// An append that stands still until it is released.
struct Gate {
  std::promise<void> started;
  std::promise<void> released;

  WriteBuffer::AppendRows Append() {
    return [this, first = true](arrow::RecordBatchReader&, const CancelToken&) mutable {
      if (std::exchange(first, false)) {
        started.set_value();
        released.get_future().wait();
      }
      return Status::OK();
    };
  }
};

TEST(WriteBuffer, AFullBufferRefusesConcurrentRowsOrMakesThemWait) {
  for (const bool wait : {false, true}) {
    Gate gate;
    WriteBufferOptions options;
    options.acknowledgement = Acknowledgement::kQueued;
    options.capacity_bytes = 1;
    options.wait_for_room = wait;
    WriteBuffer buffer(gate.Append(), options);
    ASSERT_TRUE(buffer.Add(Row(1)).ok());
    gate.started.get_future().wait();
    if (!wait) {
      EXPECT_EQ(CodeOf(buffer.Add(Row(2))), ErrorCode::kResourceExhausted);
      gate.released.set_value();
    } else {
      auto second = std::async(std::launch::async, [&] { return buffer.Add(Row(2)); });
      EXPECT_EQ(second.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
      gate.released.set_value();
      EXPECT_TRUE(second.get().ok());
    }
  }
}

TEST(WriteBuffer, ACancelledCallerTakesItsRowsOutAgain) {
  Gate gate;
  WriteBuffer buffer(gate.Append(), {});
  auto first = std::async(std::launch::async, [&] { return buffer.Add(Row(1)); });
  gate.started.get_future().wait();
  const CancelToken token;
  auto second = std::async(std::launch::async, [&] { return buffer.Add(Row(2), token); });
  while (buffer.waiting_rows() == 0) std::this_thread::yield();
  token.Cancel(Error(ErrorCode::kCancelled, "left"));
  EXPECT_EQ(CodeOf(second.get()), ErrorCode::kCancelled);
  EXPECT_EQ(buffer.waiting_rows(), 0);
  gate.released.set_value();
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(buffer.Flush().ok());
}

TEST(WriteBuffer, CloseWritesWhatWaitsAndTakesNothingMore) {
  Commits commits;
  WriteBufferOptions options;
  options.acknowledgement = Acknowledgement::kQueued;
  options.delay_ms = 60'000;
  WriteBuffer buffer(commits.Append(), options);
  ASSERT_TRUE(buffer.Add(Row(1)).ok());
  EXPECT_TRUE(buffer.Close().ok());
  EXPECT_EQ(commits.ids().size(), 1U);
  EXPECT_EQ(CodeOf(buffer.Add(Row(2))), ErrorCode::kUnavailable);
  EXPECT_TRUE(buffer.Close().ok());
}

TEST(WriteBuffer, ConcurrentWritersOfOneTableLoseNoRow) {
  const auto store = std::make_shared<storage::MemoryStore>();
  const storage::Location table{store, "/table"};
  ASSERT_TRUE(delta::CreateTable(table, *IdSchema(), {}).ok());
  constexpr int kThreads = 4;
  constexpr int kRows = 25;
  {
    const auto one = WriteBuffer::Open(table, {});
    const auto other = WriteBuffer::Open(table, {});
    for (const Status& status : AtTheSameTime(kThreads, [&](int thread) {
           for (int i = 0; i < kRows; ++i) {
             ARROW_RETURN_NOT_OK((thread % 2 == 0 ? one : other)->Add(Row(thread * kRows + i)));
           }
           return Status::OK();
         })) {
      EXPECT_TRUE(status.ok()) << status;
    }
  }
  const auto snapshot = delta::Snapshot::Open(table);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->RowCount(), kThreads * kRows);
}

// What KillingTheProcessLosesNothingAcknowledged runs in a process of its own.
TEST(WriteBufferChild, AppendsUntilItIsKilled) {
  const char* const path = std::getenv(kChildTable);
  if (path == nullptr) GTEST_SKIP() << "runs only as a child of another test";
  const auto buffer = WriteBuffer::Open({storage::LocalStore::Shared(), path}, {});
  std::atomic<int64_t> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (true) {
        const int64_t id = next++;
        ASSERT_TRUE(buffer->Add(Row(id)).ok());
        ASSERT_EQ(write(STDERR_FILENO, &id, sizeof id), static_cast<ssize_t>(sizeof id));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(WriteBuffer, KillingTheProcessLosesNothingAcknowledged) {
  const auto path = std::filesystem::temp_directory_path() /
                    fmt::format("deltaport-write-buffer-{}", storage::RandomUuid());
  const storage::Location table{storage::LocalStore::Shared(), path.string()};
  ASSERT_TRUE(delta::CreateTable(table, *IdSchema(), {}).ok());

  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDERR_FILENO);
  posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
  ASSERT_EQ(setenv(kChildTable, path.c_str(), 1), 0);
  std::string program = "/proc/self/exe";
  std::string filter = "--gtest_filter=WriteBufferChild.*";
  char* arguments[] = {program.data(), filter.data(), nullptr};
  pid_t child = 0;
  ASSERT_EQ(posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  unsetenv(kChildTable);
  close(pipe_ends[1]);

  std::vector<int64_t> acknowledged;
  int64_t id = 0;
  while (read(pipe_ends[0], &id, sizeof id) == sizeof id) {
    acknowledged.push_back(id);
    if (acknowledged.size() == 50) kill(child, SIGKILL);
  }
  close(pipe_ends[0]);
  int state = 0;
  ASSERT_EQ(waitpid(child, &state, 0), child);
  EXPECT_TRUE(WIFSIGNALED(state));
  ASSERT_GE(acknowledged.size(), 50U);

  const auto snapshot = delta::Snapshot::Open(table);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  std::set<int64_t> ids;
  for (size_t i = 0; i < (*snapshot)->files().size(); ++i) {
    const auto file = columnar::ParquetFile::Open(*table.store, (*snapshot)->FilePath(i));
    ASSERT_TRUE(file.ok()) << file.status();
    const auto rows = *(*file)->Read([](std::string_view) { return true; });
    while (const auto batch = *rows->Next()) {
      const auto& column = static_cast<const arrow::Int64Array&>(*batch->column(0));
      for (int64_t row = 0; row < column.length(); ++row) ids.insert(column.Value(row));
    }
  }
  for (const int64_t expected : acknowledged) EXPECT_TRUE(ids.contains(expected)) << expected;
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace deltaport::lake
