// DuckDB's exceptions and error data as our statuses. No DuckDB exception leaves this folder.

#pragma once

#include <exception>
#include <utility>

#include <duckdb.hpp>

#include "base/error.h"

namespace deltaport::engine {

// File names inside DuckDB are this prefix and the store path; messages lose it again.
inline constexpr char kFileScheme[] = "deltaport://";

Status FromErrorData(const duckdb::ErrorData& error);

// Runs `function`, which returns a Status or Result, and turns what it throws into a Status.
template <typename Function>
auto CatchDuckDb(Function&& function) -> decltype(function()) {
  try {
    return std::forward<Function>(function)();
  } catch (const std::exception& error) {
    return FromErrorData(duckdb::ErrorData(error));
  }
}

}  // namespace deltaport::engine
