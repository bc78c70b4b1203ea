// Feeds any bytes to the guard of SQL text. What it lets pass must be a reading statement;
// crashes, hangs, undefined behaviour and internal errors are not fine.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/duckdb/statement_guard.h"

namespace {

namespace engine = deltaport::engine;

class TwoTables final : public engine::TableResolver {
 public:
  deltaport::Result<std::shared_ptr<const engine::TableSource>> Resolve(
      std::string_view name, const deltaport::delta::TimeTravel&) const override {
    return deltaport::Error(deltaport::ErrorCode::kNotFound, "{}", name);
  }
  std::vector<std::string> Names() const override { return {"flights", "my data.v1"}; }
};

bool Reads(duckdb::StatementType type) {
  return type == duckdb::StatementType::SELECT_STATEMENT ||
         type == duckdb::StatementType::EXPLAIN_STATEMENT;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view sql(reinterpret_cast<const char*>(data), size);
  const auto guarded = engine::GuardStatement(sql, TwoTables());
  if (!guarded.ok()) {
    if (deltaport::CodeOf(guarded.status()) == deltaport::ErrorCode::kInternal) __builtin_trap();
    return 0;
  }
  if (!Reads(guarded->statement->type)) __builtin_trap();
  return 0;
}
