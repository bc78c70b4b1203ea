"""deltaport query: SQL over lakes, tables and configurations."""

import json
import os
import signal
import subprocess
import time

import pyarrow.parquet as pq
import pytest
from small_tables import commit_delta


def answer(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_lake_is_named_by_folder(run_deltaport, small_lake):
    result = run_deltaport("query", "select count(*) as n from events", "--lake", small_lake,
                           "--output", "json")
    assert answer(result) == [{"n": 3}]


def test_table_is_named_by_path(run_deltaport, small_lake):
    result = run_deltaport("query", "select max(id) as top from files", "--table",
                           small_lake / "files", "--output", "json")
    assert answer(result) == [{"top": 8}]


def test_tables_are_joined(run_deltaport, small_lake):
    sql = "select count(*) as n from events, a"
    result = run_deltaport("query", sql, "--table", small_lake / "events", "--table",
                           small_lake / "files" / "a.parquet", "--output", "json")
    assert answer(result) == [{"n": 6}]


def test_configuration_names_datasets(run_deltaport, small_lake, tmp_path):
    path = tmp_path / "lake.toml"
    path.write_text(f'[[dataset]]\nname = "e"\nsource.kind = "delta"\n'
                    f'source.location = "{small_lake}/events"\n'
                    f'projection_filter.exclude = ["name"]\n')
    result = run_deltaport("query", "select * from e order by id", "--config", path, "--output",
                           "json")
    assert answer(result) == [{"id": 1}, {"id": 2}, {"id": 3}]
    hidden = run_deltaport("query", "select name from e", "--config", path)
    assert hidden.returncode == 2
    assert "name" in hidden.stderr


def test_older_version(run_deltaport, small_lake):
    sql = "select count(*) as n from events at (version => 0)"
    assert answer(run_deltaport("query", sql, "--lake", small_lake, "--output", "json")) == [
        {"n": 2}]


def test_result_goes_to_a_file(run_deltaport, small_lake, tmp_path):
    path = tmp_path / "out.parquet"
    result = run_deltaport("query", "select id from events", "--lake", small_lake, "--out", path)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
    assert sorted(pq.read_table(path)["id"].to_pylist()) == [1, 2, 3]


@pytest.mark.parametrize("sql, code", [
    ("selec 1", 2), ("select nope from events", 2), ("select * from nope", 2),
    ("copy events to 'x.csv'", 2), ("select * from read_csv('/etc/passwd')", 5)])
def test_failures_are_one_line_with_their_code(run_deltaport, small_lake, sql, code):
    result = run_deltaport("query", sql, "--lake", small_lake)
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert all(line.startswith("deltaport: ") for line in result.stderr.splitlines())


def test_no_lake_says_what_to_give(run_deltaport, tmp_path):
    result = run_deltaport("query", "select 1", cwd=tmp_path)
    assert result.returncode == 2
    assert "--lake" in result.stderr


def test_damaged_table_is_told_and_others_work(run_deltaport, small_lake):
    (small_lake / "events" / "_delta_log" / f"{0:020}.json").write_text("{broken")
    result = run_deltaport("query", "select count(*) as n from files", "--lake", small_lake,
                           "--output", "json")
    assert answer(result) == [{"n": 2}]
    assert "warning: dataset 'events' cannot be read" in result.stderr


def test_interrupt_cancels_within_seconds(deltaport, small_lake):
    commit_delta(small_lake / "events", 2, list(range(20_000)))
    sql = "select count(*) from events a, events b, events c where a.id * b.id % 7 < c.id % 3"
    process = subprocess.Popen([deltaport, "query", sql, "--lake", small_lake],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1.0)  # Long enough to be inside the query; the query takes hours.
    assert process.poll() is None, process.communicate()
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors == "deltaport: interrupted\n"
