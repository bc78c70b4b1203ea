#include "delta/log_path.h"

#include <charconv>

namespace deltaport::delta {
namespace {

constexpr size_t kVersionDigits = 20;
constexpr size_t kPartDigits = 10;

// Parses exactly `digits` decimal digits off the front of `text`.
template <typename Number>
std::optional<Number> TakeDigits(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  Number number = 0;
  const char* const end = text.data() + digits;
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end || number < 0) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool Take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// The part after "VERSION.checkpoint."
LogFileName ParseCheckpointName(TableVersion version, std::string_view rest) {
  if (rest == "parquet") return {LogFileKind::kCheckpoint, version, version};
  std::string_view numbers = rest;
  const auto part = TakeDigits<int32_t>(numbers, kPartDigits);
  if (part && Take(numbers, ".")) {
    const auto parts = TakeDigits<int32_t>(numbers, kPartDigits);
    const bool valid = parts && numbers == ".parquet" && *part >= 1 && *part <= *parts;
    if (valid) return {LogFileKind::kMultiPartCheckpoint, version, version, *part, *parts};
    return {};
  }
  const bool uuid = rest.size() > 36 && rest[36] == '.';
  if (uuid && (rest.substr(36) == ".parquet" || rest.substr(36) == ".json")) {
    return {LogFileKind::kUuidCheckpoint, version, version};
  }
  return {};
}

}  // namespace

LogFileName ParseLogFileName(std::string_view name) {
  const auto version = TakeDigits<TableVersion>(name, kVersionDigits);
  if (!version) return {};
  if (name == ".json") return {LogFileKind::kCommit, *version, *version};
  if (name == ".crc") return {LogFileKind::kChecksum, *version, *version};
  if (Take(name, ".checkpoint.")) return ParseCheckpointName(*version, name);
  if (!Take(name, ".")) return {};
  const auto last = TakeDigits<TableVersion>(name, kVersionDigits);
  if (last && name == ".compacted.json" && *last > *version) {
    return {LogFileKind::kCompactedCommits, *last, *version};
  }
  return {};
}

std::string_view FileNameOf(const storage::ObjectInfo& file) {
  return std::string_view(file.path).substr(file.path.rfind('/') + 1);
}

std::string VersionPrefix(TableVersion version) { return fmt::format("{:020d}", version); }

std::string LogDirectory(std::string_view table_path) {
  return fmt::format("{}/_delta_log", table_path == "/" ? "" : table_path);
}

std::string CommitPath(std::string_view table_path, TableVersion version) {
  return fmt::format("{}/{:020d}.json", LogDirectory(table_path), version);
}

std::string CheckpointPath(std::string_view table_path, TableVersion version) {
  return fmt::format("{}/{:020d}.checkpoint.parquet", LogDirectory(table_path), version);
}

std::string LastCheckpointPath(std::string_view table_path) {
  return LogDirectory(table_path) + "/_last_checkpoint";
}

std::string ChecksumPath(std::string_view table_path, TableVersion version) {
  return fmt::format("{}/{:020d}.crc", LogDirectory(table_path), version);
}

std::string UuidCheckpointPath(std::string_view table_path, TableVersion version,
                               std::string_view uuid) {
  return fmt::format("{}/{:020d}.checkpoint.{}.parquet", LogDirectory(table_path), version, uuid);
}

std::string SidecarDirectory(std::string_view table_path) {
  return LogDirectory(table_path) + "/_sidecars";
}

std::string SidecarPath(std::string_view table_path, std::string_view name) {
  return fmt::format("{}/{}", SidecarDirectory(table_path), name);
}

}  // namespace deltaport::delta
