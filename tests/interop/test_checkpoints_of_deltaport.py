"""Spark reads tables of which only our checkpoint and the commits after it are left."""

import json

import example_tables as example
import pytest
from comparison import assert_same_rows
from pyarrow import concat_tables


def commits(table):
    return sorted((table / "_delta_log").glob("*[0-9].json"))


def set_properties(table, properties, features=()):
    """Adds properties (and features) to the first commit, as if the table were made with them."""
    first = commits(table)[0]
    lines = [json.loads(line) for line in first.read_text().splitlines()]
    for action in lines:
        if "metaData" in action:
            action["metaData"]["configuration"].update(properties)
        if "protocol" in action and features:
            action["protocol"] = {"minReaderVersion": 3, "minWriterVersion": 7,
                                  "readerFeatures": list(features),
                                  "writerFeatures": ["appendOnly", "invariants", *features]}
    first.write_text("".join(json.dumps(line) + "\n" for line in lines))
    first.with_suffix(".crc").unlink(missing_ok=True)


@pytest.mark.parametrize("properties, features", [
    ({}, ()),
    ({"delta.checkpoint.writeStatsAsJson": "false",
      "delta.checkpoint.writeStatsAsStruct": "true"}, ())], ids=["json", "struct"])
def test_spark_reads_and_writes_after_the_commits_are_gone(
        spark, import_table, read_table, run_deltaport, tmp_path, properties, features):
    table = tmp_path / "table"
    import_table(example.numbered(0, 10), table, "create", ["month"])
    set_properties(table, properties, features)
    import_table(example.numbered(0, 20, month=2), table, "overwrite")
    import_table(example.numbered(20, 5, month=None), table, "append")
    done = run_deltaport("checkpoint", table)
    assert done.returncode == 0, done.stderr
    for commit in commits(table)[:-1]:
        commit.unlink()
    expected = concat_tables([example.numbered(0, 20, month=2),
                              example.numbered(20, 5, month=None)])
    frame = spark.read.format("delta").load(str(table))
    assert_same_rows(frame.toArrow(), expected)
    assert frame.where("month = 2 AND id >= 19").count() == 1
    assert frame.where("month IS NULL").count() == 5
    spark.createDataFrame(example.numbered(100, 3)).write.format("delta").mode("append").save(
        str(table))
    expected = concat_tables([expected, example.numbered(100, 3)])
    assert_same_rows(read_table(table), expected)


def test_spark_goes_on_from_our_checksum_files(spark, import_table, tmp_path):
    table = tmp_path / "table"
    import_table(example.numbered(0, 10), table, "create")
    import_table(example.numbered(10, 10), table, "append")
    spark.createDataFrame(example.numbered(20, 10)).write.format("delta").mode("append").save(
        str(table))
    checksums = [json.loads(file.read_text())
                 for file in sorted((table / "_delta_log").glob("*[0-9].crc"))]
    assert [checksum["numFiles"] for checksum in checksums][:2] == [1, 2]
    log = [json.loads(line) for commit in commits(table)
           for line in commit.read_text().splitlines()]
    sizes = sum(line["add"]["size"] for line in log if "add" in line)
    assert checksums[-1]["tableSizeBytes"] == sizes
    assert len(checksums) == 3
