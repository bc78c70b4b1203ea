#include "delta/file_statistics.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>

#include "columnar/json_document.h"
#include "delta/parsed_statistics.h"
#include "delta/partition_text.h"
#include "delta/statistics_scanner.h"
#include "delta/value_text.h"

namespace deltaport::delta {
namespace {

using columnar::JsonDocument;
using columnar::JsonValue;

using StatisticsPointer = std::shared_ptr<const ColumnStatistics>;

constexpr int64_t kMillisecondMicros = 1000;

bool HasBounds(const arrow::DataType& type) {
  return !arrow::is_nested(type.id()) && type.id() != arrow::Type::BOOL &&
         type.id() != arrow::Type::BINARY && type.id() != arrow::Type::NA;
}

// Appends a bound, or null if there is none that can be read.
Status AppendBound(const StatisticsValue& value, const arrow::DataType& type, bool is_max,
                   arrow::ArrayBuilder& builder) {
  std::optional<std::string_view> text = value.text;
  const bool text_type = type.id() == arrow::Type::STRING || type.id() == arrow::Type::DATE32 ||
                         type.id() == arrow::Type::TIMESTAMP;
  if (!text_type && !text) text = value.number;
  if (!text) return builder.AppendNull();
  if (is_max && type.id() == arrow::Type::TIMESTAMP) {
    const auto microseconds = ParseTimestampText(*text);
    if (!microseconds) return builder.AppendNull();
    return static_cast<arrow::TimestampBuilder&>(builder).Append(*microseconds +
                                                                 kMillisecondMicros);
  }
  const Status status = AppendValueText(type, *text, builder);
  return status.ok() || CodeOf(status) != ErrorCode::kCorruptTable ? status : builder.AppendNull();
}

// Statistics of a column out of texts.
class TextStatisticsReader {
 public:
  TextStatisticsReader(const std::string& name, const std::shared_ptr<arrow::DataType>& type,
                       bool has_bounds)
      : name_(name), type_(type), has_bounds_(has_bounds) {}

  Result<ColumnStatistics> Read(const arrow::LargeStringArray& texts) {
    // Nested types have no builder here; their bounds are all null.
    const auto bound_type = has_bounds_ ? type_ : arrow::null();
    ARROW_ASSIGN_OR_RAISE(min_, arrow::MakeBuilder(bound_type));
    ARROW_ASSIGN_OR_RAISE(max_, arrow::MakeBuilder(bound_type));
    for (int64_t i = 0; i < texts.length(); ++i) {
      ARROW_RETURN_NOT_OK(texts.IsValid(i) ? AppendText(texts.GetView(i))
                                           : AppendEntries(ColumnEntries()));
    }
    ColumnStatistics statistics;
    ARROW_ASSIGN_OR_RAISE(statistics.min_values, min_->Finish());
    ARROW_ASSIGN_OR_RAISE(statistics.max_values, max_->Finish());
    if (!has_bounds_) {
      ARROW_ASSIGN_OR_RAISE(statistics.min_values, arrow::MakeArrayOfNull(type_, texts.length()));
      statistics.max_values = statistics.min_values;
    }
    ARROW_RETURN_NOT_OK(null_counts_.Finish(&statistics.null_counts));
    return statistics;
  }

 private:
  Status AppendText(std::string_view stats) {
    if (const auto entries = ScanStatistics(stats, name_)) return AppendEntries(*entries);
    const auto document = JsonDocument::Parse(stats);
    if (!document.ok()) return AppendEntries(ColumnEntries());
    const JsonValue root = document->root();
    return AppendEntries({Entry(root["minValues"][name_]), Entry(root["maxValues"][name_]),
                          Entry(root["nullCount"][name_])});
  }

  static StatisticsValue Entry(JsonValue value) { return {value.string(), value.number_text()}; }

  Status AppendEntries(const ColumnEntries& entries) {
    const auto nulls = IntegerIn(entries.null_count);
    ARROW_RETURN_NOT_OK(nulls && *nulls >= 0 ? null_counts_.Append(*nulls)
                                             : null_counts_.AppendNull());
    if (!has_bounds_) return Status::OK();
    ARROW_RETURN_NOT_OK(AppendBound(entries.min_value, *type_, false, *min_));
    return AppendBound(entries.max_value, *type_, true, *max_);
  }

  const std::string& name_;
  const std::shared_ptr<arrow::DataType>& type_;
  const bool has_bounds_;
  std::unique_ptr<arrow::ArrayBuilder> min_;
  std::unique_ptr<arrow::ArrayBuilder> max_;
  arrow::Int64Builder null_counts_;
};

Result<std::shared_ptr<arrow::Array>> Joined(const arrow::ArrayVector& arrays,
                                             const std::shared_ptr<arrow::DataType>& type) {
  if (arrays.empty()) return arrow::MakeEmptyArray(type);
  if (arrays.size() == 1) return arrays.front();
  return arrow::Concatenate(arrays);
}

// The parts one after the other.
Result<std::shared_ptr<const ColumnStatistics>> JoinedStatistics(
    const std::vector<ColumnStatistics>& parts, const std::shared_ptr<arrow::DataType>& type) {
  arrow::ArrayVector min_values;
  arrow::ArrayVector max_values;
  arrow::ArrayVector null_counts;
  for (const auto& part : parts) {
    min_values.push_back(part.min_values);
    max_values.push_back(part.max_values);
    null_counts.push_back(part.null_counts);
  }
  auto statistics = std::make_shared<ColumnStatistics>();
  ARROW_ASSIGN_OR_RAISE(statistics->min_values, Joined(min_values, type));
  ARROW_ASSIGN_OR_RAISE(statistics->max_values, Joined(max_values, type));
  ARROW_ASSIGN_OR_RAISE(const auto nulls, Joined(null_counts, arrow::int64()));
  statistics->null_counts = std::static_pointer_cast<arrow::Int64Array>(nulls);
  return statistics;
}

// Values of a partition column of one part.
Result<std::shared_ptr<arrow::Array>> PartPartitionValues(const LiveFiles::Part& part,
                                                          const std::string& name,
                                                          const arrow::Field& column) {
  ARROW_ASSIGN_OR_RAISE(const auto builder, arrow::MakeBuilder(column.type()));
  const PartitionText values_of(column);
  ARROW_RETURN_NOT_OK(builder->Reserve(static_cast<int64_t>(part.size())));
  const arrow::LargeStringArray* values = part.block->partition_values(name);
  for (size_t i = 0; i < part.size(); ++i) {
    const int64_t row = part.row(i);
    const std::string_view text =
        values == nullptr || values->IsNull(row) ? std::string_view() : values->GetView(row);
    const Status status = values_of.Append(text, *builder);
    if (!status.ok()) {
      return WithContext(
          status, fmt::format("partition value '{}' of the file {}", name, part.block->path(row)));
    }
  }
  return builder->Finish();
}

Result<ColumnStatistics> NoStatistics(int64_t rows, const std::shared_ptr<arrow::DataType>& type) {
  ColumnStatistics statistics;
  ARROW_ASSIGN_OR_RAISE(statistics.min_values, arrow::MakeArrayOfNull(type, rows));
  statistics.max_values = statistics.min_values;
  ARROW_ASSIGN_OR_RAISE(const auto nulls, arrow::MakeArrayOfNull(arrow::int64(), rows));
  statistics.null_counts = std::static_pointer_cast<arrow::Int64Array>(nulls);
  return statistics;
}

// Out of the block's columns, if it has any, or out of the texts, several at a time.
Result<std::shared_ptr<const ColumnStatistics>> BlockStatistics(
    const FileBlock& block, const std::string& name, const std::shared_ptr<arrow::DataType>& type) {
  const bool has_bounds = HasBounds(*type);
  if (const auto* parsed = block.parsed_stats()) {
    ARROW_ASSIGN_OR_RAISE(auto columns, ColumnStatisticsOf(*parsed, name, type, has_bounds));
    if (columns) return columns;
  }
  std::mutex lock;
  std::map<int64_t, ColumnStatistics> runs;  // By their first row.
  ARROW_RETURN_NOT_OK(
      block.VisitStatistics([&](int64_t first, const arrow::LargeStringArray& texts) -> Status {
        ARROW_ASSIGN_OR_RAISE(auto run, TextStatisticsReader(name, type, has_bounds).Read(texts));
        const std::lock_guard guard(lock);
        runs.emplace(first, std::move(run));
        return Status::OK();
      }));
  std::vector<ColumnStatistics> parts;
  for (auto& [first, run] : runs) parts.push_back(std::move(run));
  if (parts.empty()) {
    ARROW_ASSIGN_OR_RAISE(parts.emplace_back(), NoStatistics(block.rows(), type));
  }
  return JoinedStatistics(parts, type);
}

// The live rows of a whole-block array.
Result<std::shared_ptr<arrow::Array>> Live(const LiveFiles::Part& part,
                                           const std::shared_ptr<arrow::Array>& all) {
  if (!part.rows) return all;
  arrow::Int64Builder rows;
  ARROW_RETURN_NOT_OK(rows.AppendValues(*part.rows));
  ARROW_ASSIGN_OR_RAISE(const auto indices, rows.Finish());
  return arrow::compute::Take(*all, *indices);
}

}  // namespace

Result<std::shared_ptr<const ColumnStatistics>> ReadStatistics(
    const LiveFiles& files, const std::string& physical_name,
    const std::shared_ptr<arrow::DataType>& type) {
  const std::string key = fmt::format("{}\n{}", type->ToString(), physical_name);
  std::vector<ColumnStatistics> live;
  for (const auto& part : files.parts()) {
    ARROW_ASSIGN_OR_RAISE(const auto whole, part.block->CachedStatistics(key, [&] {
      return BlockStatistics(*part.block, physical_name, type);
    }));
    auto& statistics = live.emplace_back();
    ARROW_ASSIGN_OR_RAISE(statistics.min_values, Live(part, whole->min_values));
    ARROW_ASSIGN_OR_RAISE(statistics.max_values, Live(part, whole->max_values));
    ARROW_ASSIGN_OR_RAISE(const auto nulls, Live(part, whole->null_counts));
    statistics.null_counts = std::static_pointer_cast<arrow::Int64Array>(nulls);
  }
  return JoinedStatistics(live, type);
}

Result<std::shared_ptr<arrow::Array>> ReadPartitionValues(const LiveFiles& files,
                                                          const std::string& physical_name,
                                                          const arrow::Field& column) {
  const std::string key = fmt::format("partition values\n{}({})\n{}", column.type()->ToString(),
                                      PartitionText(column).padded_characters(), physical_name);
  arrow::ArrayVector live;
  for (const auto& part : files.parts()) {
    // Bounds of a file's one value: the value.
    const auto whole = part.block->CachedStatistics(key, [&]() -> Result<StatisticsPointer> {
      auto statistics = std::make_shared<ColumnStatistics>();
      ARROW_ASSIGN_OR_RAISE(statistics->min_values,
                            PartPartitionValues({part.block, nullptr, 0}, physical_name, column));
      statistics->max_values = statistics->min_values;
      return statistics;
    });
    if (whole.ok()) {
      ARROW_ASSIGN_OR_RAISE(live.emplace_back(), Live(part, (*whole)->min_values));
    } else {
      // It may be due to a file that is not live.
      ARROW_ASSIGN_OR_RAISE(live.emplace_back(), PartPartitionValues(part, physical_name, column));
    }
  }
  return Joined(live, column.type());
}

}  // namespace deltaport::delta
