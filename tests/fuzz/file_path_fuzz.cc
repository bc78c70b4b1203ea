// Paths and partition values of a log: decoding must not crash, the two ways to a file's key must
// agree, and a value that is written must read back as itself.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compare.h>

#include "delta/file_key.h"
#include "delta/partition_path.h"
#include "delta/value_text.h"

namespace {

void Expect(bool holds) {
  if (!holds) __builtin_trap();
}

void CheckPath(std::string_view path) {
  using namespace deltaport::delta;
  DeletionVectorDescriptor vector;
  vector.storage_type = "u";
  vector.path_or_inline = path;
  std::string scratch;
  const auto copied = FileKey(path, std::nullopt);
  const auto viewed = FileKeyIn(path, nullptr, scratch);
  Expect(copied.ok() == viewed.ok());
  if (!copied.ok()) return;
  Expect(*copied == *viewed);
  Expect(!copied->empty());
  Expect(*FileKey(path, vector) != *copied);
  // Relative paths stay below the table.
  if (!copied->starts_with('/')) Expect(("/" + *copied + "/").find("/../") == std::string::npos);
}

void CheckValue(const std::shared_ptr<arrow::DataType>& type, std::string_view text) {
  using namespace deltaport::delta;
  const auto builder = arrow::MakeBuilder(type).ValueOrDie();
  if (!AppendValueText(*type, text, *builder).ok()) return;
  const auto values = builder->Finish().ValueOrDie();
  const auto written = PartitionValueText(*values, 0);
  if (!written.ok() || !*written) return;
  Expect(PartitionDirectory("column", *written).find('/') == std::string::npos);
  Expect(AppendValueText(*type, **written, *builder).ok());
  const auto equal = arrow::EqualOptions::Defaults().nans_equal(true);
  Expect(builder->Finish().ValueOrDie()->Equals(*values, equal));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::array<std::shared_ptr<arrow::DataType>, 13> types = {
      arrow::int8(),
      arrow::int16(),
      arrow::int32(),
      arrow::int64(),
      arrow::float32(),
      arrow::float64(),
      arrow::boolean(),
      arrow::utf8(),
      arrow::binary(),
      arrow::date32(),
      arrow::decimal128(38, 10),
      arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
      arrow::timestamp(arrow::TimeUnit::MICRO)};
  CheckPath(text);
  CheckValue(types[data[0] % types.size()], text);
  return 0;
}
