#include "delta/row_tracking.h"

#include "columnar/json_document.h"
#include "storage/uuid.h"

namespace deltaport::delta {

Result<int64_t> RowIdHighWaterMark(const std::map<std::string, DomainMetadata>& domains) {
  const auto found = domains.find(kRowTrackingDomain);
  if (found == domains.end()) return -1;
  const auto document = columnar::JsonDocument::Parse(found->second.configuration);
  const auto mark = document.ok() ? document->root()["rowIdHighWaterMark"].integer() : std::nullopt;
  if (!mark) {
    return Error(ErrorCode::kCorruptTable, "the domain {} holds no rowIdHighWaterMark: {}",
                 kRowTrackingDomain, found->second.configuration);
  }
  return *mark;
}

void AddRowTrackingColumns(std::map<std::string, std::string>& configuration) {
  configuration.try_emplace("delta.rowTracking.materializedRowIdColumnName",
                            "_row-id-col-" + storage::RandomUuid());
  configuration.try_emplace("delta.rowTracking.materializedRowCommitVersionColumnName",
                            "_row-commit-version-col-" + storage::RandomUuid());
}

DomainMetadata RowTrackingDomain(int64_t high_water_mark) {
  return {kRowTrackingDomain, fmt::format(R"({{"rowIdHighWaterMark":{}}})", high_water_mark),
          false};
}

}  // namespace deltaport::delta
