// Makes an older version of a table its latest one again, in one commit that moves no data.

#pragma once

#include <cstdint>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/snapshot.h"
#include "storage/object_store.h"

namespace deltaport::lake {

struct RestoreOptions {
  delta::TimeTravel to = delta::LatestVersion{};  // An AtVersion or AtTimestamp.
  // Goes on although files of the old version are gone (after a vacuum, say): the table then names
  // files that readers cannot find.
  bool ignore_missing_files = false;
};

struct RestoreOutcome {
  delta::TableVersion version = 0;           // Committed.
  delta::TableVersion restored_version = 0;  // Whose files it has.
  int64_t files = 0;                         // After the restore.
  int64_t size_bytes = 0;
  int64_t restored_files = 0;  // That were not live before.
  int64_t restored_bytes = 0;
  int64_t removed_files = 0;
  int64_t removed_bytes = 0;
};

// Schema, properties and domains become those of the old version. The protocol is never lowered;
// high-water marks (row ids, identity columns, column ids) and the record of in-commit timestamps
// stay what they are, because readers and later writers rely on them.
// kInvalidArgument if `to` names no version, or the table is append-only and rows would go;
// kNotFound if there is no such version, or, naming the first, if files of it are gone; kConflict
// if anything was committed meanwhile.
Result<RestoreOutcome> Restore(const storage::Location& table, const RestoreOptions& options,
                               const CancelToken& token);

}  // namespace deltaport::lake
