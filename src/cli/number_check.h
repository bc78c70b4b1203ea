// What numbers on the command line have to be.

#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace deltaport::cli {

// Refuses a sign before it is lost: an unsigned option would take -1 as a very large number.
inline CLI::Validator NotNegative() {
  return CLI::Validator(
      [](const std::string& text) {
        return text.starts_with('-') ? "is '" + text + "', allowed is an integer from 0"
                                     : std::string();
      },
      "");
}

}  // namespace deltaport::cli
