#include "engine/duckdb/statement_guard.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deltaport::engine {
namespace {

class TwoTables final : public TableResolver {
 public:
  Result<std::shared_ptr<const TableSource>> Resolve(std::string_view name,
                                                     const delta::TimeTravel&) const override {
    return Error(ErrorCode::kNotFound, "{}", name);
  }
  std::vector<std::string> Names() const override { return {"flights", "my data.v1"}; }
};

Status Guard(std::string_view sql) { return GuardStatement(sql, TwoTables()).status(); }

std::string Repeat(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

class AllowedStatementTest : public testing::TestWithParam<const char*> {};

TEST_P(AllowedStatementTest, Passes) {
  const auto status = Guard(GetParam());
  EXPECT_TRUE(status.ok()) << GetParam() << "\n" << status.ToString();
}

INSTANTIATE_TEST_SUITE_P(
    Reading, AllowedStatementTest,
    testing::Values(
        "SELECT 1", "select * from flights", "FROM flights", "SELECT * FROM FLIGHTS f",
        "SELECT * FROM lake.main.flights", "SELECT * FROM main.flights",
        "SELECT * FROM lake.flights", "SELECT * FROM \"my data.v1\"", "VALUES (1, 2), (3, 4)",
        "SELECT count(*), sum(x) FILTER (WHERE x > 1) FROM flights GROUP BY ALL ORDER BY 1",
        "WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT * FROM a JOIN b USING (x)",
        "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 9) FROM t",
        "SELECT * FROM flights WHERE origin IN (SELECT origin FROM flights)",
        "SELECT row_number() OVER (PARTITION BY origin ORDER BY dep_time) FROM flights",
        "SELECT * FROM range(10) r(x), LATERAL (SELECT x + 1)",
        "SELECT * FROM generate_series(1, 3)", "SELECT unnest([1, 2, 3])",
        "SELECT * FROM flights AT (VERSION => 3)",
        "SELECT * FROM flights AT (TIMESTAMP => TIMESTAMP '2024-01-01 00:00:00')",
        "SELECT x FROM flights UNION ALL SELECT y FROM flights EXCEPT SELECT 1",
        "SELECT list_transform([1, 2], lambda x: x + 1), {'a': 1}.a, [1, 2][1]",
        "SELECT [x * 2 FOR x IN [1, 2] IF x > 1]",
        "SELECT CASE WHEN a THEN 1 ELSE 2 END FROM flights",
        "SELECT CAST(a AS DECIMAL(10, 2)), a::VARCHAR, TRY_CAST(a AS DATE) FROM flights",
        "SELECT a LIKE 'x%', a ILIKE 'y', a SIMILAR TO 'z', a BETWEEN 1 AND 2 FROM flights",
        "SELECT extract(year FROM now()), current_date, DATE '2024-01-01' + INTERVAL 1 DAY",
        "SELECT coalesce(a, b), nullif(a, b), ifnull(a, b), if(a, b, c) FROM flights",
        "SELECT * EXCLUDE (a) REPLACE (b + 1 AS b) FROM flights",
        "SELECT COLUMNS('a.*') FROM flights",
        "SELECT a, grouping(a) FROM flights GROUP BY ROLLUP (a)",
        "SELECT DISTINCT ON (a) * FROM flights", "SELECT * FROM flights TABLESAMPLE 10%",
        "SELECT a FROM flights QUALIFY rank() OVER (ORDER BY a) = 1",
        "PIVOT flights ON origin IN ('JFK', 'LGA') USING count(*) GROUP BY carrier",
        "UNPIVOT flights ON a, b INTO NAME n VALUE v",
        "SELECT * FROM flights ASOF JOIN flights g USING (a)", "DESCRIBE flights",
        "DESCRIBE SELECT 1", "SUMMARIZE flights", "SHOW TABLES", "EXPLAIN SELECT * FROM flights",
        "EXPLAIN ANALYZE SELECT 1", "SELECT 1;", "SELECT * FROM information_schema.tables",
        "SELECT 'a; drop table flights', \"x;y\" FROM flights",
        "SELECT a AS \"read_csv('/etc/passwd')\" FROM flights",
        "SELECT 1 -- read_csv('/etc/passwd')"));

class RefusedStatementTest : public testing::TestWithParam<const char*> {};

TEST_P(RefusedStatementTest, IsRefusedAsAMistakeOfTheCaller) {
  const auto status = Guard(GetParam());
  ASSERT_FALSE(status.ok()) << GetParam();
  const auto code = CodeOf(status);
  EXPECT_TRUE(code == ErrorCode::kInvalidArgument || code == ErrorCode::kPermissionDenied)
      << status.ToString();
}

INSTANTIATE_TEST_SUITE_P(
    Files, RefusedStatementTest,
    testing::Values(
        "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM READ_CSV('/etc/passwd')",
        "SELECT * FROM \"read_csv\"('/etc/passwd')", "SELECT * FROM read_csv_auto('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM read_json('/x')", "SELECT * FROM read_json_auto('/x')",
        "SELECT * FROM read_ndjson('/x')", "SELECT * FROM read_json_objects('/x')",
        "SELECT * FROM read_ndjson_objects('/x')", "SELECT * FROM read_parquet('/x')",
        "SELECT * FROM parquet_scan('/x')", "SELECT * FROM parquet_metadata('/x')",
        "SELECT * FROM parquet_schema('/x')", "SELECT * FROM parquet_file_metadata('/x')",
        "SELECT * FROM parquet_kv_metadata('/x')",
        "SELECT * FROM parquet_bloom_probe('/x', 'a', 1)", "SELECT * FROM glob('/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'x.parquet'", "SELECT * FROM \"x.csv\"", "FROM '/data/*.parquet'",
        "SELECT * FROM 's3://bucket/x.parquet'", "DESCRIBE 'x.parquet'", "SUMMARIZE 'x.parquet'",
        "DESCRIBE (SELECT * FROM read_csv('/etc/passwd'))",
        "SUMMARIZE SELECT * FROM read_csv('/etc/passwd')",
        "DESCRIBE SELECT * FROM read_parquet('/x')",
        "EXPLAIN SELECT * FROM read_csv('/etc/passwd')",
        "EXPLAIN ANALYZE SELECT * FROM read_csv('/etc/passwd')",
        "WITH a AS (SELECT * FROM read_csv('/x')) SELECT * FROM a",
        "WITH a AS MATERIALIZED (SELECT * FROM read_csv('/x')) SELECT 1",
        "WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT * FROM read_csv('/x')) FROM t",
        "SELECT 1 UNION SELECT * FROM read_csv('/x')",
        "SELECT 1 EXCEPT SELECT * FROM read_csv('/x')", "SELECT (SELECT * FROM read_csv('/x'))",
        "SELECT EXISTS (SELECT * FROM read_csv('/x'))",
        "SELECT 1 WHERE 1 IN (SELECT * FROM read_csv('/x'))",
        "SELECT 1 ORDER BY (SELECT * FROM read_csv('/x'))",
        "SELECT 1 LIMIT (SELECT * FROM read_csv('/x'))",
        "SELECT 1 OFFSET (SELECT * FROM read_csv('/x'))",
        "SELECT a FROM flights GROUP BY (SELECT * FROM read_csv('/x'))",
        "SELECT a FROM flights GROUP BY a HAVING (SELECT * FROM read_csv('/x'))",
        "SELECT a FROM flights QUALIFY (SELECT * FROM read_csv('/x'))",
        "SELECT * FROM flights, LATERAL (SELECT * FROM read_csv('/x'))",
        "SELECT * FROM flights JOIN read_csv('/x') ON true",
        "SELECT * FROM flights JOIN flights g ON (SELECT * FROM read_csv('/x'))",
        "SELECT * FROM (SELECT * FROM (SELECT * FROM read_csv('/x')))",
        "SELECT sum(1) FILTER (WHERE (SELECT * FROM read_csv('/x')))",
        "SELECT sum(1) OVER (ORDER BY (SELECT * FROM read_csv('/x')))",
        "SELECT sum(1) OVER (PARTITION BY (SELECT * FROM read_csv('/x')))",
        "SELECT array_agg(1 ORDER BY (SELECT * FROM read_csv('/x')))",
        "SELECT CASE WHEN (SELECT * FROM read_csv('/x')) THEN 1 END",
        "SELECT CAST((SELECT * FROM read_csv('/x')) AS INT)",
        "VALUES ((SELECT * FROM read_csv('/x')))",
        "SELECT * REPLACE ((SELECT * FROM read_csv('/x')) AS a) FROM flights",
        "SELECT COLUMNS((SELECT * FROM read_csv('/x'))) FROM flights",
        "SELECT list_transform([1], lambda x: (SELECT * FROM read_csv('/x')))",
        "SELECT DISTINCT ON ((SELECT * FROM read_csv('/x'))) 1",
        "SELECT * FROM range((SELECT * FROM read_csv('/x')))",
        "SELECT * FROM flights AT (VERSION => (SELECT * FROM read_csv('/x')))",
        "PIVOT read_csv('/x') ON a IN (1) USING count(*)", "PIVOT flights ON a USING count(*)",
        "UNPIVOT read_csv('/x') ON a INTO NAME n VALUE v"));

INSTANTIATE_TEST_SUITE_P(
    Statements, RefusedStatementTest,
    testing::Values(
        "", " ", ";", "-- nothing", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE flights",
        "INSERT INTO flights VALUES (1)", "UPDATE flights SET a = 1", "DELETE FROM flights",
        "TRUNCATE flights", "MERGE INTO flights USING flights g ON true WHEN MATCHED THEN DELETE",
        "CREATE TABLE x (a INT)", "CREATE TABLE x AS SELECT 1", "CREATE TEMP TABLE x (a INT)",
        "CREATE VIEW v AS SELECT 1", "CREATE OR REPLACE VIEW flights AS SELECT 1",
        "CREATE MACRO m() AS 1", "CREATE FUNCTION f(a) AS a", "CREATE SCHEMA s",
        "CREATE SEQUENCE q", "CREATE TYPE t AS ENUM ('a')", "CREATE INDEX i ON flights (a)",
        "CREATE SECRET (TYPE s3)", "DROP TABLE flights", "DROP VIEW v",
        "ALTER TABLE flights ADD COLUMN b INT", "COMMENT ON TABLE flights IS 'x'",
        "COPY flights TO '/tmp/x.csv'", "COPY (SELECT 1) TO '/tmp/x.csv'",
        "COPY flights FROM '/etc/passwd'", "COPY FROM DATABASE lake TO memory",
        "EXPORT DATABASE '/tmp/x'", "IMPORT DATABASE '/tmp/x'", "ATTACH '/tmp/x.db'",
        "ATTACH ':memory:' AS m", "DETACH lake", "USE memory", "USE lake", "INSTALL httpfs",
        "FORCE INSTALL httpfs", "LOAD httpfs", "LOAD '/tmp/x.so'", "UPDATE EXTENSIONS",
        "SET threads = 100", "SET memory_limit = '1TB'", "SET GLOBAL x = 1",
        "SET SESSION threads = 1", "SET VARIABLE v = 1", "RESET threads",
        "SET search_path = 'memory'", "PRAGMA threads = 4", "PRAGMA database_list",
        "PRAGMA enable_profiling", "PRAGMA version", "PRAGMA table_info('flights')",
        "CALL enable_logging()", "CALL pragma_version()",
        "CALL enable_logging(storage = 'file', storage_path = '/tmp')", "CALL checkpoint()",
        "CHECKPOINT", "FORCE CHECKPOINT", "VACUUM", "ANALYZE", "VACUUM flights", "BEGIN", "COMMIT",
        "ROLLBACK", "BEGIN TRANSACTION READ ONLY", "PREPARE p AS SELECT 1", "EXECUTE p",
        "DEALLOCATE p", "EXPLAIN DELETE FROM flights", "EXPLAIN ANALYZE DELETE FROM flights",
        "EXPLAIN COPY flights TO '/tmp/x'", "EXPLAIN INSERT INTO flights VALUES (1)",
        "EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1", "SHOW DATABASES",
        "SHOW ALL TABLES FROM memory",
        "WITH x AS (DELETE FROM flights RETURNING *) SELECT * FROM x",
        "WITH x AS (INSERT INTO flights VALUES (1) RETURNING *) SELECT * FROM x", "SELEC 1",
        "SELECT FROM WHERE", "SELECT 'open", "SELECT (1", "SELECT $1", "SELECT ?", "SELECT $name"));

INSTANTIATE_TEST_SUITE_P(
    Functions, RefusedStatementTest,
    testing::Values(
        "SELECT getenv('HOME')", "SELECT current_setting('threads')", "SELECT getvariable('x')",
        "SELECT nextval('s')", "SELECT currval('s')", "SELECT write_log('x')",
        "SELECT sleep_ms(1000)", "SELECT pg_sleep(10)", "SELECT txid_current()",
        "SELECT * FROM query('SELECT 1')", "SELECT * FROM query_table('flights')",
        "SELECT * FROM query_table(['flights'])", "SELECT json_deserialize_sql('{}')",
        "SELECT json_serialize_sql('SELECT 1')", "SELECT * FROM json_execute_serialized_sql('{}')",
        "SELECT json_serialize_plan('SELECT 1')", "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_secrets()", "SELECT * FROM duckdb_databases()",
        "SELECT * FROM duckdb_tables()", "SELECT * FROM duckdb_functions()",
        "SELECT * FROM duckdb_extensions()", "SELECT * FROM duckdb_logs()",
        "SELECT * FROM duckdb_memory()", "SELECT * FROM duckdb_temporary_files()",
        "SELECT * FROM duckdb_prepared_statements()", "SELECT * FROM duckdb_variables()",
        "SELECT * FROM which_secret('x', 's3')", "SELECT * FROM pragma_database_size()",
        "SELECT * FROM pragma_storage_info('flights')",
        "SELECT * FROM pragma_table_info('flights')", "SELECT * FROM seq_scan('flights')",
        "SELECT * FROM arrow_scan(1, 2, 3)", "SELECT * FROM arrow_scan_dumb(1, 2, 3)",
        "SELECT * FROM pandas_scan(1)", "SELECT * FROM python_map_function()",
        "SELECT * FROM enable_logging()", "SELECT * FROM checkpoint()",
        "SELECT * FROM force_checkpoint()", "SELECT * FROM truncate_duckdb_logs()",
        "SELECT * FROM test_all_types()", "SELECT * FROM system.main.read_csv('/x')",
        "SELECT main.getenv('x')", "SELECT system.main.getenv('x')", "SELECT nope(1)",
        "SELECT * FROM nope(1)", "SELECT upper(getenv('HOME'))", "SELECT getenv('A') || 'x'",
        "SELECT [getenv('HOME')]", "SELECT {'a': getenv('HOME')}",
        "SELECT lower(x) FROM (SELECT getenv('HOME') AS x)", "SELECT getvariable('x') OVER ()",
        "SELECT 'x'.getenv()", "SELECT finalize(x) FROM flights", "SELECT other.main.upper('x')"));

INSTANTIATE_TEST_SUITE_P(
    Tables, RefusedStatementTest,
    testing::Values(
        "SELECT * FROM nope", "SELECT * FROM memory.main.x",
        "SELECT * FROM system.main.duckdb_tables", "SELECT * FROM temp.main.x",
        "SELECT * FROM sqlite_master", "SELECT * FROM pg_catalog.pg_class",
        "SELECT * FROM pg_class", "SELECT * FROM duckdb_settings",
        "SELECT * FROM main.duckdb_tables", "SELECT * FROM lake.other.flights",
        "SELECT * FROM other.flights", "SELECT * FROM information_schema.character_sets",
        "SELECT * FROM system.information_schema.tables",
        "SELECT * FROM memory.information_schema.tables", "DESCRIBE nope", "DESCRIBE memory.main.x",
        "SELECT * FROM (WITH sqlite_master AS (SELECT 1) SELECT 1), sqlite_master",
        "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a",
        "SELECT * FROM flights NATURAL JOIN pg_tables", "TABLE nope", "SUMMARIZE duckdb_tables"));

TEST(StatementGuardTest, DeepExpressionIsRefused) {
  EXPECT_EQ(CodeOf(Guard("SELECT " + Repeat("upper(", 5000) + "'a'" + Repeat(")", 5000))),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Guard("SELECT " + Repeat("1 + (", 5000) + "1" + Repeat(")", 5000))),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Guard("SELECT a" + Repeat("[1]", 5000) + " FROM flights")),
            ErrorCode::kInvalidArgument);
}

TEST(StatementGuardTest, DeepSubqueryIsRefused) {
  EXPECT_EQ(CodeOf(Guard(Repeat("SELECT * FROM (", 1000) + "SELECT 1" + Repeat(")", 1000))),
            ErrorCode::kInvalidArgument);
}

TEST(StatementGuardTest, OversizedTextIsRefused) {
  EXPECT_EQ(CodeOf(Guard("SELECT '" + std::string(kSqlMaxBytes, 'x') + "'")),
            ErrorCode::kInvalidArgument);
}

TEST(StatementGuardTest, NullByteAndInvalidUtf8AreRefused) {
  EXPECT_EQ(CodeOf(Guard(std::string_view("SELECT 1\0; DROP", 15))), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Guard("SELECT '\xff\xfe'")), ErrorCode::kInvalidArgument);
}

TEST(StatementGuardTest, SyntaxErrorNamesLineAndColumn) {
  EXPECT_THAT(Guard("SELECT 1,\n  FROMM flights x y").message(),
              testing::HasSubstr("(line 2, column"));
}

TEST(StatementGuardTest, MessagesAreThoseOfTheSqlEndpoint) {
  EXPECT_EQ(Guard("DELETE FROM flights").message(),
            "only read-only SELECT and DESCRIBE statements are allowed");
  EXPECT_EQ(Guard("SELECT 1; SELECT 2").message(), "exactly one SQL statement is allowed");
  EXPECT_EQ(Guard("SELECT * FROM nope").message(),
            "table 'nope' is not a registered dataset accessible from the SQL endpoint");
  EXPECT_EQ(Guard(" ").message(), "sql must not be empty");
}

TEST(StatementGuardTest, RefusedFunctionIsAPermissionMatterAndUnknownOneIsNot) {
  EXPECT_EQ(CodeOf(Guard("SELECT current_setting('threads')")), ErrorCode::kPermissionDenied);
  EXPECT_EQ(CodeOf(Guard("SELECT nope(1)")), ErrorCode::kInvalidArgument);
}

TEST(StatementGuardTest, OrderOfTheOutermostQueryIsSeen) {
  EXPECT_TRUE(GuardStatement("SELECT 1 ORDER BY 1", TwoTables())->ordered);
  EXPECT_FALSE(GuardStatement("SELECT * FROM (SELECT 1 ORDER BY 1)", TwoTables())->ordered);
}

}  // namespace
}  // namespace deltaport::engine
