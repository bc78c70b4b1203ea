// Files of a store by path, directory or glob.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "storage/object_store.h"

namespace deltaport::engine {

// True if `path` matches `pattern`: '*' and '?' stay inside one directory level, '[a-c]' and
// '[!a-c]' are one character, a level that is "**" stands for any number of levels.
bool MatchesGlob(std::string_view path, std::string_view pattern);

// What `pattern` names, by path: the file itself; for a directory the files directly inside whose
// name ends with `extension` (hidden ones, with a leading '.' or '_', left out); for a glob
// whatever matches. kNotFound if that is nothing.
Result<std::vector<storage::ObjectInfo>> FindFiles(const storage::ObjectStore& store,
                                                   const std::string& pattern,
                                                   std::string_view extension);

}  // namespace deltaport::engine
