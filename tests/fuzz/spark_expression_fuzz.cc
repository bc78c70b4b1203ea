// Feeds any bytes to the reader of Spark SQL expressions and to that of DuckDB's dialect. What they
// accept must read the same again; crashes, hangs, undefined behaviour and internal errors are not
// fine.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/expression.h"

namespace {

namespace engine = deltaport::engine;

void Check(const deltaport::Result<engine::Expression>& expression,
           const engine::ExpressionScope& scope) {
  if (!expression.ok()) {
    if (deltaport::CodeOf(expression.status()) == deltaport::ErrorCode::kInternal) {
      __builtin_trap();
    }
    return;
  }
  const auto again = engine::Expression::Parse("(" + expression->sql() + ")", scope);
  const bool too_long = expression->sql().size() + 2 > engine::kExpressionMaxBytes;
  if (!too_long && (!again.ok() || again->columns() != expression->columns())) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const engine::ExpressionScope scope = {
      {{"t",
        arrow::schema({arrow::field("i", arrow::int32()), arrow::field("s", arrow::utf8()),
                       arrow::field("d", arrow::date32()),
                       arrow::field("p", arrow::struct_({arrow::field("x", arrow::float64())})),
                       arrow::field("m", arrow::decimal128(10, 2))})}}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(engine::Expression::ParseSpark(text, scope), scope);
  Check(engine::Expression::Parse(text, scope), scope);
  return 0;
}
