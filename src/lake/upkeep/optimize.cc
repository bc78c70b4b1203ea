#include "lake/upkeep/optimize.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "columnar/json_document.h"
#include "delta/data_file_writer.h"
#include "delta/live_files.h"
#include "delta/table_properties.h"
#include "delta/transaction.h"
#include "lake/upkeep/file_rewrite.h"
#include "lake/upkeep/file_selection.h"

namespace deltaport::lake {
namespace {

struct Sizes {
  int64_t target_bytes = 0;
  int64_t min_file_bytes = 0;
};

Result<Sizes> SizesOf(const delta::Snapshot& snapshot, const OptimizeOptions& options) {
  ARROW_ASSIGN_OR_RAISE(const auto properties, delta::TableProperties::Of(snapshot.metadata()));
  Sizes sizes;
  sizes.target_bytes =
      options.target_bytes.value_or(properties.target_file_bytes.value_or(kTargetBytes));
  sizes.min_file_bytes = options.min_file_bytes.value_or(sizes.target_bytes);
  if (sizes.target_bytes < 1 || sizes.min_file_bytes < 0) {
    return Error(ErrorCode::kInvalidArgument,
                 "the target size is {} bytes and the minimum {}; a size must be positive",
                 sizes.target_bytes, sizes.min_file_bytes);
  }
  return sizes;
}

bool HasVector(const delta::LiveFiles& files, size_t file) {
  const delta::FileExtras* extras = files.extras(file);
  return extras != nullptr && extras->deletion_vector.has_value();
}

// Share of the file's rows that are deleted; all if it is not known how many there are.
double DeletedShare(const delta::LiveFiles& files, size_t file) {
  if (!HasVector(files, file)) return 0;
  const auto rows = files.record_count(file);
  const auto deleted = files.extras(file)->deletion_vector->cardinality;
  return rows && *rows > 0 ? static_cast<double>(deleted) / static_cast<double>(*rows) : 1;
}

bool IsCandidate(const delta::LiveFiles& files, size_t file, const OptimizeOptions& options,
                 const Sizes& sizes) {
  if (options.purge) return HasVector(files, file);
  return files.size_bytes(file) < sizes.min_file_bytes ||
         DeletedShare(files, file) > options.deleted_rows_max;
}

// Runs of files that become one file each. A file that would stay alone is left as it is, unless
// rows of it are deleted.
std::vector<std::vector<size_t>> PackBins(const delta::LiveFiles& files,
                                          const std::vector<size_t>& candidates,
                                          int64_t target_bytes) {
  std::vector<std::vector<size_t>> bins(1);
  int64_t bin_bytes = 0;
  for (const size_t file : candidates) {
    const auto bytes = static_cast<int64_t>(static_cast<double>(files.size_bytes(file)) *
                                            (1 - DeletedShare(files, file)));
    if (!bins.back().empty() && bin_bytes + bytes > target_bytes) {
      bins.emplace_back();
      bin_bytes = 0;
    }
    bins.back().push_back(file);
    bin_bytes += bytes;
  }
  std::erase_if(bins, [&](const auto& bin) {
    return bin.empty() || (bin.size() == 1 && !HasVector(files, bin.front()));
  });
  return bins;
}

class Compaction {
 public:
  Compaction(engine::QueryEngine& engine, delta::Transaction transaction,
             const OptimizeOptions& options, const CancelToken& token)
      : engine_(engine),
        transaction_(std::move(transaction)),
        snapshot_(transaction_.snapshot()),
        options_(options),
        token_(token) {}

  Result<OptimizeOutcome> Run() {
    ARROW_ASSIGN_OR_RAISE(const Sizes sizes, SizesOf(*snapshot_, options_));
    const auto& files = snapshot_->files();
    ARROW_ASSIGN_OR_RAISE(auto candidates, SelectFiles(engine_, snapshot_, options_.where, token_));
    std::erase_if(candidates,
                  [&](size_t file) { return !IsCandidate(files, file, options_, sizes); });
    for (const auto& partition : GroupByPartition(*snapshot_, candidates)) {
      auto bins = PackBins(files, partition, sizes.target_bytes);
      if (!bins.empty()) ++outcome_.partitions;
      std::move(bins.begin(), bins.end(), std::back_inserter(bins_));
    }
    if (bins_.empty()) return outcome_;
    std::vector<size_t> removed;
    for (const auto& bin : bins_) {
      const Status written = Write(bin);
      if (!written.ok()) return Abandon(written);
      removed.insert(removed.end(), bin.begin(), bin.end());
    }
    ARROW_RETURN_NOT_OK(CommitRewrite(transaction_, std::move(removed), std::move(added_),
                                      OperationOf(), outcome_, token_));
    return outcome_;
  }

 private:
  Status Write(const std::vector<size_t>& bin) {
    ARROW_RETURN_NOT_OK(token_.Check());
    ARROW_ASSIGN_OR_RAISE(const auto source, ReadForRewrite(engine_, snapshot_, bin, token_));
    const auto counted = CountRows(source.rows, options_.on_rows);
    // A bin becomes one file, however well its rows are packed now.
    ARROW_ASSIGN_OR_RAISE(auto files,
                          WriteRewritten(transaction_, source.extra_columns, *counted,
                                         {std::numeric_limits<int64_t>::max(), false}, token_));
    std::move(files.begin(), files.end(), std::back_inserter(added_));
    return Status::OK();
  }

  // The files of the bins that succeeded go.
  Status Abandon(const Status& failure) {
    const Status clean = delta::RemoveDataFiles(snapshot_->location(), added_);
    return clean.ok() ? failure : WithContext(failure, clean.message());
  }

  delta::Operation OperationOf() const {
    delta::Operation operation;
    operation.name = options_.purge ? "REORG" : "OPTIMIZE";
    operation.parameters["predicate"] =
        options_.where ? columnar::QuotedJsonList({*options_.where}) : columnar::QuotedJsonList({});
    if (options_.purge) {
      operation.parameters["applyPurge"] = "true";
    } else {
      operation.parameters["zOrderBy"] = columnar::QuotedJsonList({});
      operation.parameters["clusterBy"] = columnar::QuotedJsonList({});
      operation.parameters["auto"] = "false";
    }
    return operation;
  }

  engine::QueryEngine& engine_;
  delta::Transaction transaction_;
  const std::shared_ptr<const delta::Snapshot> snapshot_;
  const OptimizeOptions& options_;
  const CancelToken& token_;
  std::vector<std::vector<size_t>> bins_;
  std::vector<delta::AddFile> added_;
  OptimizeOutcome outcome_;
};

}  // namespace

Result<OptimizeOutcome> Optimize(engine::QueryEngine& engine, const storage::Location& table,
                                 const OptimizeOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(auto snapshot, delta::Snapshot::Open(table));
  ARROW_ASSIGN_OR_RAISE(auto transaction, delta::Transaction::Start(std::move(snapshot)));
  return Compaction(engine, std::move(transaction), options, token).Run();
}

}  // namespace deltaport::lake
