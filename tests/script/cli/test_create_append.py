"""create makes tables with rules, append keeps them."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

COLUMNS = """key BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 10),
    id BIGINT NOT NULL, name VARCHAR(5) DEFAULT 'none' COMMENT 'short',
    twice BIGINT GENERATED ALWAYS AS (id * 2)"""


@pytest.fixture
def append(run_deltaport, tmp_path):
    def run(table, rows, *options):
        file = tmp_path / "rows.parquet"
        pq.write_table(pa.Table.from_pylist(rows), file)
        return run_deltaport("append", table, file, *options)
    return run


@pytest.fixture
def ruled_table(run_deltaport, tmp_path):
    table = tmp_path / "table"
    done = run_deltaport("create", table, "--schema", COLUMNS, "--check", "positive=id > 0",
                         "--property", "delta.appendOnly=false")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{table}: version 0, 4 columns\n"
    return table


def rows_of(run_deltaport, table):
    done = run_deltaport("read", table, "--output", "json")
    assert done.returncode == 0, done.stderr
    return sorted(json.loads(done.stdout), key=lambda row: row["key"])


def test_append_fills_columns_by_their_rules(run_deltaport, append, ruled_table):
    done = append(ruled_table, [{"id": 1}, {"id": 2}])
    assert done.returncode == 0, done.stderr
    assert ": version 1, 2 rows in 1 files" in done.stdout
    assert append(ruled_table, [{"id": 3, "name": "three"}]).returncode == 0
    assert rows_of(run_deltaport, ruled_table) == [
        {"key": 100, "id": 1, "name": "none", "twice": 2},
        {"key": 110, "id": 2, "name": "none", "twice": 4},
        {"key": 120, "id": 3, "name": "three", "twice": 6}]


@pytest.mark.parametrize("row, message", [
    ({"id": 0}, "the constraint 'positive' (`id > 0`) does not hold for the row (id = 0"),
    ({"id": 1, "name": "longer"}, "column 'name' is varchar(5), too short for the row"),
    ({"id": 1, "twice": 3}, "the generated column 'twice' is not `id * 2` in the row"),
    ({"id": 1, "key": 5}, "the identity column 'key' is always generated"),
    ({"name": "x"}, "missing column 'id' (long), which may not be null and has no default"),
])
def test_rows_that_break_a_rule_are_refused(run_deltaport, append, ruled_table, row, message):
    done = append(ruled_table, [row])
    assert done.returncode == 2
    assert message in done.stderr
    assert rows_of(run_deltaport, ruled_table) == []
    assert [path.name for path in ruled_table.iterdir()] == ["_delta_log"]


def test_a_repeated_append_does_nothing(run_deltaport, append, ruled_table):
    options = ["--app-id", "nightly", "--txn-version", 7]
    assert append(ruled_table, [{"id": 1}], *options).returncode == 0
    again = append(ruled_table, [{"id": 1}], *options)
    assert again.returncode == 0, again.stderr
    assert "has it already" in again.stdout
    assert len(rows_of(run_deltaport, ruled_table)) == 1
    alone = append(ruled_table, [{"id": 1}], "--app-id", "nightly")
    assert alone.returncode == 2 and "belong together" in alone.stderr


def test_overwrite_counts_on(run_deltaport, append, ruled_table, tmp_path):
    assert append(ruled_table, [{"id": 1}]).returncode == 0
    pq.write_table(pa.table({"id": [2]}), tmp_path / "new.parquet")
    assert run_deltaport("overwrite", ruled_table, tmp_path / "new.parquet").returncode == 0
    assert [row["key"] for row in rows_of(run_deltaport, ruled_table)] == [110]


def test_create_with_the_columns_of_a_file(run_deltaport, tmp_path):
    pq.write_table(pa.table({"a": [1], "b": ["x"]}), tmp_path / "like.parquet")
    table = tmp_path / "table"
    done = run_deltaport("create", table, "--schema-of", tmp_path / "like.parquet",
                         "--partition-by", "b", "--check", "c=a < 10")
    assert done.returncode == 0, done.stderr
    log = (table / "_delta_log" / "00000000000000000000.json").read_text().splitlines()
    metadata = next(json.loads(line)["metaData"] for line in log if "metaData" in line)
    assert metadata["configuration"] == {"delta.constraints.c": "a < 10"}
    assert metadata["partitionColumns"] == ["b"]
    again = run_deltaport("create", table, "--schema", "a INT")
    assert again.returncode != 0 and "table" in again.stderr


@pytest.mark.parametrize("options, message", [
    (["--schema", "a NOTYPE"], "expected a type instead of 'NOTYPE' at character 3"),
    (["--schema", "a INT,"], "expected a name instead of the end"),
    (["--schema", "a INT DEFAULT b"], "the default of column 'a'"),
    (["--schema", "a INT GENERATED ALWAYS AS (b + 1)"], "there is no column 'b'"),
    (["--schema", "a INT GENERATED ALWAYS AS (hash(1))"], "the function hash"),
    (["--schema", "a INT", "--check", "c=a + 1"], "is no condition"),
    (["--schema", "a INT", "--check", "a > 1"], "NAME=VALUE"),
    (["--schema", "a INT", "--check", "c c=a > 1"], "of letters, digits"),
    ([], "say which columns"),
])
def test_mistakes_leave_no_table(run_deltaport, tmp_path, options, message):
    table = tmp_path / "table"
    done = run_deltaport("create", table, *options)
    assert done.returncode != 0
    assert message in done.stderr
    assert not table.exists()
