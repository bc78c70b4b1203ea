#include "delta/deletion_vector.h"

#include <algorithm>
#include <array>
#include <limits>

#include <zlib.h>

#include "delta/file_block.h"
#include "delta/z85.h"
#include "storage/uri.h"
#include "storage/uuid.h"

namespace deltaport::delta {
namespace {

constexpr char kVersion = 1;
constexpr size_t kEncodedUuidSize = 20;
// Around the data of each vector: its size before, its CRC-32 behind.
constexpr int64_t kSizeBytes = 4;
constexpr int64_t kChecksumBytes = 4;
constexpr int32_t kDefaultOffset = 1;  // Behind the version.

uint32_t BigEndian(std::string_view bytes) {
  uint32_t value = 0;
  for (const char byte : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

std::string BigEndianBytes(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

uint32_t Checksum(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

Result<std::string> RelativePath(const DeletionVectorDescriptor& descriptor) {
  const std::string_view text = descriptor.path_or_inline;
  if (text.size() < kEncodedUuidSize) {
    return Error(ErrorCode::kCorruptTable, "the deletion vector '{}' is too short to name a file",
                 text);
  }
  const std::string_view prefix = text.substr(0, text.size() - kEncodedUuidSize);
  const auto uuid = DecodeZ85(text.substr(prefix.size()));
  if (!uuid.ok()) {
    return WithContext(uuid.status(), fmt::format("the deletion vector '{}'", text));
  }
  if (prefix.find('/') != std::string_view::npos || prefix == "..") {
    return Error(ErrorCode::kCorruptTable, "the deletion vector '{}' has a prefix with a path",
                 text);
  }
  std::string name =
      prefix.empty() ? "deletion_vector_" : fmt::format("{}/deletion_vector_", prefix);
  for (size_t i = 0; i < uuid->size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) name += '-';
    fmt::format_to(std::back_inserter(name), "{:02x}", static_cast<unsigned char>((*uuid)[i]));
  }
  return name + ".bin";
}

std::string JoinPath(const storage::Location& table, std::string_view relative) {
  return fmt::format("{}/{}", table.path == "/" ? "" : table.path, relative);
}

// The bytes of the vector inside its file, version, size and checksum verified.
Result<std::shared_ptr<arrow::Buffer>> ReadStored(const storage::Location& table,
                                                  const std::string& path,
                                                  const DeletionVectorDescriptor& descriptor) {
  ARROW_ASSIGN_OR_RAISE(const auto file, table.store->Open(path));
  ARROW_ASSIGN_OR_RAISE(const int64_t file_bytes, file->GetSize());
  const int64_t offset = descriptor.offset.value_or(kDefaultOffset);
  const int64_t stored_bytes = kSizeBytes + descriptor.size_bytes + kChecksumBytes;
  if (offset < kDefaultOffset || offset + stored_bytes > file_bytes) {
    return Error(ErrorCode::kCorruptTable, "{} bytes at {} lie outside of the file's {}",
                 stored_bytes, offset, file_bytes);
  }
  char version = 0;
  ARROW_RETURN_NOT_OK(file->ReadAt(0, 1, &version));
  if (version != kVersion) {
    return Error(ErrorCode::kUnsupportedFeature,
                 "the file has version {} of its format; version {} is supported",
                 static_cast<int>(version), static_cast<int>(kVersion));
  }
  ARROW_ASSIGN_OR_RAISE(const auto stored, file->ReadAt(offset, stored_bytes));
  const std::string_view bytes(*stored);
  if (bytes.size() != static_cast<size_t>(stored_bytes)) {
    return Error(ErrorCode::kIo, "{} bytes were read instead of {}", bytes.size(), stored_bytes);
  }
  if (BigEndian(bytes) != static_cast<uint32_t>(descriptor.size_bytes)) {
    return Error(ErrorCode::kCorruptTable, "at {} it says {} bytes, but the log says {}", offset,
                 BigEndian(bytes), descriptor.size_bytes);
  }
  auto data = arrow::SliceBuffer(stored, kSizeBytes, descriptor.size_bytes);
  const uint32_t checksum = BigEndian(bytes.substr(kSizeBytes + descriptor.size_bytes));
  if (checksum != Checksum(std::string_view(*data))) {
    return Error(ErrorCode::kCorruptTable, "the checksum at {} is wrong: the file is damaged",
                 offset);
  }
  return data;
}

Result<std::shared_ptr<arrow::Buffer>> ReadInline(const DeletionVectorDescriptor& descriptor) {
  ARROW_ASSIGN_OR_RAISE(std::string bytes, DecodeZ85(descriptor.path_or_inline));
  // Z85 needs a multiple of four; what was added for it is behind the size.
  if (descriptor.size_bytes < 0 || bytes.size() < static_cast<size_t>(descriptor.size_bytes)) {
    return Error(ErrorCode::kCorruptTable, "it has {} bytes, but the log says {}", bytes.size(),
                 descriptor.size_bytes);
  }
  bytes.resize(static_cast<size_t>(descriptor.size_bytes));
  return arrow::Buffer::FromString(std::move(bytes));
}

Result<std::shared_ptr<const DeletedRows>> Read(const storage::Location& table,
                                                const std::optional<std::string>& path,
                                                const DeletionVectorDescriptor& descriptor) {
  if (descriptor.size_bytes < 0 || descriptor.cardinality < 0) {
    return Error(ErrorCode::kCorruptTable, "the log says {} rows in {} bytes",
                 descriptor.cardinality, descriptor.size_bytes);
  }
  ARROW_ASSIGN_OR_RAISE(const auto data,
                        path ? ReadStored(table, *path, descriptor) : ReadInline(descriptor));
  ARROW_ASSIGN_OR_RAISE(auto rows, DeletedRows::Parse(std::string_view(*data)));
  if (rows.cardinality() != descriptor.cardinality) {
    return Error(ErrorCode::kCorruptTable, "it deletes {} rows, but the log says {}",
                 rows.cardinality(), descriptor.cardinality);
  }
  return std::make_shared<const DeletedRows>(std::move(rows));
}

}  // namespace

Result<std::optional<std::string>> DeletionVectorPath(const storage::Location& table,
                                                      const DeletionVectorDescriptor& descriptor) {
  if (descriptor.storage_type == "i") return std::nullopt;
  if (descriptor.storage_type == "u") {
    ARROW_ASSIGN_OR_RAISE(const std::string relative, RelativePath(descriptor));
    return JoinPath(table, relative);
  }
  if (descriptor.storage_type != "p") {
    return Error(ErrorCode::kCorruptTable, "the deletion vector '{}' has the unknown storage '{}'",
                 descriptor.path_or_inline, descriptor.storage_type);
  }
  const std::string scheme = storage::UriScheme(descriptor.path_or_inline);
  if (!scheme.empty() && scheme != table.store->scheme()) {
    return Error(ErrorCode::kUnsupportedFeature,
                 "the deletion vector {} is not in the table's own store",
                 descriptor.path_or_inline);
  }
  ARROW_ASSIGN_OR_RAISE(std::string path, DecodeFilePath(descriptor.path_or_inline));
  if (!path.starts_with('/')) {
    return Error(ErrorCode::kCorruptTable, "the path of the deletion vector '{}' is not absolute",
                 descriptor.path_or_inline);
  }
  return path;
}

Result<std::shared_ptr<const DeletedRows>> ReadDeletionVector(
    const storage::Location& table, const DeletionVectorDescriptor& descriptor) {
  ARROW_ASSIGN_OR_RAISE(const auto path, DeletionVectorPath(table, descriptor));
  auto rows = Read(table, path, descriptor);
  if (rows.ok()) return rows;
  // A missing file is damage of the table: the log names it.
  const ErrorCode code = CodeOf(rows.status());
  const std::string name =
      path ? *path
           : fmt::format("the deletion vector '{:.40}' inside the log", descriptor.path_or_inline);
  if (code == ErrorCode::kNotFound) {
    return Error(ErrorCode::kCorruptTable, "the deletion vector {} is missing", name);
  }
  return WithContext(rows.status(), name);
}

Result<DeletionVectorWriter> DeletionVectorWriter::Create(const storage::Location& table) {
  const std::string uuid = storage::RandomUuid();
  std::string bytes;
  for (size_t i = 0; i + 1 < uuid.size(); i += 2) {
    if (uuid[i] == '-') ++i;
    bytes += static_cast<char>(std::stoi(uuid.substr(i, 2), nullptr, 16));
  }
  DeletionVectorWriter writer;
  writer.store_ = table.store;
  writer.path_ = JoinPath(table, fmt::format("deletion_vector_{}.bin", uuid));
  writer.encoded_name_ = EncodeZ85(bytes);
  return writer;
}

Result<DeletionVectorDescriptor> DeletionVectorWriter::Append(const DeletedRows& rows) {
  if (rows.empty()) {
    return Error(ErrorCode::kInternal, "{}: a deletion vector without rows", path_);
  }
  const std::string data = rows.Serialize();
  const int64_t offset = std::max<int64_t>(position_, kDefaultOffset);
  const auto size_bytes = static_cast<int64_t>(data.size());
  const int64_t end = offset + kSizeBytes + size_bytes + kChecksumBytes;
  if (end > std::numeric_limits<int32_t>::max()) {
    return Error(ErrorCode::kResourceExhausted, "{}: a file of deletion vectors has at most 2 GiB",
                 path_);
  }
  if (stream_ == nullptr) {
    ARROW_ASSIGN_OR_RAISE(stream_, store_->OpenWrite(path_));
    ARROW_RETURN_NOT_OK(stream_->Write(&kVersion, 1));
  }
  ARROW_RETURN_NOT_OK(stream_->Write(BigEndianBytes(static_cast<uint32_t>(size_bytes))));
  ARROW_RETURN_NOT_OK(stream_->Write(data));
  ARROW_RETURN_NOT_OK(stream_->Write(BigEndianBytes(Checksum(data))));
  position_ = end;
  DeletionVectorDescriptor descriptor;
  descriptor.storage_type = "u";
  descriptor.path_or_inline = encoded_name_;
  descriptor.offset = static_cast<int32_t>(offset);
  descriptor.size_bytes = static_cast<int32_t>(size_bytes);
  descriptor.cardinality = rows.cardinality();
  return descriptor;
}

Status DeletionVectorWriter::Close() {
  return stream_ == nullptr ? Status::OK() : stream_->Close();
}

}  // namespace deltaport::delta
