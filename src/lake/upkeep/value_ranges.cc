#include "lake/upkeep/value_ranges.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>

namespace deltaport::lake {
namespace {

// NaN after everything else, as in the order of queries.
struct Less {
  bool operator()(double left, double right) const {
    if (std::isnan(right)) return !std::isnan(left);
    return left < right;
  }
  bool operator()(int64_t left, int64_t right) const { return left < right; }
  bool operator()(std::string_view left, std::string_view right) const { return left < right; }
};

template <typename ArrayType>
class TypedRanges final : public ValueRanges {
 public:
  TypedRanges(const ArrayType& sample, uint32_t ranges_max) {
    std::vector<View> values;
    for (int64_t i = 0; i < sample.length(); ++i) {
      if (sample.IsValid(i)) values.push_back(sample.GetView(i));
    }
    std::sort(values.begin(), values.end(), Less());
    // `ranges_max` - 1 ranges have one start less: what is before the first start is in range 1.
    const size_t starts = std::min<size_t>(ranges_max - 2, values.size());
    for (size_t i = 0; i < starts; ++i) {
      const View start = values[(i + 1) * values.size() / (starts + 1)];
      if (starts_.empty() || Less()(starts_.back(), start)) starts_.emplace_back(start);
    }
  }

  void Find(const arrow::Array& array, uint32_t* out) const override {
    const auto& values = static_cast<const ArrayType&>(array);
    for (int64_t i = 0; i < values.length(); ++i) {
      out[i] = values.IsNull(i) ? 0 : RangeOf(values.GetView(i));
    }
  }

 private:
  using View = std::decay_t<decltype(std::declval<const ArrayType&>().GetView(0))>;
  using Start = std::conditional_t<std::is_same_v<View, std::string_view>, std::string, View>;

  uint32_t RangeOf(View value) const {
    const auto after =
        std::upper_bound(starts_.begin(), starts_.end(), value,
                         [](View left, const Start& right) { return Less()(left, View(right)); });
    return 1 + static_cast<uint32_t>(after - starts_.begin());
  }

  std::vector<Start> starts_;  // Of the ranges from 2 on.
};

}  // namespace

Result<std::unique_ptr<ValueRanges>> ValueRanges::Make(const arrow::Array& sample,
                                                       uint32_t ranges_max) {
  const auto make = [&]<typename ArrayType>() -> std::unique_ptr<ValueRanges> {
    return std::make_unique<TypedRanges<ArrayType>>(static_cast<const ArrayType&>(sample),
                                                    ranges_max);
  };
  switch (sample.type_id()) {
    case arrow::Type::INT64:
      return make.operator()<arrow::Int64Array>();
    case arrow::Type::DOUBLE:
      return make.operator()<arrow::DoubleArray>();
    case arrow::Type::STRING:
      return make.operator()<arrow::StringArray>();
    case arrow::Type::BINARY:
      return make.operator()<arrow::BinaryArray>();
    default:
      return Error(ErrorCode::kInternal, "no ranges of the type {}", sample.type()->ToString());
  }
}

}  // namespace deltaport::lake
