// Feeds any bytes to the reader of JSON lines, with columns of every kind. Errors are fine;
// crashes, hangs and undefined behaviour are not.

#include <cstddef>
#include <cstdint>
#include <string>

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include "lake/input/json_lines.h"

namespace {

std::shared_ptr<arrow::Schema> EveryKind() {
  using arrow::field;
  const auto inner = arrow::struct_({field("x", arrow::int32()), field("y", arrow::utf8())});
  return arrow::schema({field("b", arrow::boolean()), field("i", arrow::int64()),
                        field("s", arrow::int8()), field("f", arrow::float32()),
                        field("d", arrow::decimal128(10, 2)), field("t", arrow::utf8()),
                        field("n", arrow::binary()), field("day", arrow::date32()),
                        field("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
                        field("l", arrow::list(arrow::float64())), field("o", inner),
                        field("m", arrow::map(arrow::utf8(), inner))});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace deltaport::lake;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto stream = [&] {
    return std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(text));
  };
  const deltaport::CancelToken token;
  const auto columns = JsonColumns(stream(), "input", token);
  const auto reader = ReadJsonLines(stream(), "input", EveryKind(), token);
  if (!reader.ok()) __builtin_trap();
  const auto table = (*reader)->ToTable();
  if (!table.ok()) return 0;
  // What has rows has lines with objects, and what was read is in order.
  if (!columns.ok() || !(*table)->ValidateFull().ok()) __builtin_trap();
  return 0;
}
