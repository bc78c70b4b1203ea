set(sql_fuzz_LAYERS delta duckdb)
set(sql_fuzz_SOURCES
    engine/duckdb/sql_text.cc engine/duckdb/statement_functions.cc
    engine/duckdb/statement_guard.cc engine/duckdb/statement_walker.cc)
