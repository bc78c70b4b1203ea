// Appends rows to a Delta table and says how long that took, for delta_small_commits.py and
// delta_append.py.
//
//   delta_append TABLE COMMITS open|buffer
//   delta_append TABLE FILE rows
//
// The first creates the table (columns id and name), then makes that many commits of one row:
// `open` reads the table anew for each, as separate writers would, `buffer` goes through one write
// buffer and waits for each acknowledgement. Prints the seconds without the creation. The second
// appends the rows of a Parquet file, which are in memory when the time begins.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include <arrow/builder.h>
#include <arrow/table.h>

#include "delta/table_write.h"
#include "engine/query_engine.h"
#include "lake/write/append.h"
#include "lake/write/write_buffer.h"

namespace {

using deltaport::CancelToken;
using deltaport::Result;
using deltaport::Status;

const std::shared_ptr<arrow::Schema>& Columns() {
  static const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8())});
  return schema;
}

Result<std::shared_ptr<arrow::RecordBatch>> Row(int64_t id) {
  arrow::Int64Builder ids;
  arrow::StringBuilder names;
  ARROW_RETURN_NOT_OK(ids.Append(id));
  ARROW_RETURN_NOT_OK(names.Append("row " + std::to_string(id)));
  ARROW_ASSIGN_OR_RAISE(auto id_array, ids.Finish());
  ARROW_ASSIGN_OR_RAISE(auto name_array, names.Finish());
  return arrow::RecordBatch::Make(Columns(), 1, {std::move(id_array), std::move(name_array)});
}

Status AppendAll(const deltaport::storage::Location& table, int64_t commits, bool buffered) {
  deltaport::lake::WriteBufferOptions options;
  const auto buffer = deltaport::lake::WriteBuffer::Open(table, options);
  for (int64_t id = 0; id < commits; ++id) {
    ARROW_ASSIGN_OR_RAISE(auto row, Row(id));
    if (buffered) {
      ARROW_RETURN_NOT_OK(buffer->Add(std::move(row)));
      continue;
    }
    ARROW_ASSIGN_OR_RAISE(const auto rows, arrow::RecordBatchReader::Make({std::move(row)}));
    ARROW_RETURN_NOT_OK(deltaport::delta::Append(table, *rows, {}, CancelToken()).status());
  }
  return buffer->Close();
}

Status Run(const std::string& path, int64_t commits, bool buffered) {
  ARROW_ASSIGN_OR_RAISE(const auto table, deltaport::storage::ParseLocation(path));
  ARROW_RETURN_NOT_OK(deltaport::delta::CreateTable(table, *Columns(), {}).status());
  const auto start = std::chrono::steady_clock::now();
  ARROW_RETURN_NOT_OK(AppendAll(table, commits, buffered));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::cout << took.count() << '\n';
  return Status::OK();
}

Status AppendFile(const std::string& path, const std::string& rows_path) {
  ARROW_ASSIGN_OR_RAISE(const auto table, deltaport::storage::ParseLocation(path));
  ARROW_ASSIGN_OR_RAISE(const auto engine, deltaport::engine::MakeDuckDbEngine({}));
  ARROW_ASSIGN_OR_RAISE(const auto reader, engine->ReadLocalFiles(rows_path, CancelToken()));
  ARROW_ASSIGN_OR_RAISE(const auto rows, reader->ToTable());
  const auto start = std::chrono::steady_clock::now();
  ARROW_RETURN_NOT_OK(deltaport::lake::AppendRows(*engine, table,
                                                  std::make_shared<arrow::TableBatchReader>(rows),
                                                  {}, CancelToken())
                          .status());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::cout << took.count() << '\n';
  return Status::OK();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc == 4 ? argv[3] : "";
  if (mode != "open" && mode != "buffer" && mode != "rows") {
    std::cerr << "usage: delta_append TABLE COMMITS open|buffer\n"
                 "       delta_append TABLE FILE rows\n";
    return 2;
  }
  const Status status = mode == "rows" ? AppendFile(argv[1], argv[2])
                                       : Run(argv[1], std::atoll(argv[2]), mode == "buffer");
  if (!status.ok()) std::cerr << status.message() << '\n';
  return status.ok() ? 0 : 1;
}
