#include "delta/checkpoint_reader.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "base/thread_team.h"
#include "columnar/parquet_file.h"
#include "delta/action_json.h"
#include "delta/checkpoint_files.h"
#include "delta/checkpoint_rows.h"
#include "delta/file_key.h"
#include "delta/log_path.h"

namespace deltaport::delta {
namespace {

using columnar::ParquetFile;

constexpr size_t kThreadsMax = 8;

// True if `leaf` is the column `name` or below it.
bool IsUnder(std::string_view leaf, std::string_view name) {
  return leaf.starts_with(name) && (leaf.size() == name.size() || leaf[name.size()] == '.');
}

bool IsStatistics(std::string_view leaf) {
  return IsUnder(leaf, "add.stats") || IsUnder(leaf, "add.stats_parsed");
}

bool IsRowAction(std::string_view leaf, bool removes) {
  if (IsUnder(leaf, "remove")) return removes;
  for (const std::string_view name :
       {"protocol", "metaData", "txn", "domainMetadata", "sidecar", "checkpointMetadata"}) {
    if (IsUnder(leaf, name)) return true;
  }
  return false;
}

// Of files, not of their statistics. The log's text of partition values is what counts.
bool IsFileColumn(std::string_view leaf) {
  return IsUnder(leaf, "add") && !IsStatistics(leaf) &&
         !IsUnder(leaf, "add.partitionValues_parsed");
}

Status Missing(const std::string& path, const std::string& checkpoint) {
  return Error(ErrorCode::kCorruptTable, "{}: is missing, but the checkpoint {} needs it", path,
               checkpoint);
}

// One row group of one file, read in two independent halves.
struct RowGroup {
  const ParquetFile* file = nullptr;
  int group = 0;
  CheckpointRows rows;
  FileColumns columns;
  std::shared_ptr<arrow::RecordBatch> statistics;
  std::shared_ptr<const FileBlock> block;
};

class CheckpointReader {
 public:
  CheckpointReader(const storage::Location& table, const CheckpointFiles& checkpoint,
                   const CheckpointReaderOptions& options)
      : table_(table), checkpoint_(checkpoint), options_(options) {}

  Result<CheckpointContents> Read() {
    std::vector<std::string> paths;
    for (const auto& part : checkpoint_.parts) paths.push_back(part.path);
    if (paths.size() == 1 && paths.front().ends_with(".json")) {
      ARROW_RETURN_NOT_OK(ReadJson(paths.front()));
    } else {
      ARROW_RETURN_NOT_OK(ReadParquet(paths, true));
    }
    if (version_ && *version_ != checkpoint_.version) {
      return Error(ErrorCode::kCorruptTable, "{}: says that it is the checkpoint of version {}",
                   main_path(), *version_);
    }
    if (options_.files || options_.removes) {
      ARROW_ASSIGN_OR_RAISE(const auto sidecars, SidecarPaths());
      ARROW_RETURN_NOT_OK(ReadParquet(sidecars, false));
    }
    return std::move(contents_);
  }

 private:
  const std::string& main_path() const { return checkpoint_.parts.front().path; }

  Result<std::vector<std::string>> SidecarPaths() const {
    std::vector<std::string> paths;
    for (const auto& sidecar : sidecars_) {
      const auto decoded = DecodeFilePath(sidecar);
      if (!decoded.ok()) return WithContext(decoded.status(), main_path());
      paths.push_back(decoded->starts_with('/') ? *decoded : SidecarPath(table_.path, *decoded));
    }
    return paths;
  }

  void Take(CheckpointRows rows) {
    std::move(rows.actions.begin(), rows.actions.end(), std::back_inserter(contents_.actions));
    std::move(rows.sidecars.begin(), rows.sidecars.end(), std::back_inserter(sidecars_));
    if (rows.version) version_ = rows.version;
  }

  Status ReadJson(const std::string& path);
  // `main`: the files may hold more than adds and removes.
  Status ReadParquet(const std::vector<std::string>& paths, bool main);
  Result<std::unique_ptr<ParquetFile>> Open(const std::string& path) const;
  Status ReadColumns(RowGroup& group) const;
  Status ReadStatistics(RowGroup& group) const;

  const storage::Location& table_;
  const CheckpointFiles& checkpoint_;
  const CheckpointReaderOptions& options_;
  CheckpointContents contents_;
  std::vector<std::string> sidecars_;
  std::optional<TableVersion> version_;  // That the checkpoint claims to be of.
};

// Collects the lines of a checkpoint in JSON.
class JsonCheckpoint final : public LogVisitor {
 public:
  explicit JsonCheckpoint(const CheckpointReaderOptions& options) : options_(options) {}

  Status OnAdd(const AddFileView& add) override {
    return options_.files ? files_.Append(add) : Status::OK();
  }
  Status OnAction(Action&& action) override {
    if (options_.removes || !std::holds_alternative<RemoveFile>(action)) {
      rows_.actions.push_back(std::move(action));
    }
    return Status::OK();
  }
  Status OnCommitInfo(columnar::JsonValue) override { return Status::OK(); }
  Status OnSidecar(std::string_view path) override {
    rows_.sidecars.emplace_back(path);
    return Status::OK();
  }
  Status OnCheckpointMetadata(int64_t version) override {
    rows_.version = version;
    return Status::OK();
  }

  CheckpointRows& rows() { return rows_; }
  FileBlockBuilder& files() { return files_; }

 private:
  const CheckpointReaderOptions& options_;
  CheckpointRows rows_;
  FileBlockBuilder files_;
};

Status CheckpointReader::ReadJson(const std::string& path) {
  const auto bytes = table_.store->Read(path);
  if (!bytes.ok()) {
    return CodeOf(bytes.status()) == ErrorCode::kNotFound ? Missing(path, main_path())
                                                          : bytes.status();
  }
  JsonCheckpoint checkpoint(options_);
  ARROW_RETURN_NOT_OK(VisitLogLines(std::string_view(**bytes), {path}, checkpoint));
  if (!checkpoint.rows().version) {
    return Error(ErrorCode::kCorruptTable, "{}: has no checkpointMetadata; it may be cut off",
                 path);
  }
  Take(std::move(checkpoint.rows()));
  if (checkpoint.files().rows() == 0) return Status::OK();
  const auto block = checkpoint.files().Finish();
  if (!block.ok()) return WithContext(block.status(), path);
  contents_.blocks.push_back(*block);
  return Status::OK();
}

Result<std::unique_ptr<ParquetFile>> CheckpointReader::Open(const std::string& path) const {
  columnar::ParquetFileOptions options;
  options.large_strings = true;
  auto file = ParquetFile::Open(*table_.store, path, options);
  if (!file.ok() && CodeOf(file.status()) == ErrorCode::kNotFound) {
    return Missing(path, main_path());
  }
  return file;
}

Status CheckpointReader::ReadColumns(RowGroup& group) const {
  ARROW_ASSIGN_OR_RAISE(const auto file, group.file->Reopen(*table_.store));
  ARROW_ASSIGN_OR_RAISE(const auto batch, file->ReadRowGroup(group.group, [&](auto leaf) {
    return (options_.files && IsFileColumn(leaf)) || IsRowAction(leaf, options_.removes);
  }));
  ARROW_RETURN_NOT_OK(ReadCheckpointRows(*batch, group.rows));
  if (!options_.files) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(group.columns, ReadCheckpointFiles(*batch));
  return Status::OK();
}

Status CheckpointReader::ReadStatistics(RowGroup& group) const {
  ARROW_ASSIGN_OR_RAISE(const auto file, group.file->Reopen(*table_.store));
  // The text is what other engines wrote first-hand; columns only where there is none.
  const std::string_view name = file->LeafIsNull("add.stats") ? "add.stats_parsed" : "add.stats";
  ARROW_ASSIGN_OR_RAISE(group.statistics, file->ReadRowGroup(group.group, [&](auto leaf) {
    return IsUnder(leaf, name);
  }));
  return Status::OK();
}

Status CheckpointReader::ReadParquet(const std::vector<std::string>& paths, bool main) {
  std::vector<std::unique_ptr<ParquetFile>> files(paths.size());
  ARROW_RETURN_NOT_OK(RunTasks(paths.size(), kThreadsMax, [&](size_t number) -> Status {
    ARROW_ASSIGN_OR_RAISE(files[number], Open(paths[number]));
    return Status::OK();
  }));
  std::vector<RowGroup> groups;
  for (const auto& file : files) {
    for (int group = 0; group < file->row_groups(); ++group) {
      groups.emplace_back();
      groups.back().file = file.get();
      groups.back().group = group;
    }
  }
  // Two tasks a group: its statistics are about as much work as all the rest.
  const auto named = [&](const RowGroup& group, const Status& status) {
    return status.message().find(group.file->path()) != std::string::npos
               ? status
               : WithContext(status, group.file->path());
  };
  const size_t tasks = options_.files ? 2 * groups.size() : groups.size();
  ARROW_RETURN_NOT_OK(RunTasks(tasks, kThreadsMax, [&](size_t number) {
    RowGroup& group = groups[options_.files ? number / 2 : number];
    const bool statistics = options_.files && number % 2 == 0;
    return named(group, statistics ? ReadStatistics(group) : ReadColumns(group));
  }));
  ARROW_RETURN_NOT_OK(RunTasks(options_.files ? groups.size() : 0, kThreadsMax, [&](size_t number) {
    RowGroup& group = groups[number];
    const auto make = [&]() -> Status {
      ARROW_RETURN_NOT_OK(AddCheckpointStatistics(*group.statistics, group.columns));
      ARROW_ASSIGN_OR_RAISE(group.block, FileBlock::Make(std::move(group.columns)));
      return Status::OK();
    };
    return named(group, make());
  }));
  for (auto& group : groups) {
    if (!main && !group.rows.sidecars.empty()) {
      return Error(ErrorCode::kCorruptTable, "{}: is a sidecar that names sidecars",
                   group.file->path());
    }
    Take(std::move(group.rows));
    if (group.block && group.block->files() > 0) contents_.blocks.push_back(group.block);
  }
  return Status::OK();
}

}  // namespace

Result<CheckpointContents> ReadCheckpoint(const storage::Location& table,
                                          const CheckpointFiles& checkpoint,
                                          const CheckpointReaderOptions& options) {
  return CheckpointReader(table, checkpoint, options).Read();
}

}  // namespace deltaport::delta
