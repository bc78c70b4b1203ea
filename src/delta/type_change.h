// Changes of column types that the schema records (table feature typeWidening).

#pragma once

#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::delta {

// Whether files written with the type `from` may be read as `to`: the widenings of the protocol
// (PROTOCOL.md, "Type Widening").
bool IsTypeWidening(const arrow::DataType& from, const arrow::DataType& to);

// kUnsupportedFeature naming the column if its field metadata records a change that is none of
// those; kCorruptTable if the record is malformed.
Status CheckTypeChanges(const arrow::Schema& schema);

// Whether the column itself was once a float: the texts of old bounds are then those of floats.
bool WasFloat(const arrow::Field& field);

}  // namespace deltaport::delta
