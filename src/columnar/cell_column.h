// One column of a batch, ready to be written cell by cell as JSON or CSV text.
//
// How a cell is written is decided once per batch (by type and by whether there are nulls) and kept
// as one function pointer; callers reserve space for a block of rows and then write without checks.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/array.h>

#include "base/error.h"

namespace deltaport::columnar {

enum class TextFormat {
  kJson,  // See json_rows.h.
  kCsv,   // See csv_rows.h.
};

class NestedCells;

// What the functions that write cells look at; `row` counts from the start of the array.
struct CellView {
  const uint8_t* validity = nullptr;  // Bit `offset + row`.
  int64_t offset = 0;                 // Of row 0 in the buffers.
  const uint8_t* values = nullptr;    // Value of row 0, or the first of the string offsets.
  const char* data = nullptr;         // Bytes of strings.
  const char* data_end = nullptr;
  int32_t width = 0;  // Of one value, where the type does not say.
  int32_t scale = 0;  // Of a decimal.
  arrow::TimeUnit::type unit = arrow::TimeUnit::SECOND;
  bool utc = false;
  const arrow::Array* array = nullptr;
  const std::string* text = nullptr;                 // Cells written in advance …
  const std::vector<uint32_t>* text_ends = nullptr;  // … which end here; the first entry is 0.
  int64_t text_first_row = 0;
};

class CellColumn {
 public:
  // kUnsupportedFeature for a type without a text form, and for nesting deeper than 64 levels.
  static Result<CellColumn> Make(std::shared_ptr<arrow::Array> array, TextFormat format,
                                 int depth = 0);
  CellColumn(CellColumn&&) noexcept;
  CellColumn& operator=(CellColumn&&) noexcept;
  ~CellColumn();

  // Bytes that Put may touch for rows [first, last), together. Nested cells are rendered here, so
  // call it before Put for those rows.
  int64_t Prepare(int64_t first, int64_t last);

  char* Put(char* out, int64_t row) const { return put_(out, view_, row); }

 private:
  using PutCell = char* (*)(char* out, const CellView& view, int64_t row);

  CellColumn() = default;
  Status Choose(TextFormat format, int depth);
  template <TextFormat kFormat>
  bool ChooseFixedWidth();
  template <TextFormat kFormat>
  bool ChooseBytes();
  template <TextFormat kFormat>
  bool ChooseDecimal();
  template <TextFormat kFormat>
  Result<bool> ChooseFor(int depth);
  template <PutCell kPut, TextFormat kFormat>
  void Use(int64_t bound_bytes);
  template <TextFormat kFormat>
  Status UseDictionary(int depth);
  void UseRendered();

  std::shared_ptr<arrow::Array> array_;
  CellView view_;
  PutCell put_ = nullptr;
  int64_t cell_bound_ = 0;  // Per cell, without its variable part.
  int64_t (*variable_bytes_)(const CellView&, int64_t first, int64_t last) = nullptr;
  int64_t variable_factor_ = 0;          // Written bytes per byte of `variable_bytes_`.
  std::shared_ptr<NestedCells> nested_;  // Null for a type that is not nested.
  TextFormat format_ = TextFormat::kJson;
  // Behind pointers, since `view_` points to them.
  std::unique_ptr<std::string> text_;
  std::unique_ptr<std::vector<uint32_t>> text_ends_;
};

}  // namespace deltaport::columnar
