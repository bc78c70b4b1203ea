"""Tables that `deltaport import` writes, read back by PyPI deltalake and by DuckDB."""

from __future__ import annotations

import datetime
import decimal
import pathlib
import re
import subprocess

import deltalake
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lake_data
from server_process import binary_path

UTC = datetime.timezone.utc
# Values that a folder name or a log entry has to escape.
AWKWARD = [
    "plain",
    "a/b c",
    "100%=é",
    "x=y&z+w",
    "q?#[]{}",
    "back\\slash",
    'it\'s "quoted"',
    "..",
    "colon:semi;",
    "☃ 𝄞",
    "tab\tand\nline",
    "%41",
    "__HIVE_DEFAULT_PARTITION__x",
    None,
]


def _import(table: pathlib.Path, rows: pa.Table | pathlib.Path, mode: str, *arguments: str) -> int:
    """Runs `deltaport import` and returns the version that it wrote."""
    source = rows
    if isinstance(rows, pa.Table):
        source = table.parent / "import.parquet"
        pq.write_table(rows, source)
    command = [binary_path(), "import", source, "--to", table, "--mode", mode, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return int(re.search(r"version (\d+)", done.stdout).group(1))


def _read(table: pathlib.Path, version: int | None = None) -> pa.Table:
    return deltalake.DeltaTable(table, version=version).to_pyarrow_table()


def _sorted(table: pa.Table, columns: list[str]) -> list[dict]:
    return table.select(columns).sort_by("id").to_pylist()


def _duckdb_rows(table: pathlib.Path, version: int | None = None) -> pa.Table:
    """Rows of the files that deltalake lists; partition columns are not in them."""
    files = deltalake.DeltaTable(table, version=version).file_uris()
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection.read_parquet(files, hive_partitioning=False).to_arrow_table()


def _every_type(first: int, count: int) -> pa.Table:
    """Rows of every type that a Delta table can hold, with nulls."""
    rows = range(first, first + count)

    def column(type_: pa.DataType, value) -> pa.Array:
        return pa.array([None if i % 5 == 4 else value(i) for i in rows], type_)

    moment = datetime.datetime(2024, 2, 29, 23, 59, 59, 999_999)
    return pa.table(
        {
            "id": pa.array(rows, pa.int64()),
            "byte": column(pa.int8(), lambda i: i % 256 - 128),
            "short": column(pa.int16(), lambda i: i % 65_536 - 32_768),
            "integer": column(pa.int32(), lambda i: 2**31 - 1 - i),
            "long": column(pa.int64(), lambda i: -(2**63) + i),
            "float": column(pa.float32(), lambda i: i / 4),
            "double": column(pa.float64(), lambda i: [0.1, float("inf"), 1e-300][i % 3]),
            "boolean": column(pa.bool_(), lambda i: i % 2 == 0),
            "decimal": column(
                pa.decimal128(38, 18), lambda i: decimal.Decimal(f"{i}.000000000000000001")
            ),
            "small": column(pa.decimal128(9, 2), lambda i: decimal.Decimal(-i) / 100),
            "text": column(pa.string(), lambda i: AWKWARD[i % 13] * (i % 3)),
            "binary": column(pa.binary(), lambda i: bytes([i % 256, 0, 255])),
            "date": column(
                pa.date32(), lambda i: datetime.date(1, 1, 1) + datetime.timedelta(i * 7)
            ),
            "at": column(
                pa.timestamp("us", tz="UTC"),
                lambda i: (moment + datetime.timedelta(microseconds=i)).replace(tzinfo=UTC),
            ),
            "local": column(pa.timestamp("us"), lambda i: moment - datetime.timedelta(days=i)),
            "list": column(pa.list_(pa.int32()), lambda i: [i, None, -i][: i % 4]),
            "struct": column(
                pa.struct([("a", pa.int64()), ("b c", pa.list_(pa.string()))]),
                lambda i: {"a": i, "b c": ["x", None]},
            ),
            "map": column(pa.map_(pa.string(), pa.int64()), lambda i: [("ü", i), ("v", None)]),
            "quo\"te_and's.☃": column(pa.int32(), lambda i: i),
        }
    )


def test_EveryTypeIsReadBack(tmp_path):
    table, rows = tmp_path / "types", _every_type(0, 50)
    version = _import(table, rows, "create")
    found = _read(table)
    assert found.column_names == rows.column_names
    for field in rows.schema:
        assert found.schema.field(field.name).type == field.type, field.name
    assert _sorted(found, rows.column_names) == rows.to_pylist()
    assert _sorted(_duckdb_rows(table, version), rows.column_names) == rows.to_pylist()


def test_EveryVersionIsReadBack(tmp_path):
    table = tmp_path / "versions"
    first, second, third = (_every_type(start, 20) for start in (0, 20, 40))
    versions = {
        _import(table, first, "create"): first.to_pylist(),
        _import(table, second, "append"): (first.to_pylist() + second.to_pylist()),
        _import(table, third, "overwrite"): third.to_pylist(),
        _import(table, first, "append"): first.to_pylist() + third.to_pylist(),
    }
    assert sorted(versions) == list(versions)
    assert deltalake.DeltaTable(table).version() == max(versions)
    for version, rows in versions.items():
        names = first.column_names
        assert _sorted(_read(table, version), names) == rows, version
        assert _sorted(_duckdb_rows(table, version), names) == rows, version


@pytest.mark.parametrize(
    ("partitions", "kept"),
    [
        (["region"], ["id", "day", "level", "value", "at"]),
        (["region", "day", "level"], ["id", "value", "at"]),
    ],
)
def test_PartitionsAreReadBack(tmp_path, partitions: list[str], kept: list[str]):
    table, rows = tmp_path / "partitioned", lake_data.measures_table(0, 120)
    version = _import(table, rows, "create", "--partition-by", ",".join(partitions))
    _import(table, lake_data.measures_table(120, 30), "append")
    assert deltalake.DeltaTable(table).metadata().partition_columns == partitions
    assert _sorted(_read(table, version), rows.column_names) == rows.to_pylist()
    both = lake_data.measures_table(0, 150)
    assert _sorted(_read(table), rows.column_names) == both.to_pylist()
    files = _duckdb_rows(table)
    assert set(files.column_names) == set(kept)
    assert _sorted(files, kept) == both.select(kept).to_pylist()


def test_AwkwardPartitionValuesAreReadBack(tmp_path):
    table = tmp_path / "awkward"
    rows = pa.table(
        {
            "id": pa.array(range(len(AWKWARD)), pa.int64()),
            "part": pa.array(AWKWARD, pa.string()),
        }
    )
    _import(table, rows, "create", "--partition-by", "part")
    assert _sorted(_read(table), ["id", "part"]) == rows.to_pylist()
    assert sorted(_duckdb_rows(table)["id"].to_pylist()) == list(range(len(AWKWARD)))
    assert not (tmp_path / "import.parquet").parent.joinpath("b c").exists()
    strays = [path for path in tmp_path.iterdir() if path.name not in ("awkward", "import.parquet")]
    assert strays == []


@pytest.mark.parametrize("column", ["p_bool", "p_long", "p_decimal", "p_stamp", "p_double", "name"])
def test_PartitionsOfEachTypeAreReadBack(tmp_path, column: str):
    table, rows = tmp_path / "typed", lake_data.partition_types_table()
    _import(table, rows, "create", "--partition-by", column)
    assert _sorted(_read(table), rows.column_names) == rows.to_pylist()


def test_DeltalakeAppendsToATableOfOurs(tmp_path):
    table = tmp_path / "shared"
    _import(table, lake_data.measures_table(0, 10), "create", "--partition-by", "region")
    deltalake.write_deltalake(table, lake_data.measures_table(10, 10), mode="append")
    _import(table, lake_data.measures_table(20, 10), "append")
    expected = lake_data.measures_table(0, 30)
    assert _sorted(_read(table), expected.column_names) == expected.to_pylist()
    answer = subprocess.run(
        [binary_path(), "read", table, "--out", tmp_path / "out.parquet"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    found = pq.read_table(tmp_path / "out.parquet")
    assert _sorted(found, expected.column_names) == expected.to_pylist()


def test_StatisticsSkipFilesWithoutLosingRows(tmp_path):
    """deltalake prunes by the statistics in the log, so wrong ones would lose rows."""
    table = tmp_path / "statistics"
    _import(table, _every_type(0, 100), "create")
    for start in range(100, 400, 100):
        _import(table, _every_type(start, 100), "append")
    rows = _every_type(0, 400).to_pylist()
    delta = deltalake.DeltaTable(table)
    for column, value in [
        ("id", 250),
        ("short", -32_518),
        ("text", "a/b c"),
        ("integer", 2**31 - 3),
    ]:
        found = delta.to_pyarrow_table(filters=[(column, "=", value)])
        assert found.num_rows == sum(row[column] == value for row in rows), column
    actions = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    assert sum(action["num_records"] for action in actions) == 400
    assert min(action["min.id"] for action in actions) == 0
    assert max(action["max.id"] for action in actions) == 399
    assert sum(action["null_count.text"] for action in actions) == 80


def test_CsvIsImported(tmp_path):
    source = tmp_path / "rows.csv"
    source.write_text('id,name,value\n1,"a, b",0.5\n2,,\n3,"q""q",-1\n')
    _import(tmp_path / "csv", source, "create")
    assert _sorted(_read(tmp_path / "csv"), ["id", "name", "value"]) == [
        {"id": 1, "name": "a, b", "value": 0.5},
        {"id": 2, "name": None, "value": None},
        {"id": 3, "name": 'q"q', "value": -1.0},
    ]


def test_AFailedImportLeavesTheTableAsItWas(tmp_path):
    table = tmp_path / "kept"
    rows = lake_data.measures_table(0, 10)
    version = _import(table, rows, "create")
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"id": ["not a number"], "stranger": [1]}), other)
    for arguments in [["--mode", "append"], ["--mode", "overwrite"], ["--mode", "create"]]:
        done = subprocess.run(
            [binary_path(), "import", other, "--to", table, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode not in (0, 70), (arguments, done)
        assert done.stderr.strip()
    assert deltalake.DeltaTable(table).version() == version
    assert _sorted(_read(table), rows.column_names) == rows.to_pylist()
