// Standard output as an Arrow stream, and what kind of thing is at its other end.

#pragma once

#include <memory>
#include <string>

#include <arrow/io/interfaces.h>

#include "base/error.h"

namespace deltaport::cli {

// Buffered; Close() flushes and leaves the descriptor open. A reader that left fails a write with a
// status for which IsBrokenPipe() is true.
std::shared_ptr<arrow::io::OutputStream> OpenStandardOutput();

bool IsBrokenPipe(const Status& status);

bool IsTerminal(int descriptor);

// Columns of the terminal at `descriptor`; 0 if there is none.
int TerminalWidth(int descriptor);

}  // namespace deltaport::cli
