#include "delta/statistics_collector.h"

#include "columnar/json_document.h"
#include "delta/column_bounds.h"

namespace deltaport::delta {

// A column or struct field. Only leaves count; a struct has children.
struct StatisticsCollector::Node {
  std::string name;
  std::vector<std::unique_ptr<Node>> children;  // Null for fields that do not count.
  bool is_struct = false;
  std::unique_ptr<ColumnBounds> bounds;  // Null without any.
  int64_t null_count = 0;

  Status Update(const arrow::Array& array) {
    if (!is_struct) {
      null_count += array.null_count();
      if (bounds) bounds->Update(array);
      return Status::OK();
    }
    // Flattening makes fields null where their struct is.
    ARROW_ASSIGN_OR_RAISE(const auto fields,
                          static_cast<const arrow::StructArray&>(array).Flatten());
    for (size_t i = 0; i < children.size(); ++i) {
      if (children[i]) ARROW_RETURN_NOT_OK(children[i]->Update(*fields[i]));
    }
    return Status::OK();
  }

  enum class Part { kMin, kMax, kNullCount };

  // The value as JSON; empty if there is none.
  std::string Json(Part part) const {
    if (is_struct) return ObjectJson(children, part);
    if (part == Part::kNullCount) return fmt::format("{}", null_count);
    if (!bounds) return {};
    return (part == Part::kMin ? bounds->MinJson() : bounds->MaxJson()).value_or("");
  }

  static std::string ObjectJson(const std::vector<std::unique_ptr<Node>>& nodes, Part part) {
    std::string out = "{";
    for (const auto& node : nodes) {
      if (!node) continue;
      const std::string value = node->Json(part);
      if (value.empty()) continue;
      if (out.size() > 1) out += ',';
      columnar::AppendQuotedJson(node->name, out);
      out += ':';
      out += value;
    }
    return out + "}";
  }
};

std::unique_ptr<StatisticsCollector::Node> StatisticsCollector::MakeNode(const arrow::Field& field,
                                                                         int& leaves_left) {
  if (leaves_left == 0) return nullptr;
  auto node = std::make_unique<Node>();
  node->name = field.name();
  node->is_struct = field.type()->id() == arrow::Type::STRUCT;
  if (!node->is_struct) {
    if (leaves_left > 0) --leaves_left;
    node->bounds = ColumnBounds::Make(*field.type());
    return node;
  }
  for (const auto& child : field.type()->fields()) {
    node->children.push_back(MakeNode(*child, leaves_left));
  }
  return node;
}

StatisticsCollector::StatisticsCollector(const arrow::Schema& schema, int leaves_max) {
  int leaves_left = leaves_max < 0 ? -1 : leaves_max;
  for (const auto& field : schema.fields()) columns_.push_back(MakeNode(*field, leaves_left));
}

StatisticsCollector::~StatisticsCollector() = default;
StatisticsCollector::StatisticsCollector(StatisticsCollector&&) noexcept = default;

Status StatisticsCollector::Update(const arrow::RecordBatch& batch) {
  rows_ += batch.num_rows();
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i]) ARROW_RETURN_NOT_OK(columns_[i]->Update(*batch.column(static_cast<int>(i))));
  }
  return Status::OK();
}

std::string StatisticsCollector::ToJson() const {
  using Part = Node::Part;
  return fmt::format(R"({{"numRecords":{},"minValues":{},"maxValues":{},"nullCount":{}}})", rows_,
                     Node::ObjectJson(columns_, Part::kMin), Node::ObjectJson(columns_, Part::kMax),
                     Node::ObjectJson(columns_, Part::kNullCount));
}

}  // namespace deltaport::delta
