// Runs numbered tasks on a few threads that live only for the call.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/error.h"

namespace deltaport {

// Runs task(0) … task(tasks - 1), begun in this order, on the calling thread and up to
// `threads_max` - 1 others, no more than the machine has cores (at least two, so that one can wait
// for a store while the other computes). After the first failure no further task begins; of several
// failures the one with the lowest number is returned.
Status RunTasks(size_t tasks, size_t threads_max, const std::function<Status(size_t)>& task);

// The same for task(first, last) on ranges that cover the rows 0 … rows - 1, of `rows_per_task`
// each (the last may be shorter).
Status RunRanges(int64_t rows, int64_t rows_per_task, size_t threads_max,
                 const std::function<Status(int64_t first, int64_t last)>& task);

}  // namespace deltaport
