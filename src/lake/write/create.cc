#include "lake/write/create.h"

#include <algorithm>

#include "lake/write/table_rules.h"

namespace deltaport::lake {
namespace {

Status CheckConstraintName(const std::string& name) {
  const bool plain = !name.empty() && name.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyz"
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_") == std::string::npos;
  if (plain) return Status::OK();
  return Error(ErrorCode::kInvalidArgument,
               "the name '{}' of a constraint is not of letters, digits and '_'", name);
}

// A generated column is computed from what rows bring.
Status CheckGenerated(const TableRules& rules) {
  for (const auto& generated : rules.generated) {
    if (rules.Default(generated.column) != nullptr || rules.Identity(generated.column) != nullptr) {
      return Error(ErrorCode::kInvalidArgument, "column '{}' is generated in two ways",
                   generated.column);
    }
    for (const auto& read : generated.expression.columns()) {
      if (rules.Generated(read) == nullptr && rules.Identity(read) == nullptr) continue;
      return Error(ErrorCode::kInvalidArgument,
                   "the generated column '{}' reads '{}', which is generated itself",
                   generated.column, read);
    }
  }
  return Status::OK();
}

}  // namespace

Result<delta::WriteOutcome> CreateTable(const storage::Location& location,
                                        const CreateRequest& request) {
  delta::NewTable table;
  table.partition_columns = request.partition_columns;
  table.configuration = request.properties;
  for (const auto& [name, condition] : request.constraints) {
    ARROW_RETURN_NOT_OK(CheckConstraintName(name));
    table.configuration[fmt::format("{}{}", kConstraintPrefix, name)] = condition;
  }
  delta::Metadata metadata;
  metadata.configuration = table.configuration;
  ARROW_ASSIGN_OR_RAISE(const auto rules, TableRules::Of(metadata, *request.columns));
  ARROW_RETURN_NOT_OK(CheckGenerated(rules));
  return delta::CreateTable(location, *request.columns, table);
}

}  // namespace deltaport::lake
