// File statistics of the log as typed columns: `add.stats_parsed` of checkpoints.
//
// Source of the layout: PROTOCOL.md of delta-io/delta, "Checkpoint Schema".

#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <arrow/builder.h>
#include <arrow/type.h>

#include "base/error.h"
#include "columnar/json_document.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

// struct<numRecords, tightBounds, minValues, maxValues, nullCount> for the data columns of the
// table, by physical name. `leaves_max`: how many leading leaf columns count; negative for all.
std::shared_ptr<arrow::DataType> StatisticsType(const Snapshot& snapshot, int leaves_max);

// Fills a struct builder of that type.
class StatisticsColumn {
 public:
  // `builder` must be of `type` and outlive this.
  StatisticsColumn(const std::shared_ptr<arrow::DataType>& type, arrow::ArrayBuilder& builder);

  // One slot: null for no text and for text that is not a JSON object. Members without a column
  // are left out.
  Status Append(std::optional<std::string_view> stats);

 private:
  struct Node {
    std::string name;
    std::shared_ptr<arrow::DataType> type;
    arrow::ArrayBuilder* builder = nullptr;
    std::vector<Node> children;
  };
  static Node MakeNode(std::string name, const std::shared_ptr<arrow::DataType>& type,
                       arrow::ArrayBuilder& builder);
  static Status AppendNode(columnar::JsonValue value, const Node& node);

  Node root_;
};

}  // namespace deltaport::delta
