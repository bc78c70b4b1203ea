"""Tables that Spark wrote, as `deltaport read` sees them, or refuses them by name."""

import example_tables as example
import pyarrow.parquet as pq
import pytest
from comparison import assert_same_rows
from pyarrow import concat_tables


@pytest.fixture
def write(spark, tmp_path):
    """write(rows, table, mode, partition_by=(), **table_properties): Spark writes the rows."""
    def run(rows, table, mode="errorifexists", partition_by=(), **properties):
        file = tmp_path / "written-by-spark.parquet"
        pq.write_table(rows, file)
        writer = spark.read.parquet(str(file)).write.format("delta").mode(mode)
        if partition_by:
            writer = writer.partitionBy(*partition_by)
        for key, value in properties.items():
            writer = writer.option(f"delta.{key}", value)
        writer.save(str(table))
    return run


def spark_rows(spark, table, version=None):
    reader = spark.read.format("delta")
    if version is not None:
        reader = reader.option("versionAsOf", version)
    return reader.load(str(table)).toArrow()


def test_every_type(write, read_table, tmp_path):
    table = tmp_path / "table"
    write(example.all_types(), table)
    assert_same_rows(read_table(table), example.all_types())


def test_append_overwrite_and_time_travel(write, read_table, refused_read, tmp_path):
    table = tmp_path / "table"
    first, second, third = (example.numbered(0, 10), example.numbered(10, 5),
                            example.numbered(100, 3))
    write(first, table)
    write(second, table, "append")
    write(third, table, "overwrite")
    for version, expected in enumerate([first, concat_tables([first, second]), third]):
        assert_same_rows(read_table(table, version), expected)
    assert_same_rows(read_table(table), third)
    assert "3" in refused_read(table, version=3)


def test_checkpoints(spark, write, read_table, tmp_path):
    table = tmp_path / "table"
    expected = example.numbered(0, 10)
    write(expected, table, checkpointInterval="3")
    for commit in range(1, 8):
        more = example.numbered(10 * commit, 10)
        write(more, table, "append")
        expected = concat_tables([expected, more])
    log = table / "_delta_log"
    assert (log / f"{6:020}.checkpoint.parquet").exists()
    assert_same_rows(read_table(table), expected)
    assert_same_rows(read_table(table, 4), expected.slice(0, 50))
    for commit in range(6):
        (log / f"{commit:020}.json").unlink()
    assert_same_rows(read_table(table), expected)


def test_partition_values_that_are_hard_to_put_in_a_path(write, read_table, tmp_path):
    table = tmp_path / "table"
    write(example.hard_partitions(), table, partition_by=["text"])
    assert_same_rows(read_table(table), example.hard_partitions())


def test_partitions_of_every_type(write, read_table, tmp_path):
    table = tmp_path / "table"
    write(example.typed_partitions(), table, partition_by=example.TYPED_PARTITION_COLUMNS)
    assert_same_rows(read_table(table), example.typed_partitions())


def test_partitions_of_negative_fractions(write, read_table, tmp_path):
    table = tmp_path / "table"
    write(example.negative_fractions(), table, partition_by=["amount"])
    assert_same_rows(read_table(table), example.negative_fractions())


@pytest.mark.parametrize("mode", ["name", "id"])
def test_column_mapping(spark, write, read_table, tmp_path, mode):
    table = tmp_path / "table"
    write(example.numbered(0, 10), table, partition_by=["month"], **{"columnMapping.mode": mode})
    spark.sql(f"ALTER TABLE delta.`{table}` RENAME COLUMN name TO `full name`")
    spark.sql(f"ALTER TABLE delta.`{table}` RENAME COLUMN month TO `the month`")
    spark.sql(f"INSERT INTO delta.`{table}` VALUES (10, 'ten', 2), (11, 'eleven', NULL)")
    spark.sql(f"ALTER TABLE delta.`{table}` DROP COLUMN id")
    spark.sql(f"ALTER TABLE delta.`{table}` ADD COLUMN id STRING")
    seen = read_table(table)
    assert seen.column_names == ["full name", "the month", "id"]
    assert seen.column("id").null_count == 12
    assert_same_rows(seen, spark_rows(spark, table))


def test_column_mapping_of_an_old_table(spark, write, read_table, tmp_path):
    """Files from before the mapping have the logical names."""
    table = tmp_path / "table"
    write(example.numbered(0, 10), table)
    spark.sql(f"ALTER TABLE delta.`{table}` SET TBLPROPERTIES ("
              "'delta.columnMapping.mode' = 'name', 'delta.minReaderVersion' = '2', "
              "'delta.minWriterVersion' = '5')")
    spark.sql(f"ALTER TABLE delta.`{table}` RENAME COLUMN name TO id_name")
    assert_same_rows(read_table(table), spark_rows(spark, table))


def test_columns_added_later_are_null_before(spark, write, read_table, tmp_path):
    table = tmp_path / "table"
    write(example.numbered(0, 10), table)
    spark.sql(f"ALTER TABLE delta.`{table}` ADD COLUMNS (more STRUCT<a: INT, b: STRING>)")
    spark.sql(f"INSERT INTO delta.`{table}` VALUES (10, 'ten', 1, named_struct('a', 1, 'b', 'x'))")
    assert_same_rows(read_table(table), spark_rows(spark, table))


def test_timestamp_without_zone(spark, read_table, tmp_path):
    table = tmp_path / "table"
    spark.sql(f"CREATE TABLE delta.`{table}` (id BIGINT, at TIMESTAMP_NTZ) USING delta "
              "PARTITIONED BY (at)")
    spark.sql(f"INSERT INTO delta.`{table}` VALUES (1, TIMESTAMP_NTZ'2024-02-29 01:02:03.456789'), "
              "(2, TIMESTAMP_NTZ'1969-12-31 23:59:59'), (3, NULL)")
    seen = read_table(table)
    assert seen.schema.field("at").type.tz is None
    assert_same_rows(seen, spark_rows(spark, table))


def test_updates_and_merges_with_copy_on_write(spark, write, read_table, tmp_path):
    table = tmp_path / "table"
    write(example.numbered(0, 100), table, partition_by=["month"],
          enableDeletionVectors="false")
    spark.sql(f"UPDATE delta.`{table}` SET name = 'changed' WHERE id % 7 = 0")
    spark.sql(f"MERGE INTO delta.`{table}` t USING (SELECT explode(sequence(95, 105)) AS id) s "
              "ON t.id = s.id WHEN MATCHED THEN DELETE "
              "WHEN NOT MATCHED THEN INSERT (id, name, month) VALUES (s.id, 'new', 2)")
    spark.sql(f"OPTIMIZE delta.`{table}`")
    versions = spark.sql(f"DESCRIBE HISTORY delta.`{table}`").count()
    assert versions >= 3
    for version in range(versions):
        assert_same_rows(read_table(table, version), spark_rows(spark, table, version))


def test_rows_of_deletion_vectors_are_left_out(spark, write, read_table, tmp_path):
    table = tmp_path / "table"
    write(example.numbered(0, 100), table, partition_by=["month"], enableDeletionVectors="true")
    spark.sql(f"DELETE FROM delta.`{table}` WHERE id = 50")
    spark.sql(f"DELETE FROM delta.`{table}` WHERE id % 9 = 4")
    spark.sql(f"UPDATE delta.`{table}` SET name = 'changed' WHERE id % 7 = 0")
    versions = spark.sql(f"DESCRIBE HISTORY delta.`{table}`").count()
    assert versions >= 4
    for version in range(versions):
        assert_same_rows(read_table(table, version), spark_rows(spark, table, version))


def test_checkpoints_of_version_two(spark, write, read_table, tmp_path):
    """The commits before the checkpoint are gone, so that its sidecars must be read."""
    table = tmp_path / "table"
    write(example.numbered(0, 10), table, checkpointPolicy="v2", checkpointInterval="2")
    for commit in range(1, 4):
        write(example.numbered(10 * commit, 10), table, "append")
    log = table / "_delta_log"
    assert list((log / "_sidecars").glob("*.parquet"))
    for commit in range(2):
        (log / f"{commit:020}.json").unlink()
    for version, count in [(2, 30), (3, 40)]:
        assert_same_rows(read_table(table, version), example.numbered(0, count))
