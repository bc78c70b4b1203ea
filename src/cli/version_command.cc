// deltaport version: this program and the libraries that it runs with.

#include <cstdio>

#include <CLI/CLI.hpp>
#include <arrow/config.h>

#include "cli/command.h"

namespace deltaport::cli {

void AddVersionCommand(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("version", "Show the version");
  command->footer("Example:\n  deltaport version\n");
  command->callback([&action] {
    action = [](const CancelToken&) {
      std::printf("deltaport %s\narrow %s\n", DELTAPORT_VERSION,
                  arrow::GetBuildInfo().version_string.c_str());
      return Status::OK();
    };
  });
}

}  // namespace deltaport::cli
