// A table in memory whose log is written line by line, for tests.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "delta/snapshot.h"
#include "storage/memory_store.h"

namespace deltaport::delta {

inline constexpr char kProtocolLine[] =
    R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";

// A metaData line; `fields` is the JSON array of the schema's fields.
std::string MetadataLine(std::string_view fields, std::string_view partition_columns = "[]",
                         std::string_view configuration = "{}");
// One field of a schema.
std::string FieldJson(std::string_view name, std::string_view type);
// An add line; `more` follows the path: R"(,"stats":…)".
std::string AddLine(std::string_view path, std::string_view more = "");
std::string RemoveLine(std::string_view path);

class TestTable {
 public:
  // At /table in a store of its own.
  TestTable();

  const storage::Location& location() const { return location_; }
  storage::MemoryStore& store() { return *store_; }

  // Writes the commit file of that version, replacing one that is there.
  void Commit(TableVersion version, std::string_view text);
  // Version 0 with a protocol and two columns: id (long) and name (string).
  void CommitFirst();

 private:
  std::shared_ptr<storage::MemoryStore> store_;
  storage::Location location_;
};

}  // namespace deltaport::delta
