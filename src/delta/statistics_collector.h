// Gathers the statistics of one data file while its rows pass by.
//
// Covers the leaf columns that are asked for (see statistics_columns.h). Bounds: strings cut at 32
// characters (a maximum gets a last character above every continuation), timestamps in milliseconds
// (a maximum rounded up), decimals exact. A float column that holds NaN, and boolean, binary, array
// and map columns have null counts only.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/error.h"

namespace deltaport::delta {

class StatisticsCollector {
 public:
  // `leaves`: whether each leaf column counts, in depth-first order; those beyond its end do not.
  StatisticsCollector(const arrow::Schema& schema, const std::vector<bool>& leaves);
  ~StatisticsCollector();
  StatisticsCollector(StatisticsCollector&&) noexcept;

  // A batch of that schema. Columns of large batches are looked at in parallel, on the threads of
  // Arrow's CPU pool.
  Status Update(const arrow::RecordBatch& batch);

  int64_t rows() const { return rows_; }

  // The text of `add.stats`.
  std::string ToJson() const;

 private:
  struct Node;
  static std::unique_ptr<Node> MakeNode(const arrow::Field& field, const std::vector<bool>& leaves,
                                        size_t& leaf);

  std::vector<std::unique_ptr<Node>> columns_;
  int64_t rows_ = 0;
};

}  // namespace deltaport::delta
