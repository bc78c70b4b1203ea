// Minimum and maximum of one primitive column, as JSON for file statistics.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include <arrow/array.h>

namespace deltaport::delta {

class ColumnBounds {
 public:
  virtual ~ColumnBounds() = default;

  // Null for types without bounds.
  static std::unique_ptr<ColumnBounds> Make(const arrow::DataType& type);

  virtual void Update(const arrow::Array& values) = 0;

  // JSON values; nullopt without a value, or where no exact bound can be written.
  virtual std::optional<std::string> MinJson() const = 0;
  virtual std::optional<std::string> MaxJson() const = 0;
};

}  // namespace deltaport::delta
