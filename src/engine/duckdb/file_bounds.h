// What is known of one column in each file of a table: bounds and nulls, as columns.

#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <arrow/array.h>
#include <duckdb.hpp>

#include "base/error.h"

namespace deltaport::engine {

// Every integer, decimal (unscaled), date, time and boolean.
using WideInteger = __int128;

// A value in the form in which it is compared with bounds.
using BoundValue = std::variant<WideInteger, double, std::string>;

// nullopt for null and for types without bounds.
std::optional<BoundValue> ToBoundValue(const duckdb::Value& value);

// Immutable; safe to share between threads.
class FileBounds {
 public:
  // Files with one value each, null included.
  static Result<std::shared_ptr<const FileBounds>> OfConstants(
      const std::shared_ptr<arrow::Array>& values);
  // `row_counts`: a negative number where unknown. Arrays may be null where nothing is known.
  static Result<std::shared_ptr<const FileBounds>> OfStatistics(
      const std::shared_ptr<arrow::Array>& min_values,
      const std::shared_ptr<arrow::Array>& max_values,
      const std::shared_ptr<arrow::Int64Array>& null_counts,
      const std::vector<int64_t>& row_counts);
  // Files that are told apart by their number.
  static std::shared_ptr<const FileBounds> OfNumbers(size_t files);

  bool MayBeNull(size_t file) const { return (known_[file] & kNoNull) == 0; }
  bool MayBeValue(size_t file) const { return (known_[file] & kNoValue) == 0; }
  bool HasMin(size_t file) const { return (known_[file] & kMin) != 0; }
  bool HasMax(size_t file) const { return (known_[file] & kMax) != 0; }
  // Minimum and maximum are the one value of the file, and not only around it.
  bool exact() const { return exact_; }

  // The alternative of BoundValue that the bounds have; others are never compared.
  bool Holds(const BoundValue& value) const { return bounds_.index() == value.index(); }

  template <typename T>
  const T& Min(size_t file) const {
    return std::get<Typed<T>>(bounds_).min[file];
  }
  template <typename T>
  const T& Max(size_t file) const {
    return std::get<Typed<T>>(bounds_).max[file];
  }

  // Files with the least minimum and the greatest maximum of all. nullopt if some file that may
  // have values has no bounds.
  struct Extremes {
    size_t min_file;
    size_t max_file;
  };
  std::optional<Extremes> FindExtremes() const;

 private:
  template <typename T>
  struct Typed {
    std::vector<T> min;
    std::vector<T> max;
  };
  static constexpr uint8_t kMin = 1;
  static constexpr uint8_t kMax = 2;
  static constexpr uint8_t kNoNull = 4;
  static constexpr uint8_t kNoValue = 8;

  template <typename T>
  Status Fill(const std::shared_ptr<arrow::Array>& min_values,
              const std::shared_ptr<arrow::Array>& max_values);
  Status Fill(const std::shared_ptr<arrow::Array>& min_values,
              const std::shared_ptr<arrow::Array>& max_values);

  std::vector<uint8_t> known_;
  std::variant<Typed<WideInteger>, Typed<double>, Typed<std::string>> bounds_;
  bool exact_ = false;
};

// Order of bounds: as DuckDB's, in which NaN is the greatest number.
inline bool BoundLess(double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; }
inline bool BoundLess(WideInteger a, WideInteger b) { return a < b; }
inline bool BoundLess(const std::string& a, const std::string& b) { return a < b; }

}  // namespace deltaport::engine
