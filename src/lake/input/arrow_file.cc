#include "lake/input/arrow_file.h"

#include <filesystem>

#include <arrow/buffer.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>

namespace deltaport::lake {
namespace {

constexpr std::string_view kFileMagic = "ARROW1";

Status Damaged(const std::string& path, const Status& status) {
  return Error(ErrorCode::kInvalidArgument, "'{}' cannot be read as Arrow's IPC format: {}", path,
               status.message());
}

class FileReader final : public arrow::RecordBatchReader {
 public:
  FileReader(std::string path, std::shared_ptr<arrow::ipc::RecordBatchFileReader> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return file_->schema(); }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    *batch = nullptr;
    if (next_ == file_->num_record_batches()) return Status::OK();
    auto read = file_->ReadRecordBatch(next_++);
    if (!read.ok()) return Damaged(path_, read.status());
    *batch = *std::move(read);
    return Status::OK();
  }

 private:
  const std::string path_;
  const std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_;
  int next_ = 0;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> ReadArrowFile(const std::string& path) {
  if (!std::filesystem::exists(path)) {
    return Error(ErrorCode::kNotFound, "there is no file '{}'", path);
  }
  ARROW_ASSIGN_OR_RAISE(const auto file, arrow::io::ReadableFile::Open(path));
  ARROW_ASSIGN_OR_RAISE(const auto magic, file->ReadAt(0, kFileMagic.size()));
  if (magic->ToString() == kFileMagic) {
    auto reader = arrow::ipc::RecordBatchFileReader::Open(file);
    if (!reader.ok()) return Damaged(path, reader.status());
    return std::make_shared<FileReader>(path, *std::move(reader));
  }
  // ReadAt leaves the position open.
  ARROW_RETURN_NOT_OK(file->Seek(0));
  auto reader = arrow::ipc::RecordBatchStreamReader::Open(file);
  if (!reader.ok()) return Damaged(path, reader.status());
  return reader;
}

}  // namespace deltaport::lake
