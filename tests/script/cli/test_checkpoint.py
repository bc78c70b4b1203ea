"""checkpoint writes what the log says, so that other readers need no commit before it."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from small_tables import write_parquet


def import_rows(run_deltaport, tmp_path, table, ids, mode="append"):
    file = write_parquet(tmp_path / "rows.parquet", ids)
    done = run_deltaport("import", file, "--to", table, "--mode", mode)
    assert done.returncode == 0, done.stderr


def commits(table):
    return sorted((table / "_delta_log").glob("*[0-9].json"))


def ids_of_deltalake(table):
    return sorted(DeltaTable(str(table)).to_pyarrow_table()["id"].to_pylist())


def set_properties(table, properties, features):
    """Adds properties and features to the first commit, as if the table were made with them."""
    first = commits(table)[0]
    lines = [json.loads(line) for line in first.read_text().splitlines()]
    for action in lines:
        if "metaData" in action:
            action["metaData"]["configuration"].update(properties)
        if "protocol" in action and features:
            action["protocol"] = {"minReaderVersion": 3, "minWriterVersion": 7,
                                  "readerFeatures": features, "writerFeatures": features}
    first.write_text("".join(json.dumps(line) + "\n" for line in lines))
    first.with_suffix(".crc").unlink()


@pytest.mark.parametrize("properties, features", [
    ({}, []),
    ({"delta.checkpoint.writeStatsAsJson": "false",
      "delta.checkpoint.writeStatsAsStruct": "true"}, [])], ids=["json", "struct"])
def test_deltalake_reads_a_table_of_which_only_the_checkpoint_is_left(
        run_deltaport, tmp_path, properties, features):
    table = tmp_path / "table"
    import_rows(run_deltaport, tmp_path, table, [1, 2], "create")
    set_properties(table, properties, features)
    import_rows(run_deltaport, tmp_path, table, [3])
    import_rows(run_deltaport, tmp_path, table, [4, 5], "overwrite")
    import_rows(run_deltaport, tmp_path, table, [6])
    result = run_deltaport("checkpoint", table, "--output", "json")
    assert result.returncode == 0, result.stderr
    written = json.loads(result.stdout)[0]
    assert (written["version"], written["files"]) == (3, 2)
    assert written["sidecars"] == (1 if features else 0)
    hint = json.loads((table / "_delta_log" / "_last_checkpoint").read_text())
    assert (hint["version"], hint["size"]) == (3, written["actions"])
    kept = {commit: commit.read_bytes() for commit in commits(table)[:-1]}
    for commit in kept:
        commit.unlink()
    assert ids_of_deltalake(table) == [4, 5, 6]
    for commit, lines in kept.items():
        commit.write_bytes(lines)
    import_rows(run_deltaport, tmp_path, table, [7])
    assert ids_of_deltalake(table) == [4, 5, 6, 7]


def test_a_checkpoint_comes_by_itself_every_ten_commits(run_deltaport, tmp_path):
    table = tmp_path / "table"
    import_rows(run_deltaport, tmp_path, table, [0], "create")
    for i in range(1, 12):
        import_rows(run_deltaport, tmp_path, table, [i])
    log = table / "_delta_log"
    assert [file.name for file in log.glob("*.parquet")] == [f"{10:020d}.checkpoint.parquet"]
    assert len(list(log.glob("*.crc"))) == 12
    for commit in commits(table)[:10]:
        commit.unlink()
    assert ids_of_deltalake(table) == list(range(12))
    assert DeltaTable(str(table)).version() == 11


def test_checkpoint_of_what_is_no_delta_table_is_exit_code_3(run_deltaport, tmp_path):
    pq.write_table(pa.table({"id": [1]}), tmp_path / "file.parquet")
    assert run_deltaport("checkpoint", tmp_path).returncode == 3
