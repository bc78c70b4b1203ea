"""One Spark session for the whole run, and Deltaport's command line beside it."""

import re
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "services"))

from spark_delta.session import spark_session  # noqa: E402


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    with spark_session(tmp_path_factory.mktemp("spark")) as session:
        yield session


@pytest.fixture
def import_table(run_deltaport, tmp_path):
    """import_table(rows, target, mode, partition_by=()) -> version, through `deltaport import`."""
    def run(table, target, mode, partition_by=()):
        file = tmp_path / "import.parquet"
        pq.write_table(table, file)
        options = ["--partition-by", ",".join(partition_by)] if partition_by else []
        done = run_deltaport("import", file, "--to", target, "--mode", mode, *options)
        assert done.returncode == 0, done.stderr
        return int(re.search(r"version (\d+)", done.stdout + done.stderr).group(1))
    return run


@pytest.fixture
def read_table(run_deltaport, tmp_path):
    """read_table(target, version=None) -> Arrow table, through `deltaport read`."""
    def run(target, version=None):
        file = tmp_path / "read.parquet"
        file.unlink(missing_ok=True)
        options = [] if version is None else ["--version", version]
        done = run_deltaport("read", target, *options, "--out", file)
        assert done.returncode == 0, done.stderr
        return pq.read_table(file)
    return run


@pytest.fixture
def refused_read(run_deltaport, tmp_path):
    """refused_read(target, version=None) -> the message of a `deltaport read` that must fail."""
    def run(target, version=None):
        file = tmp_path / "refused.parquet"
        options = [] if version is None else ["--version", version]
        done = run_deltaport("read", target, *options, "--out", file)
        assert done.returncode not in (0, None) and done.returncode > 0, "read something"
        assert not file.exists(), "left a file behind"
        return done.stderr
    return run
