// Files that a command takes rows from.

#pragma once

#include <string>

#include "lake/input/input_rows.h"

namespace CLI {
class App;
}

namespace deltaport::cli {

// Adds the files, required and as an argument unless `name` is an option, and --format.
void AddInputFiles(CLI::App& command, lake::InputFiles& input, const std::string& name = "FILE");

}  // namespace deltaport::cli
