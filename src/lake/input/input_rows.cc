#include "lake/input/input_rows.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "delta/snapshot.h"
#include "engine/local_files.h"
#include "engine/path_pattern.h"
#include "lake/input/arrow_file.h"
#include "lake/input/csv_lines.h"
#include "lake/input/json_lines.h"
#include "lake/input/standard_input.h"
#include "lake/input/text_columns.h"

namespace deltaport::lake {
namespace {

constexpr std::string_view kStandardInput = "-";

bool EndsWithAny(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [&](auto ending) { return name.ends_with(ending); });
}

Result<InputFormat> FormatOfName(std::string_view path) {
  std::string_view name = path;
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  }
  if (name.ends_with(".parquet")) return InputFormat::kParquet;
  if (EndsWithAny(name, {".csv", ".tsv"})) return InputFormat::kCsv;
  if (EndsWithAny(name, {".json", ".jsonl", ".ndjson"})) return InputFormat::kJson;
  if (EndsWithAny(path, {".arrow", ".arrows", ".ipc", ".feather"})) return InputFormat::kArrow;
  return Error(ErrorCode::kInvalidArgument,
               "the name '{}' does not tell what the file is: .parquet, .csv, .tsv, .json, .jsonl, "
               ".ndjson, .arrow (text also with .gz or .zst); or say it with --format",
               path);
}

InputFormat FormatOfHead(std::string_view head) {
  if (head.starts_with("PAR1")) return InputFormat::kParquet;
  if (head.starts_with("ARROW1") || head.starts_with("\xFF\xFF\xFF\xFF")) {
    return InputFormat::kArrow;
  }
  const size_t first = head.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && (head[first] == '{' || head[first] == '[');
  return json ? InputFormat::kJson : InputFormat::kCsv;
}

// One file, or several of one pattern that the engine reads together.
struct InputFile {
  std::string path;
  std::string name;  // For messages.
  InputFormat format;
};

// What a pattern names, or itself.
std::vector<std::string> FilesOf(const std::string& pattern) {
  const auto location = storage::ParseLocation(pattern);
  if (!location.ok()) return {pattern};
  const auto found = engine::FindFiles(*location->store, location->path, "");
  if (!found.ok()) return {pattern};
  std::vector<std::string> files;
  for (const auto& info : *found) files.push_back(info.path);
  return files;
}

// Opens files by what they are.
class InputOpener {
 public:
  explicit InputOpener(CancelToken token) : token_(std::move(token)) {}

  Status Expand(const InputFiles& input) {
    for (const auto& pattern : input.files) ARROW_RETURN_NOT_OK(ExpandOne(pattern, input.format));
    for (const auto& file : files_) {
      if (file.format == InputFormat::kJson) json_paths_.push_back(file.path);
    }
    const bool text = std::ranges::any_of(files_, [](const auto& file) {
      return file.format == InputFormat::kCsv || file.format == InputFormat::kJson;
    });
    if (!text) return Status::OK();
    if (input.table) {
      ARROW_ASSIGN_OR_RAISE(const auto snapshot, delta::Snapshot::Open(*input.table));
      table_ = snapshot->schema();
    }
    if (table_ && !json_paths_.empty()) return FindJsonColumns();
    // Without a table the engine reads all JSON files as one.
    const auto is_json = [](const auto& file) { return file.format == InputFormat::kJson; };
    const auto first = std::ranges::find_if(files_, is_json);
    if (first != files_.end()) {
      files_.erase(std::remove_if(first + 1, files_.end(), is_json), files_.end());
    }
    return Status::OK();
  }

  const std::vector<InputFile>& files() const { return files_; }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Open(const InputFile& file) const {
    switch (file.format) {
      case InputFormat::kArrow:
        return ReadArrowFile(file.path);
      case InputFormat::kJson:
        return OpenJson(file);
      case InputFormat::kCsv:
        return OpenCsv(file);
      case InputFormat::kByName:
      case InputFormat::kParquet:
        break;
    }
    return engine::ReadLocalFiles({file.path}, {engine::LocalFormat::kParquet, {}}, token_);
  }

 private:
  Status ExpandOne(const std::string& pattern, InputFormat format) {
    if (pattern == kStandardInput) {
      if (standard_input_) {
        return Error(ErrorCode::kInvalidArgument, "standard input ('-') can be read once only");
      }
      ARROW_ASSIGN_OR_RAISE(standard_input_, StandardInput::Copy(token_));
      if (format == InputFormat::kByName) format = FormatOfHead(standard_input_->head());
      files_.push_back({standard_input_->path(), "standard input", format});
      return Status::OK();
    }
    if (format == InputFormat::kByName) {
      ARROW_ASSIGN_OR_RAISE(format, FormatOfName(pattern));
    }
    if (format == InputFormat::kParquet || format == InputFormat::kCsv) {
      files_.push_back({pattern, pattern, format});
      return Status::OK();
    }
    ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(pattern));
    ARROW_ASSIGN_OR_RAISE(const auto found, engine::FindFiles(*location.store, location.path, ""));
    for (const auto& info : found) files_.push_back({info.path, info.path, format});
    return Status::OK();
  }

  // The members of all JSON files. Types of those that the table does not know are found out.
  Status FindJsonColumns() {
    std::shared_ptr<arrow::Schema> found;
    arrow::FieldVector fields;
    std::unordered_set<std::string> known;
    for (const auto& file : files_) {
      if (file.format != InputFormat::kJson) continue;
      ARROW_ASSIGN_OR_RAISE(auto stream, OpenTextFile(file.path));
      ARROW_ASSIGN_OR_RAISE(const auto names, JsonColumns(std::move(stream), file.name, token_));
      for (const auto& name : names) {
        if (!known.insert(name).second) continue;
        auto field = table_->GetFieldByName(name);
        if (!field && !found) {
          ARROW_ASSIGN_OR_RAISE(const auto rows, ReadAllJson());
          found = rows->schema();
        }
        if (!field) field = found->GetFieldByName(name);
        if (!field) {
          return Error(ErrorCode::kInvalidArgument,
                       "{}: the type of column '{}' cannot be found out; add the column to the "
                       "table first",
                       file.name, name);
        }
        fields.push_back(arrow::field(name, field->type()));
      }
    }
    if (fields.empty()) {
      return Error(ErrorCode::kInvalidArgument, "{}: there are no rows in it",
                   fmt::join(json_paths_, ", "));
    }
    json_columns_ = arrow::schema(std::move(fields));
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> ReadAllJson() const {
    return engine::ReadLocalFiles(json_paths_, {engine::LocalFormat::kJson, {}}, token_);
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> OpenJson(const InputFile& file) const {
    if (!table_) return ReadAllJson();
    ARROW_ASSIGN_OR_RAISE(auto stream, OpenTextFile(file.path));
    return ReadJsonLines(std::move(stream), file.name, json_columns_, token_);
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> OpenCsv(const InputFile& file) const {
    engine::LocalFileOptions options{engine::LocalFormat::kCsv, {}};
    ARROW_ASSIGN_OR_RAISE(auto rows, engine::ReadLocalFiles({file.path}, options, token_));
    if (!table_) return rows;
    for (const auto& name : rows->schema()->field_names()) {
      if (table_->GetFieldIndex(name) >= 0) options.text_columns.push_back(name);
    }
    if (options.text_columns.empty()) return rows;
    ARROW_ASSIGN_OR_RAISE(rows, engine::ReadLocalFiles({file.path}, options, token_));
    const bool one_column = rows->schema()->num_fields() == 1;
    const auto place = [file, one_column, token = token_](int64_t row) {
      return CsvPlace(FilesOf(file.path), file.name, row, one_column, token);
    };
    return TypedColumns(std::move(rows), *table_, place);
  }

  const CancelToken token_;
  std::vector<InputFile> files_;
  std::vector<std::string> json_paths_;
  std::shared_ptr<arrow::Schema> table_;
  std::shared_ptr<arrow::Schema> json_columns_;  // With a table.
  std::shared_ptr<const StandardInput> standard_input_;
};

class FileSequence final : public arrow::RecordBatchReader {
 public:
  static Result<std::shared_ptr<FileSequence>> Open(const InputFiles& input,
                                                    const CancelToken& token) {
    InputOpener opener(token);
    ARROW_RETURN_NOT_OK(opener.Expand(input));
    ARROW_ASSIGN_OR_RAISE(auto first, opener.Open(opener.files().front()));
    return std::shared_ptr<FileSequence>(
        new FileSequence(std::move(opener), input.on_rows, token, std::move(first)));
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    while (true) {
      ARROW_RETURN_NOT_OK(token_.Check());
      ARROW_RETURN_NOT_OK(current_->ReadNext(batch));
      if (*batch && on_rows_) on_rows_((*batch)->num_rows());
      if (*batch || next_ >= opener_.files().size()) return Status::OK();
      const auto& file = opener_.files()[next_++];
      ARROW_ASSIGN_OR_RAISE(current_, opener_.Open(file));
      if (!current_->schema()->Equals(*schema_, /*check_metadata=*/false)) {
        return Error(ErrorCode::kInvalidArgument,
                     "the columns of {} differ from those of {}; import files of one kind at a "
                     "time ({} against {})",
                     file.name, opener_.files().front().name, OneLine(*current_->schema()),
                     OneLine(*schema_));
      }
    }
  }

 private:
  FileSequence(InputOpener opener, std::function<void(int64_t)> on_rows, CancelToken token,
               std::shared_ptr<arrow::RecordBatchReader> first)
      : opener_(std::move(opener)),
        on_rows_(std::move(on_rows)),
        token_(std::move(token)),
        schema_(first->schema()),
        current_(std::move(first)) {}

  static std::string OneLine(const arrow::Schema& schema) {
    std::string text;
    for (const auto& field : schema.fields()) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", field->name(),
                          field->type()->ToString());
    }
    return text;
  }

  const InputOpener opener_;
  const std::function<void(int64_t)> on_rows_;
  const CancelToken token_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatchReader> current_;
  size_t next_ = 1;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> OpenInput(const InputFiles& input,
                                                            const CancelToken& token) {
  if (input.files.empty()) {
    return Error(ErrorCode::kInvalidArgument, "no files were named to take rows from");
  }
  return FileSequence::Open(input, token);
}

}  // namespace deltaport::lake
