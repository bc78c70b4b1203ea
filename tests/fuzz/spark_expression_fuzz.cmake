set(spark_expression_fuzz_LAYERS columnar delta duckdb)
set(spark_expression_fuzz_SOURCES
    engine/duckdb/error_translation.cc engine/duckdb/expression.cc engine/duckdb/sql_text.cc
    engine/duckdb/statement_functions.cc engine/query_sql.cc
    engine/spark_sql/spark_cast.cc engine/spark_sql/spark_functions.cc
    engine/spark_sql/spark_operators.cc engine/spark_sql/spark_parser.cc
    engine/spark_sql/spark_pattern.cc engine/spark_sql/spark_token.cc
    engine/spark_sql/spark_translation.cc engine/spark_sql/spark_type.cc)
