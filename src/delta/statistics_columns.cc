#include "delta/statistics_columns.h"

#include <algorithm>

#include "base/letter_case.h"

namespace deltaport::delta {
namespace {

struct Leaves {
  std::vector<ColumnPath> paths;

  void Add(const arrow::Field& field, const ColumnPath& parent) {
    ColumnPath path = parent;
    path.push_back(field.name());
    if (field.type()->id() != arrow::Type::STRUCT) {
      paths.push_back(std::move(path));
      return;
    }
    for (const auto& child : field.type()->fields()) Add(*child, path);
  }
};

bool StartsWith(const ColumnPath& path, const ColumnPath& prefix) {
  return prefix.size() <= path.size() && std::equal(prefix.begin(), prefix.end(), path.begin(),
                                                    [](const auto& left, const auto& right) {
                                                      return LowerCase(left) == LowerCase(right);
                                                    });
}

void Mark(const std::vector<ColumnPath>& leaves, const ColumnPath& column,
          std::vector<bool>& marks) {
  for (size_t i = 0; i < leaves.size(); ++i) {
    if (StartsWith(leaves[i], column)) marks[i] = true;
  }
}

}  // namespace

Result<ColumnPath> ParseColumnPath(std::string_view text) {
  ColumnPath path(1);
  bool quoted = false;
  bool was_quoted = false;
  for (const char c : text) {
    if (c == '`') {
      quoted = !quoted;
      was_quoted = true;
    } else if (c == '.' && !quoted) {
      path.emplace_back();
    } else {
      path.back() += c;
    }
  }
  const bool empty_part =
      std::any_of(path.begin(), path.end(), [](const auto& part) { return part.empty(); });
  if (quoted || (empty_part && !was_quoted) || path.back().empty()) {
    return Error(ErrorCode::kInvalidArgument, "'{}' is not the name of a column, such as a.b",
                 text);
  }
  return path;
}

Result<std::vector<bool>> StatisticsLeaves(const arrow::Schema& schema,
                                           const TableProperties& properties,
                                           const std::vector<ColumnPath>& always) {
  Leaves leaves;
  for (const auto& field : schema.fields()) leaves.Add(*field, {});
  const size_t count = leaves.paths.size();
  std::vector<bool> marks(count, false);
  if (properties.statistics_columns) {
    for (const auto& name : *properties.statistics_columns) {
      ARROW_ASSIGN_OR_RAISE(const ColumnPath path, ParseColumnPath(name));
      Mark(leaves.paths, path, marks);
    }
  } else {
    const size_t leading = properties.indexed_columns < 0
                               ? count
                               : std::min(count, static_cast<size_t>(properties.indexed_columns));
    std::fill_n(marks.begin(), leading, true);
  }
  for (const auto& path : always) Mark(leaves.paths, path, marks);
  return marks;
}

}  // namespace deltaport::delta
