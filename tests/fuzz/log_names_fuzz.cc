// Fills a log directory with files of any names and a `_last_checkpoint` of any bytes (the first
// line), and opens it. A name that is taken for a commit must be the name of that commit.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "delta/checksum_reader.h"
#include "delta/log_path.h"
#include "delta/log_segment.h"
#include "delta/snapshot.h"
#include "storage/memory_store.h"

namespace {

constexpr size_t kNamesMax = 64;
constexpr std::string_view kCommit =
    R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})"
    "\n"
    R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":)"
    R"("{\"type\":\"struct\",\"fields\":[]}","partitionColumns":[],"configuration":{}}})"
    "\n";

std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

void CheckName(std::string_view name) {
  using deltaport::delta::LogFileKind;
  const auto parsed = deltaport::delta::ParseLogFileName(name);
  if (parsed.kind == LogFileKind::kOther) return;
  if (parsed.version < 0 || !name.starts_with("0")) {
    // 20 digits may start with another one only above 10^19, which no version reaches.
    if (parsed.version < 0 || name.front() > '9') __builtin_trap();
  }
  if (parsed.kind == LogFileKind::kCommit &&
      !deltaport::delta::CommitPath("", parsed.version).ends_with(name)) {
    __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto store = std::make_shared<deltaport::storage::MemoryStore>();
  const deltaport::storage::Location table{store, "/t"};
  const std::string_view hint = TakeLine(text);
  if (!store->Put(deltaport::delta::LastCheckpointPath("/t"), hint).ok()) __builtin_trap();
  if (!store->Put("/t/hint", hint).ok()) __builtin_trap();
  static_cast<void>(deltaport::delta::ReadChecksum(*store, "/t/hint"));
  for (size_t names = 0; names < kNamesMax && !text.empty(); ++names) {
    const std::string_view name = TakeLine(text);
    CheckName(name);
    const std::string path = deltaport::delta::LogDirectory("/t") + "/" + std::string(name);
    if (!store->Put(path, kCommit).ok()) __builtin_trap();
  }
  const auto segment = deltaport::delta::FindLogSegment(table, std::nullopt);
  if (segment.ok()) {
    // What was found must be whole.
    auto next = segment->checkpoint ? segment->checkpoint->version + 1 : 0;
    for (const auto& commit : segment->commits) {
      if (commit.compacted_from.value_or(commit.version) > next) __builtin_trap();
      next = commit.version + 1;
    }
    if (next != segment->version + 1) __builtin_trap();
  }
  static_cast<void>(deltaport::delta::Snapshot::Open(table));
  return 0;
}
