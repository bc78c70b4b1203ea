// Feeds any bytes to the reader of deletion vectors: as a bitmap, as a stored file and as text
// inside the log. Errors are fine; what is read must come back after being written.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "delta/deletion_vector.h"
#include "delta/z85.h"
#include "storage/memory_store.h"

namespace {

using deltaport::delta::DeletedRows;
using deltaport::delta::DeletionVectorDescriptor;

void CheckBitmap(std::string_view bytes) {
  const auto rows = DeletedRows::Parse(bytes);
  if (!rows.ok()) return;
  const auto again = DeletedRows::Parse(rows->Serialize());
  if (!again.ok() || !(*again == *rows)) __builtin_trap();
  if (rows->empty()) return;
  if (!rows->Contains(rows->Last()) || rows->memory_bytes() <= 0) __builtin_trap();
}

void CheckText(std::string_view text) {
  const auto bytes = deltaport::delta::DecodeZ85(text);
  if (bytes.ok() && deltaport::delta::EncodeZ85(*bytes) != text) __builtin_trap();
}

// The first bytes say what the log says about the rest.
void CheckFile(std::string_view bytes) {
  if (bytes.size() < 4) return;
  DeletionVectorDescriptor descriptor;
  descriptor.storage_type = "p";
  descriptor.path_or_inline = "/vectors.bin";
  descriptor.offset = static_cast<int8_t>(bytes[0]);
  descriptor.size_bytes = static_cast<int8_t>(bytes[1]) * 4 + static_cast<int8_t>(bytes[2]);
  descriptor.cardinality = static_cast<int8_t>(bytes[3]);
  const auto store = std::make_shared<deltaport::storage::MemoryStore>();
  if (!store->Put(descriptor.path_or_inline, bytes.substr(4)).ok()) __builtin_trap();
  const auto rows = ReadDeletionVector({store, "/t"}, descriptor);
  if (rows.ok() && (*rows)->cardinality() != descriptor.cardinality) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CheckBitmap(bytes);
  CheckText(bytes);
  CheckFile(bytes);
  return 0;
}
