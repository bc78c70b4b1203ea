// A condition on the rows of a table, as far as what is known of whole files can decide it: which
// files may hold a row that passes.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/planner/expression.hpp>
#include <duckdb/planner/table_filter.hpp>

#include "engine/duckdb/file_bounds.h"

namespace deltaport::engine {

class FilePredicate {
 public:
  // The column of the table that a reference in an expression stands for; nullopt for others.
  using ColumnOf = std::function<std::optional<size_t>(const duckdb::Expression&)>;
  // Null for a column of which nothing is known.
  using BoundsOf = std::function<const FileBounds*(size_t column)>;

  // Conditions that are not understood are always true.
  static FilePredicate Of(const duckdb::Expression& expression, const ColumnOf& column_of);
  static FilePredicate Of(const duckdb::TableFilter& filter, size_t column);
  static FilePredicate All(std::vector<FilePredicate> conditions);

  // True if it leaves out no file, whatever is known of them.
  bool AlwaysTrue() const { return kind_ == Kind::kTrue; }

  // Clears `may[i]` where no row of `files[i]` can pass.
  void Restrict(const BoundsOf& bounds_of, std::span<const uint32_t> files,
                std::vector<uint8_t>& may) const;

 private:
  enum class Kind {
    kTrue,
    kFalse,
    kRange,
    kDifferent,  // From the one value.
    kAnyOf,      // The values, ascending.
    kIsNull,
    kIsNotNull,
    kAll,
    kAny,
  };

  explicit FilePredicate(Kind kind = Kind::kTrue) : kind_(kind) {}
  static FilePredicate Compare(size_t column, duckdb::ExpressionType comparison,
                               const duckdb::Value& constant);
  static FilePredicate AnyOf(size_t column, std::vector<BoundValue> values);
  static FilePredicate Prefix(size_t column, const std::string& prefix);
  static FilePredicate NullTest(Kind kind, size_t column);
  static FilePredicate Any(std::vector<FilePredicate> conditions);
  static FilePredicate OfComparison(const duckdb::Expression& expression,
                                    const ColumnOf& column_of);
  static FilePredicate OfBetween(const duckdb::Expression& expression, const ColumnOf& column_of);
  static FilePredicate OfOperator(const duckdb::Expression& expression, const ColumnOf& column_of);
  static FilePredicate OfFunction(const duckdb::Expression& expression, const ColumnOf& column_of);

  template <typename Passes>
  static void Clear(std::span<const uint32_t> files, std::vector<uint8_t>& may, Passes passes);
  template <typename T>
  void RestrictValues(const FileBounds& bounds, std::span<const uint32_t> files,
                      std::vector<uint8_t>& may) const;
  template <typename T>
  bool RangePasses(const FileBounds& bounds, size_t file) const;
  template <typename T>
  static bool AnyPasses(const std::vector<T>& values, const FileBounds& bounds, size_t file);
  void RestrictColumn(const FileBounds& bounds, std::span<const uint32_t> files,
                      std::vector<uint8_t>& may) const;

  Kind kind_;
  size_t column_ = 0;
  // kRange: absent where open.
  std::optional<BoundValue> low_;
  std::optional<BoundValue> high_;
  bool low_inclusive_ = true;
  bool high_inclusive_ = true;
  std::vector<BoundValue> values_;
  std::vector<FilePredicate> children_;
};

}  // namespace deltaport::engine
