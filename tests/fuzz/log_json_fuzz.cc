// Feeds any bytes to the log as a commit: parse, replay, snapshot, statistics. Errors are fine;
// crashes, hangs and undefined behaviour are not.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "delta/action_json.h"
#include "delta/log_path.h"
#include "delta/snapshot.h"
#include "storage/memory_store.h"

namespace {

using deltaport::Status;

constexpr std::string_view kFirstCommit =
    R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})"
    "\n"
    R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":)"
    R"("{\"type\":\"struct\",\"fields\":[{\"name\":\"d\",\"type\":\"decimal(10,2)\",)"
    R"(\"nullable\":true,\"metadata\":{}},{\"name\":\"t\",\"type\":\"timestamp\",)"
    R"(\"nullable\":true,\"metadata\":{}}]}","partitionColumns":["d"],"configuration":{}}})"
    "\n";

void ReadEverything(const deltaport::delta::Snapshot& snapshot) {
  // Values are not compared; a failure to read one is an answer.
  static_cast<void>(snapshot.RowCount());
  for (int column = 0; column < snapshot.schema()->num_fields(); ++column) {
    static_cast<void>(snapshot.Statistics(column));
    if (snapshot.IsPartitionColumn(column)) static_cast<void>(snapshot.PartitionValues(column));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Status parsed =
      deltaport::delta::ParseCommit(bytes, "commit", [](deltaport::delta::Action&& action) {
        static_cast<void>(deltaport::delta::ActionToJson(action));
        return Status::OK();
      });
  const auto store = std::make_shared<deltaport::storage::MemoryStore>();
  const deltaport::storage::Location table{store, "/t"};
  using deltaport::delta::CommitPath;
  if (!store->Put(CommitPath("/t", 0), kFirstCommit).ok()) __builtin_trap();
  if (!store->Put(CommitPath("/t", 1), bytes).ok()) __builtin_trap();
  const auto snapshot = deltaport::delta::Snapshot::Open(table);
  // What cannot be parsed must not become a snapshot.
  if (!parsed.ok() && snapshot.ok()) __builtin_trap();
  if (snapshot.ok()) ReadEverything(**snapshot);
  return 0;
}
