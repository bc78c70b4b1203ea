"""Tables that Deltaport wrote, as Spark, deltalake and DuckDB read them."""

from functools import reduce

import duckdb
import example_tables as example
import pytest
from comparison import assert_same_rows
from deltalake import DeltaTable
from pyarrow import concat_tables


def spark_rows(spark, table, version=None):
    reader = spark.read.format("delta")
    if version is not None:
        reader = reader.option("versionAsOf", version)
    return reader.load(str(table)).toArrow()


def deltalake_rows(table, version=None):
    return DeltaTable(str(table), version=version).to_pyarrow_table()


def duckdb_rows(table):
    """DuckDB reads the Parquet files that the log names; for tables without partitions."""
    files = DeltaTable(str(table)).file_uris()
    return duckdb.execute("SELECT * FROM read_parquet(?)", [files]).to_arrow_table()


def assert_all_read(spark, table, expected, version=None):
    assert_same_rows(spark_rows(spark, table, version), expected)
    assert_same_rows(deltalake_rows(table, version), expected)


def test_every_type(spark, import_table, tmp_path):
    table = tmp_path / "table"
    expected = example.all_types()
    import_table(expected, table, "create")
    assert_all_read(spark, table, expected)
    assert_same_rows(duckdb_rows(table), expected)
    schema = spark.read.format("delta").load(str(table)).schema
    assert {field.name: field.dataType.simpleString() for field in schema} == \
        example.ALL_TYPES_IN_SPARK


def test_statistics_do_not_hide_rows(spark, import_table, tmp_path):
    """Spark skips files by our minima and maxima: each value must still be found by itself."""
    table = tmp_path / "table"
    expected = example.all_types()
    import_table(expected.slice(0, 1), table, "create")
    for row in range(1, expected.num_rows):
        import_table(expected.slice(row, 1), table, "append")
    from pyspark.sql.functions import count

    frame = spark.read.format("delta").load(str(table))
    conditions = []
    for column, literals in {
        "id": ["1L", "-9223372036854775808", "9223372036854775807L"],
        "small_decimal": ["12.34BD", "-9999999.99BD", "9999999.99BD"],
        "double": ["2.25D", "double('NaN')"],
        "text": ["'plain'", "''"],
        "day": ["date'2024-02-29'", "date'0001-01-01'", "date'9999-12-31'"],
        "moment": ["timestamp'2024-02-29 01:02:03.456789'", "timestamp'0001-01-01 00:00:00'",
                   "timestamp'9999-12-31 23:59:59.999999'"],
        "local": ["timestamp_ntz'2024-02-29 01:02:03.456789'"],
    }.items():
        conditions += [f"{column} = {literal}" for literal in literals] + [f"{column} IS NULL"]
    counts = [frame.where(condition).agg(count("*")) for condition in conditions]
    found = [row[0] for row in reduce(lambda left, right: left.unionAll(right), counts).collect()]
    assert dict(zip(conditions, found)) == dict.fromkeys(conditions, 1)


def test_partition_values_that_are_hard_to_put_in_a_path(spark, import_table, tmp_path):
    table = tmp_path / "table"
    expected = example.hard_partitions()
    import_table(expected, table, "create", ["text"])
    assert_all_read(spark, table, expected)
    frame = spark.read.format("delta").load(str(table))
    counts = [frame.where(frame.text.eqNullSafe(text)) for text in example.HARD_TEXTS]
    found = reduce(lambda left, right: left.unionAll(right), counts).toArrow()
    assert_same_rows(found, expected)


def test_partitions_of_every_type(spark, import_table, tmp_path):
    table = tmp_path / "table"
    expected = example.typed_partitions()
    import_table(expected, table, "create", example.TYPED_PARTITION_COLUMNS)
    assert_all_read(spark, table, expected)


def test_partitions_of_negative_fractions(spark, import_table, tmp_path):
    table = tmp_path / "table"
    import_table(example.negative_fractions(), table, "create", ["amount"])
    assert_same_rows(spark_rows(spark, table), example.negative_fractions())


def test_every_version_stays_readable(spark, import_table, tmp_path):
    table = tmp_path / "table"
    first, second, third = (example.numbered(0, 10), example.numbered(10, 5, month=2),
                            example.numbered(100, 3, month=3))
    versions = [import_table(first, table, "create", ["month"]),
                import_table(second, table, "append"),
                import_table(third, table, "overwrite")]
    for version, expected in zip(versions, [first, concat_tables([first, second]), third]):
        assert_all_read(spark, table, expected, version)
    history = spark.sql(f"DESCRIBE HISTORY delta.`{table}`").collect()
    modes = {row.version: row.operationParameters.get("mode") for row in history}
    assert sorted(modes) == list(range(versions[-1] + 1))
    assert [modes[version] for version in versions] == ["ErrorIfExists", "Append", "Overwrite"]


def test_spark_and_deltaport_write_in_turns(spark, import_table, read_table, tmp_path):
    table = tmp_path / "table"
    import_table(example.numbered(0, 10), table, "create", ["month"])
    spark.createDataFrame(example.numbered(10, 10)).write.format("delta").mode("append").save(
        str(table))
    import_table(example.numbered(20, 10, month=2), table, "append")
    spark.sql(f"DELETE FROM delta.`{table}` WHERE month = 1 AND id < 5")
    import_table(example.numbered(30, 10, month=None), table, "append")
    expected = concat_tables([example.numbered(5, 15), example.numbered(20, 10, month=2),
                              example.numbered(30, 10, month=None)])
    assert_all_read(spark, table, expected)
    assert_same_rows(read_table(table), expected)


def test_spark_checkpoints_a_table_of_deltaport(spark, import_table, read_table, tmp_path):
    table = tmp_path / "table"
    expected = example.hard_partitions()
    version = import_table(expected, table, "create", ["text"])
    spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(
        spark._jsparkSession, str(table)).checkpoint()
    assert (table / "_delta_log" / f"{version:020}.checkpoint.parquet").exists()
    assert_all_read(spark, table, expected)
    assert_same_rows(read_table(table), expected)
    import_table(expected, table, "append")
    assert_all_read(spark, table, concat_tables([expected, expected]))


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_files_of_an_empty_import_disturb_nobody(spark, import_table, tmp_path, mode):
    table = tmp_path / "table"
    first = example.numbered(0, 10)
    import_table(first, table, "create")
    import_table(first.slice(0, 0), table, mode)
    assert_all_read(spark, table, first if mode == "append" else first.slice(0, 0))
