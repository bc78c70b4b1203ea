// Collects actions against one snapshot and commits them as the next version, or not at all.
//
// Not thread-safe; a transaction is used once. A race that is lost is settled here: the rules of
// conflict.h say whether the transaction may follow the winner. What a version must carry by the
// features of its table is kept here too: row ids, in-commit timestamps, the protocol that the
// metadata needs.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/action.h"
#include "delta/committer.h"
#include "delta/conflict.h"
#include "delta/data_file_layout.h"
#include "delta/snapshot.h"
#include "delta/table_properties.h"

namespace deltaport::delta {

// What commitInfo says about a commit.
struct Operation {
  std::string name;                               // "WRITE", "CREATE TABLE", …
  std::map<std::string, std::string> parameters;  // Values as JSON text.
  std::map<std::string, std::string> metrics;
};

struct CommitOutcome {
  TableVersion version = 0;
  int64_t timestamp_ms = 0;
  // The table at that version, or at a later one; null if it could not be read.
  std::shared_ptr<const Snapshot> snapshot;
};

class Transaction {
 public:
  // The first version of a table that does not exist yet.
  // kUnsupportedFeature naming the feature if we could not write to such a table.
  static Result<Transaction> Create(const storage::Location& table, Protocol protocol,
                                    Metadata metadata);

  // On top of `snapshot`. kUnsupportedFeature naming the feature if the table needs a writer
  // feature that we do not keep.
  static Result<Transaction> Start(std::shared_ptr<const Snapshot> snapshot);

  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }  // Null if new.
  // As of this commit: with what SetMetadata and SetProtocol changed.
  const Metadata& metadata() const;
  const Protocol& protocol() const;
  const TableProperties& properties() const { return properties_; }
  // What new data files are written for.
  Result<DataFileTarget> FileTarget() const;

  // Without this, rows (data_change) for a table whose rules its rows have to pass — constraints,
  // invariants, generated and identity columns — are refused at Commit.
  void RowRulesApplied() { row_rules_applied_ = true; }

  // Row ids and commit versions that are absent are given at Commit where the table has them; the
  // statistics must then hold numRecords.
  void AddFiles(std::vector<AddFile> files);

  // The files of these indices in snapshot()->files(), and a commit that removes one of them too
  // is a conflict. `data_change` false: their rows are in other files of this commit.
  // kInvalidArgument if the table is append-only and data_change is true.
  Status RemoveFiles(std::span<const size_t> files, bool data_change = true);
  // Every live file; the commit then depends on the whole table.
  Status RemoveAllFiles(bool data_change = true);

  // Gives a live file another deletion vector, or none. `file_rows`: the rows in the file, needed
  // where its statistics do not say (kInvalidArgument without). Append-only as RemoveFiles.
  Status ReplaceDeletionVector(size_t file, std::optional<DeletionVectorDescriptor> vector,
                               bool data_change = true,
                               std::optional<int64_t> file_rows = std::nullopt);

  void AddChangeFiles(std::vector<ChangeFile> files);

  // Replaces the metadata; the protocol follows, upgraded by the features that it uses.
  // kInvalidArgument for another table id or bad properties, kUnsupportedFeature naming what could
  // not be kept.
  Status SetMetadata(Metadata metadata);
  // kUnsupportedFeature if we could not write such a table.
  Status SetProtocol(Protocol protocol);

  void SetDomain(DomainMetadata domain);

  // Records that `application_id` has written up to `version`.
  void SetTransactionVersion(const std::string& application_id, int64_t version);

  // What was read, for the conflict rules. A transaction that read nothing and only adds files is a
  // blind append. Files that are removed or get another deletion vector count as read already.
  void ReadWholeTable() { read_whole_table_ = true; }
  Status ReadFiles(std::span<const size_t> files);
  // Rows were looked for, in the files that `filter` accepts: a file that somebody adds meanwhile
  // and that may hold such rows is a conflict.
  void ReadMatching(AddedFileFilter filter) { read_filters_.push_back(std::move(filter)); }

  // kConflict (see ConflictOf) if a concurrent commit stands against this one, kAlreadyExists if a
  // table to create is there already. Whether an error of the store came before or after the
  // commit is looked up; only where that fails too is the outcome unknown (kIo and the like).
  Result<CommitOutcome> Commit(const Operation& operation, const CancelToken& token,
                               Committer& committer = *StoreCommitter::Shared());

 private:
  Transaction() = default;
  bool blind() const;
  Status CheckRemovable(bool data_change) const;
  // The protocol with the features that domains need.
  Status AdoptDomainFeatures();
  Status CheckActions() const;
  CommitInfo Info(const Operation& operation) const;
  TransactionFootprint Footprint() const;
  // The lines of the commit as version next_version_.
  Result<std::string> Lines(CommitInfo& info);
  Result<std::string> AddLines() const;
  Metadata MetadataAt(int64_t timestamp_ms) const;
  bool gives_row_ids() const;
  // Reads the commits that came first and moves behind them, or says why it cannot. True if one
  // of them is this transaction, whose reply was lost.
  Result<bool> Rebase(const std::string& transaction_id);
  Result<bool> IsCommitted(const std::string& transaction_id) const;

  storage::Location table_;
  std::shared_ptr<const Snapshot> snapshot_;  // Null for a new table.
  std::optional<Protocol> new_protocol_;
  std::optional<Protocol> rebased_protocol_;  // Of a winner.
  std::optional<Metadata> new_metadata_;
  TableProperties properties_;
  std::vector<AddFile> adds_;
  std::vector<RemoveFile> removes_;
  std::vector<ChangeFile> changes_;
  std::set<size_t> removed_indices_;
  std::map<std::string, DomainMetadata> domains_;
  std::map<std::string, int64_t> transactions_;
  bool row_rules_applied_ = false;
  bool read_whole_table_ = false;
  std::vector<AddedFileFilter> read_filters_;
  std::unordered_set<std::string> read_files_;
  TableVersion next_version_ = 0;
  int64_t previous_timestamp_ms_ = 0;  // Of the version before next_version_.
  int64_t row_id_mark_ = -1;           // Highest row id before this commit.
};

}  // namespace deltaport::delta
