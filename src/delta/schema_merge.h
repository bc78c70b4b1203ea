// A table's schema follows the rows that are written to it, where the writer asks for that.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "delta/transaction.h"

namespace deltaport::delta {

// Adds the columns and members of structs that only the rows have, and widens columns whose rows
// have a wider type if delta.enableTypeWidening is on. Everything else that does not fit is left
// for CheckWriteSchema to tell.
Status MergeSchema(Transaction& transaction, const arrow::Schema& rows);

// Gives the table the columns of the rows, for a commit that removes all other rows. Mapped columns
// of the same name and type stay the same column. `partition_columns`: absent means as before.
Status ReplaceSchema(Transaction& transaction, const arrow::Schema& rows,
                     const std::optional<std::vector<std::string>>& partition_columns);

}  // namespace deltaport::delta
