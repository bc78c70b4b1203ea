// The tree of a Spark SQL expression.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::engine {

struct SparkNode {
  enum class Kind {
    kLiteral,  // `text` of `type`; type null for NULL.
    kColumn,   // `names`: a column and fields below it.
    kCall,     // Function or operator `text` in lower case, over `children`.
    kCast,     // children[0] as `type`.
    kCase,     // Pairs of condition and value; a last odd child is ELSE.
  };

  Kind kind = Kind::kLiteral;
  std::string text;
  std::vector<std::string> names;
  std::vector<std::unique_ptr<SparkNode>> children;
  std::shared_ptr<arrow::DataType> type;
  size_t position = 0;  // In bytes.
};

// Operators are calls by their symbol or word: "+", "and", "not", "in", "between", "like", "rlike",
// "isnull", "is true", …; negated predicates are "not" of them, comparisons "=", "<>", "<=>", ….
// Source of the grammar: SqlBaseParser.g4 of Spark 4. kUnsupportedFeature for text that is no
// expression and for forms that are not understood.
Result<std::unique_ptr<SparkNode>> ParseSparkTree(std::string_view sql);

}  // namespace deltaport::engine
