// Deletion vectors where they are stored: in files at the table's root, or inside the log.
//
// Source of the format: PROTOCOL.md of delta-io/delta, "Deletion Vectors".

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <arrow/io/interfaces.h>

#include "base/error.h"
#include "delta/action.h"
#include "delta/deleted_rows.h"
#include "storage/object_store.h"

namespace deltaport::delta {

// Store path of the file that holds the vector, nullopt for one inside the log.
// kCorruptTable for a descriptor that names no file, kUnsupportedFeature for a file that is not in
// the table's own store.
Result<std::optional<std::string>> DeletionVectorPath(const storage::Location& table,
                                                      const DeletionVectorDescriptor& descriptor);

// The rows that a vector deletes. Takes memory in proportion to what is stored. kCorruptTable
// naming the file (or the descriptor, if it is inside the log) if magic number, checksum, size or
// cardinality are not right.
Result<std::shared_ptr<const DeletedRows>> ReadDeletionVector(
    const storage::Location& table, const DeletionVectorDescriptor& descriptor);

// Writes vectors, one after the other, into one new file at the table's root.
// Not thread-safe. Nothing is visible before Close(); destroying it earlier leaves nothing.
class DeletionVectorWriter {
 public:
  static Result<DeletionVectorWriter> Create(const storage::Location& table);

  // What the log says about `rows`, which must not be empty. kResourceExhausted if the file would
  // grow beyond 2 GiB, what offsets can say; the vectors so far are good, the next ones need
  // another file.
  Result<DeletionVectorDescriptor> Append(const DeletedRows& rows);

  // Makes the file, unless nothing was appended.
  Status Close();

  // Store path of the file; for removing it if the commit fails.
  const std::string& path() const { return path_; }

 private:
  DeletionVectorWriter() = default;

  std::shared_ptr<storage::ObjectStore> store_;
  std::string path_;
  std::string encoded_name_;  // Z85 of the UUID in the file's name.
  std::shared_ptr<arrow::io::OutputStream> stream_;
  int64_t position_ = 0;
};

}  // namespace deltaport::delta
