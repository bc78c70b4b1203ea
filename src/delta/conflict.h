// Whether a commit that came first stands against one that is to follow it.
//
// Source of the rules and their order: ConflictChecker of delta-io/delta; the protocol leaves them
// to writers. Pure functions over what both sides did, so every rule can be tested by itself.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/log_segment.h"
#include "delta/table_properties.h"

namespace deltaport::delta {

enum class ConflictKind {
  kProtocolChanged,
  kMetadataChanged,
  kConcurrentAppend,        // Rows were added where this commit has read.
  kConcurrentDeleteRead,    // A file was removed that this commit has read.
  kConcurrentDeleteDelete,  // A file was removed that this commit removes.
  kConcurrentTransaction,   // The same application recorded a version.
  kDomainChanged,
};

// "ConcurrentAppend", as other engines call it.
std::string_view ConflictKindName(ConflictKind kind);

// The detail of a kConflict status.
class ConflictDetail final : public ErrorDetail {
 public:
  ConflictDetail(ConflictKind conflict_kind, TableVersion winner, std::string operation);

  ConflictKind kind() const { return kind_; }
  TableVersion winner_version() const { return winner_version_; }
  const std::string& winner_operation() const { return winner_operation_; }

 private:
  ConflictKind kind_;
  TableVersion winner_version_;
  std::string winner_operation_;
};

// The detail of a status that CheckConflicts made; null for any other.
const ConflictDetail* ConflictOf(const Status& status);

// Whether a file that somebody else added may hold rows that a reader looked for. It may err on
// the side of true.
using AddedFileFilter = std::function<Result<bool>(const AddFile& added)>;

// What a transaction read and what it is about to write.
struct TransactionFootprint {
  IsolationLevel isolation = IsolationLevel::kWriteSerializable;
  bool changes_protocol = false;
  bool changes_metadata = false;
  bool read_whole_table = false;
  std::vector<AddedFileFilter> read_filters;
  std::unordered_set<std::string> read_files;     // FileKey without deletion vector.
  std::unordered_set<std::string> removed_files;  // The same; re-added ones are among them.
  std::set<std::string> applications;
  std::set<std::string> domains;  // But for delta.rowTracking, which is moved on.
};

// What a commit that came first did.
struct WinningCommit {
  TableVersion version = 0;
  std::string operation = "an unknown operation";
  std::optional<std::string> transaction_id;
  int64_t timestamp_ms = 0;  // In-commit, or of the file.
  bool blind_append = false;
  bool changes_metadata = false;
  std::optional<Protocol> protocol;
  std::vector<AddFile> adds;
  std::unordered_set<std::string> removed_files;  // FileKey without deletion vector.
  std::map<std::string, int64_t> applications;
  std::map<std::string, DomainMetadata> domains;
};

Result<WinningCommit> ReadWinningCommit(const storage::ObjectStore& store,
                                        const CommitFile& commit);

// OK if the transaction may follow the winner; else kConflict with a ConflictDetail, whose message
// names the table, the winner's version and operation, and what stands against it. Whether we can
// write the winner's protocol at all is for the caller to check.
Status CheckConflicts(const storage::Location& table, const TransactionFootprint& ours,
                      const WinningCommit& winner);

}  // namespace deltaport::delta
