// Edits of one field of a schema, found by its path.
//
// A path goes through structs by name, and through lists and maps by "element", "key" and "value".
// Names are compared without regard to case, as the format does.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/type.h>

#include "base/error.h"
#include "delta/statistics_columns.h"

namespace deltaport::delta {

// "a.b", for messages.
std::string PathText(const ColumnPath& path);

// kNotFound naming the path if there is no such field.
Result<std::shared_ptr<arrow::Field>> FindField(const arrow::Schema& schema,
                                                const ColumnPath& path);

// Gives the field that takes the place of another; null removes it.
using FieldEdit =
    std::function<Result<std::shared_ptr<arrow::Field>>(const std::shared_ptr<arrow::Field>&)>;

// kNotFound as FindField, and whatever `edit` returns. A key, element or value cannot be removed.
Result<std::shared_ptr<arrow::Schema>> EditField(const arrow::Schema& schema,
                                                 const ColumnPath& path, const FieldEdit& edit);

// Appends a field to the struct at `parent` (empty: to the schema), or puts it behind the field of
// that name; behind "" means first. kAlreadyExists for a name that is taken, kNotFound for a parent
// or predecessor that is not there.
Result<std::shared_ptr<arrow::Schema>> InsertField(const arrow::Schema& schema,
                                                   const ColumnPath& parent,
                                                   const std::shared_ptr<arrow::Field>& field,
                                                   const std::optional<std::string>& after);

// Field metadata. Values are text as it stands in the schema; `json` marks a value that is JSON and
// no string there.
std::optional<std::string> FieldSetting(const arrow::Field& field, const std::string& key);
std::shared_ptr<arrow::Field> WithFieldSetting(const arrow::Field& field, const std::string& key,
                                               const std::optional<std::string>& value,
                                               bool json = false);

}  // namespace deltaport::delta
