"""Rows of JSON lines, CSV and Arrow files, and of standard input, in the types of the table."""

import json
import os
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SCHEMA = "id BIGINT, amount DECIMAL(10,2), day DATE, at TIMESTAMP, tags ARRAY<STRING>, " \
         "place STRUCT<x: DOUBLE>, note STRING"
ROW = {"id": 1, "amount": "12.50", "day": "2024-02-29", "at": "2024-02-29T12:00:00Z",
       "tags": ["a", None], "place": {"x": 1.5}, "note": "7"}


@pytest.fixture
def table(run_deltaport, tmp_path):
    path = tmp_path / "table"
    made = run_deltaport("create", path, "--schema", SCHEMA)
    assert made.returncode == 0, made.stderr
    return path


def rows_of(run_deltaport, table):
    read = run_deltaport("read", table, "--output", "json")
    assert read.returncode == 0, read.stderr
    return json.loads(read.stdout)


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_json_lines_in_the_types_of_the_table(run_deltaport, table, tmp_path):
    rows = [ROW, {"id": 2}]
    done = run_deltaport("append", table, write_lines(tmp_path / "rows.jsonl", rows))
    assert done.returncode == 0, done.stderr
    assert rows_of(run_deltaport, table) == [ROW, {**dict.fromkeys(ROW), "id": 2}]


def test_what_read_prints_can_be_appended(run_deltaport, table, tmp_path):
    assert run_deltaport("append", table, write_lines(tmp_path / "rows.json", [ROW] * 3)
                         ).returncode == 0
    for output in ("json", "csv", "arrow"):
        file = tmp_path / f"rows.{output}"
        assert run_deltaport("read", table, "--out", file).returncode == 0
        done = run_deltaport("overwrite", table, file)
        assert done.returncode == 0, done.stderr
        assert rows_of(run_deltaport, table) == [ROW] * 3, output


@pytest.mark.parametrize("row, message", [
    ({"id": 1.5}, "line 2, column 'id': '1.5' is no value of the type long"),
    ({"id": "7"}, "line 2, column 'id': \"7\" is no value of the type long"),
    ({"day": "2024-02-30"}, "line 2, column 'day': '2024-02-30' is no value of the type date"),
    ({"amount": 1.005}, "line 2, column 'amount': '1.005' is no value of the type decimal(10,2)"),
    ({"place": {"y": 1}}, "line 2, column 'place': there is no member 'y'"),
    ({"unknown": 1}, "added column 'unknown' (long); --merge-schema"),
])
def test_json_that_does_not_fit_is_refused(run_deltaport, table, tmp_path, row, message):
    file = write_lines(tmp_path / "rows.json", [{"id": 1}, row])
    done = run_deltaport("append", table, file)
    assert done.returncode == 2
    assert message in done.stderr
    assert rows_of(run_deltaport, table) == []


def test_new_members_become_columns_if_asked_for(run_deltaport, table, tmp_path):
    file = write_lines(tmp_path / "rows.json", [{"id": 1}, {"id": 2, "extra": 3}])
    done = run_deltaport("append", table, file, "--merge-schema")
    assert done.returncode == 0, done.stderr
    rows = rows_of(run_deltaport, table)
    assert [(row["id"], row["extra"]) for row in rows] == [(1, None), (2, 3)]


def test_json_files_have_the_members_of_all_of_them(run_deltaport, table, tmp_path):
    write_lines(tmp_path / "a.json", [{"id": 1}])
    write_lines(tmp_path / "b.json", [{"note": "b", "extra": 1}, {"id": 2, "extra": 2.5}])
    (tmp_path / "c.json").write_text("")
    done = run_deltaport("append", table, tmp_path / "*.json", "--merge-schema")
    assert done.returncode == 0, done.stderr
    rows = rows_of(run_deltaport, table)
    assert [(row["id"], row["note"], row["extra"]) for row in rows] == [
        (1, None, None), (None, "b", 1.0), (2, None, 2.5)]
    done = run_deltaport("import", tmp_path / "[ab].json", "--to", tmp_path / "new", "--mode",
                         "create")
    assert done.returncode == 0, done.stderr
    assert rows_of(run_deltaport, tmp_path / "new") == [
        {key: row[key] for key in ("id", "note", "extra")} for row in rows]


def test_csv_in_the_types_of_the_table(run_deltaport, table, tmp_path):
    (tmp_path / "rows.csv").write_text(
        'id,note,day,tags,amount\n1,007,2024-02-29,"[""a"",null]",3.5\n2,"",,,\n3,,,,\n')
    done = run_deltaport("append", table, tmp_path / "rows.csv")
    assert done.returncode == 0, done.stderr
    first, second, third = rows_of(run_deltaport, table)
    assert (first["note"], first["tags"], first["amount"]) == ("007", ["a", None], "3.50")
    assert (second["note"], third["note"], second["day"]) == ("", None, None)
    (tmp_path / "wrong.csv").write_text('id,note\n1,"x\ny"\n\n2.5,y\n')
    wrong = run_deltaport("append", table, tmp_path / "wrong.csv")
    assert wrong.returncode == 2
    assert "wrong.csv, line 5, column 'id': '2.5' is no value of the type long" in wrong.stderr
    (tmp_path / "a.csv").write_text("id,note\n1,x\n")
    (tmp_path / "b.csv").write_text("id,note\n2,x\nz,x\n")
    wrong = run_deltaport("append", table, tmp_path / "[ab].csv")
    assert "b.csv, line 3, column 'id': 'z' is no value of the type long" in wrong.stderr


def parquet_bytes(rows):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue().to_pybytes()


def arrow_bytes(rows):
    sink = pa.BufferOutputStream()
    table = pa.Table.from_pylist(rows)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("content", [
    b'{"id":1}\n{"id":2}\n', b'[{"id":1},\n {"id":2}]\n', b"id\n1\n2\n",
    parquet_bytes([{"id": 1}, {"id": 2}]), arrow_bytes([{"id": 1}, {"id": 2}])],
    ids=["json", "array", "csv", "parquet", "arrow"])
def test_standard_input_is_known_by_its_beginning(deltaport, run_deltaport, table, tmp_path,
                                                  content):
    spool = tmp_path / "spool"
    spool.mkdir()
    done = subprocess.run([deltaport, "append", table, "-"], input=content, capture_output=True,
                          timeout=60, env={**os.environ, "TMPDIR": str(spool)})
    assert done.returncode == 0, done.stderr
    assert [row["id"] for row in rows_of(run_deltaport, table)] == [1, 2]
    assert list(spool.iterdir()) == []


def test_merge_takes_json(run_deltaport, table, tmp_path):
    file = write_lines(tmp_path / "rows.ndjson", [{"id": 1, "note": "a", "gone": False}])
    done = run_deltaport("merge", table, "--source", file, "--on", "target.id = source.id",
                         "--when", "not matched and not source.gone then insert (id, note) "
                         "values (source.id, source.note)")
    assert done.returncode == 0, done.stderr
    assert [(row["id"], row["note"]) for row in rows_of(run_deltaport, table)] == [(1, "a")]


def test_import_creates_a_table_of_json(run_deltaport, tmp_path):
    file = write_lines(tmp_path / "rows.json", [{"a": 1, "b": ["x"]}, {"a": 2, "c": True}])
    done = run_deltaport("import", file, "--to", tmp_path / "new", "--mode", "create")
    assert done.returncode == 0, done.stderr
    assert rows_of(run_deltaport, tmp_path / "new") == [
        {"a": 1, "b": ["x"], "c": None}, {"a": 2, "b": None, "c": True}]


@pytest.mark.parametrize("name, message", [
    ("rows.txt", "does not tell what the file is"), ("none.json", "none.json"),
    ("none.parquet", "none.parquet")])
def test_files_that_are_not_there_or_not_known(run_deltaport, table, tmp_path, name, message):
    done = run_deltaport("append", table, tmp_path / name)
    assert done.returncode in (2, 3)
    assert message in done.stderr


def test_format_says_what_a_name_does_not(run_deltaport, table, tmp_path):
    write_lines(tmp_path / "rows.txt", [{"id": 5}])
    done = run_deltaport("append", table, tmp_path / "rows.txt", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert rows_of(run_deltaport, table)[0]["id"] == 5
