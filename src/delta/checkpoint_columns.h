// Reads the columns of a checkpoint row by row. One struct column an action; a batch may lack any.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "delta/action.h"

namespace deltaport::delta {

// One column of an action's struct, read by row. Remembers the first wrong type.
class CheckpointValues {
 public:
  CheckpointValues(const arrow::StructArray* parent, std::string_view action, std::string_view name,
                   Status& status)
      : action_(action), name_(name), status_(&status) {
    if (parent != nullptr) array_ = parent->GetFieldByName(std::string(name));
  }

  bool present(int64_t row) const { return array_ != nullptr && array_->IsValid(row); }
  // Whether there is a value in any row.
  bool any() const { return array_ != nullptr && array_->null_count() < array_->length(); }

  std::optional<std::string_view> view(int64_t row) const {
    if (!present(row)) return std::nullopt;
    if (array_->type_id() == arrow::Type::STRING) {
      return static_cast<const arrow::StringArray&>(*array_).GetView(row);
    }
    if (array_->type_id() == arrow::Type::LARGE_STRING) {
      return static_cast<const arrow::LargeStringArray&>(*array_).GetView(row);
    }
    Fail("a string");
    return std::nullopt;
  }
  std::optional<std::string> text(int64_t row) const {
    const auto found = view(row);
    return found ? std::optional<std::string>(*found) : std::nullopt;
  }

  std::optional<int64_t> integer(int64_t row) const {
    if (!present(row)) return std::nullopt;
    if (array_->type_id() == arrow::Type::INT64) {
      return static_cast<const arrow::Int64Array&>(*array_).Value(row);
    }
    if (array_->type_id() == arrow::Type::INT32) {
      return static_cast<const arrow::Int32Array&>(*array_).Value(row);
    }
    Fail("an integer");
    return std::nullopt;
  }

  std::optional<bool> boolean(int64_t row) const {
    if (!present(row)) return std::nullopt;
    if (array_->type_id() == arrow::Type::BOOL) {
      return static_cast<const arrow::BooleanArray&>(*array_).Value(row);
    }
    Fail("a boolean");
    return std::nullopt;
  }

  // The column as maps of strings: see CheckpointMaps.
  template <typename Visit>
  void ForEachEntry(int64_t row, Visit visit) const;

  std::optional<std::vector<std::string>> texts(int64_t row) const {
    if (!present(row)) return std::nullopt;
    std::vector<std::string> out;
    if (array_->type_id() != arrow::Type::LIST) {
      Fail("a list");
      return std::nullopt;
    }
    const auto& list = static_cast<const arrow::ListArray&>(*array_);
    const CheckpointValues elements(list.values(), *this);
    for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
      if (auto element = elements.text(i)) out.push_back(std::move(*element));
    }
    return out;
  }

  const arrow::StructArray* fields() const {
    if (array_ == nullptr) return nullptr;
    if (array_->type_id() == arrow::Type::STRUCT) {
      return static_cast<const arrow::StructArray*>(array_.get());
    }
    Fail("a struct");
    return nullptr;
  }

 private:
  friend class CheckpointMaps;
  CheckpointValues(std::shared_ptr<arrow::Array> array, const CheckpointValues& parent)
      : array_(std::move(array)),
        action_(parent.action_),
        name_(parent.name_),
        status_(parent.status_) {}

  void Fail(std::string_view expected) const {
    if (!status_->ok()) return;
    *status_ = Error(ErrorCode::kCorruptTable, "the column {}.{} must be {}, not {}", action_,
                     name_, expected, array_->type()->ToString());
  }

  std::shared_ptr<arrow::Array> array_;
  std::string_view action_;
  std::string_view name_;
  Status* status_;
};

// A column of maps of strings; made once where many rows are read.
class CheckpointMaps {
 public:
  explicit CheckpointMaps(const CheckpointValues& column)
      : column_(column),
        maps_(MapsOf(column)),
        keys_(maps_ == nullptr ? nullptr : maps_->keys(), column),
        items_(maps_ == nullptr ? nullptr : maps_->items(), column) {}

  // Calls visit(key, optional value), both as views, for each entry of the row's map.
  template <typename Visit>
  void ForEachEntry(int64_t row, Visit visit) const {
    if (!column_.present(row)) return;
    if (maps_ == nullptr) return column_.Fail("a map");
    for (int64_t i = maps_->value_offset(row); i < maps_->value_offset(row + 1); ++i) {
      if (const auto key = keys_.view(i)) visit(*key, items_.view(i));
    }
  }

 private:
  static const arrow::MapArray* MapsOf(const CheckpointValues& column) {
    const bool maps = column.array_ != nullptr && column.array_->type_id() == arrow::Type::MAP;
    return maps ? static_cast<const arrow::MapArray*>(column.array_.get()) : nullptr;
  }

  const CheckpointValues& column_;
  const arrow::MapArray* maps_;  // Null for another type.
  CheckpointValues keys_;
  CheckpointValues items_;
};

template <typename Visit>
void CheckpointValues::ForEachEntry(int64_t row, Visit visit) const {
  if (present(row)) CheckpointMaps(*this).ForEachEntry(row, std::move(visit));
}

// A map of strings; null values are empty text. Of two equal keys the last counts.
std::map<std::string, std::string> TextMap(const CheckpointValues& values, int64_t row);

// The columns of one kind of action in one batch.
class ActionColumns {
 public:
  ActionColumns(const arrow::RecordBatch& batch, const char* name, Status& status)
      : name_(name), status_(status) {
    const auto column = batch.GetColumnByName(name);
    if (column == nullptr) return;
    if (column->type_id() != arrow::Type::STRUCT) {
      status = Error(ErrorCode::kCorruptTable, "the column {} must be a struct, not {}", name,
                     column->type()->ToString());
      return;
    }
    array_ = std::static_pointer_cast<arrow::StructArray>(column);
  }

  bool present(int64_t row) const { return array_ != nullptr && array_->IsValid(row); }
  // The struct column itself; null if the batch has none.
  const arrow::StructArray* array() const { return array_.get(); }
  CheckpointValues operator[](std::string_view name) const {
    return CheckpointValues(array_.get(), name_, name, status_);
  }
  Status& status() const { return status_; }

  template <typename T>
  T Required(const std::optional<T>& value, std::string_view name) const {
    if (!value && status_.ok()) {
      status_ = Error(ErrorCode::kCorruptTable, "{}.{} is missing", name_, name);
    }
    return value.value_or(T{});
  }

 private:
  std::shared_ptr<arrow::StructArray> array_;
  std::string_view name_;
  Status& status_;
};

struct DeletionVectorColumns {
  explicit DeletionVectorColumns(const CheckpointValues& values, Status& status)
      : fields(values.fields()),
        storage_type(fields, "deletionVector", "storageType", status),
        path_or_inline(fields, "deletionVector", "pathOrInlineDv", status),
        offset(fields, "deletionVector", "offset", status),
        size_bytes(fields, "deletionVector", "sizeInBytes", status),
        cardinality(fields, "deletionVector", "cardinality", status) {}

  std::optional<DeletionVectorDescriptor> Read(int64_t row) const {
    if (fields == nullptr || fields->IsNull(row)) return std::nullopt;
    DeletionVectorDescriptor vector;
    vector.storage_type = storage_type.text(row).value_or("");
    // Some writers give a struct of nulls for no vector.
    if (vector.storage_type.empty()) return std::nullopt;
    vector.path_or_inline = path_or_inline.text(row).value_or("");
    if (const auto value = offset.integer(row)) vector.offset = static_cast<int32_t>(*value);
    vector.size_bytes = static_cast<int32_t>(size_bytes.integer(row).value_or(0));
    vector.cardinality = cardinality.integer(row).value_or(0);
    return vector;
  }

  const arrow::StructArray* fields;
  CheckpointValues storage_type, path_or_inline, offset, size_bytes, cardinality;
};

}  // namespace deltaport::delta
