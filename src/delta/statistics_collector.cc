#include "delta/statistics_collector.h"

#include <arrow/util/parallel.h>

#include "columnar/json_document.h"
#include "delta/column_bounds.h"

namespace deltaport::delta {
namespace {

// Below, handing columns to other threads costs more than it gains.
constexpr int64_t kParallelRowsMin = 16 * 1024;

}  // namespace

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

std::unique_ptr<StatisticsCollector::Node> StatisticsCollector::MakeNode(
    const arrow::Field& field, const std::vector<bool>& leaves, size_t& leaf) {
  auto node = std::make_unique<Node>();
  node->name = field.name();
  node->is_struct = field.type()->id() == arrow::Type::STRUCT;
  if (!node->is_struct) {
    const size_t index = leaf++;
    if (index >= leaves.size() || !leaves[index]) return nullptr;
    node->bounds = ColumnBounds::Make(*field.type());
    return node;
  }
  bool any = false;
  for (const auto& child : field.type()->fields()) {
    node->children.push_back(MakeNode(*child, leaves, leaf));
    any = any || node->children.back() != nullptr;
  }
  return any ? std::move(node) : nullptr;
}

StatisticsCollector::StatisticsCollector(const arrow::Schema& schema,
                                         const std::vector<bool>& leaves) {
  size_t leaf = 0;
  for (const auto& field : schema.fields()) columns_.push_back(MakeNode(*field, leaves, leaf));
}

StatisticsCollector::~StatisticsCollector() = default;
StatisticsCollector::StatisticsCollector(StatisticsCollector&&) noexcept = default;

Status StatisticsCollector::Update(const arrow::RecordBatch& batch) {
  rows_ += batch.num_rows();
  const auto update = [&](int column) {
    Node* const node = columns_[static_cast<size_t>(column)].get();
    return node == nullptr ? Status::OK() : node->Update(*batch.column(column));
  };
  const int columns = static_cast<int>(columns_.size());
  if (batch.num_rows() >= kParallelRowsMin && columns > 1) {
    return arrow::internal::ParallelFor(columns, update);
  }
  for (int column = 0; column < columns; ++column) ARROW_RETURN_NOT_OK(update(column));
  return Status::OK();
}

std::string StatisticsCollector::ToJson() const {
  using Part = Node::Part;
  return fmt::format(R"({{"numRecords":{},"minValues":{},"maxValues":{},"nullCount":{}}})", rows_,
                     Node::ObjectJson(columns_, Part::kMin), Node::ObjectJson(columns_, Part::kMax),
                     Node::ObjectJson(columns_, Part::kNullCount));
}

}  // namespace deltaport::delta
