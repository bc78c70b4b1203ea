"""Tables read through the command line."""

import pyarrow.parquet as pq
import pytest


@pytest.fixture
def read(run_deltaport, tmp_path):
    """read(table, *options) -> rows as dictionaries, through `deltaport read`."""
    def run(table, *options):
        out = tmp_path / "read.parquet"
        out.unlink(missing_ok=True)
        done = run_deltaport("read", table.path, *options, "--out", out)
        assert done.returncode == 0, done.stderr
        return pq.ParquetFile(out).read().to_pylist()
    return run


@pytest.fixture
def count(run_deltaport):
    """count(table, condition) -> how many rows of the table pass."""
    def run(table, condition):
        done = run_deltaport("query", f"SELECT count(*) AS n FROM {table.path.name} "
                             f"WHERE {condition}", "--table", table.path, "--output", "csv")
        assert done.returncode == 0, done.stderr
        return int(done.stdout.split()[1])
    return run


@pytest.fixture
def refusal(run_deltaport):
    """refusal(table) -> the exit code and message of a read that must fail."""
    def run(table):
        done = run_deltaport("read", table.path)
        assert done.returncode > 0, done.stdout
        return done.returncode, done.stderr
    return run
