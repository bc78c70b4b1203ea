// Runs numbered tasks on a few threads that live only for the call.

#pragma once

#include <cstddef>
#include <functional>

#include "base/error.h"

namespace deltaport {

// Runs task(0) … task(tasks - 1), begun in this order, on the calling thread and up to
// `threads_max` - 1 others, no more than the machine has cores (at least two, so that one can wait
// for a store while the other computes). After the first failure no further task begins; of several
// failures the one with the lowest number is returned.
Status RunTasks(size_t tasks, size_t threads_max, const std::function<Status(size_t)>& task);

}  // namespace deltaport
