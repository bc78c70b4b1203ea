// Feeds any bytes to the query routes as a body: parse, mean, bind against columns of all types.
// Errors are fine; crashes, hangs, undefined behaviour and internal errors are not.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include <arrow/type.h>

#include "engine/query_binding.h"
#include "ports/datapress/query_request.h"

namespace {

namespace datapress = deltaport::ports::datapress;
namespace engine = deltaport::engine;

const arrow::Schema& TableOfAllTypes() {
  static const std::shared_ptr<arrow::Schema> schema = arrow::schema({
      arrow::field("i8", arrow::int8()),
      arrow::field("i16", arrow::int16()),
      arrow::field("i32", arrow::int32()),
      arrow::field("i64", arrow::int64(), false),
      arrow::field("u8", arrow::uint8()),
      arrow::field("u16", arrow::uint16()),
      arrow::field("u32", arrow::uint32()),
      arrow::field("u64", arrow::uint64()),
      arrow::field("f32", arrow::float32()),
      arrow::field("f64", arrow::float64()),
      arrow::field("d9", arrow::decimal32(9, 2)),
      arrow::field("d18", arrow::decimal64(18, 4)),
      arrow::field("d38", arrow::decimal128(38, 10)),
      arrow::field("d76", arrow::decimal256(76, 20)),
      arrow::field("text", arrow::utf8()),
      arrow::field("view", arrow::utf8_view()),
      arrow::field("words", arrow::dictionary(arrow::int32(), arrow::utf8())),
      arrow::field("bytes", arrow::binary()),
      arrow::field("flag", arrow::boolean()),
      arrow::field("day", arrow::date32()),
      arrow::field("day64", arrow::date64()),
      arrow::field("at_s", arrow::timestamp(arrow::TimeUnit::SECOND)),
      arrow::field("at_us", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
      arrow::field("at_ns", arrow::timestamp(arrow::TimeUnit::NANO)),
      arrow::field("clock", arrow::time64(arrow::TimeUnit::NANO)),
      arrow::field("list", arrow::list(arrow::int32())),
      arrow::field("pair", arrow::struct_({arrow::field("a", arrow::int32())})),
      arrow::field("map", arrow::map(arrow::utf8(), arrow::int32())),
      arrow::field("nothing", arrow::null()),
      arrow::field("quo\"te", arrow::int32()),
      arrow::field("I8", arrow::int32()),
  });
  return *schema;
}

// A mistake of the client is never a defect of ours.
void CheckError(const deltaport::Status& status) {
  if (deltaport::CodeOf(status) != deltaport::ErrorCode::kInvalidArgument) __builtin_trap();
}

void BindBody(datapress::QueryBody body) {
  const datapress::Page page = datapress::EffectivePage(body.page, body.page_size, 100'000);
  auto query = datapress::ToStructuredQuery(std::move(body));
  if (!query.ok()) return CheckError(query.status());
  datapress::RestrictToPage(page, *query);
  if (*query->limit > page.size) __builtin_trap();
  const auto bound = engine::Bind(*query, TableOfAllTypes());
  if (!bound.ok()) return CheckError(bound.status());
  const auto output = engine::OutputSchema(*bound, TableOfAllTypes());
  if (!output.ok()) __builtin_trap();
  if ((*output)->num_fields() != static_cast<int>(bound->output_names.size())) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto body = datapress::ReadQueryBody(bytes);
  if (body.ok()) {
    BindBody(*std::move(body));
  } else {
    CheckError(body.status());
  }
  static_cast<void>(datapress::ReadCountBody(bytes));
  static_cast<void>(datapress::ReadSqlBody(bytes));
  return 0;
}
