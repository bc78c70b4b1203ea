#include "lake/input/json_lines.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <unordered_set>

#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/table_builder.h>
#include <arrow/util/compression.h>

#include "columnar/json_document.h"
#include "lake/input/json_cell.h"

namespace deltaport::lake {
namespace {

using columnar::JsonDocument;
using columnar::JsonKind;
using columnar::JsonValue;

constexpr int64_t kReadBytes = int64_t{1} << 20;
constexpr int64_t kBatchRows = 65'536;
constexpr size_t kBatchBytes = size_t{16} << 20;

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// The lines of a stream that hold objects.
class ObjectLines {
 public:
  ObjectLines(std::shared_ptr<arrow::io::InputStream> stream, std::string name)
      : stream_(std::move(stream)), name_(std::move(name)) {}

  // "FILE, line N", of the last line.
  std::string place() const { return fmt::format("{}, line {}", name_, line_); }

  // The text of the next object, nullopt at the end. Valid until the next call.
  Result<std::optional<std::string_view>> Next() {
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto line, NextLine());
      if (!line) return std::nullopt;
      std::string_view text = Trimmed(*line);
      if (line_ == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
      if (!seen_ && text.starts_with('[')) {
        array_ = true;
        text = Trimmed(text.substr(1));
      }
      if (text.empty()) continue;
      seen_ = true;
      if (array_) text = WithoutSeparators(text);
      if (text.empty()) continue;
      return text;
    }
  }

 private:
  // Of an array with one row a line.
  static std::string_view WithoutSeparators(std::string_view text) {
    if (text.ends_with(']')) text = Trimmed(text.substr(0, text.size() - 1));
    if (text.ends_with(',')) text = Trimmed(text.substr(0, text.size() - 1));
    return text;
  }

  Result<std::optional<std::string_view>> NextLine() {
    size_t from = begin_;
    while (true) {
      const size_t end = buffer_.find('\n', from);
      if (end != std::string::npos) {
        const std::string_view line = std::string_view(buffer_).substr(begin_, end - begin_);
        begin_ = end + 1;
        ++line_;
        return line;
      }
      if (ended_) break;
      buffer_.erase(0, begin_);
      begin_ = 0;
      from = buffer_.size();
      if (from > kJsonLineMaxBytes) {
        return Error(ErrorCode::kInvalidArgument, "{}, line {}: it has more than {} bytes", name_,
                     line_ + 1, kJsonLineMaxBytes);
      }
      ARROW_ASSIGN_OR_RAISE(const auto more, stream_->Read(kReadBytes));
      ended_ = more->size() == 0;
      buffer_.append(reinterpret_cast<const char*>(more->data()),
                     static_cast<size_t>(more->size()));
    }
    if (begin_ == buffer_.size()) return std::nullopt;
    const std::string_view line = std::string_view(buffer_).substr(begin_);
    begin_ = buffer_.size();
    ++line_;
    return line;
  }

  const std::shared_ptr<arrow::io::InputStream> stream_;
  const std::string name_;
  std::string buffer_;
  size_t begin_ = 0;  // Of the next line in the buffer.
  int64_t line_ = 0;
  bool ended_ = false;
  bool seen_ = false;   // Something but blanks.
  bool array_ = false;  // The lines are elements of one array.
};

Result<JsonDocument> ParseObject(std::string_view text, const ObjectLines& lines) {
  auto document = JsonDocument::Parse(text);
  if (!document.ok()) {
    return Error(ErrorCode::kInvalidArgument, "{}: it is no JSON: {}", lines.place(),
                 document.status().message());
  }
  if (document->root().kind() != JsonKind::kObject) {
    return Error(ErrorCode::kInvalidArgument, "{}: it is {}, where an object with columns belongs",
                 lines.place(), columnar::JsonKindName(document->root().kind()));
  }
  return document;
}

class JsonLinesReader final : public arrow::RecordBatchReader {
 public:
  JsonLinesReader(std::shared_ptr<arrow::io::InputStream> stream, const std::string& name,
                  std::shared_ptr<arrow::Schema> schema, CancelToken token,
                  std::unique_ptr<arrow::RecordBatchBuilder> builder)
      : lines_(std::move(stream), name),
        schema_(std::move(schema)),
        token_(std::move(token)),
        builder_(std::move(builder)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_RETURN_NOT_OK(token_.Check());
    int64_t rows = 0;
    size_t bytes = 0;
    while (rows < kBatchRows && bytes < kBatchBytes) {
      ARROW_ASSIGN_OR_RAISE(const auto text, lines_.Next());
      if (!text) break;
      ARROW_RETURN_NOT_OK(AddRow(*text));
      ++rows;
      bytes += text->size();
    }
    *batch = nullptr;
    if (rows == 0) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(*batch, builder_->Flush());
    return Status::OK();
  }

 private:
  Status AddRow(std::string_view text) {
    ARROW_ASSIGN_OR_RAISE(const auto document, ParseObject(text, lines_));
    size_t found = 0;
    for (int i = 0; i < schema_->num_fields(); ++i) {
      const auto& field = *schema_->field(i);
      const JsonValue value = document.root()[field.name()];
      if (!value.missing()) ++found;
      const Status status = AppendJson(*field.type(), value, *builder_->GetField(i));
      if (!status.ok()) {
        return WithContext(status, fmt::format("{}, column '{}'", lines_.place(), field.name()));
      }
    }
    return found == document.root().size() ? Status::OK() : CheckMembers(document.root());
  }

  Status CheckMembers(JsonValue row) const {
    std::unordered_set<std::string_view> names;
    return row.ForEachMember([&](std::string_view name, JsonValue) -> Status {
      if (schema_->GetFieldIndex(name) < 0) {
        return Error(ErrorCode::kInvalidArgument, "{}: there is no column '{}'; columns are {}",
                     lines_.place(), name, fmt::join(schema_->field_names(), ", "));
      }
      if (names.insert(name).second) return Status::OK();
      return Error(ErrorCode::kInvalidArgument, "{}: column '{}' stands twice", lines_.place(),
                   name);
    });
  }

  ObjectLines lines_;
  const std::shared_ptr<arrow::Schema> schema_;
  const CancelToken token_;
  const std::unique_ptr<arrow::RecordBatchBuilder> builder_;
};

}  // namespace

Result<std::vector<std::string>> JsonColumns(std::shared_ptr<arrow::io::InputStream> stream,
                                             const std::string& name, const CancelToken& token) {
  ObjectLines lines(std::move(stream), name);
  std::vector<std::string> columns;
  std::unordered_set<std::string> known;
  while (true) {
    ARROW_RETURN_NOT_OK(token.Check());
    ARROW_ASSIGN_OR_RAISE(const auto text, lines.Next());
    if (!text) return columns;
    ARROW_ASSIGN_OR_RAISE(const auto document, ParseObject(*text, lines));
    ARROW_RETURN_NOT_OK(
        document.root().ForEachMember([&](std::string_view member, JsonValue) -> Status {
          if (known.emplace(member).second) columns.emplace_back(member);
          return Status::OK();
        }));
  }
}

Result<std::shared_ptr<arrow::RecordBatchReader>> ReadJsonLines(
    std::shared_ptr<arrow::io::InputStream> stream, const std::string& name,
    std::shared_ptr<arrow::Schema> schema, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(auto builder,
                        arrow::RecordBatchBuilder::Make(schema, arrow::default_memory_pool()));
  return std::make_shared<JsonLinesReader>(std::move(stream), name, std::move(schema), token,
                                           std::move(builder));
}

Result<std::shared_ptr<arrow::io::InputStream>> OpenTextFile(const std::string& path) {
  if (!std::filesystem::exists(path)) {
    return Error(ErrorCode::kNotFound, "there is no file '{}'", path);
  }
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::io::InputStream> file,
                        arrow::io::ReadableFile::Open(path));
  const auto packed = path.ends_with(".gz")    ? arrow::Compression::GZIP
                      : path.ends_with(".zst") ? arrow::Compression::ZSTD
                                               : arrow::Compression::UNCOMPRESSED;
  if (packed == arrow::Compression::UNCOMPRESSED) return file;
  ARROW_ASSIGN_OR_RAISE(auto codec, arrow::util::Codec::Create(packed));
  // The stream does not keep its codec.
  std::shared_ptr<arrow::util::Codec> shared = std::move(codec);
  ARROW_ASSIGN_OR_RAISE(auto stream, arrow::io::CompressedInputStream::Make(shared.get(), file));
  auto* unpacked = stream.get();
  return std::shared_ptr<arrow::io::InputStream>(unpacked, [stream, shared](auto*) {});
}

}  // namespace deltaport::lake
