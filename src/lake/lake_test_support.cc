#include "lake/lake_test_support.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <arrow/builder.h>
#include <arrow/io/file.h>
#include <arrow/table.h>
#include <parquet/arrow/writer.h>

namespace deltaport::lake {
namespace {

namespace fs = std::filesystem;

void Require(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

constexpr char kFirstLines[] =
    R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})"
    "\n"
    R"({"metaData":{"id":"00000000-0000-0000-0000-000000000001",)"
    R"("format":{"provider":"parquet","options":{}},)"
    R"("schemaString":"{\"type\":\"struct\",\"fields\":[)"
    R"({\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},)"
    R"({\"name\":\"name\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}",)"
    R"("partitionColumns":[],"configuration":{},"createdTime":1700000000000}})"
    "\n";

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "lake-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() { fs::remove_all(path_); }

void WriteParquet(const fs::path& path, const std::vector<int64_t>& ids) {
  fs::create_directories(path.parent_path());
  arrow::Int64Builder id_builder;
  arrow::StringBuilder name_builder;
  for (const int64_t id : ids) {
    Require(id_builder.Append(id));
    Require(name_builder.Append(fmt::format("name {}", id)));
  }
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8())});
  const auto table = arrow::Table::Make(
      schema, {id_builder.Finish().ValueOrDie(), name_builder.Finish().ValueOrDie()});
  const auto file = arrow::io::FileOutputStream::Open(path.string()).ValueOrDie();
  Require(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), file));
  Require(file->Close());
}

void CommitDelta(const fs::path& folder, int64_t version, const std::vector<int64_t>& ids) {
  const std::string name = fmt::format("part-{:05}.parquet", version);
  WriteParquet(folder / name, ids);
  fs::create_directories(folder / "_delta_log");
  const fs::path commit = folder / "_delta_log" / fmt::format("{:020}.json", version);
  const fs::path pending = folder / "_delta_log" / ".pending";
  {
    std::ofstream stream(pending);
    if (version == 0) stream << kFirstLines;
    stream << fmt::format(R"({{"add":{{"path":"{}","partitionValues":{{}},"size":{},)"
                          R"("modificationTime":1700000000000,"dataChange":true,)"
                          R"("stats":"{{\"numRecords\":{}}}"}}}})"
                          "\n",
                          name, fs::file_size(folder / name), ids.size());
  }
  fs::rename(pending, commit);  // Readers see the whole commit or none of it.
}

}  // namespace deltaport::lake
