#include "delta/footer_statistics.h"

#include <memory>
#include <optional>

#include <arrow/builder.h>
#include <arrow/compute/cast.h>

#include "columnar/json_document.h"
#include "delta/column_bounds.h"

namespace deltaport::delta {
namespace {

// The three objects of the statistics at one level of the schema.
struct Parts {
  std::string min;
  std::string max;
  std::string null_count;
};

void Append(std::string_view name, std::string_view json, std::string& object) {
  if (json.empty()) return;
  if (!object.empty()) object += ',';
  columnar::AppendQuotedJson(name, object);
  object += ':';
  object += json;
}

// Null where the bounds have no form in that type.
std::unique_ptr<ColumnBounds> BoundsOf(const arrow::ScalarVector& values,
                                       const std::shared_ptr<arrow::DataType>& type) {
  const bool floating = arrow::is_floating(type->id());
  auto bounds = floating ? nullptr : ColumnBounds::Make(*type);
  if (!bounds) return nullptr;
  for (const auto& value : values) {
    const auto array = arrow::MakeArrayFromScalar(*value, 1);
    if (!array.ok()) return nullptr;
    const auto cast = arrow::compute::Cast(**array, type);
    if (!cast.ok()) return nullptr;
    bounds->Update(**cast);
  }
  return bounds;
}

class FooterReader {
 public:
  FooterReader(const columnar::ParquetFile& file, int leaves_max)
      : file_(file), leaves_left_(leaves_max < 0 ? -1 : leaves_max) {}

  Parts Read(const arrow::FieldVector& fields, const std::string& prefix) {
    Parts parts;
    for (const auto& field : fields) {
      if (leaves_left_ == 0) break;
      const std::string path = prefix + field->name();
      if (field->type()->id() == arrow::Type::STRUCT) {
        const Parts inner = Read(field->type()->fields(), path + ".");
        Append(field->name(), "{" + inner.min + "}", parts.min);
        Append(field->name(), "{" + inner.max + "}", parts.max);
        Append(field->name(), "{" + inner.null_count + "}", parts.null_count);
        continue;
      }
      if (leaves_left_ > 0) --leaves_left_;
      if (arrow::is_nested(field->type()->id())) continue;
      ReadLeaf(*field, path, parts);
    }
    return parts;
  }

 private:
  void ReadLeaf(const arrow::Field& field, const std::string& path, Parts& parts) {
    const auto summary = file_.Summarize(path);
    if (summary.null_count) {
      Append(field.name(), fmt::format("{}", *summary.null_count), parts.null_count);
    }
    const auto bounds = BoundsOf(summary.bounds, field.type());
    if (!bounds || summary.bounds.empty()) return;
    Append(field.name(), bounds->MinJson().value_or(""), parts.min);
    Append(field.name(), bounds->MaxJson().value_or(""), parts.max);
  }

  const columnar::ParquetFile& file_;
  int leaves_left_;  // Negative: all.
};

}  // namespace

std::string FooterStatistics(const columnar::ParquetFile& file, const arrow::Schema& schema,
                             int leaves_max) {
  const Parts parts = FooterReader(file, leaves_max).Read(schema.fields(), "");
  return fmt::format(
      R"({{"numRecords":{},"minValues":{{{}}},"maxValues":{{{}}},"nullCount":{{{}}}}})",
      file.rows(), parts.min, parts.max, parts.null_count);
}

}  // namespace deltaport::delta
