"""Tables written by Spark: the expected rows at every version.

The tables are not part of this repository. They are read from $DELTAPORT_ACCEPTANCE_TABLES, or from
../shared/tables/acceptance beside the checkout.
"""

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]


def find_tables():
    named = os.environ.get("DELTAPORT_ACCEPTANCE_TABLES")
    folder = Path(named) if named else ROOT.parent / "shared" / "tables" / "acceptance"
    return folder if folder.is_dir() else None


TABLES = find_tables()
pytestmark = pytest.mark.skipif(
    TABLES is None, reason="no acceptance tables: set DELTAPORT_ACCEPTANCE_TABLES to their folder")


def snapshots():
    """(table, "latest" or "v3") for each expected state."""
    if TABLES is None:
        return []
    return [(table.name, state.name) for table in sorted(TABLES.iterdir()) if table.is_dir()
            for state in sorted((table / "expected").iterdir())]


def comparable(value):
    """A hashable, ordered form in which equal values are equal, whatever type holds them."""
    if isinstance(value, dict):
        return tuple((key, comparable(item)) for key, item in sorted(value.items()))
    if isinstance(value, (list, tuple)):
        return tuple(comparable(item) for item in value)
    if isinstance(value, float) and value != value:
        return "NaN"
    if hasattr(value, "tzinfo") and value.tzinfo is not None:
        return value.astimezone(tz=None).timestamp()
    return value


def rows_of(table):
    names = sorted(table.column_names)
    columns = [[comparable(value) for value in table[name].to_pylist()] for name in names]
    return names, sorted(zip(*columns), key=repr)


def expected_rows(state):
    files = sorted((state / "table_content").glob("**/*.parquet"))
    return rows_of(pa.concat_tables([pq.read_table(file) for file in files],
                                    promote_options="default"))


def read(run_deltaport, name, state, out):
    version = json.loads((TABLES / name / "expected" / state /
                          "table_version_metadata.json").read_text())["version"]
    return run_deltaport("read", TABLES / name / "delta", "--version", version, "--out", out)


@pytest.mark.parametrize("name, state", snapshots())
def test_rows_are_as_expected(run_deltaport, tmp_path, name, state):
    out = tmp_path / "rows.parquet"
    result = read(run_deltaport, name, state, out)
    assert result.returncode == 0, result.stderr
    assert rows_of(pq.ParquetFile(out).read()) == expected_rows(TABLES / name / "expected" / state)


@pytest.mark.parametrize("name", sorted({name for name, _ in snapshots()}))
def test_latest_is_the_default(run_deltaport, name):
    version = json.loads((TABLES / name / "expected" / "latest" /
                          "table_version_metadata.json").read_text())["version"]
    result = run_deltaport("history", TABLES / name / "delta", "--limit", 1, "--output", "json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)[0]["version"] == version
