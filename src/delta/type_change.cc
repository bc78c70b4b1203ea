#include "delta/type_change.h"

#include <functional>

#include <arrow/util/key_value_metadata.h>

#include "columnar/delta_schema.h"
#include "columnar/json_document.h"

namespace deltaport::delta {
namespace {

using arrow::Type;

constexpr char kTypeChangesKey[] = "delta.typeChanges";

// 1 to 4 for byte, short, integer and long; 0 for others.
int IntegerRank(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::INT8:
      return 1;
    case Type::INT16:
      return 2;
    case Type::INT32:
      return 3;
    case Type::INT64:
      return 4;
    default:
      return 0;
  }
}

// Digits before the point that hold every value of the integer type, as the protocol counts them.
int IntegerDigits(int rank) { return rank == 4 ? 20 : 10; }

bool WidensToDecimal(const arrow::DataType& from, const arrow::DecimalType& to) {
  const int digits = to.precision() - to.scale();
  if (from.id() == Type::DECIMAL128) {
    const auto& decimal = static_cast<const arrow::DecimalType&>(from);
    return to.scale() >= decimal.scale() && digits >= decimal.precision() - decimal.scale();
  }
  const int rank = IntegerRank(from);
  return rank > 0 && digits >= IntegerDigits(rank);
}

using VisitChange = std::function<Status(const columnar::JsonValue& change)>;

Status ForEachChange(const arrow::Field& field, const VisitChange& visit) {
  if (!field.metadata()) return Status::OK();
  const auto text = field.metadata()->Get(kTypeChangesKey);
  if (!text.ok()) return Status::OK();
  const auto document = columnar::JsonDocument::Parse(*text);
  if (!document.ok() || document->root().kind() != columnar::JsonKind::kArray) {
    return Error(ErrorCode::kCorruptTable, "schema, column '{}': '{}' must be a list of changes",
                 field.name(), kTypeChangesKey);
  }
  return document->root().ForEachElement(visit);
}

Status CheckChange(const arrow::Field& field, const columnar::JsonValue& change) {
  const auto from_name = change["fromType"].string();
  const auto to_name = change["toType"].string();
  if (!from_name || !to_name) {
    return Error(ErrorCode::kCorruptTable, "schema, column '{}': a change in '{}' has no types",
                 field.name(), kTypeChangesKey);
  }
  const auto from = columnar::PrimitiveTypeOf(*from_name, field.name());
  const auto to = columnar::PrimitiveTypeOf(*to_name, field.name());
  if (from.ok() && to.ok() && IsTypeWidening(**from, **to)) return Status::OK();
  return Error(ErrorCode::kUnsupportedFeature,
               "reading needs the table feature typeWidening: the change of column '{}' from {} to "
               "{} is not supported",
               field.name(), *from_name, *to_name);
}

Status CheckFields(const arrow::FieldVector& fields) {
  for (const auto& field : fields) {
    ARROW_RETURN_NOT_OK(ForEachChange(
        *field, [&](const columnar::JsonValue& change) { return CheckChange(*field, change); }));
    ARROW_RETURN_NOT_OK(CheckFields(field->type()->fields()));
  }
  return Status::OK();
}

}  // namespace

bool IsTypeWidening(const arrow::DataType& from, const arrow::DataType& to) {
  const int rank = IntegerRank(from);
  switch (to.id()) {
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
      return rank > 0 && rank <= IntegerRank(to);
    case Type::DOUBLE:
      return (rank > 0 && rank <= 3) || from.id() == Type::FLOAT || from.id() == Type::DOUBLE;
    case Type::DECIMAL128:
      return WidensToDecimal(from, static_cast<const arrow::DecimalType&>(to));
    case Type::TIMESTAMP:
      return from.Equals(to) || (from.id() == Type::DATE32 &&
                                 static_cast<const arrow::TimestampType&>(to).timezone().empty());
    default:
      return from.Equals(to);
  }
}

Status CheckTypeChanges(const arrow::Schema& schema) { return CheckFields(schema.fields()); }

bool WasFloat(const arrow::Field& field) {
  bool found = false;
  const Status visited = ForEachChange(field, [&](const columnar::JsonValue& change) {
    found = found || (change["fromType"].string() == "float" && change["fieldPath"].missing());
    return Status::OK();
  });
  return visited.ok() && found;
}

}  // namespace deltaport::delta
