"""append and merge let the table's columns follow those of the files, if asked to."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

STAR = ["--on", "target.id = source.id", "--when", "matched then update *",
        "--when", "not matched then insert *"]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table"
    write_deltalake(str(path), pa.table({"id": [1, 2], "name": ["a", "b"]}),
                    configuration={"delta.enableChangeDataFeed": "true"})
    return path


@pytest.fixture
def file(tmp_path):
    def write(rows):
        path = tmp_path / "rows.parquet"
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    return write


def rows_of(table):
    return sorted(DeltaTable(str(table)).to_pyarrow_table().to_pylist(), key=lambda row: row["id"])


def test_append_adds_columns(run_deltaport, table, file):
    rows = file([{"id": 3, "place": {"x": 1.5}}])
    refused = run_deltaport("append", table, rows)
    assert refused.returncode == 2 and "place" in refused.stderr
    done = run_deltaport("append", table, rows, "--merge-schema", "--output", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["rows"] == 1
    assert rows_of(table)[0] == {"id": 1, "name": "a", "place": None}
    assert rows_of(table)[2] == {"id": 3, "name": None, "place": {"x": 1.5}}
    more = run_deltaport("append", table, file([{"id": 4, "place": {"y": "z"}}]),
                         "--merge-schema")
    assert more.returncode == 0, more.stderr
    assert rows_of(table)[3]["place"] == {"x": None, "y": "z"}
    assert rows_of(table)[2]["place"] == {"x": 1.5, "y": None}


def test_append_widens_types_where_the_table_allows_it(run_deltaport, tmp_path, file):
    table = tmp_path / "narrow"
    made = run_deltaport("create", table, "--schema", "id INT", "--property",
                         "delta.enableTypeWidening=true")
    assert made.returncode == 0, made.stderr
    done = run_deltaport("append", table, file([{"id": 1 << 40}]), "--merge-schema")
    assert done.returncode == 0, done.stderr
    read = run_deltaport("read", table, "--output", "json")
    assert json.loads(read.stdout) == [{"id": 1 << 40}]


def test_merge_adds_columns(run_deltaport, table, file):
    rows = file([{"id": 2, "extra": 20}, {"id": 3, "extra": 30}])
    refused = run_deltaport("merge", table, "--source", rows, *STAR)
    assert refused.returncode == 2
    assert "'name'" in refused.stderr or "'extra'" in refused.stderr
    done = run_deltaport("merge", table, "--source", rows, *STAR, "--merge-schema")
    assert done.returncode == 0, done.stderr
    assert rows_of(table) == [{"id": 1, "name": "a", "extra": None},
                              {"id": 2, "name": "b", "extra": 20},
                              {"id": 3, "name": None, "extra": 30}]
    changes = run_deltaport("changes", table, "--from", "1", "--output", "json")
    assert sorted((row["_change_type"], row["id"], row["extra"])
                  for row in json.loads(changes.stdout)) == [
        ("insert", 3, 30), ("update_postimage", 2, 20), ("update_preimage", 2, None)]


def test_merge_adds_only_columns_that_are_set(run_deltaport, table, file):
    rows = file([{"id": 2, "extra": 20, "gone": False}])
    done = run_deltaport("merge", table, "--source", rows, "--on", "target.id = source.id",
                         "--when",
                         "matched and not source.gone then update set extra = source.extra",
                         "--merge-schema")
    assert done.returncode == 0, done.stderr
    assert rows_of(table)[1] == {"id": 2, "name": "b", "extra": 20}


@pytest.mark.parametrize("command", [
    ["delete", "--where", "id = 2"], ["update", "--set", "name = 'x'", "--where", "id = 2"]])
def test_a_repeated_statement_happens_once(run_deltaport, table, file, command):
    once = ["--app-id", "job", "--txn-version", "1", "--output", "json"]
    first = run_deltaport(command[0], table, *command[1:], *once)
    assert json.loads(first.stdout)[0]["version"] == 1, first.stderr
    appended = run_deltaport("append", table, file([{"id": 2, "name": "new"}]))
    assert appended.returncode == 0, appended.stderr
    again = run_deltaport(command[0], table, *command[1:], *once)
    assert json.loads(again.stdout)[0]["version"] is None
    assert "done already" in again.stderr
    assert {"id": 2, "name": "new"} in rows_of(table)


def test_a_repeated_merge_happens_once(run_deltaport, table, file):
    once = ["--app-id", "job", "--txn-version", "1", "--output", "json"]
    rows = file([{"id": 3, "name": "c"}])
    for version in (1, None):
        done = run_deltaport("merge", table, "--source", rows, "--on", "false",
                             "--when", "not matched then insert *", *once)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)[0]["version"] == version
    assert len(rows_of(table)) == 3
