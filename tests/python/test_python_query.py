"""deltaport.query: rows in, Arrow out, mistakes as exceptions."""

import signal
import subprocess
import sys
import textwrap

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

import deltaport


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    root = tmp_path_factory.mktemp("lake")
    cities = pa.table({"id": [1, 2, 3], "city": ["Oslo", None, "Ürümqi"]})
    write_deltalake(str(root / "cities"), cities)
    (root / "events").mkdir()
    for part in range(2):
        rows = {"id": pa.array([part], pa.int32()), "tags": [["a", "b"]]}
        pq.write_table(pa.table(rows), root / "events" / f"{part}.parquet")
    return root


def test_version_is_the_project_version():
    assert deltaport.__version__.count(".") == 2


def test_delta_table_arrives_in_pyarrow(lake):
    rows = pa.table(deltaport.query(lake, "SELECT * FROM cities ORDER BY id"))
    assert rows.to_pylist() == [
        {"id": 1, "city": "Oslo"},
        {"id": 2, "city": None},
        {"id": 3, "city": "Ürümqi"},
    ]


def test_tables_of_both_kinds_join(lake):
    sql = "SELECT city, tags FROM cities JOIN events USING (id)"
    assert pa.table(deltaport.query(str(lake), sql)).to_pylist() == [
        {"city": "Oslo", "tags": ["a", "b"]}
    ]


def test_duckdb_reads_the_stream(lake):
    reader = pa.RecordBatchReader.from_stream(deltaport.query(lake, "SELECT id FROM cities"))
    assert duckdb.sql("SELECT sum(id) FROM reader").fetchall() == [(6,)]


def test_rows_can_be_taken_once(lake):
    result = deltaport.query(lake, "SELECT id FROM cities")
    pa.table(result)
    with pytest.raises(ValueError, match="already taken"):
        pa.table(result)


def test_unread_result_is_dropped_quietly(lake):
    result = deltaport.query(lake, "SELECT * FROM range(1000000000)")
    assert result.column_names == ["range"]
    del result


def test_wrong_column_is_a_value_error_that_names_it(lake):
    with pytest.raises(ValueError, match="nope") as caught:
        deltaport.query(lake, "SELECT nope FROM cities")
    assert caught.value.code == "invalid_argument"


def test_reading_a_file_is_refused(lake):
    with pytest.raises(deltaport.PermissionDeniedError, match="read_csv"):
        deltaport.query(lake, "SELECT * FROM read_csv('/etc/passwd')")


def test_missing_lake_is_a_lookup_error_that_names_it():
    with pytest.raises(LookupError, match="/no/such/lake"):
        deltaport.query("/no/such/lake", "SELECT 1")


def test_ctrl_c_interrupts_a_running_query(lake):
    program = textwrap.dedent(
        f"""
        import deltaport, sys
        print("start", flush=True)
        try:
            deltaport.query({str(lake)!r}, "SELECT count(*) FROM range(10000000) a,"
                            " range(10000000) b WHERE a.range % 7 = b.range % 11")
        except KeyboardInterrupt:
            sys.exit(42)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"start\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=1.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 42
