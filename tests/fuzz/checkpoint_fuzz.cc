// Feeds any bytes to the log as a checkpoint: Parquet, or JSON if they start with '{'. Errors are
// fine; crashes, hangs and undefined behaviour are not.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/snapshot.h"
#include "delta/tombstones.h"
#include "storage/memory_store.h"

namespace {

constexpr std::string_view kNextCommit =
    R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})"
    "\n"
    R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":)"
    R"("{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,)"
    R"(\"metadata\":{}},{\"name\":\"part\",\"type\":\"string\",\"nullable\":true,)"
    R"(\"metadata\":{}}]}","partitionColumns":["part"],"configuration":{}}})"
    "\n"
    R"({"remove":{"path":"a","dataChange":true}})"
    "\n";

void ReadEverything(const deltaport::delta::Snapshot& snapshot) {
  // Values are not compared; a failure to read one is an answer.
  static_cast<void>(snapshot.RowCount());
  for (int column = 0; column < snapshot.schema()->num_fields(); ++column) {
    static_cast<void>(snapshot.Statistics(column));
    if (snapshot.IsPartitionColumn(column)) static_cast<void>(snapshot.PartitionValues(column));
  }
  for (size_t i = 0; i < snapshot.files().size(); ++i) {
    static_cast<void>(snapshot.FilePath(i));
    static_cast<void>(snapshot.files().file(i).ok());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto store = std::make_shared<deltaport::storage::MemoryStore>();
  const deltaport::storage::Location table{store, "/t"};
  const std::string checkpoint =
      bytes.starts_with("{")
          ? deltaport::delta::LogDirectory("/t") +
                "/00000000000000000000.checkpoint.3a0d65cd-4056-49b8-937b-95f9e3ee90e5.json"
          : deltaport::delta::CheckpointPath("/t", 0);
  if (!store->Put(checkpoint, bytes).ok()) __builtin_trap();
  // The bytes may be a sidecar as well, of themselves even.
  if (!store->Put(deltaport::delta::SidecarPath("/t", "s.parquet"), bytes).ok()) __builtin_trap();
  if (!store->Put(deltaport::delta::CommitPath("/t", 1), kNextCommit).ok()) __builtin_trap();
  const auto snapshot = deltaport::delta::Snapshot::Open(table);
  if (snapshot.ok()) ReadEverything(**snapshot);
  static_cast<void>(deltaport::delta::ReadTombstones(table, 1));
  return 0;
}
