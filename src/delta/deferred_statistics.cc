#include "delta/deferred_statistics.h"

#include <arrow/builder.h>

namespace deltaport::delta {

Result<std::shared_ptr<arrow::LargeStringArray>> AllTexts(const DeferredStatistics& deferred) {
  arrow::LargeStringBuilder builder;
  ARROW_RETURN_NOT_OK(
      deferred.Visit(1, [&](int64_t /*first*/, const arrow::LargeStringArray& texts) {
        return builder.AppendArraySlice(*texts.data(), 0, texts.length());
      }));
  std::shared_ptr<arrow::LargeStringArray> all;
  ARROW_RETURN_NOT_OK(builder.Finish(&all));
  return all;
}

}  // namespace deltaport::delta
