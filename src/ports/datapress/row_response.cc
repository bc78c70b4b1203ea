#include "ports/datapress/row_response.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <arrow/io/interfaces.h>
#include <arrow/ipc/writer.h>

#include "columnar/json_rows.h"

namespace deltaport::ports::datapress {
namespace {

// Turns batches into bytes of a body, block by block.
class BlockSource {
 public:
  virtual ~BlockSource() = default;

  // Appends at least `size` bytes to `out` and returns true, or the rest of the body and false.
  virtual Result<bool> Fill(size_t size, std::string& out) = 0;
};

class JsonBlockSource final : public BlockSource {
 public:
  JsonBlockSource(std::shared_ptr<arrow::RecordBatchReader> rows,
                  std::unique_ptr<columnar::JsonRowWriter> writer, std::string before,
                  std::string after)
      : rows_(std::move(rows)),
        writer_(std::move(writer)),
        next_(std::move(before)),
        after_(std::move(after)) {}

  Result<bool> Fill(size_t size, std::string& out) override {
    out += std::exchange(next_, {});
    while (out.size() < size) {
      std::shared_ptr<arrow::RecordBatch> batch;
      ARROW_RETURN_NOT_OK(rows_->ReadNext(&batch));
      if (batch == nullptr) {
        if (any_row_ && !out.empty()) out.pop_back();
        out += after_;
        return false;
      }
      any_row_ = any_row_ || batch->num_rows() > 0;
      ARROW_RETURN_NOT_OK(writer_->Append(*batch, ',', out));
    }
    // The comma after the last row waits: it must not precede the end.
    if (any_row_) {
      out.pop_back();
      next_ = ',';
    }
    return true;
  }

 private:
  std::shared_ptr<arrow::RecordBatchReader> rows_;
  std::unique_ptr<columnar::JsonRowWriter> writer_;
  std::string next_;
  std::string after_;
  bool any_row_ = false;
};

// Collects what an IPC writer writes.
class ByteSink final : public arrow::io::OutputStream {
 public:
  Status Close() override {
    closed_ = true;
    return Status::OK();
  }
  bool closed() const override { return closed_; }
  Result<int64_t> Tell() const override { return position_; }
  Status Write(const void* data, int64_t size) override {
    bytes.append(static_cast<const char*>(data), static_cast<size_t>(size));
    position_ += size;
    return Status::OK();
  }
  using arrow::io::OutputStream::Write;

  std::string bytes;

 private:
  int64_t position_ = 0;
  bool closed_ = false;
};

class ArrowBlockSource final : public BlockSource {
 public:
  static Result<std::unique_ptr<ArrowBlockSource>> Make(
      std::shared_ptr<arrow::RecordBatchReader> rows) {
    auto source = std::make_unique<ArrowBlockSource>();
    ARROW_ASSIGN_OR_RAISE(source->writer_,
                          arrow::ipc::MakeStreamWriter(source->sink_, rows->schema()));
    source->rows_ = std::move(rows);
    return source;
  }

  Result<bool> Fill(size_t size, std::string& out) override {
    while (out.size() + sink_->bytes.size() < size) {
      std::shared_ptr<arrow::RecordBatch> batch;
      ARROW_RETURN_NOT_OK(rows_->ReadNext(&batch));
      if (batch == nullptr) {
        ARROW_RETURN_NOT_OK(writer_->Close());
        TakeBytes(out);
        return false;
      }
      int64_t batch_bytes = 0;
      ARROW_RETURN_NOT_OK(arrow::ipc::GetRecordBatchSize(*batch, &batch_bytes));
      sink_->bytes.reserve(sink_->bytes.size() + static_cast<size_t>(batch_bytes));
      ARROW_RETURN_NOT_OK(writer_->WriteRecordBatch(*batch));
    }
    TakeBytes(out);
    return true;
  }

 private:
  void TakeBytes(std::string& out) {
    if (out.empty()) {
      out = std::exchange(sink_->bytes, {});
    } else {
      out += std::exchange(sink_->bytes, {});
    }
  }

  std::shared_ptr<ByteSink> sink_ = std::make_shared<ByteSink>();
  std::shared_ptr<arrow::RecordBatchReader> rows_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

Result<wire::Response> BlockResponse(std::shared_ptr<BlockSource> source) {
  wire::Response response;
  ARROW_ASSIGN_OR_RAISE(const bool more, source->Fill(kWholeBodyMaxBytes, response.body));
  if (!more) return response;
  response.producer = [source = std::move(source),
                       first = std::move(response.body)](wire::BodyWriter& writer) mutable {
    ARROW_RETURN_NOT_OK(writer.Write(std::move(first)));
    for (bool unfinished = true; unfinished;) {
      std::string block;
      ARROW_ASSIGN_OR_RAISE(unfinished, source->Fill(kBlockBytes, block));
      if (!block.empty()) ARROW_RETURN_NOT_OK(writer.Write(std::move(block)));
    }
    return Status::OK();
  };
  response.body.clear();
  return response;
}

class FirstRowsReader final : public arrow::RecordBatchReader {
 public:
  FirstRowsReader(std::shared_ptr<arrow::RecordBatchReader> rows, int64_t row_count)
      : rows_(std::move(rows)), schema_(rows_->schema()), left_(row_count) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (left_ == 0) {
      rows_.reset();  // Ends the query.
      return Status::OK();
    }
    ARROW_RETURN_NOT_OK(rows_->ReadNext(batch));
    if (*batch == nullptr) return Status::OK();
    if ((*batch)->num_rows() > left_) *batch = (*batch)->Slice(0, left_);
    left_ -= (*batch)->num_rows();
    return Status::OK();
  }

 private:
  std::shared_ptr<arrow::RecordBatchReader> rows_;
  std::shared_ptr<arrow::Schema> schema_;
  int64_t left_;
};

}  // namespace

Result<wire::Response> JsonRowsResponse(std::shared_ptr<arrow::RecordBatchReader> rows,
                                        std::string before, std::string after) {
  ARROW_ASSIGN_OR_RAISE(auto writer, columnar::JsonRowWriter::Make(rows->schema()));
  ARROW_ASSIGN_OR_RAISE(wire::Response response, BlockResponse(std::make_shared<JsonBlockSource>(
                                                     std::move(rows), std::move(writer),
                                                     std::move(before), std::move(after))));
  response.content_type = "application/json";
  return response;
}

Result<wire::Response> ArrowResponse(std::shared_ptr<arrow::RecordBatchReader> rows) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<BlockSource> source,
                        ArrowBlockSource::Make(std::move(rows)));
  ARROW_ASSIGN_OR_RAISE(wire::Response response, BlockResponse(std::move(source)));
  response.content_type = kArrowMediaType;
  response.headers.emplace_back("Content-Encoding", "identity");
  return response;
}

std::shared_ptr<arrow::RecordBatchReader> FirstRows(std::shared_ptr<arrow::RecordBatchReader> rows,
                                                    int64_t row_count) {
  return std::make_shared<FirstRowsReader>(std::move(rows), row_count);
}

}  // namespace deltaport::ports::datapress
