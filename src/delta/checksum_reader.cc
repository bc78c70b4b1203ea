#include "delta/checksum_reader.h"

#include "base/log.h"
#include "columnar/json_document.h"
#include "delta/action_json.h"

namespace deltaport::delta {
namespace {

Result<VersionChecksum> Parse(std::string_view bytes) {
  ARROW_ASSIGN_OR_RAISE(const auto document, columnar::JsonDocument::Parse(bytes));
  const auto root = document.root();
  const auto size_bytes = root["tableSizeBytes"].integer();
  const auto files = root["numFiles"].integer();
  if (!size_bytes || !files) {
    return Error(ErrorCode::kCorruptTable, "tableSizeBytes or numFiles is missing");
  }
  VersionChecksum checksum;
  checksum.table_size_bytes = *size_bytes;
  checksum.files = *files;
  ARROW_ASSIGN_OR_RAISE(checksum.protocol, ProtocolFromJson(root["protocol"]));
  ARROW_ASSIGN_OR_RAISE(checksum.metadata, MetadataFromJson(root["metadata"]));
  checksum.in_commit_timestamp_ms = root["inCommitTimestampOpt"].integer();
  return checksum;
}

Status Contradiction(const std::string& path, std::string_view what, std::string_view said,
                     std::string_view found) {
  return Error(ErrorCode::kCorruptTable,
               "{}: says that the version has {} {}, but its log has {}; either the log was "
               "changed, or this file is wrong and can be removed",
               path, what, said, found);
}

}  // namespace

Result<std::optional<VersionChecksum>> ReadChecksum(const storage::ObjectStore& store,
                                                    const std::string& path) {
  const auto bytes = store.Read(path);
  if (!bytes.ok()) {
    if (CodeOf(bytes.status()) == ErrorCode::kNotFound) return std::nullopt;
    return bytes.status();
  }
  auto checksum = Parse(std::string_view(**bytes));
  if (checksum.ok()) return std::optional(std::move(*checksum));
  log::Warning("a version checksum cannot be read and is passed over",
               {{"path", path}, {"error", checksum.status().message()}});
  return std::nullopt;
}

Status CheckState(const VersionChecksum& checksum, const TableState& state,
                  const std::string& path) {
  const auto compare = [&](std::string_view what, int64_t said, int64_t found) {
    return said == found ? Status::OK()
                         : Contradiction(path, what, std::to_string(said), std::to_string(found));
  };
  ARROW_RETURN_NOT_OK(
      compare("numFiles", checksum.files, static_cast<int64_t>(state.files.size())));
  ARROW_RETURN_NOT_OK(
      compare("tableSizeBytes", checksum.table_size_bytes, state.files.total_size_bytes()));
  if (state.protocol) {
    ARROW_RETURN_NOT_OK(compare("minReaderVersion", checksum.protocol.min_reader_version,
                                state.protocol->min_reader_version));
    ARROW_RETURN_NOT_OK(compare("minWriterVersion", checksum.protocol.min_writer_version,
                                state.protocol->min_writer_version));
  }
  if (state.metadata && checksum.metadata.id != state.metadata->id) {
    return Contradiction(path, "metadata", checksum.metadata.id, state.metadata->id);
  }
  return Status::OK();
}

}  // namespace deltaport::delta
