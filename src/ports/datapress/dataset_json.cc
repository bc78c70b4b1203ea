#include "ports/datapress/dataset_json.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <arrow/type_traits.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "columnar/json_rows.h"

namespace deltaport::ports::datapress {
namespace {

using arrow::Type;

std::string Quoted(std::string_view text) {
  std::string out;
  columnar::AppendJsonString(text, out);
  return out;
}

std::string_view UnitName(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return "Second";
    case arrow::TimeUnit::MILLI:
      return "Millisecond";
    case arrow::TimeUnit::MICRO:
      return "Microsecond";
    case arrow::TimeUnit::NANO:
      return "Nanosecond";
  }
  return "";
}

std::string TimestampName(const arrow::TimestampType& type) {
  const std::string zone =
      type.timezone().empty() ? "None" : fmt::format("Some({})", Quoted(type.timezone()));
  return fmt::format("Timestamp({}, {})", UnitName(type.unit()), zone);
}

std::string StructName(const arrow::DataType& type) {
  std::string names;
  for (const auto& field : type.fields()) {
    if (!names.empty()) names += ", ";
    names += field->name() + ": " + SqlType(*field->type());
  }
  return "Struct(" + names + ")";
}

// Types whose name has no parts.
std::string_view PlainName(Type::type id) {
  static constexpr std::pair<Type::type, std::string_view> kNames[] = {
      {Type::NA, "Null"},
      {Type::BOOL, "Boolean"},
      {Type::INT8, "Int8"},
      {Type::INT16, "Int16"},
      {Type::INT32, "Int32"},
      {Type::INT64, "Int64"},
      {Type::UINT8, "UInt8"},
      {Type::UINT16, "UInt16"},
      {Type::UINT32, "UInt32"},
      {Type::UINT64, "UInt64"},
      {Type::HALF_FLOAT, "Float16"},
      {Type::FLOAT, "Float32"},
      {Type::DOUBLE, "Float64"},
      {Type::STRING, "Utf8"},
      {Type::LARGE_STRING, "LargeUtf8"},
      {Type::STRING_VIEW, "Utf8View"},
      {Type::BINARY, "Binary"},
      {Type::LARGE_BINARY, "LargeBinary"},
      {Type::BINARY_VIEW, "BinaryView"},
      {Type::DATE32, "Date32"},
      {Type::DATE64, "Date64"},
      {Type::INTERVAL_MONTHS, "Interval(YearMonth)"},
      {Type::INTERVAL_DAY_TIME, "Interval(DayTime)"},
      {Type::INTERVAL_MONTH_DAY_NANO, "Interval(MonthDayNano)"},
  };
  for (const auto& [type, name] : kNames) {
    if (type == id) return name;
  }
  return "";
}

std::string DecimalName(const arrow::DataType& type) {
  const auto& decimal = static_cast<const arrow::DecimalType&>(type);
  return fmt::format("Decimal{}({}, {})", decimal.bit_width(), decimal.precision(),
                     decimal.scale());
}

using Entries = std::vector<std::pair<std::string, std::string>>;

std::string ToObject(const Entries& entries) {
  std::string out = "{";
  for (const auto& [key, value] : entries) {
    if (out.size() > 1) out += ',';
    out += Quoted(key) + ":" + value;
  }
  return out + "}";
}

void AppendRefresh(const lake::Dataset& dataset, Entries& entries) {
  if (dataset.generation != nullptr) {
    entries.emplace_back("last_refresh_at", Quoted(UtcSeconds(dataset.generation->refreshed_at)));
    entries.emplace_back("last_refresh_duration_ms",
                         std::to_string(dataset.last_refresh_duration.count()));
  }
  if (dataset.refresh_source) {
    entries.emplace_back("refresh_source",
                         Quoted(lake::RefreshSourceName(*dataset.refresh_source)));
  }
  entries.emplace_back("consecutive_failures", std::to_string(dataset.consecutive_failures));
  if (!dataset.last_error.empty()) entries.emplace_back("last_error", Quoted(dataset.last_error));
}

}  // namespace

std::string StatusJson(const lake::Dataset& dataset, std::optional<int64_t> row_count,
                       KeyOrder order) {
  Entries entries{
      {"name", Quoted(dataset.settings.name)},
      {"state", Quoted(lake::DatasetStateName(dataset.state))},
      {"kind", Quoted(lake::DatasetKindName(dataset.settings.kind))},
      {"residency", Quoted("lazy")},
  };
  AppendRefresh(dataset, entries);
  const bool published = dataset.generation != nullptr;
  const int columns = published ? dataset.generation->table->schema()->num_fields() : 0;
  entries.emplace_back("columns", std::to_string(columns));
  if (row_count || !published) entries.emplace_back("rows", std::to_string(row_count.value_or(0)));
  entries.emplace_back("lazy", "true");  // As the residency says: nothing is kept in memory.
  entries.emplace_back("depends_on", "[]");
  if (order == KeyOrder::kAlphabetical) std::sort(entries.begin(), entries.end());
  return ToObject(entries);
}

std::string SchemaJson(std::string_view name, const arrow::Schema& schema,
                       std::optional<int64_t> row_count, std::string_view sample) {
  std::string columns;
  for (const auto& field : schema.fields()) {
    if (!columns.empty()) columns += ',';
    columns += ToObject({{"name", Quoted(field->name())},
                         {"logical", Quoted(LogicalType(*field->type()))},
                         {"sql_type", Quoted(SqlType(*field->type()))},
                         {"nullable", field->nullable() ? "true" : "false"}});
  }
  return ToObject({{"name", Quoted(name)},
                   {"rows", std::to_string(row_count.value_or(0))},
                   {"columns", "[" + columns + "]"},
                   {"indexed", "[]"},
                   {"sample", std::string(sample)}});
}

std::string_view LogicalType(const arrow::DataType& type) {
  const Type::type id = type.id();
  if (id == Type::DICTIONARY) {
    return LogicalType(*static_cast<const arrow::DictionaryType&>(type).value_type());
  }
  if (id == Type::BOOL) return "bool";
  if (arrow::is_integer(id)) return "int";
  if (arrow::is_floating(id)) return "float";
  if (arrow::is_string(id) || id == Type::STRING_VIEW) return "utf8";
  if (id == Type::DATE32 || id == Type::DATE64 || id == Type::TIMESTAMP || id == Type::TIME32 ||
      id == Type::TIME64) {
    return "temporal";
  }
  return "other";
}

std::string SqlType(const arrow::DataType& type) {
  if (const std::string_view name = PlainName(type.id()); !name.empty()) return std::string(name);
  if (arrow::is_decimal(type.id())) return DecimalName(type);
  switch (type.id()) {
    case Type::FIXED_SIZE_BINARY:
      return fmt::format("FixedSizeBinary({})",
                         static_cast<const arrow::FixedSizeBinaryType&>(type).byte_width());
    case Type::TIMESTAMP:
      return TimestampName(static_cast<const arrow::TimestampType&>(type));
    case Type::TIME32:
    case Type::TIME64:
      return fmt::format("Time{}({})", type.bit_width(),
                         UnitName(static_cast<const arrow::TimeType&>(type).unit()));
    case Type::DURATION:
      return fmt::format("Duration({})",
                         UnitName(static_cast<const arrow::DurationType&>(type).unit()));
    case Type::DICTIONARY: {
      const auto& dictionary = static_cast<const arrow::DictionaryType&>(type);
      return fmt::format("Dictionary({}, {})", SqlType(*dictionary.index_type()),
                         SqlType(*dictionary.value_type()));
    }
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::LIST_VIEW:
    case Type::LARGE_LIST_VIEW:
    case Type::FIXED_SIZE_LIST:
      return fmt::format("List({})", SqlType(*type.field(0)->type()));
    case Type::STRUCT:
      return StructName(type);
    case Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return fmt::format("Map({}, {})", SqlType(*map.key_type()), SqlType(*map.item_type()));
    }
    default:
      return type.ToString();
  }
}

std::string UtcSeconds(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace deltaport::ports::datapress
