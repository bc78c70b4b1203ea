// A table made up of chosen files of another one, with more columns: how an engine reads files that
// are not (or not all) live in one version, such as change data and files that are to be compacted.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "delta/action.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

// Columns behind those of the table. `constants` have one value a file, as text of the log;
// `stored` are in the data files under their own names, null in a file that lacks them.
struct ViewColumns {
  arrow::FieldVector stored;
  arrow::FieldVector constants;
};

struct ViewFile {
  AddFile file;
  std::vector<std::optional<std::string>> constants = {};  // One for each constant column.
};

// The view has protocol, metadata, version and columns of `table`, then the stored and then the
// constant ones; file i of it is `files[i]`, and one path may stand there several times. It must
// not be refreshed or written to. kInvalidArgument for a column whose name the table has already.
Result<std::shared_ptr<const Snapshot>> MakeView(const Snapshot& table, const ViewColumns& columns,
                                                 std::vector<ViewFile> files);

}  // namespace deltaport::delta
