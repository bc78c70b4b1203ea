#include "columnar/nested_cells.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <arrow/extension_type.h>
#include <arrow/type_traits.h>

#include "columnar/cell_column.h"
#include "columnar/json_rows.h"

namespace deltaport::columnar {
namespace {

using Cells = std::unique_ptr<NestedCells>;

class LeafCells final : public NestedCells {
 public:
  explicit LeafCells(CellColumn column) : column_(std::move(column)) {}

  void Append(int64_t row, std::string& out) override {
    const size_t before = out.size();
    out.resize(before + static_cast<size_t>(column_.Prepare(row, row + 1)));
    const char* const end = column_.Put(out.data() + before, row);
    out.resize(static_cast<size_t>(end - out.data()));
  }

 private:
  CellColumn column_;
};

// All kinds of lists: an array that knows value_offset() and value_length().
template <typename ListArray>
class ListCells final : public NestedCells {
 public:
  ListCells(std::shared_ptr<arrow::Array> array, Cells values)
      : array_(std::move(array)), values_(std::move(values)) {}

  void Append(int64_t row, std::string& out) override {
    const auto& list = static_cast<const ListArray&>(*array_);
    if (list.IsNull(row)) {
      out += "null";
      return;
    }
    out += '[';
    const int64_t first = list.value_offset(row);
    const int64_t size = list.value_length(row);
    for (int64_t i = 0; i < size; ++i) {
      if (i > 0) out += ',';
      values_->Append(first + i, out);
    }
    out += ']';
  }

 private:
  std::shared_ptr<arrow::Array> array_;
  Cells values_;
};

class StructCells final : public NestedCells {
 public:
  StructCells(std::shared_ptr<arrow::Array> array, std::vector<Cells> fields)
      : array_(std::move(array)), fields_(std::move(fields)) {
    for (int i = 0; i < array_->type()->num_fields(); ++i) {
      std::string& key = keys_.emplace_back(i == 0 ? "" : ",");
      AppendJsonString(array_->type()->field(i)->name(), key);
      key += ':';
    }
  }

  void Append(int64_t row, std::string& out) override {
    if (array_->IsNull(row)) {
      out += "null";
      return;
    }
    out += '{';
    for (size_t i = 0; i < fields_.size(); ++i) {
      out += keys_[i];
      fields_[i]->Append(row, out);
    }
    out += '}';
  }

 private:
  std::shared_ptr<arrow::Array> array_;
  std::vector<Cells> fields_;
  std::vector<std::string> keys_;
};

class MapCells final : public NestedCells {
 public:
  MapCells(std::shared_ptr<arrow::Array> array, Cells keys, Cells items)
      : array_(std::move(array)), keys_(std::move(keys)), items_(std::move(items)) {}

  void Append(int64_t row, std::string& out) override {
    const auto& map = static_cast<const arrow::MapArray&>(*array_);
    if (map.IsNull(row)) {
      out += "null";
      return;
    }
    out += '{';
    const int64_t first = map.value_offset(row);
    const int64_t size = map.value_length(row);
    for (int64_t i = 0; i < size; ++i) {
      if (i > 0) out += ',';
      // A key that is no text becomes the text of its JSON form.
      key_.clear();
      keys_->Append(first + i, key_);
      if (key_.starts_with('"')) {
        out += key_;
      } else {
        AppendJsonString(key_, out);
      }
      out += ':';
      items_->Append(first + i, out);
    }
    out += '}';
  }

 private:
  std::shared_ptr<arrow::Array> array_;
  Cells keys_, items_;
  std::string key_;
};

class UnionCells final : public NestedCells {
 public:
  UnionCells(std::shared_ptr<arrow::Array> array, std::vector<Cells> fields)
      : array_(std::move(array)), fields_(std::move(fields)) {}

  void Append(int64_t row, std::string& out) override {
    const auto& values = static_cast<const arrow::UnionArray&>(*array_);
    const int child = values.child_id(row);
    const int64_t child_row =
        values.mode() == arrow::UnionMode::DENSE
            ? static_cast<const arrow::DenseUnionArray&>(values).value_offset(row)
            : row;
    fields_[child]->Append(child_row, out);
  }

 private:
  std::shared_ptr<arrow::Array> array_;
  std::vector<Cells> fields_;
};

template <typename RunEnd>
class RunEndCells final : public NestedCells {
 public:
  RunEndCells(std::shared_ptr<arrow::Array> array, Cells values)
      : array_(std::move(array)), values_(std::move(values)) {}

  void Append(int64_t row, std::string& out) override {
    const auto& runs = static_cast<const arrow::RunEndEncodedArray&>(*array_);
    const arrow::ArrayData& ends = *runs.run_ends()->data();
    const auto* first = ends.GetValues<RunEnd>(1);
    const auto* found = std::upper_bound(first, first + ends.length, row + array_->offset());
    values_->Append(found - first, out);
  }

 private:
  std::shared_ptr<arrow::Array> array_;
  Cells values_;
};

// For dictionaries that are larger than the batch; others are written once, as a whole.
class DictionaryCells final : public NestedCells {
 public:
  DictionaryCells(std::shared_ptr<arrow::Array> array, Cells values)
      : array_(std::move(array)), values_(std::move(values)) {}

  void Append(int64_t row, std::string& out) override {
    if (array_->IsNull(row)) {
      out += "null";
    } else {
      values_->Append(static_cast<const arrow::DictionaryArray&>(*array_).GetValueIndex(row), out);
    }
  }

 private:
  std::shared_ptr<arrow::Array> array_;
  Cells values_;
};

template <typename ListArray>
Result<Cells> MakeList(const std::shared_ptr<arrow::Array>& array, int depth) {
  const auto& list = static_cast<const ListArray&>(*array);
  ARROW_ASSIGN_OR_RAISE(Cells values, NestedCells::Make(list.values(), depth + 1));
  return std::make_unique<ListCells<ListArray>>(array, std::move(values));
}

Result<Cells> MakeMap(const std::shared_ptr<arrow::Array>& array, int depth) {
  const auto& map = static_cast<const arrow::MapArray&>(*array);
  ARROW_ASSIGN_OR_RAISE(Cells keys, NestedCells::Make(map.keys(), depth + 1));
  ARROW_ASSIGN_OR_RAISE(Cells items, NestedCells::Make(map.items(), depth + 1));
  return std::make_unique<MapCells>(array, std::move(keys), std::move(items));
}

// Structs and unions; their field() is sliced as the array itself is, but for dense unions.
template <typename CellsOfType, typename ArrayOfType>
Result<Cells> MakeOfFields(const std::shared_ptr<arrow::Array>& array, int depth) {
  const auto& parent = static_cast<const ArrayOfType&>(*array);
  std::vector<Cells> fields;
  for (int i = 0; i < array->type()->num_fields(); ++i) {
    ARROW_ASSIGN_OR_RAISE(Cells field, NestedCells::Make(parent.field(i), depth + 1));
    fields.push_back(std::move(field));
  }
  return std::make_unique<CellsOfType>(array, std::move(fields));
}

Result<Cells> MakeRunEnd(const std::shared_ptr<arrow::Array>& array, int depth) {
  const auto& runs = static_cast<const arrow::RunEndEncodedArray&>(*array);
  ARROW_ASSIGN_OR_RAISE(Cells values, NestedCells::Make(runs.values(), depth + 1));
  switch (runs.run_ends()->type_id()) {
    case arrow::Type::INT16:
      return std::make_unique<RunEndCells<int16_t>>(array, std::move(values));
    case arrow::Type::INT32:
      return std::make_unique<RunEndCells<int32_t>>(array, std::move(values));
    default:
      return std::make_unique<RunEndCells<int64_t>>(array, std::move(values));
  }
}

}  // namespace

Result<std::unique_ptr<NestedCells>> NestedCells::MakeOfDictionary(
    const std::shared_ptr<arrow::Array>& array, int depth) {
  const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*array).dictionary();
  ARROW_ASSIGN_OR_RAISE(Cells values, Make(dictionary, depth + 1));
  return std::make_unique<DictionaryCells>(array, std::move(values));
}

bool IsNestedType(const arrow::DataType& type) {
  return arrow::is_nested(type.id()) || type.id() == arrow::Type::RUN_END_ENCODED;
}

Result<std::unique_ptr<NestedCells>> NestedCells::Make(const std::shared_ptr<arrow::Array>& array,
                                                       int depth) {
  switch (array->type_id()) {
    case arrow::Type::LIST:
      return MakeList<arrow::ListArray>(array, depth);
    case arrow::Type::LARGE_LIST:
      return MakeList<arrow::LargeListArray>(array, depth);
    case arrow::Type::FIXED_SIZE_LIST:
      return MakeList<arrow::FixedSizeListArray>(array, depth);
    case arrow::Type::LIST_VIEW:
      return MakeList<arrow::ListViewArray>(array, depth);
    case arrow::Type::LARGE_LIST_VIEW:
      return MakeList<arrow::LargeListViewArray>(array, depth);
    case arrow::Type::MAP:
      return MakeMap(array, depth);
    case arrow::Type::STRUCT:
      return MakeOfFields<StructCells, arrow::StructArray>(array, depth);
    case arrow::Type::SPARSE_UNION:
    case arrow::Type::DENSE_UNION:
      return MakeOfFields<UnionCells, arrow::UnionArray>(array, depth);
    case arrow::Type::RUN_END_ENCODED:
      return MakeRunEnd(array, depth);
    case arrow::Type::EXTENSION:
      return Make(static_cast<const arrow::ExtensionArray&>(*array).storage(), depth);
    default: {
      ARROW_ASSIGN_OR_RAISE(CellColumn column, CellColumn::Make(array, TextFormat::kJson, depth));
      return std::make_unique<LeafCells>(std::move(column));
    }
  }
}

}  // namespace deltaport::columnar
