// Names that never collide.

#pragma once

#include <string>

namespace deltaport::storage {

// A random (version 4) UUID in lower case: "2f1a6c3e-…".
std::string RandomUuid();

}  // namespace deltaport::storage
