#include "columnar/dictionary_choice.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_set>

#include <arrow/type_traits.h>

namespace deltaport::columnar {
namespace {

constexpr double kDictionaryMaxBytes = 1 << 20;  // Of parquet::WriterProperties.
constexpr double kDistinctShareMax = 0.7;  // Beyond it indices and dictionary exceed plain values.
constexpr int64_t kSampleRows = 8 * 1024;
constexpr double kValuesMax = 1e9;
constexpr uint64_t kRandomFactor = 6364136223846793005;  // Of Knuth's MMIX.
constexpr int kEstimateRounds = 50;

struct Sample {
  int64_t rows = 0;
  int64_t distinct = 0;
  int64_t bytes = 0;
};

// One value out of each run of so many; nulls take no part. Where in the run changes, so that
// values that come in turns are seen as often as others.
template <typename ValueAt>
Sample Look(const arrow::Array& array, const ValueAt& value_at) {
  const int64_t step = std::max<int64_t>(1, array.length() / kSampleRows);
  std::unordered_set<std::string_view> seen;
  seen.reserve(static_cast<size_t>(array.length() / step) + 1);
  Sample sample;
  uint64_t random = 1;
  for (int64_t first = 0; first + step <= array.length(); first += step) {
    random = random * kRandomFactor + 1;
    const auto i = first + static_cast<int64_t>((random >> 33) % static_cast<uint64_t>(step));
    if (array.IsNull(i)) continue;
    const std::string_view value = value_at(i);
    ++sample.rows;
    sample.bytes += static_cast<int64_t>(value.size());
    seen.insert(value);
  }
  sample.distinct = static_cast<int64_t>(seen.size());
  return sample;
}

std::optional<Sample> Look(const arrow::Array& array) {
  const auto id = array.type_id();
  if (id == arrow::Type::STRING || id == arrow::Type::BINARY) {
    const auto& values = static_cast<const arrow::BinaryArray&>(array);
    return Look(array, [&](int64_t i) { return values.GetView(i); });
  }
  if (id == arrow::Type::BOOL || !arrow::is_fixed_width(id)) return std::nullopt;
  const auto width = static_cast<size_t>(array.type()->byte_width());
  const auto* bytes = reinterpret_cast<const char*>(array.data()->buffers[1]->data()) +
                      static_cast<size_t>(array.offset()) * width;
  return Look(array, [&](int64_t i) {
    return std::string_view(bytes + static_cast<size_t>(i) * width, width);
  });
}

// The n of which so many draws give so many different ones: distinct = n (1 - exp(-rows / n)).
double DistinctValues(const Sample& sample) {
  const auto rows = static_cast<double>(sample.rows);
  const auto distinct = static_cast<double>(sample.distinct);
  double low = distinct;
  double high = kValuesMax;
  for (int i = 0; i < kEstimateRounds; ++i) {
    const double middle = (low + high) / 2;
    (-middle * std::expm1(-rows / middle) < distinct ? low : high) = middle;
  }
  return high;
}

}  // namespace

bool DictionaryPays(const arrow::Array& first, bool whole) {
  if (first.null_count() == first.length()) return true;
  const auto sample = Look(first);
  if (!sample || sample->rows == 0) return true;
  const double values = DistinctValues(*sample);
  const double value_bytes = static_cast<double>(sample->bytes) / static_cast<double>(sample->rows);
  if (whole) {
    const auto rows = static_cast<double>(first.length() - first.null_count());
    return std::min(values, rows) <= kDistinctShareMax * rows;
  }
  return values * value_bytes <= kDictionaryMaxBytes;
}

}  // namespace deltaport::columnar
