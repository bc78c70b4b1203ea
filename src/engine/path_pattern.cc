#include "engine/path_pattern.h"

#include <algorithm>

namespace deltaport::engine {
namespace {

constexpr std::string_view kWildcards = "*?[";

// Length of the bracket at the start of `pattern`, 0 if it is not closed.
size_t BracketLength(std::string_view pattern) {
  size_t end = 1;
  if (end < pattern.size() && pattern[end] == '!') ++end;
  if (end < pattern.size() && pattern[end] == ']') ++end;
  end = pattern.find(']', end);
  return end == std::string_view::npos ? 0 : end + 1;
}

bool BracketHolds(std::string_view set, char c) {
  const bool negated = !set.empty() && set.front() == '!';
  if (negated) set.remove_prefix(1);
  bool found = false;
  for (size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      found = found || (set[i] <= c && c <= set[i + 2]);
      i += 2;
    } else {
      found = found || set[i] == c;
    }
  }
  return found != negated;
}

// Length of the first element of `pattern` if it is not '*' and accepts `c`, else 0.
size_t MatchOne(std::string_view pattern, char c) {
  if (pattern.front() == '?') return 1;
  if (pattern.front() == '[') {
    if (const size_t length = BracketLength(pattern)) {
      return BracketHolds(pattern.substr(1, length - 2), c) ? length : 0;
    }
  }
  return pattern.front() == c ? 1 : 0;
}

// One level, by the usual greedy method: go back to the last '*' only, so time stays quadratic.
bool MatchesLevel(std::string_view name, std::string_view pattern) {
  size_t n = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t star_name = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
      continue;
    }
    const size_t length = p < pattern.size() ? MatchOne(pattern.substr(p), name[n]) : 0;
    if (length > 0) {
      p += length;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string_view> Levels(std::string_view path) {
  std::vector<std::string_view> levels;
  while (true) {
    const auto slash = path.find('/');
    levels.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return levels;
    path.remove_prefix(slash + 1);
  }
}

bool Hidden(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return name.starts_with('.') || name.starts_with('_');
}

Result<std::vector<storage::ObjectInfo>> Expand(const storage::ObjectStore& store,
                                                const std::string& pattern) {
  const size_t wildcard = pattern.find_first_of(kWildcards);
  const size_t slash = pattern.rfind('/', wildcard);
  const std::string directory = slash == std::string::npos ? "" : pattern.substr(0, slash);
  const bool one_level = pattern.find('/', wildcard) == std::string::npos &&
                         pattern.find("**", wildcard) == std::string::npos;
  ARROW_ASSIGN_OR_RAISE(auto files,
                        one_level ? store.List(directory) : store.ListRecursive(directory));
  std::erase_if(files, [&](const auto& file) { return !MatchesGlob(file.path, pattern); });
  return files;
}

}  // namespace

bool MatchesGlob(std::string_view path, std::string_view pattern) {
  const auto names = Levels(path);
  const auto patterns = Levels(pattern);
  // reachable[p]: the names so far match the first p patterns.
  std::vector<bool> reachable(patterns.size() + 1, false);
  const auto skip_empty = [&] {
    for (size_t p = 0; p < patterns.size(); ++p) {
      if (reachable[p] && patterns[p] == "**") reachable[p + 1] = true;
    }
  };
  reachable[0] = true;
  skip_empty();
  for (const auto name : names) {
    std::vector<bool> next(patterns.size() + 1, false);
    for (size_t p = 0; p < patterns.size(); ++p) {
      if (!reachable[p]) continue;
      if (patterns[p] == "**") {
        next[p] = true;
      } else if (MatchesLevel(name, patterns[p])) {
        next[p + 1] = true;
      }
    }
    reachable = std::move(next);
    skip_empty();
  }
  return reachable[patterns.size()];
}

Result<std::vector<storage::ObjectInfo>> FindFiles(const storage::ObjectStore& store,
                                                   const std::string& pattern,
                                                   std::string_view extension) {
  if (auto file = store.Head(pattern); file.ok()) return std::vector{*std::move(file)};
  std::vector<storage::ObjectInfo> files;
  if (pattern.find_first_of(kWildcards) != std::string::npos) {
    ARROW_ASSIGN_OR_RAISE(files, Expand(store, pattern));
  } else {
    ARROW_ASSIGN_OR_RAISE(files, store.List(pattern));
    std::erase_if(files, [&](const auto& file) {
      return !file.path.ends_with(extension) || Hidden(file.path);
    });
  }
  if (files.empty()) {
    return Error(ErrorCode::kNotFound,
                 "'{}' names no {} file; give a file, a directory that holds some, or a glob",
                 pattern, extension);
  }
  return files;
}

}  // namespace deltaport::engine
