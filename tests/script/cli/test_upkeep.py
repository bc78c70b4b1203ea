"""changes, vacuum, restore, convert, optimize and z-order, read back with deltalake."""

import json

import pytest
from deltalake import DeltaTable
from small_tables import commit_delta, write_parquet


def numbers(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)[0]


def ids(table):
    return sorted(DeltaTable(str(table)).to_pyarrow_table()["id"].to_pylist())


@pytest.fixture
def events(tmp_path):
    """A Delta table of five versions, one file each."""
    table = tmp_path / "events"
    for version in range(5):
        commit_delta(table, version, [10 * version, 10 * version + 1])
    return table


def test_optimize_makes_one_file_of_many(run_deltaport, events):
    before = ids(events)
    outcome = numbers(run_deltaport("optimize", events, "--output", "json"))
    assert (outcome["removed_files"], outcome["added_files"], outcome["rows"]) == (5, 1, 10)
    assert outcome["version"] == 5
    assert ids(events) == before
    assert len(DeltaTable(str(events)).file_uris()) == 1
    again = numbers(run_deltaport("optimize", events, "--output", "json"))
    assert again["version"] is None


def test_z_order_keeps_the_rows(run_deltaport, events):
    before = ids(events)
    outcome = numbers(run_deltaport("z-order", events, "--columns", "name,id", "--output", "json"))
    assert outcome["rows"] == 10
    assert ids(events) == before


def test_z_order_by_an_unknown_column_is_exit_code_2(run_deltaport, events):
    result = run_deltaport("z-order", events, "--columns", "nothing")
    assert result.returncode == 2
    assert "nothing" in result.stderr


def test_restore_brings_a_version_back(run_deltaport, events):
    outcome = numbers(run_deltaport("restore", events, "--version", "1", "--output", "json"))
    assert (outcome["version"], outcome["restored_version"]) == (5, 1)
    assert (outcome["removed_files"], outcome["files"]) == (3, 2)
    assert ids(events) == [0, 1, 10, 11]
    assert run_deltaport("restore", events).returncode == 2
    assert run_deltaport("restore", events, "--version", "99").returncode == 3


def test_vacuum_removes_what_optimize_left(run_deltaport, events):
    numbers(run_deltaport("optimize", events, "--output", "json"))
    short = run_deltaport("vacuum", events, "--retention", "0 hours")
    assert short.returncode == 2
    assert "delta.deletedFileRetentionDuration" in short.stderr
    arguments = ["vacuum", events, "--retention", "0 hours", "--force", "--output", "json"]
    listed = run_deltaport(*arguments, "--dry-run", "--list")
    assert listed.returncode == 0, listed.stderr
    assert len(json.loads(listed.stdout)) == 5
    assert len(list(events.glob("*.parquet"))) == 6
    assert numbers(run_deltaport(*arguments))["removed_files"] == 5
    assert len(list(events.glob("*.parquet"))) == 1
    assert len(ids(events)) == 10


def test_convert_makes_a_table_of_parquet_files(run_deltaport, tmp_path):
    folder = tmp_path / "plain"
    write_parquet(folder / "year=2013" / "a.parquet", [1, 2])
    write_parquet(folder / "year=2014" / "b.parquet", [3])
    outcome = numbers(run_deltaport("convert", folder, "--partition-by", "year:integer",
                                    "--output", "json"))
    assert outcome == {"version": 0, "files": 2, "rows": 3, "bytes": outcome["bytes"],
                       "partition_columns": "year"}
    table = DeltaTable(str(folder)).to_pyarrow_table().sort_by("id")
    assert table["id"].to_pylist() == [1, 2, 3]
    assert table["year"].to_pylist() == [2013, 2013, 2014]
    assert run_deltaport("convert", folder).returncode == 4


def test_changes_need_a_feed_and_a_start(run_deltaport, events):
    without = run_deltaport("changes", events, "--from", "1")
    assert without.returncode == 2
    assert "delta.enableChangeDataFeed" in without.stderr
    assert run_deltaport("changes", events).returncode == 2


def test_changes_are_those_that_deltalake_sees(run_deltaport, tmp_path):
    import pyarrow as pa
    from deltalake import write_deltalake
    table = str(tmp_path / "feed")
    write_deltalake(table, pa.table({"id": [1, 2, 3]}),
                    configuration={"delta.enableChangeDataFeed": "true"})
    DeltaTable(table).delete("id = 2")
    DeltaTable(table).update(predicate="id = 3", updates={"id": "30"})
    result = run_deltaport("changes", table, "--from", "0", "--output", "json")
    assert result.returncode == 0, result.stderr
    ours = sorted((row["_commit_version"], row["_change_type"], row["id"])
                  for row in json.loads(result.stdout))
    feed = pa.table(DeltaTable(table).load_cdf(starting_version=0).read_all())
    theirs = sorted((row["_commit_version"], row["_change_type"], row["id"])
                    for row in feed.to_pylist())
    assert ours == theirs
    assert (2, "update_preimage", 3) in ours and (2, "update_postimage", 30) in ours


@pytest.fixture
def parts(tmp_path):
    """Partitions a and b, two files each."""
    import pyarrow as pa
    from deltalake import write_deltalake
    path = tmp_path / "parts"
    for ids in ([1, 2], [3, 4]):
        write_deltalake(str(path), pa.table({"id": ids, "part": ["a", "b"]}),
                        partition_by=["part"], mode="append")
    return path


@pytest.mark.parametrize("command", [["optimize"], ["z-order", "--columns", "id"]])
def test_a_predicate_chooses_the_partitions_to_rewrite(run_deltaport, parts, command):
    outcome = numbers(run_deltaport(command[0], parts, *command[1:], "--where", "part = 'b'",
                                    "--output", "json"))
    assert (outcome["removed_files"], outcome["added_files"], outcome["partitions"]) == (2, 1, 1)
    assert ids(parts) == [1, 2, 3, 4]
    files = [path for path in DeltaTable(str(parts)).file_uris() if "part=a" in path]
    assert len(files) == 2


@pytest.mark.parametrize("where, message", [
    ("id = 1", "reads the column 'id'; files are chosen by partition columns only: part"),
    ("part =", "part =")])
def test_rows_cannot_choose_files_to_rewrite(run_deltaport, parts, events, where, message):
    refused = run_deltaport("optimize", parts, "--where", where)
    assert refused.returncode == 2
    assert message in refused.stderr
    whole = run_deltaport("optimize", events, "--where", "id = 1")
    assert whole.returncode == 2 and "it is not partitioned" in whole.stderr


def test_changes_between_a_version_and_a_time(run_deltaport, tmp_path):
    import pyarrow as pa
    from deltalake import write_deltalake
    table = str(tmp_path / "feed")
    for number in range(3):
        write_deltalake(table, pa.table({"id": [number]}), mode="append",
                        configuration={"delta.enableChangeDataFeed": "true"})
    def changed(*bounds):
        result = run_deltaport("changes", table, *bounds, "--output", "json")
        assert result.returncode == 0, result.stderr
        return [row["id"] for row in json.loads(result.stdout)]
    assert changed("--from", "1", "--until", "2999-01-01") == [1, 2]
    assert changed("--since", "2000-01-01", "--to", "1") == [0, 1]
    both = run_deltaport("changes", table, "--from", "1", "--since", "2000-01-01")
    assert both.returncode == 2 and "one of them" in both.stderr
