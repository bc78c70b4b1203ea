// Opens and refreshes Delta tables on request and says how long it took, for delta_log.py.
//
// Reads commands from standard input, one a line, and answers each with one line:
//   open PATH PREDICATE   opens the table and lists the files that may hold such rows
//   refresh PREDICATE     brings the table opened last up to date and lists them again
//   files                 the paths that were listed last, sorted, separated by tabs
// PREDICATE is "COLUMN = VALUE" of a partition column of texts, or "COLUMN between LOW HIGH" of a
// column of integers. The answer is "SECONDS FILES VERSION", or "error: …".

#include <algorithm>
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

struct Predicate {
  std::string column, comparison, low, high;
};

std::istream& operator>>(std::istream& words, Predicate& predicate) {
  words >> predicate.column >> predicate.comparison >> predicate.low;
  if (predicate.comparison == "between") words >> predicate.high;
  return words;
}

// Store paths of the files of one partition.
Result<std::vector<std::string>> PlanPartition(const Snapshot& snapshot, int column,
                                               const std::string& value) {
  ARROW_ASSIGN_OR_RAISE(const auto values, snapshot.PartitionValues(column));
  const auto& texts = static_cast<const arrow::StringArray&>(*values);
  std::vector<std::string> paths;
  for (int64_t i = 0; i < texts.length(); ++i) {
    if (texts.IsValid(i) && texts.GetView(i) == value) {
      paths.push_back(snapshot.FilePath(static_cast<size_t>(i)));
    }
  }
  return paths;
}

// Store paths of the files that may hold a number from `low` to `high`.
Result<std::vector<std::string>> PlanRange(const Snapshot& snapshot, int column, int64_t low,
                                           int64_t high) {
  ARROW_ASSIGN_OR_RAISE(const auto bounds, snapshot.Statistics(column));
  const auto& min_values = static_cast<const arrow::Int64Array&>(*bounds->min_values);
  const auto& max_values = static_cast<const arrow::Int64Array&>(*bounds->max_values);
  std::vector<std::string> paths;
  for (int64_t i = 0; i < min_values.length(); ++i) {
    if (min_values.IsValid(i) && min_values.Value(i) > high) continue;
    if (max_values.IsValid(i) && max_values.Value(i) < low) continue;
    paths.push_back(snapshot.FilePath(static_cast<size_t>(i)));
  }
  return paths;
}

Result<std::vector<std::string>> Plan(const Snapshot& snapshot, const Predicate& predicate) {
  const int column = snapshot.schema()->GetFieldIndex(predicate.column);
  if (predicate.comparison == "=") return PlanPartition(snapshot, column, predicate.low);
  return PlanRange(snapshot, column, std::stoll(predicate.low), std::stoll(predicate.high));
}

class OpenedTable {
 public:
  Result<std::string> Run(const std::string& line) {
    std::istringstream words(line);
    std::string command, path;
    Predicate predicate;
    words >> command;
    if (command == "files") return Files();
    deltaport::storage::Location location;
    if (command == "open") {
      words >> path;
      snapshot_.reset();
      ARROW_ASSIGN_OR_RAISE(location, deltaport::storage::ParseLocation(path));
    }
    words >> predicate;
    files_.clear();
    const auto started = std::chrono::steady_clock::now();
    if (command == "open") {
      ARROW_ASSIGN_OR_RAISE(snapshot_, Snapshot::Open(location));
    } else {
      ARROW_ASSIGN_OR_RAISE(snapshot_, snapshot_->Refresh());
    }
    ARROW_ASSIGN_OR_RAISE(files_, Plan(*snapshot_, predicate));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
    return fmt::format("{:.6f} {} {}", taken.count(), files_.size(), snapshot_->version());
  }

 private:
  std::string Files() {
    std::sort(files_.begin(), files_.end());
    std::string all;
    for (const auto& file : files_) all += (all.empty() ? "" : "\t") + file;
    return all;
  }

  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<std::string> files_;
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
