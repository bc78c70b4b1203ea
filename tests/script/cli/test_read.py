"""read, schema and ls: any table, no configuration."""

import csv
import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import termios

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from small_tables import commit_delta


def rows(result):
    assert result.returncode == 0, result.stderr
    return sorted(json.loads(result.stdout), key=lambda row: row["id"])


def test_read_prints_an_aligned_table(run_deltaport, small_lake):
    result = run_deltaport("read", small_lake / "files")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        "   id  name",
        "int64  string",
        "-----  ------",
        "    7  name 7",
        "    8  name 8",
        "(2 rows)",
    ]


def test_read_takes_version_and_timestamp(run_deltaport, small_lake):
    table = small_lake / "events"
    assert [r["id"] for r in rows(run_deltaport("read", table, "--output", "json"))] == [1, 2, 3]
    old = run_deltaport("read", table, "--version", 0, "--output", "json")
    assert rows(old) == [{"id": 1, "name": "name 1"}, {"id": 2, "name": "name 2"}]


def test_version_that_does_not_exist_is_exit_code_3(run_deltaport, small_lake):
    result = run_deltaport("read", small_lake / "events", "--version", 9)
    assert result.returncode == 3
    assert "9" in result.stderr


def test_version_and_timestamp_together_are_refused(run_deltaport, small_lake):
    result = run_deltaport("read", small_lake / "events", "--version", 0, "--timestamp",
                           "2024-01-01")
    assert result.returncode == 2


def test_time_that_cannot_be_read_says_what_is_allowed(run_deltaport, small_lake):
    result = run_deltaport("read", small_lake / "events", "--timestamp", "yesterday")
    assert result.returncode == 2
    assert "2024-01-31T12:00:00Z" in result.stderr


def test_path_without_a_table_is_exit_code_3(run_deltaport, tmp_path):
    result = run_deltaport("read", tmp_path)
    assert result.returncode == 3
    assert str(tmp_path) in result.stderr


@pytest.mark.parametrize("ending", ["parquet", "arrow", "csv", "json"])
def test_out_writes_each_format(run_deltaport, small_lake, tmp_path, ending):
    path = tmp_path / f"out.{ending}"
    result = run_deltaport("read", small_lake / "events", "--out", path)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
    if ending == "parquet":
        ids = pq.read_table(path)["id"].to_pylist()
    elif ending == "arrow":
        with pa.OSFile(str(path)) as file:
            ids = pa.ipc.open_file(file).read_all()["id"].to_pylist()
    elif ending == "csv":
        ids = [int(row["id"]) for row in csv.DictReader(path.open())]
    else:
        ids = [row["id"] for row in json.loads(path.read_text())]
    assert sorted(ids) == [1, 2, 3]
    assert set(os.listdir(tmp_path)) == {"lake", path.name}


def test_out_with_another_ending_is_refused_before_work(run_deltaport, small_lake, tmp_path):
    result = run_deltaport("read", small_lake / "events", "--out", tmp_path / "out.xlsx")
    assert result.returncode == 2
    assert ".parquet" in result.stderr


def test_failed_export_leaves_no_file(run_deltaport, small_lake, tmp_path):
    (small_lake / "events" / "part-00001.parquet").unlink()
    folder = tmp_path / "out"
    folder.mkdir()
    result = run_deltaport("read", small_lake / "events", "--out", folder / "out.parquet")
    assert result.returncode == 7, result.stderr
    assert "part-00001.parquet" in result.stderr
    assert os.listdir(folder) == []


def test_output_csv_quotes(run_deltaport, small_lake):
    result = run_deltaport("query", "select 'a,\"b\"' as x, null as y, '' as z from files limit 1",
                           "--lake", small_lake, "--output", "csv")
    assert result.stdout == 'x,y,z\n"a,""b""",,""\n', result.stderr
    assert next(csv.DictReader(io.StringIO(result.stdout))) == {"x": 'a,"b"', "y": "", "z": ""}


def test_output_arrow_is_a_stream(deltaport, small_lake):
    result = subprocess.run([deltaport, "read", small_lake / "events", "--output", "arrow"],
                            capture_output=True)
    assert result.returncode == 0, result.stderr
    assert sorted(pa.ipc.open_stream(result.stdout).read_all()["id"].to_pylist()) == [1, 2, 3]


def test_columns_and_limit(run_deltaport, small_lake):
    result = run_deltaport("read", small_lake / "events", "--columns", "name", "--limit", 1,
                           "--output", "json")
    assert result.returncode == 0, result.stderr
    assert [list(row) for row in json.loads(result.stdout)] == [["name"]]


def test_unknown_column_is_exit_code_2(run_deltaport, small_lake):
    result = run_deltaport("read", small_lake / "events", "--columns", "nope")
    assert result.returncode == 2
    assert "unknown column: nope" in result.stderr


def test_schema_shows_types(run_deltaport, small_lake):
    result = run_deltaport("schema", small_lake / "events", "--output", "json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == [
        {"name": "id", "type": "int64", "nullable": True, "partition": False},
        {"name": "name", "type": "string", "nullable": True, "partition": False}]


def test_ls_lists_datasets(run_deltaport, small_lake):
    result = run_deltaport("ls", small_lake, "--output", "json")
    assert result.returncode == 0, result.stderr
    shown = [{k: row[k] for k in ("name", "kind", "state", "version", "rows", "columns")}
             for row in json.loads(result.stdout)]
    assert shown == [
        {"name": "events", "kind": "delta", "state": "published", "version": 1, "rows": 3,
         "columns": 2},
        {"name": "files", "kind": "parquet", "state": "published", "version": None, "rows": 2,
         "columns": 2}]


def test_closed_pipe_is_quiet(deltaport, small_lake):
    for version in range(2, 5):
        commit_delta(small_lake / "events", version, list(range(20_000)))
    script = f"'{deltaport}' read '{small_lake}/events' --output csv | head -n 1"
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("id,name\n", "")


def test_table_fits_the_terminal_and_hides_control_characters(deltaport, small_lake):
    sql = "select repeat('x', 300) as long, chr(27) || '[31mred' as sneaky from files limit 1"
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    process = subprocess.Popen([deltaport, "query", sql, "--lake", small_lake], stdout=terminal)
    os.close(terminal)
    text = b""
    try:
        while chunk := os.read(controller, 4096):
            text += chunk
    except OSError:
        pass  # The terminal's other end was closed.
    os.close(controller)
    assert process.wait() == 0
    lines = text.decode().splitlines()
    assert max(map(len, lines)) <= 40
    assert b"\x1b" not in text
    assert "…" in lines[3]
