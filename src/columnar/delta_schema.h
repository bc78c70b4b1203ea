// Delta schema JSON to and from Arrow schemas.
//
// Types: string, long, integer, short, byte, float, double, decimal(p,s), boolean, binary, date;
// timestamp is timestamp[us, UTC] and timestamp_ntz timestamp[us]; void is null; variant is a
// string of JSON whose field is marked (IsVariant); struct, array and map nest. Field metadata of
// Delta becomes Arrow field metadata: strings as they are, everything else as its JSON text, whose
// keys are kept in kJsonKeysKey so that it is written as JSON again.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::columnar {

// Field metadata of tables with column mapping.
inline constexpr char kPhysicalNameKey[] = "delta.columnMapping.physicalName";
inline constexpr char kColumnIdKey[] = "delta.columnMapping.id";

// Our own notes in Arrow field metadata; they are never written. The first lists, as a JSON array,
// the keys whose values are JSON text; the second marks a variant.
inline constexpr char kJsonKeysKey[] = "deltaport.schema.jsonKeys";
inline constexpr char kVariantKey[] = "deltaport.schema.variant";

// Bounds of a schema, in levels and in digits.
inline constexpr int kSchemaDepthMax = 100;
inline constexpr int kDecimalPrecisionMax = 38;

// Whether the field, or the element or value of a list or map, is a variant in the table.
bool IsVariant(const arrow::Field& field);

// kCorruptTable (naming the column) for malformed text, two columns whose names differ only in
// case, or more than 100 levels; kUnsupportedFeature for a type that we lack.
Result<std::shared_ptr<arrow::Schema>> SchemaFromDeltaJson(std::string_view text);

// The type of that name: "long", "decimal(10,2)". Errors name `column`.
Result<std::shared_ptr<arrow::DataType>> PrimitiveTypeOf(std::string_view name,
                                                         std::string_view column);

// Takes any type that DeltaTypeOf takes.
Result<std::string> SchemaToDeltaJson(const arrow::Schema& schema);

// The Arrow type, of those above, that holds every value of `type`: large and view strings become
// string, dictionaries their values, unsigned integers the next wider signed one (uint64:
// decimal(20,0)), timestamps of other units microseconds. kUnsupportedFeature for types without a
// Delta form (time, duration, union, decimals over 38 digits, …).
Result<std::shared_ptr<arrow::DataType>> DeltaTypeOf(const arrow::DataType& type);

// DeltaTypeOf for each field; an error names the column.
Result<std::shared_ptr<arrow::Schema>> DeltaSchemaOf(const arrow::Schema& schema);

// Delta's name for a type, for messages: "long", "array<string>", "timestamp_ntz". That of a field
// tells variants from strings.
std::string DeltaTypeName(const arrow::DataType& type);
std::string DeltaTypeName(const arrow::Field& field);

}  // namespace deltaport::columnar
