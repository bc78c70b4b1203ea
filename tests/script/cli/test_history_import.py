"""import writes tables that read and history show again."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
from small_tables import write_parquet


def read_ids(run_deltaport, table, *options):
    result = run_deltaport("read", table, "--output", "json", *options)
    assert result.returncode == 0, result.stderr
    return sorted(row["id"] for row in json.loads(result.stdout))


def test_history_is_newest_first(run_deltaport, small_lake):
    result = run_deltaport("history", small_lake / "events", "--output", "json")
    assert result.returncode == 0, result.stderr
    shown = json.loads(result.stdout)
    assert [entry["version"] for entry in shown] == [1, 0]
    assert shown[1]["timestamp"] == "2023-11-14T22:13:20Z"
    assert shown[0]["operation"] == "WRITE"


def test_history_of_what_is_no_delta_table_is_exit_code_3(run_deltaport, small_lake):
    result = run_deltaport("history", small_lake / "files")
    assert result.returncode == 3


def test_import_creates_appends_and_overwrites(run_deltaport, tmp_path):
    table = tmp_path / "table"
    first = write_parquet(tmp_path / "first.parquet", [1, 2])
    second = write_parquet(tmp_path / "second.parquet", [3])
    created = run_deltaport("import", first, "--to", table, "--mode", "create")
    assert created.returncode == 0, created.stderr
    assert ": version 0, 2 rows in 1 files" in created.stdout
    assert read_ids(run_deltaport, table) == [1, 2]
    assert run_deltaport("import", second, "--to", table).returncode == 0
    assert read_ids(run_deltaport, table) == [1, 2, 3]
    both = run_deltaport("import", first, second, "--to", table, "--mode", "overwrite")
    assert both.returncode == 0, both.stderr
    assert read_ids(run_deltaport, table) == [1, 2, 3]
    history = json.loads(run_deltaport("history", table, "--output", "json").stdout)
    assert [entry["version"] for entry in history] == [2, 1, 0]
    assert read_ids(run_deltaport, table, "--version", 0) == [1, 2]
    assert read_ids(run_deltaport, table, "--version", 1) == [1, 2, 3]


def test_import_from_csv_with_partitions(run_deltaport, tmp_path):
    source = tmp_path / "rows.csv"
    source.write_text("id,month\n1,1\n2,1\n3,2\n")
    table = tmp_path / "table"
    result = run_deltaport("import", source, "--to", table, "--mode", "create", "--partition-by",
                           "month")
    assert result.returncode == 0, result.stderr
    assert read_ids(run_deltaport, table) == [1, 2, 3]
    assert sorted(path.name for path in table.iterdir() if path.name != "_delta_log") == [
        "month=1", "month=2"]
    schema = json.loads(run_deltaport("schema", table, "--output", "json").stdout)
    assert [(column["name"], column["partition"]) for column in schema] == [
        ("id", False), ("month", True)]


def test_import_refuses_what_the_mode_does_not_want(run_deltaport, small_lake, tmp_path):
    rows = write_parquet(tmp_path / "rows.parquet", [9])
    taken = run_deltaport("import", rows, "--to", small_lake / "events", "--mode", "create")
    assert taken.returncode == 4
    missing = run_deltaport("import", rows, "--to", tmp_path / "missing")
    assert missing.returncode == 3
    assert "--mode create" in missing.stderr
    assert not (tmp_path / "missing").exists()
    fixed = run_deltaport("import", rows, "--to", small_lake / "events", "--partition-by", "id")
    assert fixed.returncode == 2


def test_import_of_files_that_are_not_there_is_exit_code_3(run_deltaport, tmp_path):
    result = run_deltaport("import", tmp_path / "no*.csv", "--to", tmp_path / "table", "--mode",
                           "create")
    assert result.returncode == 3
    assert result.stderr.startswith("deltaport: no file matches '")
    assert not (tmp_path / "table").exists()


def test_import_of_other_columns_changes_nothing(run_deltaport, small_lake, tmp_path):
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"else": [1]}), other)
    result = run_deltaport("import", other, "--to", small_lake / "events")
    assert result.returncode == 2
    assert "else" in result.stderr
    assert read_ids(run_deltaport, small_lake / "events") == [1, 2, 3]


def test_imported_table_is_read_by_deltalake(run_deltaport, tmp_path):
    import deltalake
    rows = write_parquet(tmp_path / "rows.parquet", [1, 2, 3])
    table = tmp_path / "table"
    assert run_deltaport("import", rows, "--to", table, "--mode", "create").returncode == 0
    seen = pa.table(deltalake.DeltaTable(str(table)).to_pyarrow_table())
    assert sorted(seen["name"].to_pylist()) == ["name 1", "name 2", "name 3"]
