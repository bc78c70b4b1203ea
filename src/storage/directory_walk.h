// Visits the objects of a directory tree one by one, without holding them all.

#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "storage/object_store.h"

namespace deltaport::storage {

struct WalkVisitor {
  // Whether to look into that sub-directory.
  std::function<bool(const std::string& directory)> enter;
  // An error ends the walk.
  std::function<Status(const ObjectInfo& object)> visit;
};

// At any depth and in no promised order; a directory that does not exist is empty. Of files of this
// machine it holds the names of directories only, and passes over links, so that it never leaves
// the tree. Other stores are listed first.
Status WalkDirectory(const ObjectStore& store, const std::string& directory,
                     const WalkVisitor& visitor);

}  // namespace deltaport::storage
