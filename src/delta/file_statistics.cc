#include "delta/file_statistics.h"

#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>

#include "columnar/json_document.h"
#include "delta/parsed_statistics.h"
#include "delta/value_text.h"

namespace deltaport::delta {
namespace {

using columnar::JsonDocument;
using columnar::JsonValue;

constexpr int64_t kMillisecondMicros = 1000;

bool HasBounds(const arrow::DataType& type) {
  return !arrow::is_nested(type.id()) && type.id() != arrow::Type::BOOL &&
         type.id() != arrow::Type::BINARY && type.id() != arrow::Type::NA;
}

// Appends a bound, or null if there is none that can be read.
Status AppendBound(JsonValue value, const arrow::DataType& type, bool is_max,
                   arrow::ArrayBuilder& builder) {
  std::optional<std::string_view> text = value.string();
  const bool text_type = type.id() == arrow::Type::STRING || type.id() == arrow::Type::DATE32 ||
                         type.id() == arrow::Type::TIMESTAMP;
  if (!text_type && !text) text = value.number_text();
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

class BlockStatisticsReader {
 public:
  BlockStatisticsReader(const FileBlock& block, const std::string& name,
                        const std::shared_ptr<arrow::DataType>& type)
      : block_(block), name_(name), type_(type), has_bounds_(HasBounds(*type)) {}

  Result<std::shared_ptr<const ColumnStatistics>> Read() {
    if (const auto* parsed = block_.parsed_stats()) {
      ARROW_ASSIGN_OR_RAISE(auto columns, ColumnStatisticsOf(*parsed, name_, type_, has_bounds_));
      if (columns) return columns;
    }
    // Nested types have no builder here; their bounds are all null.
    const auto bound_type = has_bounds_ ? type_ : arrow::null();
    ARROW_ASSIGN_OR_RAISE(min_, arrow::MakeBuilder(bound_type));
    ARROW_ASSIGN_OR_RAISE(max_, arrow::MakeBuilder(bound_type));
    for (int64_t row = 0; row < block_.rows(); ++row) {
      const auto stats = block_.stats(row);
      const auto document =
          stats ? JsonDocument::Parse(*stats) : Error(ErrorCode::kNotFound, "no statistics");
      ARROW_RETURN_NOT_OK(AppendFile(document.ok() ? document->root() : JsonValue()));
    }
    auto statistics = std::make_shared<ColumnStatistics>();
    ARROW_ASSIGN_OR_RAISE(statistics->min_values, min_->Finish());
    ARROW_ASSIGN_OR_RAISE(statistics->max_values, max_->Finish());
    if (!has_bounds_) {
      ARROW_ASSIGN_OR_RAISE(statistics->min_values, arrow::MakeArrayOfNull(type_, block_.rows()));
      statistics->max_values = statistics->min_values;
    }
    ARROW_RETURN_NOT_OK(null_counts_.Finish(&statistics->null_counts));
    return statistics;
  }

 private:
  Status AppendFile(JsonValue stats) {
    const auto nulls = stats["nullCount"][name_].integer();
    ARROW_RETURN_NOT_OK(nulls && *nulls >= 0 ? null_counts_.Append(*nulls)
                                             : null_counts_.AppendNull());
    if (!has_bounds_) return Status::OK();
    ARROW_RETURN_NOT_OK(AppendBound(stats["minValues"][name_], *type_, false, *min_));
    return AppendBound(stats["maxValues"][name_], *type_, true, *max_);
  }

  const FileBlock& block_;
  const std::string& name_;
  const std::shared_ptr<arrow::DataType>& type_;
  const bool has_bounds_;
  std::unique_ptr<arrow::ArrayBuilder> min_;
  std::unique_ptr<arrow::ArrayBuilder> max_;
  arrow::Int64Builder null_counts_;
};

// The live rows of a whole-block array.
Result<std::shared_ptr<arrow::Array>> Live(const LiveFiles::Part& part,
                                           const std::shared_ptr<arrow::Array>& all) {
  if (!part.rows) return all;
  arrow::Int64Builder rows;
  ARROW_RETURN_NOT_OK(rows.AppendValues(*part.rows));
  ARROW_ASSIGN_OR_RAISE(const auto indices, rows.Finish());
  return arrow::compute::Take(*all, *indices);
}

Result<std::shared_ptr<arrow::Array>> Joined(const arrow::ArrayVector& arrays,
                                             const std::shared_ptr<arrow::DataType>& type) {
  if (arrays.empty()) return arrow::MakeEmptyArray(type);
  if (arrays.size() == 1) return arrays.front();
  return arrow::Concatenate(arrays);
}

}  // namespace

Result<std::shared_ptr<const ColumnStatistics>> ReadStatistics(
    const LiveFiles& files, const std::string& physical_name,
    const std::shared_ptr<arrow::DataType>& type) {
  arrow::ArrayVector min_values;
  arrow::ArrayVector max_values;
  arrow::ArrayVector null_counts;
  for (const auto& part : files.parts()) {
    const std::string key = fmt::format("{}\n{}", type->ToString(), physical_name);
    ARROW_ASSIGN_OR_RAISE(const auto whole, part.block->CachedStatistics(key, [&] {
      return BlockStatisticsReader(*part.block, physical_name, type).Read();
    }));
    ARROW_ASSIGN_OR_RAISE(min_values.emplace_back(), Live(part, whole->min_values));
    ARROW_ASSIGN_OR_RAISE(max_values.emplace_back(), Live(part, whole->max_values));
    ARROW_ASSIGN_OR_RAISE(null_counts.emplace_back(), Live(part, whole->null_counts));
  }
  auto statistics = std::make_shared<ColumnStatistics>();
  ARROW_ASSIGN_OR_RAISE(statistics->min_values, Joined(min_values, type));
  ARROW_ASSIGN_OR_RAISE(statistics->max_values, Joined(max_values, type));
  ARROW_ASSIGN_OR_RAISE(const auto nulls, Joined(null_counts, arrow::int64()));
  statistics->null_counts = std::static_pointer_cast<arrow::Int64Array>(nulls);
  return statistics;
}

Result<std::shared_ptr<arrow::Array>> ReadPartitionValues(
    const LiveFiles& files, const std::string& physical_name,
    const std::shared_ptr<arrow::DataType>& type) {
  ARROW_ASSIGN_OR_RAISE(const auto builder, arrow::MakeBuilder(type));
  ARROW_RETURN_NOT_OK(builder->Reserve(static_cast<int64_t>(files.size())));
  for (const auto& part : files.parts()) {
    const arrow::LargeStringArray* values = part.block->partition_values(physical_name);
    for (size_t i = 0; i < part.size(); ++i) {
      const int64_t row = part.row(i);
      const std::string_view text =
          values == nullptr || values->IsNull(row) ? std::string_view() : values->GetView(row);
      const Status status =
          text.empty() ? builder->AppendNull() : AppendValueText(*type, text, *builder);
      if (!status.ok()) {
        return WithContext(status, fmt::format("partition value '{}' of the file {}", physical_name,
                                               part.block->path(row)));
      }
    }
  }
  return builder->Finish();
}

}  // namespace deltaport::delta
