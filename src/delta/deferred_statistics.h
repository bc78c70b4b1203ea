// Statistics texts of many files that are read when somebody asks for them.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <arrow/array.h>

#include "base/error.h"

namespace deltaport::delta {

// Takes the texts of a run of rows, of which `first` is the first; null where a file has none.
using StatisticsVisitor =
    std::function<Status(int64_t first, const arrow::LargeStringArray& texts)>;

class DeferredStatistics {
 public:
  virtual ~DeferredStatistics() = default;

  // Calls `visit` for runs that cover all rows: in their order if `threads_max` is 1, otherwise in
  // any order and from several threads at once. kCorruptTable naming the file for damage.
  virtual Status Visit(size_t threads_max, const StatisticsVisitor& visit) const = 0;
};

// All of them as one array.
Result<std::shared_ptr<arrow::LargeStringArray>> AllTexts(const DeferredStatistics& deferred);

}  // namespace deltaport::delta
