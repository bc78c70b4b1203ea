// Which functions SQL text of clients may call, by name. The lists belong to DuckDB 1.5.5, whose
// functions are known; a name in none of them is treated as unknown.

#pragma once

#include <string_view>

namespace deltaport::engine {

bool IsAllowedFunction(std::string_view lower_case_name);
bool IsAllowedTableFunction(std::string_view lower_case_name);

// An allowed function that gives one value for each row: no aggregate, no window, nothing that
// tells about the session.
bool IsScalarFunction(std::string_view lower_case_name);

// Gives other values for equal arguments: the clock, random numbers.
bool IsVolatileFunction(std::string_view lower_case_name);

// The engine has it, and clients may not call it.
bool IsRefusedFunction(std::string_view lower_case_name);

}  // namespace deltaport::engine
