// Opens and refreshes Delta tables on request and says how long it took, for delta_log.py.
//
// Reads commands from standard input, one a line, and answers each with one line:
//   open PATH COLUMN VALUE   opens the table and lists the files of that partition
//   refresh COLUMN VALUE     brings the table opened last up to date and lists them again
// The answer is "SECONDS FILES VERSION", or "error: …".

#include <chrono>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <arrow/array.h>

#include "delta/live_files.h"
#include "delta/snapshot.h"

namespace {

using deltaport::Result;
using deltaport::delta::Snapshot;

// Store paths of the files whose value of a text column is `value`.
Result<std::vector<std::string>> Plan(const Snapshot& snapshot, const std::string& column,
                                      const std::string& value) {
  const int index = snapshot.schema()->GetFieldIndex(column);
  ARROW_ASSIGN_OR_RAISE(const auto values, snapshot.PartitionValues(index));
  const auto& texts = static_cast<const arrow::StringArray&>(*values);
  std::vector<std::string> paths;
  for (int64_t i = 0; i < texts.length(); ++i) {
    if (texts.IsValid(i) && texts.GetView(i) == value) {
      paths.push_back(snapshot.FilePath(static_cast<size_t>(i)));
    }
  }
  return paths;
}

class OpenedTable {
 public:
  Result<std::string> Run(const std::string& line) {
    std::istringstream words(line);
    std::string command, path, column, value;
    words >> command;
    if (command == "open") words >> path;
    words >> column >> value;
    deltaport::storage::Location location;
    if (command == "open") {
      snapshot_.reset();
      ARROW_ASSIGN_OR_RAISE(location, deltaport::storage::ParseLocation(path));
    }
    const auto started = std::chrono::steady_clock::now();
    if (command == "open") {
      ARROW_ASSIGN_OR_RAISE(snapshot_, Snapshot::Open(location));
    } else {
      ARROW_ASSIGN_OR_RAISE(snapshot_, snapshot_->Refresh());
    }
    ARROW_ASSIGN_OR_RAISE(const auto files, Plan(*snapshot_, column, value));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
    return fmt::format("{:.6f} {} {}", taken.count(), files.size(), snapshot_->version());
  }

 private:
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace

int main() {
  OpenedTable table;
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto answer = table.Run(line);
    std::cout << (answer.ok() ? *answer : "error: " + answer.status().ToString()) << std::endl;
  }
  return 0;
}
