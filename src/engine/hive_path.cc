#include "engine/hive_path.h"

#include <charconv>

#include <arrow/util/value_parsing.h>

#include "storage/uri.h"

namespace deltaport::engine {
namespace {

constexpr std::string_view kNullMarker = "__HIVE_DEFAULT_PARTITION__";

bool IsInteger(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsDate(const std::string& text) {
  arrow::Date32Type::c_type value;
  return text.size() == 10 &&
         arrow::internal::ParseValue<arrow::Date32Type>(text.data(), text.size(), &value);
}

}  // namespace

std::vector<std::pair<std::string, std::optional<std::string>>> HiveValues(std::string_view path) {
  std::vector<std::pair<std::string, std::optional<std::string>>> values;
  for (size_t end = path.find('/'); end != std::string_view::npos; end = path.find('/')) {
    const auto directory = path.substr(0, end);
    path.remove_prefix(end + 1);
    const auto equals = directory.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    const auto text = directory.substr(equals + 1);
    std::optional<std::string> value;
    if (text != kNullMarker) value = storage::PercentDecode(text).ValueOr(std::string(text));
    values.emplace_back(directory.substr(0, equals), std::move(value));
  }
  return values;
}

std::shared_ptr<arrow::DataType> InferHiveType(
    const std::vector<std::optional<std::string>>& texts) {
  bool all_integers = true;
  bool all_dates = true;
  bool any = false;
  for (const auto& text : texts) {
    if (!text) continue;
    any = true;
    all_integers = all_integers && IsInteger(*text);
    all_dates = all_dates && IsDate(*text);
  }
  if (any && all_integers) return arrow::int64();
  if (any && all_dates) return arrow::date32();
  return arrow::utf8();
}

Result<std::shared_ptr<arrow::Scalar>> ParseHiveValue(
    const std::optional<std::string>& text, const std::shared_ptr<arrow::DataType>& type) {
  if (!text) return arrow::MakeNullScalar(type);
  return arrow::Scalar::Parse(type, *text);
}

}  // namespace deltaport::engine
