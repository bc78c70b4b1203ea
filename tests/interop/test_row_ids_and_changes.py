"""Row ids and the change data feed of tables that Deltaport and Spark change, as both see them."""

import pyarrow.parquet as pq
import pytest
from comparison import assert_same_rows
from feature_kinds import kind_of
from feature_rows import COLUMNS
from feature_script import Life
from log_state import latest_version
from table_writers import DeltaportWriter, SparkWriter

OPERATIONS = [("append", range(0, 30)), ("delete", 5), ("update", 3), ("merge", range(20, 45)),
              ("optimize",), ("z_order",), ("delete", 7), ("update", 2), ("purge",),
              ("append", range(50, 60)), ("restore",), ("overwrite", range(5, 25))]
MOVES = {"delete", "update", "merge", "optimize", "z_order", "purge"}
SEED = 20_240_229
SMALL = {name: COLUMNS[name] for name in ("id", "grp", "n", "day", "moment", "small")}


def life_of(kind_name, writers, spark, run_deltaport, path):
    kind = kind_of(kind_name)
    made = {"spark": SparkWriter(spark, path, kind),
            "deltaport": DeltaportWriter(run_deltaport, path, kind)}
    life = Life(path, kind, made[writers[0]], SEED, columns=SMALL, operations=OPERATIONS)
    life.run([made[writer] for writer in writers])
    return life


@pytest.mark.parametrize("writers", [["deltaport"], ["spark", "deltaport"]], ids="+".join)
@pytest.mark.parametrize("kind", ["row-ids", "vectors+row-ids"])
def test_rows_keep_their_ids(spark, run_deltaport, tmp_path, kind, writers):
    life = life_of(kind, writers, spark, run_deltaport, tmp_path / "table")
    versions = range(1, latest_version(life.path) + 1)
    frame = spark.sql(" UNION ALL ".join(
        f"SELECT {version} AS v, id, _metadata.row_id AS row_id, _metadata.row_commit_version AS "
        f"changed FROM delta.`{life.path}` VERSION AS OF {version}" for version in versions))
    seen = {version: {} for version in versions}
    for row in frame.collect():
        assert row.row_id is not None and row.changed is not None
        seen[row.v][row.id] = (row.row_id, row.changed)
    for version in versions:
        ids = [row_id for row_id, _ in seen[version].values()]
        assert len(ids) == len(set(ids)) == len(life.states[version][2]), f"version {version}"
        if life.operation_of[version] not in MOVES:
            continue
        before, after = life.states[version - 1][2], life.states[version][2]
        for key in before.keys() & after.keys():
            where = f"row {key}, version {version} of {life.done}"
            assert seen[version][key][0] == seen[version - 1][key][0], where
            if before[key] != after[key]:
                assert seen[version][key][1] == version, where
            elif life.operation_of[version] not in ("update", "merge"):
                assert seen[version][key][1] == seen[version - 1][key][1], where


@pytest.mark.parametrize("writers", [["spark"], ["deltaport"], ["spark", "deltaport"]],
                         ids="+".join)
@pytest.mark.parametrize("kind", ["changes", "vectors+changes", "partitioned+changes"])
def test_both_see_the_same_changes(spark, run_deltaport, tmp_path, kind, writers):
    life = life_of(kind, writers, spark, run_deltaport, tmp_path / "table")
    file = tmp_path / "changes.parquet"
    done = run_deltaport("changes", life.path, "--from", 0, "--out", file)
    assert done.returncode == 0, done.stderr
    ours = pq.read_table(file)
    theirs = spark.read.format("delta").option("readChangeFeed", "true").option(
        "startingVersion", 0).load(str(life.path)).toArrow()
    assert_same_rows(ours, theirs)
    follow_the_changes(life, ours.to_pylist())


def follow_the_changes(life, changes):
    """Each version's changes on top of the version before give the version."""
    for version in range(1, latest_version(life.path) + 1):
        rows = {key: row["n"] for key, row in life.states[version - 1][2].items()}
        some = [row for row in changes if row["_commit_version"] == version]
        for row in some:
            if row["_change_type"] in ("delete", "update_preimage"):
                assert row["id"] in rows and rows[row["id"]] == row["n"]
        for row in some:
            if row["_change_type"] in ("delete", "update_preimage"):
                del rows[row["id"]]
        for row in some:
            if row["_change_type"] in ("insert", "update_postimage"):
                assert row["id"] not in rows
                rows[row["id"]] = row["n"]
        assert rows == {key: row["n"] for key, row in life.states[version][2].items()}, version
