#include "cli/once_options.h"

#include <CLI/CLI.hpp>

namespace deltaport::cli {

void OnceFlags::AddTo(CLI::App& command) {
  command.add_option("--app-id", application,
                     "Write once: name of the writer, recorded with the commit");
  command
      .add_option("--txn-version", version,
                  "Write once: does nothing if the table has this number of --app-id, or a later "
                  "one")
      ->check(CLI::NonNegativeNumber);
}

Result<std::optional<delta::SetTransaction>> OnceFlags::Transaction() const {
  if (application.empty() == version.has_value()) {
    return Error(ErrorCode::kInvalidArgument, "--app-id and --txn-version belong together");
  }
  if (!version) return std::nullopt;
  return delta::SetTransaction{application, *version, std::nullopt};
}

}  // namespace deltaport::cli
