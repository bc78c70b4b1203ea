#include "engine/table_source.h"

namespace deltaport::engine {

const std::shared_ptr<arrow::Schema>& TableSource::schema() const {
  if (visible_schema) return visible_schema;
  if (const auto* snapshot = std::get_if<std::shared_ptr<const delta::Snapshot>>(&files)) {
    return (*snapshot)->schema();
  }
  return std::get<ParquetFiles>(files).schema;
}

}  // namespace deltaport::engine
