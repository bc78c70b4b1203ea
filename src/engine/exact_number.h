// Decimal numbers of any size as their digits, for comparing a literal with a column exactly.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace deltaport::engine {

// The greatest integer ≤ number × 10^scale.
struct ScaledFloor {
  bool negative = false;
  std::string digits;  // Without leading zeros; empty for 0.
  bool exact = true;   // Nothing was cut off.

  // "-120", "0".
  std::string ToText() const;
};

class ExactNumber {
 public:
  // "12", "-0.5", "+3.00", "1e-7". Nullopt if `text` is anything else; no white space is skipped.
  static std::optional<ExactNumber> Parse(std::string_view text);

  bool negative() const { return negative_; }
  bool zero() const { return digits_.empty(); }

  // Nullopt if the result would have more than `digits_max` digits: then it lies outside of every
  // type with that many, on the side of its sign.
  std::optional<ScaledFloor> FloorAt(int scale, int digits_max) const;

 private:
  // The number is ±digits_ × 10^exponent_; digits_ has no zero at either end.
  bool negative_ = false;
  std::string digits_;
  int exponent_ = 0;
};

}  // namespace deltaport::engine
