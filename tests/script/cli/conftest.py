"""Small lakes for the tests of the command line."""

import pytest
from small_tables import commit_delta, write_parquet


@pytest.fixture
def small_lake(tmp_path):
    """A lake with a Delta table of two versions (`events`) and Parquet files (`files`)."""
    lake = tmp_path / "lake"
    commit_delta(lake / "events", 0, [1, 2])
    commit_delta(lake / "events", 1, [3])
    write_parquet(lake / "files" / "a.parquet", [7, 8])
    return lake
