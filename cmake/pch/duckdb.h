// Precompiled for src/engine: Arrow and DuckDB.

#pragma once

#include "arrow.h"

#include <duckdb.hpp>
