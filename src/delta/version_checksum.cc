#include "delta/version_checksum.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/ranges.h>

#include "columnar/json_document.h"
#include "delta/action_json.h"
#include "delta/commit_timestamp.h"
#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/table_feature.h"
#include "storage/unsynced_put.h"

namespace deltaport::delta {
namespace {

constexpr int64_t kKilobyte = 1024;
constexpr int64_t kMegabyte = 1024 * kKilobyte;
constexpr int64_t kGigabyte = 1024 * kMegabyte;

// The bins that the other writers use; histograms can only be added where the bins agree.
std::vector<int64_t> SizeBins() {
  std::vector<int64_t> bins = {0};
  const auto add = [&bins](int64_t first, int64_t last, int64_t step) {
    for (int64_t size = first; size <= last; size += step) bins.push_back(size);
  };
  for (int64_t size = 8 * kKilobyte; size <= 4 * kMegabyte; size *= 2) bins.push_back(size);
  add(8 * kMegabyte, 40 * kMegabyte, 4 * kMegabyte);
  add(48 * kMegabyte, 120 * kMegabyte, 8 * kMegabyte);
  add(124 * kMegabyte, 144 * kMegabyte, 4 * kMegabyte);
  add(160 * kMegabyte, 576 * kMegabyte, 16 * kMegabyte);
  add(640 * kMegabyte, 1408 * kMegabyte, 64 * kMegabyte);
  add(1536 * kMegabyte, 2048 * kMegabyte, 128 * kMegabyte);
  add(2304 * kMegabyte, 4096 * kMegabyte, 256 * kMegabyte);
  for (int64_t size = 8 * kGigabyte; size <= 256 * kGigabyte; size *= 2) bins.push_back(size);
  return bins;
}

// Deleted rows of a file by powers of ten: 0, 1 to 9, 10 to 99, …; the last two bins part at the
// greatest 32-bit integer.
constexpr size_t kDeletedRowBins = 10;
size_t DeletedRowBin(int64_t rows) {
  if (rows >= 2'147'483'647) return kDeletedRowBins - 1;
  size_t bin = 0;
  for (; rows > 0 && bin < kDeletedRowBins - 2; rows /= 10) ++bin;
  return bin;
}

struct Totals {
  int64_t size_bytes = 0;
  int64_t deleted_rows = 0;
  int64_t deletion_vectors = 0;
  std::vector<int64_t> files_by_size;
  std::vector<int64_t> bytes_by_size;
  std::array<int64_t, kDeletedRowBins> files_by_deleted_rows{};
};

Totals Count(const LiveFiles& files, const std::vector<int64_t>& bins) {
  Totals totals;
  totals.files_by_size.resize(bins.size());
  totals.bytes_by_size.resize(bins.size());
  for (const auto& part : files.parts()) {
    for (size_t i = 0; i < part.size(); ++i) {
      const int64_t size_bytes = part.block->size_bytes(part.row(i));
      const auto after = std::upper_bound(bins.begin(), bins.end(), size_bytes);
      const auto bin = static_cast<size_t>(after - bins.begin()) - 1;
      totals.size_bytes += size_bytes;
      ++totals.files_by_size[bin];
      totals.bytes_by_size[bin] += size_bytes;
    }
    for (const int64_t row : part.block->unusual_rows()) {
      const FileExtras* const extras = part.Contains(row) ? part.block->extras(row) : nullptr;
      if (extras == nullptr || !extras->deletion_vector) continue;
      ++totals.deletion_vectors;
      totals.deleted_rows += extras->deletion_vector->cardinality;
      ++totals.files_by_deleted_rows[DeletedRowBin(extras->deletion_vector->cardinality)];
    }
  }
  totals.files_by_deleted_rows[0] += static_cast<int64_t>(files.size()) - totals.deletion_vectors;
  return totals;
}

// The object of an action's fields, without the action's name around it.
std::string FieldsJson(const Action& action) {
  const std::string line = ActionToJson(action);
  const size_t start = line.find(':') + 1;
  return line.substr(start, line.size() - start - 1);
}

template <typename Actions>
std::string JsonList(const Actions& by_name) {
  std::vector<std::string> objects;
  for (const auto& [name, action] : by_name) objects.push_back(FieldsJson(action));
  return fmt::format("[{}]", fmt::join(objects, ","));
}

bool ListsDeletionVectors(const Protocol& protocol) {
  const auto features = ReaderFeatures(protocol);
  return std::find(features.begin(), features.end(), "deletionVectors") != features.end();
}

}  // namespace

std::string VersionChecksumJson(const Snapshot& snapshot,
                                const std::optional<std::string>& transaction_id) {
  static const std::vector<int64_t> bins = SizeBins();
  const Totals totals = Count(snapshot.files(), bins);
  std::string out = "{";
  if (transaction_id) {
    out += R"("txnId":)";
    columnar::AppendQuotedJson(*transaction_id, out);
    out += ',';
  }
  out += fmt::format(R"("tableSizeBytes":{},"numFiles":{},)", totals.size_bytes,
                     snapshot.files().size());
  const bool deletion_vectors = ListsDeletionVectors(snapshot.protocol());
  if (deletion_vectors) {
    out += fmt::format(R"("numDeletedRecordsOpt":{},"numDeletionVectorsOpt":{},)",
                       totals.deleted_rows, totals.deletion_vectors);
  }
  out += R"("numMetadata":1,"numProtocol":1,)";
  if (UsesInCommitTimestamps(snapshot.metadata())) {
    out += fmt::format(R"("inCommitTimestampOpt":{},)", snapshot.timestamp_ms());
  }
  out += fmt::format(R"("setTransactions":{},"domainMetadata":{},"metadata":{},"protocol":{},)",
                     JsonList(snapshot.transactions()), JsonList(snapshot.domains()),
                     FieldsJson(snapshot.metadata()), FieldsJson(snapshot.protocol()));
  out += fmt::format(
      R"("fileSizeHistogram":{{"sortedBinBoundaries":[{}],"fileCounts":[{}],"totalBytes":[{}]}})",
      fmt::join(bins, ","), fmt::join(totals.files_by_size, ","),
      fmt::join(totals.bytes_by_size, ","));
  if (deletion_vectors) {
    out += fmt::format(R"(,"deletedRecordCountsHistogramOpt":{{"deletedRecordCounts":[{}]}})",
                       fmt::join(totals.files_by_deleted_rows, ","));
  }
  return out + "}";
}

Status WriteVersionChecksum(const Snapshot& snapshot,
                            const std::optional<std::string>& transaction_id) {
  // Readers pass over one that is empty.
  Status status = storage::PutUnsynced(
      *snapshot.location().store, ChecksumPath(snapshot.location().path, snapshot.version()),
      VersionChecksumJson(snapshot, transaction_id), storage::IfExists::kFail);
  if (status.ok() || CodeOf(status) == ErrorCode::kAlreadyExists) return Status::OK();
  return status;
}

}  // namespace deltaport::delta
