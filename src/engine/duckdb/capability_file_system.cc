#include "engine/duckdb/capability_file_system.h"

#include <algorithm>
#include <random>

#include <duckdb/common/file_opener.hpp>
#include <duckdb/common/file_system.hpp>

#include "engine/duckdb/error_translation.h"
#include "engine/duckdb/query_state.h"
#include "engine/table_files.h"

namespace deltaport::engine {
namespace {

constexpr char kCapability[] = "deltaport_capability";

// Drawn once per process; never shown.
const std::string& Secret() {
  static const std::string secret = [] {
    std::random_device random;
    std::string text;
    for (int i = 0; i < 4; ++i) text += fmt::format("{:08x}", random());
    return text;
  }();
  return secret;
}

std::string StorePath(const std::string& path) {
  return path.substr(std::min(path.size(), sizeof(kFileScheme) - 1));
}

class GrantedFile final : public duckdb::FileHandle {
 public:
  GrantedFile(duckdb::FileSystem& system, const std::string& name, duckdb::FileOpenFlags flags,
              std::shared_ptr<arrow::io::RandomAccessFile> file, const ReadGrant& grant,
              std::string version, duckdb::shared_ptr<QueryState> state)
      : FileHandle(system, name, flags),
        size_bytes(grant.size_bytes),
        version_tag(std::move(version)),
        local(grant.store->scheme() == "file"),
        file_(std::move(file)),
        state_(std::move(state)) {}

  void Close() override { file_.reset(); }

  // Reads all of [location, location + count), or throws.
  void ReadFully(void* out, int64_t count, int64_t location) {
    auto* bytes = static_cast<uint8_t*>(out);
    while (count > 0) {
      const auto read = file_->ReadAt(location, count, bytes);
      if (!read.ok()) Fail(WithContext(read.status(), StorePath(path)));
      if (*read == 0) {
        Fail(Error(ErrorCode::kCorruptTable, "'{}' ends at byte {}, {} bytes are missing",
                   StorePath(path), location, count));
      }
      bytes += *read;
      location += *read;
      count -= *read;
    }
  }

  const int64_t size_bytes;
  const std::string version_tag;
  const bool local;
  int64_t position = 0;

 private:
  [[noreturn]] void Fail(Status status) {
    const auto message = status.message();
    if (state_) state_->Record(std::move(status));
    throw duckdb::IOException(message);
  }

  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  const duckdb::shared_ptr<QueryState> state_;
};

class CapabilityFileSystem final : public duckdb::FileSystem {
 public:
  std::string GetName() const override { return "deltaport"; }
  bool CanHandleFile(const std::string& path) override { return path.starts_with(kFileScheme); }
  bool CanSeek() override { return true; }
  bool FileExists(const std::string&, duckdb::optional_ptr<duckdb::FileOpener>) override {
    return false;
  }
  duckdb::vector<duckdb::OpenFileInfo> Glob(const std::string&, duckdb::FileOpener*) override {
    throw duckdb::PermissionException("files cannot be listed by SQL");
  }
  duckdb::unique_ptr<duckdb::FileHandle> OpenFile(
      const std::string&, duckdb::FileOpenFlags,
      duckdb::optional_ptr<duckdb::FileOpener>) override {
    throw duckdb::PermissionException("files cannot be opened by SQL");
  }

  void Read(duckdb::FileHandle& handle, void* buffer, int64_t count,
            duckdb::idx_t location) override {
    handle.Cast<GrantedFile>().ReadFully(buffer, count, static_cast<int64_t>(location));
  }
  int64_t Read(duckdb::FileHandle& handle, void* buffer, int64_t count) override {
    auto& file = handle.Cast<GrantedFile>();
    count = std::clamp<int64_t>(file.size_bytes - file.position, 0, count);
    file.ReadFully(buffer, count, file.position);
    file.position += count;
    return count;
  }
  void Seek(duckdb::FileHandle& handle, duckdb::idx_t location) override {
    handle.Cast<GrantedFile>().position = static_cast<int64_t>(location);
  }
  duckdb::idx_t SeekPosition(duckdb::FileHandle& handle) override {
    return static_cast<duckdb::idx_t>(handle.Cast<GrantedFile>().position);
  }
  void Reset(duckdb::FileHandle& handle) override { Seek(handle, 0); }
  int64_t GetFileSize(duckdb::FileHandle& handle) override {
    return handle.Cast<GrantedFile>().size_bytes;
  }
  duckdb::FileType GetFileType(duckdb::FileHandle&) override {
    return duckdb::FileType::FILE_TYPE_REGULAR;
  }
  duckdb::timestamp_t GetLastModifiedTime(duckdb::FileHandle&) override {
    return duckdb::timestamp_t(0);  // The version tag says it better.
  }
  // Footers are cached for as long as the tag stays the same.
  std::string GetVersionTag(duckdb::FileHandle& handle) override {
    return handle.Cast<GrantedFile>().version_tag;
  }
  bool OnDiskFile(duckdb::FileHandle& handle) override { return handle.Cast<GrantedFile>().local; }

 protected:
  bool SupportsOpenFileExtended() const override { return true; }

  duckdb::unique_ptr<duckdb::FileHandle> OpenFileExtended(
      const duckdb::OpenFileInfo& file, duckdb::FileOpenFlags flags,
      duckdb::optional_ptr<duckdb::FileOpener> opener) override {
    const auto* grant = ReadGrant::Of(file);
    if (!grant || flags.OpenForWriting()) {
      throw duckdb::PermissionException("files cannot be opened by SQL");
    }
    duckdb::shared_ptr<QueryState> state;
    if (auto context = duckdb::FileOpener::TryGetClientContext(opener)) {
      state = QueryState::Get(*context);
    }
    auto version = VersionTag(file, *grant);
    auto opened = version.ok()
                      ? grant->store->Open(StorePath(file.path), grant->size_bytes)
                      : Result<std::shared_ptr<arrow::io::RandomAccessFile>>(version.status());
    if (!opened.ok()) {
      const auto status = ExplainOpen(opened.status(), StorePath(file.path), grant->in_log);
      if (state) state->Record(status);
      throw duckdb::IOException(status.message());
    }
    return duckdb::make_uniq<GrantedFile>(*this, file.path, flags, *std::move(opened), *grant,
                                          *std::move(version), std::move(state));
  }

 private:
  // Files that a log names never change. Others may be replaced under their name.
  static Result<std::string> VersionTag(const duckdb::OpenFileInfo& file, const ReadGrant& grant) {
    if (grant.in_log) return fmt::format("{}", grant.size_bytes);
    ARROW_ASSIGN_OR_RAISE(const auto now,
                          HeadOfListed(*grant.store, StorePath(file.path), grant.size_bytes));
    return fmt::format("{}-{}", now.size_bytes, now.modified_ms);
  }
};

}  // namespace

const ReadGrant* ReadGrant::Of(const duckdb::OpenFileInfo& file) {
  if (!file.extended_info) return nullptr;
  const auto& options = file.extended_info->options;
  const auto found = options.find(kCapability);
  if (found == options.end() || found->second.ToString() != Secret()) return nullptr;
  return static_cast<const ReadGrant*>(file.extended_info.get());
}

duckdb::OpenFileInfo GrantRead(std::shared_ptr<storage::ObjectStore> store, const std::string& path,
                               int64_t size_bytes, size_t file_number, bool in_log) {
  auto grant = duckdb::make_shared_ptr<ReadGrant>();
  grant->options[kCapability] = duckdb::Value(Secret());
  grant->store = std::move(store);
  grant->size_bytes = size_bytes;
  grant->file_number = file_number;
  grant->in_log = in_log;
  duckdb::OpenFileInfo file(kFileScheme + path);
  file.extended_info = std::move(grant);
  return file;
}

std::unique_ptr<duckdb::FileSystem> MakeCapabilityFileSystem() {
  return std::make_unique<CapabilityFileSystem>();
}

}  // namespace deltaport::engine
