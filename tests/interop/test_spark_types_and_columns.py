"""Types and columns as Spark writes them, at every version of the table."""

import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from comparison import assert_same_rows


@pytest.fixture
def sql(spark, tmp_path):
    """sql(statement): runs it; {t} stands for the table of the test."""
    def run(statement, **settings):
        for key, value in settings.items():
            spark.conf.set(f"spark.sql.{key.replace('__', '.')}", value)
        try:
            return spark.sql(statement.replace("{t}", f"delta.`{tmp_path / 'table'}`"))
        finally:
            for key in settings:
                spark.conf.unset(f"spark.sql.{key.replace('__', '.')}")
    return run


@pytest.fixture
def assert_every_version(spark, read_table, tmp_path):
    """Compares the rows of each version with Spark's; `columns` are Spark's expressions."""
    def run(*columns):
        table = tmp_path / "table"
        versions = spark.sql(f"DESCRIBE HISTORY delta.`{table}`").count()
        for version in range(versions):
            frame = spark.read.format("delta").option("versionAsOf", version).load(str(table))
            if not frame.columns:
                continue
            expected = (frame.selectExpr(*columns) if columns else frame).toArrow()
            seen = read_table(table, version)
            if columns:
                expected, seen = with_json_parsed(expected), with_json_parsed(seen)
            assert_same_rows(seen, expected)
        return versions
    return run


def with_json_parsed(table):
    """Texts of JSON in one spelling, at every depth."""
    def spelled(value):
        if isinstance(value, str):
            return json.dumps(json.loads(value, parse_float=Decimal), sort_keys=True,
                              default=lambda number: float(number))
        if isinstance(value, dict):
            return {key: spelled(item) for key, item in value.items()}
        return [spelled(item) for item in value] if isinstance(value, list) else value
    return pa.Table.from_pylist([spelled(row) for row in table.to_pylist()])


def test_widened_types(sql, assert_every_version, tmp_path, run_deltaport):
    changes = {
        "b_short": ("TINYINT", "SMALLINT"), "b_double": ("TINYINT", "DOUBLE"),
        "s_int": ("SMALLINT", "INT"), "s_decimal": ("SMALLINT", "DECIMAL(12,2)"),
        "i_long": ("INT", "BIGINT"), "i_double": ("INT", "DOUBLE"),
        "i_decimal": ("INT", "DECIMAL(10,0)"), "l_decimal": ("BIGINT", "DECIMAL(22,2)"),
        "f_double": ("FLOAT", "DOUBLE"), "d_ntz": ("DATE", "TIMESTAMP_NTZ"),
        "m_decimal": ("DECIMAL(5,2)", "DECIMAL(20,5)"), "p": ("INT", "BIGINT"),
    }
    columns = ", ".join(f"{name} {old}" for name, (old, _) in changes.items())
    sql(f"CREATE TABLE {{t}} ({columns}, s STRUCT<x: INT>, l ARRAY<INT>, m MAP<INT, FLOAT>) "
        "USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.enableTypeWidening' = 'true', "
        "'delta.feature.timestampNtz' = 'supported')")
    row = ("1, 127, 2, 3, 2147483647, 5, 6, 9223372036854775807, CAST(0.1 AS FLOAT), "
           "DATE'1582-10-04', 1.25, {}, named_struct('x', 7), array(8), map(9, CAST(0.2 AS FLOAT))")
    sql(f"INSERT INTO {{t}} SELECT {row.format(1)}")
    for name, (_, new) in changes.items():
        sql(f"ALTER TABLE {{t}} ALTER COLUMN {name} TYPE {new}")
    for name in ["s.x", "l.element", "m.key"]:
        sql(f"ALTER TABLE {{t}} ALTER COLUMN {name} TYPE BIGINT")
    sql("ALTER TABLE {t} ALTER COLUMN m.value TYPE DOUBLE")
    sql(f"INSERT INTO {{t}} SELECT {row.format(5000000000)}")
    assert_every_version()

    def count(condition):
        done = run_deltaport("query", f"SELECT count(*) FROM \"table\" WHERE {condition}",
                             "--table", tmp_path / "table", "--output", "csv")
        return int(done.stdout.split()[-1])

    for condition in ["f_double > 0.05", "i_double < 5.5", "m_decimal = 1.25", "p = 1",
                      "d_ntz < TIMESTAMP '1600-01-01 00:00:00'", "l_decimal > 1.5"]:
        expected = sql(f"SELECT count(*) FROM {{t}} WHERE {condition}").collect()[0][0]
        assert count(condition) == expected, condition
    # Spark passes over the older file: it takes the bound 0.1, which is that of a FLOAT, for the
    # smaller DOUBLE.
    assert count("f_double > 0.1") == 2


VARIANTS = [
    "1", "-1.50", "1e300", "\"text ☃\"", "null", "true", "[1, [], {}]",
    "{\"a\": {\"b\": [1, \"x\", null]}, \"z\": 0.001}", "123456789012345678901234567890",
    "\"" + "long " * 50 + "\"", json.dumps({f"key {i}": i for i in range(300)}),
]


OTHER_VARIANTS = (
    "(100, CAST(DATE'2024-02-29' AS VARIANT)), (101, CAST(X'00FF' AS VARIANT)), "
    "(102, CAST(TIMESTAMP'2024-02-29 01:02:03.456789' AS VARIANT)), (103, NULL), "
    "(104, CAST(CAST(1.5 AS FLOAT) AS VARIANT)), "
    "(105, CAST(TIMESTAMP_NTZ'1500-02-28 01:02:03' AS VARIANT))")


def variant_rows():
    values = ", ".join(f"({i}, parse_json('{text}'))" for i, text in enumerate(VARIANTS))
    return f"VALUES {values}, {OTHER_VARIANTS} AS x(id, v)"


def test_variants(sql, assert_every_version):
    sql("CREATE TABLE {t} (id BIGINT, v VARIANT, s STRUCT<v: VARIANT>, l ARRAY<VARIANT>) "
        "USING delta")
    sql("INSERT INTO {t} SELECT id, v, named_struct('v', v), array(v, NULL) FROM " + variant_rows())
    assert_every_version("id", "to_json(v) AS v", "named_struct('v', to_json(s.v)) AS s",
                         "transform(l, x -> to_json(x)) AS l")


def test_shredded_variants(sql, assert_every_version, tmp_path):
    sql("CREATE TABLE {t} (id BIGINT, v VARIANT) USING delta "
        "TBLPROPERTIES ('delta.enableVariantShredding' = 'true')")
    sql("INSERT INTO {t} SELECT id, v FROM " + variant_rows(),
        variant__writeShredding__enabled="true",
        variant__forceShreddingSchemaForTest="a struct<b array<variant>>, z decimal(9,3), "
                                             "`key 7` int")
    schemas = [str(pq.ParquetFile(file).schema) for file in (tmp_path / "table").glob("*.parquet")]
    assert any("typed_value" in schema for schema in schemas)
    assert_every_version("id", "to_json(v) AS v")


@pytest.mark.parametrize("mode", ["name", "id"])
def test_nested_columns_that_were_renamed_dropped_and_added(sql, assert_every_version, mode):
    sql("CREATE TABLE {t} (id BIGINT, s STRUCT<a: INT, b: STRUCT<c: STRING, d: INT>>, "
        "l ARRAY<STRUCT<e: INT, f: INT>>, m MAP<STRING, STRUCT<g: INT, h: INT>>, p STRING) "
        "USING delta PARTITIONED BY (p) "
        f"TBLPROPERTIES ('delta.columnMapping.mode' = '{mode}')")
    row = ("{0}, named_struct('a', {0}, 'b', named_struct('c', 'x', 'd', 1)), "
           "array(named_struct('e', 1, 'f', 2), NULL), map('k', named_struct('g', 1, 'h', 2)), 'p'")
    sql(f"INSERT INTO {{t}} SELECT {row.format(1)}")
    sql("ALTER TABLE {t} RENAME COLUMN s.b.c TO d2")
    sql("ALTER TABLE {t} RENAME COLUMN l.element.e TO e2")
    sql("ALTER TABLE {t} RENAME COLUMN m.value.g TO g2")
    sql("ALTER TABLE {t} RENAME COLUMN p TO `the p`")
    sql("ALTER TABLE {t} DROP COLUMN s.a")
    sql("ALTER TABLE {t} DROP COLUMN l.element.f")
    sql("ALTER TABLE {t} ADD COLUMNS (s.a STRING, s.b.n INT, l.element.f STRING, m.value.i DATE)")
    row = ("{0}, named_struct('b', named_struct('d2', 'y', 'd', 1, 'n', 5), 'a', 'new'), "
           "array(named_struct('e2', 3, 'f', 'z')), "
           "map('k', named_struct('g2', 1, 'h', 2, 'i', DATE'2024-01-01')), 'q'")
    sql(f"INSERT INTO {{t}} SELECT {row.format(2)}")
    sql("UPDATE {t} SET id = 7 WHERE `the p` = 'p'")
    assert_every_version()


@pytest.mark.parametrize("timestamps", ["INT96", "TIMESTAMP_MICROS", "TIMESTAMP_MILLIS"])
def test_the_legacy_format_of_parquet(sql, assert_every_version, timestamps):
    sql("CREATE TABLE {t} (n DECIMAL(5,2), w DECIMAL(15,2), l ARRAY<INT>, ls ARRAY<STRUCT<a: INT>>,"
        " m MAP<STRING, ARRAY<STRING>>, t TIMESTAMP, ntz TIMESTAMP_NTZ, b TINYINT, s SMALLINT, "
        "d DATE, x BINARY) USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = 'false')")
    sql("INSERT INTO {t} SELECT 1.25, -1234567890123.45, array(1, 2), array(named_struct('a', 1)), "
        "map('k', array('v', NULL)), TIMESTAMP'0001-01-01 00:00:00', "
        "TIMESTAMP_NTZ'9999-12-31 23:59:59.999', 1, 2, DATE'1582-10-04', X'00FF' "
        "UNION ALL SELECT NULL, 1, array(1, NULL), array(NULL, named_struct('a', NULL)), map(), "
        "TIMESTAMP'9999-12-31 23:59:59.999', NULL, -128, -32768, DATE'0001-01-01', X''",
        parquet__writeLegacyFormat="true", parquet__outputTimestampType=timestamps)
    assert_every_version()


def test_columns_of_nothing_but_nulls(sql, assert_every_version):
    sql("CREATE TABLE {t} (id BIGINT, nothing VOID, s STRUCT<a: INT, nothing: VOID>) USING delta")
    sql("INSERT INTO {t} (id, s) SELECT 1, named_struct('a', 1, 'nothing', NULL)")
    sql("ALTER TABLE {t} ADD COLUMNS (more VOID)")
    assert_every_version()


def test_tables_with_many_features_are_read(sql, assert_every_version):
    sql("CREATE TABLE {t} (id BIGINT GENERATED ALWAYS AS IDENTITY, x INT DEFAULT 7, "
        "y INT GENERATED ALWAYS AS (x + 1), t STRING NOT NULL) USING delta CLUSTER BY (t) "
        "TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported', "
        "'delta.enableRowTracking' = 'true', 'delta.enableInCommitTimestamps' = 'true', "
        "'delta.feature.vacuumProtocolCheck' = 'supported', 'delta.enableChangeDataFeed' = 'true', "
        "'delta.enableDeletionVectors' = 'false', 'delta.columnMapping.mode' = 'name')")
    sql("ALTER TABLE {t} ADD CONSTRAINT positive CHECK (x > 0)")
    sql("INSERT INTO {t} (x, t) VALUES (1, 'a'), (2, 'b')")
    sql("INSERT INTO {t} (t) VALUES ('c')")
    sql("UPDATE {t} SET x = 5 WHERE t = 'a'")
    sql("DELETE FROM {t} WHERE t = 'b'")
    sql("OPTIMIZE {t}")
    assert assert_every_version() >= 6


@pytest.mark.parametrize("version", [1, 2])
def test_tables_for_iceberg_are_read(sql, assert_every_version, version):
    sql("CREATE TABLE {t} (id BIGINT, s STRUCT<a: INT>, p STRING) USING delta PARTITIONED BY (p) "
        f"TBLPROPERTIES ('delta.enableIcebergCompatV{version}' = 'true', "
        "'delta.columnMapping.mode' = 'name', 'delta.enableDeletionVectors' = 'false')")
    sql("INSERT INTO {t} VALUES (1, named_struct('a', 1), 'x'), (2, NULL, NULL)")
    assert_every_version()


def test_partitions_of_every_type(sql, assert_every_version):
    sql("CREATE TABLE {t} (id BIGINT, b TINYINT, s SMALLINT, l BIGINT, f FLOAT, d DOUBLE, "
        "x BINARY, t TIMESTAMP, n TIMESTAMP_NTZ, c CHAR(3)) USING delta "
        "PARTITIONED BY (b, s, l, f, d, x, t, n, c)")
    sql("INSERT INTO {t} VALUES (1, 1, 2, 3, 1.5, CAST('NaN' AS DOUBLE), X'010203', "
        "TIMESTAMP'2024-02-29 01:02:03.456789', TIMESTAMP_NTZ'1500-01-01 00:00:00', 'a'), "
        "(2, -128, -32768, -9223372036854775808, CAST('-Infinity' AS FLOAT), 1e300, X'', "
        "TIMESTAMP'0001-01-01 00:00:00', TIMESTAMP_NTZ'9999-12-31 23:59:59.999999', 'abc'), "
        "(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)")
    assert_every_version()


def test_a_shallow_clone_reads_the_files_of_its_source(sql, spark, read_table, tmp_path):
    sql("CREATE TABLE {t} (id BIGINT, p STRING) USING delta PARTITIONED BY (p)")
    sql("INSERT INTO {t} VALUES (1, 'a b'), (2, 'ü%20'), (3, NULL)")
    clone = tmp_path / "the clone"
    sql(f"CREATE TABLE delta.`{clone}` SHALLOW CLONE {{t}}")
    spark.sql(f"DELETE FROM delta.`{clone}` WHERE p = 'a b'")
    spark.sql(f"INSERT INTO delta.`{clone}` VALUES (4, 'new')")
    for version in range(3):
        expected = spark.read.format("delta").option("versionAsOf", version).load(str(clone))
        assert_same_rows(read_table(clone, version), expected.toArrow())
