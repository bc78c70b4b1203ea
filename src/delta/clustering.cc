#include "delta/clustering.h"

#include <set>

#include "columnar/delta_schema.h"
#include "columnar/json_document.h"
#include "delta/column_bounds.h"
#include "delta/column_mapping.h"

namespace deltaport::delta {
namespace {

Result<ColumnPath> LogicalPath(const ColumnPath& physical, const arrow::FieldVector& top,
                               ColumnMappingMode mode) {
  ColumnPath logical;
  const arrow::FieldVector* fields = &top;
  for (const auto& name : physical) {
    const arrow::Field* found = nullptr;
    for (const auto& field : *fields) {
      ARROW_ASSIGN_OR_RAISE(const std::string candidate, PhysicalNameOf(*field, mode));
      if (candidate == name) found = field.get();
    }
    if (found == nullptr) {
      return Error(ErrorCode::kCorruptTable,
                   "the domain {} names the column '{}', which the schema does not have",
                   kClusteringDomain, fmt::join(physical, "."));
    }
    logical.push_back(found->name());
    fields = &found->type()->fields();
  }
  return logical;
}

Status Unclusterable(const ColumnPath& path, std::string_view why) {
  return Error(ErrorCode::kInvalidArgument, "the table cannot be clustered by '{}': it {}",
               fmt::join(path, "."), why);
}

Result<ColumnPath> PhysicalPath(const ColumnPath& logical, const arrow::FieldVector& top,
                                ColumnMappingMode mode) {
  ColumnPath physical;
  const arrow::FieldVector* fields = &top;
  const arrow::Field* found = nullptr;
  for (const auto& name : logical) {
    found = nullptr;
    for (const auto& field : *fields) {
      if (field->name() == name) found = field.get();
    }
    if (found == nullptr) return Unclusterable(logical, "is no column of it");
    ARROW_ASSIGN_OR_RAISE(std::string physical_name, PhysicalNameOf(*found, mode));
    physical.push_back(std::move(physical_name));
    const bool is_struct = found->type()->id() == arrow::Type::STRUCT;
    static const arrow::FieldVector kNone;
    fields = is_struct ? &found->type()->fields() : &kNone;
  }
  if (found == nullptr || !ColumnBounds::Make(*found->type())) {
    return Unclusterable(logical, "has a type without minimum and maximum");
  }
  return physical;
}

}  // namespace

Result<std::vector<ColumnPath>> ClusteringColumns(
    const std::map<std::string, DomainMetadata>& domains, const arrow::Schema& schema,
    ColumnMappingMode mode) {
  std::vector<ColumnPath> columns;
  const auto found = domains.find(kClusteringDomain);
  if (found == domains.end()) return columns;
  const auto corrupt = [&] {
    return Error(ErrorCode::kCorruptTable, "the domain {} holds no clusteringColumns: {}",
                 kClusteringDomain, found->second.configuration);
  };
  const auto document = columnar::JsonDocument::Parse(found->second.configuration);
  if (!document.ok()) return corrupt();
  const auto list = document->root()["clusteringColumns"];
  if (list.kind() != columnar::JsonKind::kArray) return corrupt();
  ARROW_RETURN_NOT_OK(list.ForEachElement([&](columnar::JsonValue column) -> Status {
    ColumnPath physical;
    ARROW_RETURN_NOT_OK(column.ForEachElement([&](columnar::JsonValue part) -> Status {
      const auto name = part.string();
      if (!name) return corrupt();
      physical.emplace_back(*name);
      return Status::OK();
    }));
    if (physical.empty()) return corrupt();
    ARROW_ASSIGN_OR_RAISE(auto logical, LogicalPath(physical, schema.fields(), mode));
    columns.push_back(std::move(logical));
    return Status::OK();
  }));
  return columns;
}

Result<DomainMetadata> ClusteringDomain(const std::vector<ColumnPath>& columns,
                                        const arrow::Schema& schema, ColumnMappingMode mode) {
  std::string json = R"({"clusteringColumns":[)";
  std::set<ColumnPath> seen;
  for (const auto& column : columns) {
    if (!seen.insert(column).second) return Unclusterable(column, "is named twice");
    ARROW_ASSIGN_OR_RAISE(const auto physical, PhysicalPath(column, schema.fields(), mode));
    if (seen.size() > 1) json += ',';
    for (size_t i = 0; i < physical.size(); ++i) {
      json += i == 0 ? '[' : ',';
      columnar::AppendQuotedJson(physical[i], json);
    }
    json += ']';
  }
  // Spark writes this second member too.
  return DomainMetadata{kClusteringDomain, json + R"(],"domainName":"delta.clustering"})", false};
}

}  // namespace deltaport::delta
