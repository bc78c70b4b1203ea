#include "delta/commit_reader.h"

#include <algorithm>

#include "base/thread_team.h"

namespace deltaport::delta {
namespace {

// More threads than cores help where a store answers slowly; RunTasks keeps to the cores.
constexpr size_t kThreadsMax = 8;
// A task is worth a thread from about a millisecond of work on.
constexpr size_t kCommitsPerTask = 32;
constexpr int64_t kTaskBytes = int64_t{2} << 20;

// A run of commits, or a part of one.
struct Task {
  size_t first = 0;  // Commits [first, last).
  size_t last = 0;
  // Set for a part of a large commit.
  std::shared_ptr<arrow::Buffer> bytes;
  std::string_view part;
};

Result<std::shared_ptr<arrow::Buffer>> ReadFile(const storage::ObjectStore& store,
                                                const CommitFile& commit) {
  auto bytes = store.Read(commit.file.path);
  if (!bytes.ok() && CodeOf(bytes.status()) == ErrorCode::kNotFound) {
    return Error(ErrorCode::kNotFound, "{}: was listed in the log, but is gone", commit.file.path);
  }
  return bytes;
}

// Whole lines of about kTaskBytes each.
void SplitLines(const std::shared_ptr<arrow::Buffer>& bytes, size_t commit,
                std::vector<Task>& tasks) {
  std::string_view rest(*bytes);
  while (!rest.empty()) {
    const size_t end = rest.find('\n', std::min<size_t>(kTaskBytes, rest.size() - 1));
    const std::string_view part =
        rest.substr(0, end == std::string_view::npos ? rest.size() : end + 1);
    tasks.push_back({commit, commit + 1, bytes, part});
    rest.remove_prefix(part.size());
  }
}

Result<std::vector<Task>> MakeTasks(const storage::ObjectStore& store,
                                    const std::vector<CommitFile>& commits) {
  std::vector<Task> tasks;
  int64_t bytes = 0;
  for (size_t i = 0; i < commits.size(); ++i) {
    if (commits[i].file.size_bytes > 2 * kTaskBytes) {
      ARROW_ASSIGN_OR_RAISE(const auto large, ReadFile(store, commits[i]));
      SplitLines(large, i, tasks);
      continue;
    }
    bytes += commits[i].file.size_bytes;
    const bool extend = !tasks.empty() && !tasks.back().bytes && tasks.back().last == i &&
                        i - tasks.back().first < kCommitsPerTask && bytes <= kTaskBytes;
    if (extend) {
      tasks.back().last = i + 1;
    } else {
      tasks.push_back({i, i + 1, nullptr, {}});
      bytes = commits[i].file.size_bytes;
    }
  }
  return tasks;
}

Status ReadWhole(const storage::ObjectStore& store, const CommitFile& commit,
                 CommitBatchBuilder& builder) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, ReadFile(store, commit));
  return builder.AddCommit(std::string_view(*bytes), commit.file.path);
}

Status ReadPart(const Task& task, std::string_view file, CommitBatchBuilder& builder) {
  const std::string_view all(*task.bytes);
  const auto before = static_cast<size_t>(task.part.data() - all.data());
  // Lines are counted only for a message.
  Status status = builder.AddLines(task.part, {file, before == 0 ? 0U : 1U});
  if (status.ok() || before == 0) return status;
  const auto lines = static_cast<size_t>(
      std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before), '\n'));
  return CommitBatchBuilder().AddLines(task.part, {file, lines});
}

Result<CommitBatch> RunTask(const storage::ObjectStore& store,
                            const std::vector<CommitFile>& commits, const Task& task,
                            const CommitReaderOptions& options) {
  CommitBatchBuilder builder(options.removes);
  if (task.bytes) {
    ARROW_RETURN_NOT_OK(ReadPart(task, commits[task.first].file.path, builder));
  }
  for (size_t i = task.first; !task.bytes && i < task.last; ++i) {
    ARROW_RETURN_NOT_OK(ReadWhole(store, commits[i], builder));
  }
  return builder.Finish();
}

}  // namespace

Result<std::vector<CommitBatch>> ReadCommits(const storage::ObjectStore& store,
                                             const std::vector<CommitFile>& commits,
                                             const CommitReaderOptions& options) {
  ARROW_ASSIGN_OR_RAISE(const auto tasks, MakeTasks(store, commits));
  std::vector<CommitBatch> batches(tasks.size());
  ARROW_RETURN_NOT_OK(RunTasks(tasks.size(), kThreadsMax, [&](size_t number) -> Status {
    ARROW_ASSIGN_OR_RAISE(batches[number], RunTask(store, commits, tasks[number], options));
    return Status::OK();
  }));
  return batches;
}

}  // namespace deltaport::delta
