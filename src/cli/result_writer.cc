#include "cli/result_writer.h"

#include <array>
#include <cstdio>
#include <system_error>
#include <utility>

#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <fcntl.h>
#include <parquet/arrow/writer.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/progress.h"
#include "cli/standard_output.h"
#include "cli/text_table.h"
#include "columnar/csv_rows.h"
#include "columnar/json_rows.h"

namespace deltaport::cli {
namespace {

using OutputPtr = std::shared_ptr<arrow::io::OutputStream>;
using SchemaPtr = std::shared_ptr<arrow::Schema>;

class TableWriter final : public ResultWriter {
 public:
  TableWriter(SchemaPtr schema, OutputPtr output, int terminal_width)
      : table_(std::move(schema), std::move(output), terminal_width) {}
  Status Append(const arrow::RecordBatch& batch) override { return table_.Append(batch); }
  Status Finish() override { return table_.Finish(); }

 private:
  TextTable table_;
};

class JsonWriter final : public ResultWriter {
 public:
  JsonWriter(std::unique_ptr<columnar::JsonRowWriter> rows, OutputPtr output)
      : rows_(std::move(rows)), output_(std::move(output)) {}

  Status Append(const arrow::RecordBatch& batch) override {
    if (batch.num_rows() == 0) return Status::OK();
    std::string text;
    ARROW_RETURN_NOT_OK(rows_->Append(batch, '\n', text));
    // Each row ends in a line break, which no JSON string contains: a comma goes before it, except
    // after the last row, whose comma waits for the next batch.
    std::string out = any_rows_ ? ",\n" : "[";
    for (size_t i = 0; i + 1 < text.size(); ++i) {
      if (text[i] == '\n') out += ',';
      out += text[i];
    }
    any_rows_ = true;
    return output_->Write(out);
  }

  Status Finish() override { return output_->Write(any_rows_ ? "]\n" : "[]\n"); }

 private:
  const std::unique_ptr<columnar::JsonRowWriter> rows_;
  const OutputPtr output_;
  bool any_rows_ = false;
};

class CsvWriter final : public ResultWriter {
 public:
  CsvWriter(SchemaPtr schema, OutputPtr output)
      : schema_(std::move(schema)), output_(std::move(output)) {}

  Status Append(const arrow::RecordBatch& batch) override {
    std::string text = Header();
    ARROW_RETURN_NOT_OK(columnar::AppendCsvRows(batch, text));
    return output_->Write(text);
  }

  Status Finish() override { return output_->Write(Header()); }

 private:
  // Once; then "".
  std::string Header() {
    std::string text;
    if (!std::exchange(header_written_, true)) columnar::AppendCsvHeader(*schema_, text);
    return text;
  }

  const SchemaPtr schema_;
  const OutputPtr output_;
  bool header_written_ = false;
};

class ArrowWriter final : public ResultWriter {
 public:
  explicit ArrowWriter(std::shared_ptr<arrow::ipc::RecordBatchWriter> writer)
      : writer_(std::move(writer)) {}
  Status Append(const arrow::RecordBatch& batch) override {
    return writer_->WriteRecordBatch(batch);
  }
  Status Finish() override { return writer_->Close(); }

 private:
  const std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

class ParquetWriter final : public ResultWriter {
 public:
  explicit ParquetWriter(std::unique_ptr<parquet::arrow::FileWriter> writer)
      : writer_(std::move(writer)) {}
  Status Append(const arrow::RecordBatch& batch) override {
    return writer_->WriteRecordBatch(batch);
  }
  Status Finish() override { return writer_->Close(); }

 private:
  const std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

Status WriteAll(arrow::RecordBatchReader& reader, ResultWriter& writer, const CancelToken& token,
                Progress& progress) {
  std::shared_ptr<arrow::RecordBatch> batch;
  while (true) {
    ARROW_RETURN_NOT_OK(token.Check());
    ARROW_RETURN_NOT_OK(reader.ReadNext(&batch));
    if (!batch) return writer.Finish();
    ARROW_RETURN_NOT_OK(writer.Append(*batch));
    progress.AddRows(batch->num_rows());
  }
}

// A file next to `path` that is renamed to it at the end.
class PendingFile {
 public:
  static Result<std::unique_ptr<PendingFile>> Create(const std::string& path) {
    std::string temporary = path + ".XXXXXX";
    const int descriptor = mkostemp(temporary.data(), O_CLOEXEC);
    if (descriptor < 0) {
      const auto code = errno == ENOENT   ? ErrorCode::kNotFound
                        : errno == EACCES ? ErrorCode::kPermissionDenied
                                          : ErrorCode::kIo;
      return Error(code, "the file {} cannot be made: {}", path,
                   std::generic_category().message(errno));
    }
    ARROW_ASSIGN_OR_RAISE(auto stream, arrow::io::FileOutputStream::Open(descriptor));
    return std::unique_ptr<PendingFile>(
        new PendingFile(path, std::move(temporary), std::move(stream)));
  }

  ~PendingFile() {
    if (!committed_) ::unlink(temporary_.c_str());
  }

  const std::shared_ptr<arrow::io::FileOutputStream>& stream() const { return stream_; }

  Status Commit() {
    ARROW_RETURN_NOT_OK(stream_->Close());
    const mode_t mask = umask(0);
    umask(mask);
    if (chmod(temporary_.c_str(), 0666 & ~mask) != 0 ||
        std::rename(temporary_.c_str(), path_.c_str()) != 0) {
      return Error(ErrorCode::kIo, "the file {} cannot be written: {}", path_,
                   std::generic_category().message(errno));
    }
    committed_ = true;
    return Status::OK();
  }

 private:
  PendingFile(std::string path, std::string temporary,
              std::shared_ptr<arrow::io::FileOutputStream> stream)
      : path_(std::move(path)), temporary_(std::move(temporary)), stream_(std::move(stream)) {}

  const std::string path_;
  const std::string temporary_;
  const std::shared_ptr<arrow::io::FileOutputStream> stream_;
  bool committed_ = false;
};

}  // namespace

Result<OutputFormat> ParseOutputFormat(std::string_view name) {
  if (name == "table") return OutputFormat::kTable;
  if (name == "json") return OutputFormat::kJson;
  if (name == "csv") return OutputFormat::kCsv;
  if (name == "arrow") return OutputFormat::kArrowStream;
  return Error(ErrorCode::kInvalidArgument,
               "--output is '{}', allowed is one of table, json, csv, arrow", name);
}

Result<OutputFormat> OutputFormatOfFile(std::string_view path) {
  if (path.ends_with(".parquet")) return OutputFormat::kParquet;
  if (path.ends_with(".arrow")) return OutputFormat::kArrowFile;
  if (path.ends_with(".csv")) return OutputFormat::kCsv;
  if (path.ends_with(".json")) return OutputFormat::kJson;
  return Error(ErrorCode::kInvalidArgument,
               "the name of the file '{}' must end in .parquet, .arrow, .csv or .json", path);
}

Result<std::unique_ptr<ResultWriter>> ResultWriter::Make(OutputFormat format,
                                                         const SchemaPtr& schema,
                                                         const OutputPtr& output,
                                                         int terminal_width) {
  switch (format) {
    case OutputFormat::kTable:
      return std::make_unique<TableWriter>(schema, output, terminal_width);
    case OutputFormat::kJson: {
      ARROW_ASSIGN_OR_RAISE(auto rows, columnar::JsonRowWriter::Make(schema));
      return std::make_unique<JsonWriter>(std::move(rows), output);
    }
    case OutputFormat::kCsv:
      return std::make_unique<CsvWriter>(schema, output);
    case OutputFormat::kArrowStream: {
      ARROW_ASSIGN_OR_RAISE(auto writer, arrow::ipc::MakeStreamWriter(output, schema));
      return std::make_unique<ArrowWriter>(std::move(writer));
    }
    case OutputFormat::kArrowFile: {
      ARROW_ASSIGN_OR_RAISE(auto writer, arrow::ipc::MakeFileWriter(output, schema));
      return std::make_unique<ArrowWriter>(std::move(writer));
    }
    case OutputFormat::kParquet: {
      const auto properties =
          parquet::WriterProperties::Builder().compression(parquet::Compression::ZSTD)->build();
      const auto arrow_properties =
          parquet::ArrowWriterProperties::Builder().store_schema()->build();
      ARROW_ASSIGN_OR_RAISE(auto writer,
                            parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(),
                                                             output, properties, arrow_properties));
      return std::make_unique<ParquetWriter>(std::move(writer));
    }
  }
  return Error(ErrorCode::kInternal, "unknown output format");
}

Status PrintResult(arrow::RecordBatchReader& reader, OutputFormat format, const CancelToken& token,
                   int64_t rows_expected) {
  const bool terminal = IsTerminal(STDOUT_FILENO);
  if (format == OutputFormat::kArrowStream && terminal) {
    return Error(ErrorCode::kInvalidArgument,
                 "Arrow is not for terminals; send it to a file or a program (> result.arrow)");
  }
  const auto output = OpenStandardOutput();
  ARROW_ASSIGN_OR_RAISE(auto writer, ResultWriter::Make(format, reader.schema(), output,
                                                        TerminalWidth(STDOUT_FILENO)));
  // Rows that scroll by are progress enough.
  Progress progress(rows_expected, !terminal);
  ARROW_RETURN_NOT_OK(WriteAll(reader, *writer, token, progress));
  return output->Close();
}

Status WriteResultFile(arrow::RecordBatchReader& reader, const std::string& path,
                       const CancelToken& token, int64_t rows_expected) {
  ARROW_ASSIGN_OR_RAISE(const OutputFormat format, OutputFormatOfFile(path));
  ARROW_ASSIGN_OR_RAISE(const auto file, PendingFile::Create(path));
  ARROW_ASSIGN_OR_RAISE(auto writer, ResultWriter::Make(format, reader.schema(), file->stream()));
  Progress progress(rows_expected, true);
  ARROW_RETURN_NOT_OK(WriteAll(reader, *writer, token, progress));
  return file->Commit();
}

}  // namespace deltaport::cli
