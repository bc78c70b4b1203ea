#include "delta/statistics_struct.h"

#include <arrow/util/key_value_metadata.h>

#include "columnar/delta_schema.h"
#include "delta/value_text.h"

namespace deltaport::delta {
namespace {

using columnar::JsonDocument;
using columnar::JsonKind;
using columnar::JsonValue;

bool HasBounds(const arrow::DataType& type) {
  return !arrow::is_nested(type.id()) && type.id() != arrow::Type::BOOL &&
         type.id() != arrow::Type::BINARY && type.id() != arrow::Type::NA;
}

std::string PhysicalName(const arrow::Field& field) {
  const auto name = field.metadata() ? field.metadata()->Get(columnar::kPhysicalNameKey)
                                     : Error(ErrorCode::kNotFound, "no metadata");
  return name.ok() ? *name : field.name();
}

// The fields of minValues (and maxValues) and of nullCount below one struct.
struct Columns {
  arrow::FieldVector bounds;
  arrow::FieldVector null_counts;
};

void AddColumn(const arrow::Field& field, std::string name, int& leaves_left, Columns& columns) {
  const arrow::DataType& type = *field.type();
  if (leaves_left == 0 || type.id() == arrow::Type::NA) return;
  if (type.id() != arrow::Type::STRUCT) {
    if (leaves_left > 0) --leaves_left;
    if (HasBounds(type)) columns.bounds.push_back(arrow::field(name, field.type()));
    columns.null_counts.push_back(arrow::field(std::move(name), arrow::int64()));
    return;
  }
  Columns below;
  for (const auto& child : type.fields()) {
    AddColumn(*child, PhysicalName(*child), leaves_left, below);
  }
  // Parquet has no struct without fields.
  if (!below.bounds.empty()) {
    columns.bounds.push_back(arrow::field(name, arrow::struct_(below.bounds)));
  }
  if (!below.null_counts.empty()) {
    columns.null_counts.push_back(arrow::field(std::move(name), arrow::struct_(below.null_counts)));
  }
}

bool IsText(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::DATE32 ||
         type.id() == arrow::Type::TIMESTAMP;
}

// Appends null where the value is missing or none of `type`.
Status AppendStatistic(JsonValue value, const arrow::DataType& type, arrow::ArrayBuilder& builder) {
  if (type.id() == arrow::Type::BOOL) {
    const auto flag = value.boolean();
    return flag ? static_cast<arrow::BooleanBuilder&>(builder).Append(*flag) : builder.AppendNull();
  }
  std::optional<std::string_view> text = value.string();
  if (!text && !IsText(type)) text = value.number_text();
  if (!text) return builder.AppendNull();
  const Status status = AppendValueText(type, *text, builder);
  return status.ok() || CodeOf(status) != ErrorCode::kCorruptTable ? status : builder.AppendNull();
}

}  // namespace

std::shared_ptr<arrow::DataType> StatisticsType(const Snapshot& snapshot, int leaves_max) {
  Columns columns;
  int leaves_left = leaves_max < 0 ? -1 : leaves_max;
  const arrow::Schema& schema = *snapshot.schema();
  for (int i = 0; i < schema.num_fields(); ++i) {
    if (snapshot.IsPartitionColumn(i)) continue;
    AddColumn(*schema.field(i), snapshot.PhysicalName(i), leaves_left, columns);
  }
  arrow::FieldVector fields = {arrow::field("numRecords", arrow::int64()),
                               arrow::field("tightBounds", arrow::boolean())};
  if (!columns.bounds.empty()) {
    const auto bounds = arrow::struct_(columns.bounds);
    fields.push_back(arrow::field("minValues", bounds));
    fields.push_back(arrow::field("maxValues", bounds));
  }
  if (!columns.null_counts.empty()) {
    fields.push_back(arrow::field("nullCount", arrow::struct_(columns.null_counts)));
  }
  return arrow::struct_(fields);
}

StatisticsColumn::StatisticsColumn(const std::shared_ptr<arrow::DataType>& type,
                                   arrow::ArrayBuilder& builder)
    : root_(MakeNode("", type, builder)) {}

StatisticsColumn::Node StatisticsColumn::MakeNode(std::string name,
                                                  const std::shared_ptr<arrow::DataType>& type,
                                                  arrow::ArrayBuilder& builder) {
  Node node{std::move(name), type, &builder, {}};
  if (type->id() == arrow::Type::STRUCT) {
    for (int i = 0; i < type->num_fields(); ++i) {
      node.children.push_back(
          MakeNode(type->field(i)->name(), type->field(i)->type(), *builder.child(i)));
    }
  }
  return node;
}

Status StatisticsColumn::AppendNode(JsonValue value, const Node& node) {
  if (node.children.empty()) return AppendStatistic(value, *node.type, *node.builder);
  if (value.kind() != JsonKind::kObject) return node.builder->AppendNull();
  ARROW_RETURN_NOT_OK(static_cast<arrow::StructBuilder&>(*node.builder).Append());
  const int64_t length = node.builder->length();
  // Writers give the members in the order of the columns, so the next one is tried first.
  size_t next = 0;
  ARROW_RETURN_NOT_OK(value.ForEachMember([&](std::string_view name, JsonValue member) {
    for (size_t tried = 0; tried < node.children.size(); ++tried) {
      const Node& child = node.children[(next + tried) % node.children.size()];
      if (child.name != name) continue;
      next = (next + tried + 1) % node.children.size();
      // The first of several members of one name counts.
      return child.builder->length() < length ? AppendNode(member, child) : Status::OK();
    }
    return Status::OK();
  }));
  for (const Node& child : node.children) {
    if (child.builder->length() < length) ARROW_RETURN_NOT_OK(child.builder->AppendNull());
  }
  return Status::OK();
}

Status StatisticsColumn::Append(std::optional<std::string_view> stats) {
  if (!stats) return root_.builder->AppendNull();
  const auto document = JsonDocument::Parse(*stats);
  return AppendNode(document.ok() ? document->root() : JsonValue(), root_);
}

}  // namespace deltaport::delta
