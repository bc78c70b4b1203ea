#include "lake/input/csv_lines.h"

#include <algorithm>
#include <string_view>

#include <arrow/buffer.h>

#include "lake/input/json_lines.h"

namespace deltaport::lake {
namespace {

constexpr int64_t kChunkBytes = int64_t{1} << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Counts the records of CSV text that comes in pieces (RFC 4180; other delimiters, too).
class RecordCounter {
 public:
  RecordCounter(int64_t wanted, bool blank_records)
      : wanted_(wanted), blank_records_(blank_records) {}

  // False when the wanted record has begun.
  bool Take(std::string_view bytes) {
    for (const char byte : bytes) {
      if (found_) return false;
      TakeByte(byte);
    }
    return !found_;
  }

  int64_t records() const { return records_ + (state_ == State::kLineStart ? 0 : 1); }
  std::optional<int64_t> found() const { return found_; }

 private:
  enum class State { kLineStart, kFieldStart, kField, kQuoted, kQuoteInQuoted };

  static bool IsDelimiter(char byte) {
    return byte == ',' || byte == ';' || byte == '\t' || byte == '|';
  }

  void TakeByte(char byte) {
    const bool second_of_line_end = byte == '\n' && after_return_;
    after_return_ = byte == '\r';
    if (second_of_line_end) return;
    const bool line_end = byte == '\n' || byte == '\r';
    if (line_end) ++line_;
    if (state_ == State::kQuoted) {
      if (byte == '"') state_ = State::kQuoteInQuoted;
    } else if (state_ == State::kQuoteInQuoted && byte == '"') {
      state_ = State::kQuoted;
    } else if (line_end) {
      const bool blank = state_ == State::kLineStart;
      if (!blank || (blank_records_ && records_ > 0)) ++records_;
      state_ = State::kLineStart;
    } else {
      TakeFieldByte(byte);
    }
  }

  void TakeFieldByte(char byte) {
    const bool first = state_ == State::kLineStart;
    if (first && records_ == wanted_) found_ = line_;
    if (byte == '"' && (first || state_ == State::kFieldStart)) {
      state_ = State::kQuoted;
    } else {
      state_ = IsDelimiter(byte) ? State::kFieldStart : State::kField;
    }
  }

  const int64_t wanted_;
  const bool blank_records_;
  State state_ = State::kLineStart;
  bool after_return_ = false;
  int64_t line_ = 1;
  int64_t records_ = 0;  // That ended.
  std::optional<int64_t> found_;
};

}  // namespace

Result<CsvLine> FindCsvLine(arrow::io::InputStream& stream, int64_t row, bool one_column) {
  RecordCounter counter(row + 1, one_column);  // The header is a record, too.
  bool first = true;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const auto chunk, stream.Read(kChunkBytes));
    if (chunk->size() == 0) break;
    std::string_view bytes(reinterpret_cast<const char*>(chunk->data()),
                           static_cast<size_t>(chunk->size()));
    if (first && bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
    first = false;
    if (!counter.Take(bytes)) break;
  }
  return CsvLine{counter.found(), std::max<int64_t>(counter.records() - 1, 0)};
}

std::string CsvPlace(const std::vector<std::string>& files, const std::string& name, int64_t row,
                     bool one_column, const CancelToken& token) {
  int64_t left = row;
  for (const auto& file : files) {
    const auto stream = OpenTextFile(file);
    if (!stream.ok() || !token.Check().ok()) break;
    const auto found = FindCsvLine(**stream, left, one_column);
    if (!found.ok()) break;
    const bool only = files.size() == 1;
    if (found->line) return fmt::format("{}, line {}", only ? name : file, *found->line);
    left -= found->rows;
  }
  return fmt::format("{}, row {} below the header", name, row + 1);
}

}  // namespace deltaport::lake
