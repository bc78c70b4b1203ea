#include "delta/checkpoint_reader.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include "base/thread_team.h"
#include "columnar/parquet_file.h"
#include "delta/action_json.h"
#include "delta/checkpoint_files.h"
#include "delta/checkpoint_rows.h"
#include "delta/checkpoint_statistics.h"
#include "delta/file_key.h"
#include "delta/log_path.h"

namespace deltaport::delta {
namespace {

using columnar::ParquetFile;

constexpr size_t kThreadsMax = 8;

// Fewer bytes of statistics are not worth an open file.
constexpr int64_t kDeferredBytesMin = int64_t{1} << 20;
// What is reserved for paths because a footer says so.
constexpr int64_t kReservedPathBytesMax = int64_t{64} << 20;

// True if `leaf` is the column `name` or below it.
bool IsUnder(std::string_view leaf, std::string_view name) {
  return leaf.starts_with(name) && (leaf.size() == name.size() || leaf[name.size()] == '.');
}

bool IsRowAction(std::string_view leaf, bool removes) {
  if (IsUnder(leaf, "remove")) return removes;
  for (const std::string_view name :
       {"protocol", "metaData", "txn", "domainMetadata", "sidecar", "checkpointMetadata"}) {
    if (IsUnder(leaf, name)) return true;
  }
  return false;
}

// The column of an action that a leaf belongs to: "add.tags" of "add.tags.key_value.key".
std::string_view ActionField(std::string_view leaf) {
  return leaf.substr(0, leaf.find('.', leaf.find('.') + 1));
}

Status Missing(const std::string& path, const std::string& checkpoint) {
  return Error(ErrorCode::kCorruptTable, "{}: is missing, but the checkpoint {} needs it", path,
               checkpoint);
}

// One row group of one file, read in independent pieces.
struct RowGroup {
  std::shared_ptr<const ParquetFile> file;
  int group = 0;
  CheckpointRows rows;
  FileColumns columns;
  CheckpointDetailBuilder details;
  std::shared_ptr<const FileBlock> block;
};

// Columns without any value: reading them would fill memory with nulls.
class EmptyColumns {
 public:
  EmptyColumns(const ParquetFile& file, int group) {
    std::map<std::string, bool, std::less<>> has_values;
    const std::vector<std::string> leaves = file.LeafPaths();
    for (size_t i = 0; i < leaves.size(); ++i) {
      const std::string& leaf = leaves[i];
      const std::string action = leaf.substr(0, leaf.find('.'));
      if (action == "add" && CheckpointDetailBuilder::Wants(leaf)) {
        bool& found = has_values[std::string(ActionField(leaf))];
        found = found || file.ContentOf(group, i).has_values;
      } else if (action != "add" && !has_values.contains(action)) {
        // Null in each row is the action itself, by any of its columns.
        has_values[action] = file.ContentOf(group, i).has_outermost;
      }
    }
    for (const auto& [name, found] : has_values) {
      if (!found) names_.push_back(name);
    }
  }

  bool Contains(std::string_view leaf) const {
    return std::any_of(names_.begin(), names_.end(),
                       [&](const std::string& name) { return IsUnder(leaf, name); });
  }

 private:
  std::vector<std::string> names_;
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
  Status ReadPaths(RowGroup& group) const;
  Status ReadDetails(RowGroup& group) const;
  Status ReadParsedStatistics(RowGroup& group) const;
  Status MakeBlock(RowGroup& group) const;
  Status ReadGroups(std::vector<RowGroup>& groups) const;

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

// Calls take(batch) for each batch of the leaves in the row group.
template <typename Wanted, typename Take>
Status ForEachBatch(const RowGroup& group, const Wanted& wanted, const Take& take) {
  ARROW_ASSIGN_OR_RAISE(const auto file, group.file->Reopen());
  ARROW_ASSIGN_OR_RAISE(const auto batches, file->ReadBatches(group.group, wanted));
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(file->Explain(batches->ReadNext(&batch)));
    if (!batch) return Status::OK();
    ARROW_RETURN_NOT_OK(take(*batch));
  }
}

Status CheckpointReader::ReadPaths(RowGroup& group) const {
  CheckpointPathBuilder paths;
  const int64_t path_bytes = group.file->UnpackedBytes(group.group, "add.path");
  ARROW_RETURN_NOT_OK(paths.Reserve(0, std::clamp<int64_t>(path_bytes, 0, kReservedPathBytesMax)));
  ARROW_RETURN_NOT_OK(
      ForEachBatch(group, CheckpointPathBuilder::Wants,
                   [&](const arrow::RecordBatch& batch) { return paths.Append(batch); }));
  return paths.Finish(group.columns);
}

Status CheckpointReader::ReadDetails(RowGroup& group) const {
  const EmptyColumns empty(*group.file, group.group);
  const auto wanted = [&](std::string_view leaf) {
    return ((options_.files && CheckpointDetailBuilder::Wants(leaf)) ||
            IsRowAction(leaf, options_.removes)) &&
           !empty.Contains(leaf);
  };
  return ForEachBatch(group, wanted, [&](const arrow::RecordBatch& batch) {
    ARROW_RETURN_NOT_OK(ReadCheckpointRows(batch, group.rows));
    return options_.files ? group.details.Append(batch) : Status::OK();
  });
}

Status CheckpointReader::ReadParsedStatistics(RowGroup& group) const {
  // The text is what other engines wrote first-hand; columns only where there is none.
  if (!group.file->LeafIsNull("add.stats")) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const auto file, group.file->Reopen());
  ARROW_ASSIGN_OR_RAISE(const auto batch, file->ReadRowGroup(group.group, [](auto leaf) {
    return IsUnder(leaf, "add.stats_parsed");
  }));
  ARROW_ASSIGN_OR_RAISE(group.columns.parsed_stats, CheckpointParsedStatistics(*batch));
  return Status::OK();
}

Status CheckpointReader::MakeBlock(RowGroup& group) const {
  FileColumns& columns = group.columns;
  ARROW_RETURN_NOT_OK(group.details.Finish(columns));
  const int64_t rows = columns.path->length();
  if (columns.parsed_stats && columns.parsed_stats->length() != rows) {
    return Error(ErrorCode::kCorruptTable, "the columns of add differ in length");
  }
  if (columns.path->null_count() < rows && !group.file->LeafIsNull("add.stats")) {
    const bool large = group.file->UnpackedBytes(group.group, "add.stats") >= kDeferredBytesMin;
    const auto held = large ? HoldCheckpoint(group.file) : nullptr;
    const auto stats = CheckpointStatistics(held ? held : group.file, group.group, rows);
    if (held) {
      columns.deferred_stats = stats;
    } else {
      ARROW_ASSIGN_OR_RAISE(columns.stats, AllTexts(*stats));
    }
  }
  ARROW_ASSIGN_OR_RAISE(group.block, FileBlock::Make(std::move(columns)));
  return Status::OK();
}

Status CheckpointReader::ReadGroups(std::vector<RowGroup>& groups) const {
  const auto each = [&](size_t pieces, auto read) {
    return RunTasks(pieces * groups.size(), kThreadsMax, [&](size_t number) {
      RowGroup& group = groups[number / pieces];
      const Status status = read(group, number % pieces);
      return status.message().find(group.file->path()) != std::string::npos
                 ? status
                 : WithContext(status, group.file->path());
    });
  };
  if (!options_.files) {
    return each(1, [&](RowGroup& group, size_t /*piece*/) { return ReadDetails(group); });
  }
  ARROW_RETURN_NOT_OK(each(3, [&](RowGroup& group, size_t piece) {
    if (piece == 0) return ReadParsedStatistics(group);
    return piece == 1 ? ReadPaths(group) : ReadDetails(group);
  }));
  return each(1, [&](RowGroup& group, size_t /*piece*/) { return MakeBlock(group); });
}

Status CheckpointReader::ReadParquet(const std::vector<std::string>& paths, bool main) {
  std::vector<std::shared_ptr<const ParquetFile>> files(paths.size());
  ARROW_RETURN_NOT_OK(RunTasks(paths.size(), kThreadsMax, [&](size_t number) -> Status {
    ARROW_ASSIGN_OR_RAISE(files[number], Open(paths[number]));
    return Status::OK();
  }));
  std::vector<RowGroup> groups;
  for (const auto& file : files) {
    for (int group = 0; group < file->row_groups(); ++group) {
      groups.emplace_back();
      groups.back().file = file;
      groups.back().group = group;
    }
  }
  ARROW_RETURN_NOT_OK(ReadGroups(groups));
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
