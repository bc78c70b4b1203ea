// Where bytes live: one file system or bucket behind the few calls that a lake needs.
//
// Implementations are safe for concurrent use. Paths are absolute within the store, decoded (never
// percent-encoded), separated by '/', without a trailing one: "/data/flights/_delta_log" locally,
// "bucket/flights/_delta_log" in a bucket. Errors: kNotFound, kAlreadyExists, kPermissionDenied,
// kIo; each message holds the path.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include "base/error.h"

namespace deltaport::storage {

struct ObjectInfo {
  std::string path;
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;  // Since the Unix epoch.
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // The scheme of URIs that name objects here: "file", "s3", …
  virtual std::string_view scheme() const = 0;

  virtual Result<ObjectInfo> Head(const std::string& path) const = 0;

  // The whole object.
  virtual Result<std::shared_ptr<arrow::Buffer>> Read(const std::string& path) const = 0;

  // Random access; `size_bytes` spares a look-up where the caller knows it.
  virtual Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      const std::string& path, std::optional<int64_t> size_bytes = std::nullopt) const = 0;

  // Objects directly inside `directory` whose name is > `start_after` (empty: all), by name in byte
  // order. A directory that does not exist is empty. Sub-directories are left out.
  virtual Result<std::vector<ObjectInfo>> List(const std::string& directory,
                                               std::string_view start_after = {}) const = 0;

  // All objects below `directory`, at any depth, by path in byte order.
  virtual Result<std::vector<ObjectInfo>> ListRecursive(const std::string& directory) const = 0;

  // Creates the object with `bytes`, durably, or fails with kAlreadyExists and changes nothing.
  // Readers see all of it or none. This is the commit primitive of a Delta log.
  virtual Status PutIfAbsent(const std::string& path, std::string_view bytes) = 0;

  // Creates or replaces; readers see the old or the new bytes.
  virtual Status Put(const std::string& path, std::string_view bytes) = 0;

  // A new object that appears when the stream is closed; parents are created. Destroying the stream
  // without Close() leaves nothing.
  virtual Result<std::shared_ptr<arrow::io::OutputStream>> OpenWrite(const std::string& path) = 0;

  // Removing what does not exist is OK.
  virtual Status Remove(const std::string& path) = 0;
};

// A directory (usually a table root) in a store.
struct Location {
  std::shared_ptr<ObjectStore> store;
  std::string path;

  // "file:///data/flights" or "s3://bucket/flights", percent-encoded.
  std::string ToUri() const;
};

// Opens the store that `text` names: a path ("data/x", made absolute) or a URI ("file:///x").
// kInvalidArgument for an unknown scheme, naming those that are known.
Result<Location> ParseLocation(std::string_view text);

}  // namespace deltaport::storage
