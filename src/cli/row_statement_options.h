// What the commands delete, update, merge and overwrite have in common on the command line.

#pragma once

#include <string>

#include "base/error.h"
#include "cli/once_options.h"
#include "lake/write/row_statement.h"

namespace CLI {
class App;
}

namespace deltaport::cli {

struct RowStatementFlags {
  std::string table;
  std::string method = "table";
  bool dry_run = false;
  OnceFlags once;
  std::string output = "table";

  // Adds TABLE and the options to `command`.
  void AddTo(CLI::App& command);

  Result<lake::RowStatementOptions> Options() const;

  // One row: the version (null if nothing was committed) and the counts.
  Status Print(const lake::RowStatementOutcome& outcome, const CancelToken& token) const;
};

}  // namespace deltaport::cli
