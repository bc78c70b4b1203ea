#include "cli/input_options.h"

#include <map>

#include <CLI/CLI.hpp>

namespace deltaport::cli {

void AddInputFiles(CLI::App& command, lake::InputFiles& input, const std::string& name) {
  auto* files = command.add_option(
      name, input.files,
      "Parquet, CSV, JSON lines or Arrow: files, quoted globs, or - for standard input");
  files->required();
  // An option takes one at a time, so that arguments may follow it.
  if (name.starts_with("--")) {
    files->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  const std::map<std::string, lake::InputFormat> formats{{"parquet", lake::InputFormat::kParquet},
                                                         {"csv", lake::InputFormat::kCsv},
                                                         {"json", lake::InputFormat::kJson},
                                                         {"arrow", lake::InputFormat::kArrow}};
  command
      .add_option("--format", input.format,
                  "What the files are, where their names do not tell: parquet, csv, json, arrow")
      ->transform(CLI::CheckedTransformer(formats).description(""));
}

}  // namespace deltaport::cli
