"""Makes the small lake that the HTTP tests are served: known rows of every column type.

Rows are computed from their number alone, so a test can tell what must come back. Files are written
with pyarrow and deltalake, never with Deltaport itself.
"""

from __future__ import annotations

import datetime
import decimal
import math
import pathlib

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq

TAXI_ROWS = 20_000
BOROUGHS = ["Manhattan", "Brooklyn", "Queens", "Bronx", None]
PAYMENT_TYPES = ["card", "cash", "voucher", "none"]
EPOCH = datetime.datetime(2024, 1, 1)
UTC = datetime.timezone.utc

TAXI_SCHEMA = pa.schema(
    [
        pa.field("trip_id", pa.int64(), nullable=False),
        pa.field("vendor_id", pa.int16(), nullable=False),
        pa.field("pickup_at", pa.timestamp("us"), nullable=False),
        pa.field("dropoff_at", pa.timestamp("us", tz="UTC")),
        pa.field("pickup_date", pa.date32(), nullable=False),
        pa.field("passenger_count", pa.int32()),
        pa.field("distance_km", pa.float64(), nullable=False),
        pa.field("tip_amount", pa.float64()),
        pa.field("fare_amount", pa.decimal128(10, 2), nullable=False),
        pa.field("payment_type", pa.string(), nullable=False),
        pa.field("borough", pa.dictionary(pa.int32(), pa.string())),
        pa.field("is_shared", pa.bool_()),
        pa.field("note", pa.string()),
        pa.field("Meter_Code", pa.uint32(), nullable=False),
    ]
)


def taxi_row(number: int) -> dict:
    """Row `number` of the data set `taxi`, as Python values."""
    pickup_at = EPOCH + datetime.timedelta(seconds=37 * number)
    return {
        "trip_id": number,
        "vendor_id": number % 3,
        "pickup_at": pickup_at,
        "dropoff_at": (
            None
            if number % 50 == 7
            else (
                pickup_at + datetime.timedelta(minutes=10, microseconds=number % 2 * 250_000)
            ).replace(tzinfo=UTC)
        ),
        "pickup_date": pickup_at.date(),
        "passenger_count": None if number % 17 == 3 else number % 9,
        "distance_km": (number * 7919 % 100_000) / 1000,
        "tip_amount": [0.0, 10.0, 2.5, None][number // 4 % 4],
        "fare_amount": decimal.Decimal(300 + number % 9000) / 100,
        "payment_type": PAYMENT_TYPES[number % 4],
        "borough": BOROUGHS[number % 5],
        "is_shared": None if number % 11 == 5 else number % 2 == 0,
        "note": None if number % 11 == 0 else f"note {number % 100}",
        "Meter_Code": 4_294_967_295 - number,
    }


def taxi_table() -> pa.Table:
    return pa.Table.from_pylist([taxi_row(number) for number in range(TAXI_ROWS)], TAXI_SCHEMA)


TYPES_ROWS = 60
_FLOATS = [0.0, -1.5, math.nan, math.inf, -math.inf, None, 1e300, 0.1]


def types_table() -> pa.Table:
    """Every type that a Parquet file has, with nulls; `id` is unique."""
    rows = range(TYPES_ROWS)

    def column(type_: pa.DataType, value) -> pa.Array:
        return pa.array([None if i % 7 == 6 else value(i) for i in rows], type_)

    moment = datetime.datetime(1999, 12, 31, 23, 59, 58)
    columns = {
        "id": pa.array(rows, pa.int64()),
        "int8": column(pa.int8(), lambda i: i * 4 - 120),
        "int16": column(pa.int16(), lambda i: i * 1000 - 30_000),
        "int32": column(pa.int32(), lambda i: i * 70_000_000 - 2_000_000_000),
        "int64": column(pa.int64(), lambda i: (i - 30) * 300_000_000_000_000_007),
        "uint8": column(pa.uint8(), lambda i: i * 4),
        "uint16": column(pa.uint16(), lambda i: i * 1000),
        "uint32": column(pa.uint32(), lambda i: i * 70_000_000),
        "uint64": column(pa.uint64(), lambda i: i * 300_000_000_000_000_007),
        "float32": column(pa.float32(), lambda i: _FLOATS[i % 8]),
        "float64": column(pa.float64(), lambda i: _FLOATS[i % 8]),
        "bool": column(pa.bool_(), lambda i: i % 3 == 0),
        "decimal9": column(pa.decimal128(9, 1), lambda i: decimal.Decimal(i * 7 - 100) / 10),
        "decimal38": column(
            pa.decimal128(38, 10), lambda i: decimal.Decimal(i * 10**25 - 7).scaleb(-10)
        ),
        "text": column(pa.string(), lambda i: f'wört {i % 10} "quoted" \\ \n\t\x01 ☃ 𝄞'),
        "binary": column(pa.binary(), lambda i: bytes([i, 0, 255, 250])[: i % 5]),
        "date": column(pa.date32(), lambda i: datetime.date(1969, 12, 1 + i % 28)),
        "time": column(pa.time64("us"), lambda i: datetime.time(1, 2, 5, i % 2 * 500_000)),
        "stamp_ms": column(
            pa.timestamp("ms"), lambda i: moment + datetime.timedelta(milliseconds=i * 250)
        ),
        "stamp_us": column(
            pa.timestamp("us"), lambda i: moment + datetime.timedelta(microseconds=i)
        ),
        "stamp_ns": column(pa.timestamp("ns"), lambda i: 946_684_798_000_000_000 + i * 1000),
        "stamp_zone": column(
            pa.timestamp("us", tz="UTC"), lambda i: moment + datetime.timedelta(hours=i)
        ),
        "list": column(
            pa.list_(pa.int32()), lambda i: [None if n == 1 else n for n in range(i % 4)]
        ),
        "struct": column(
            pa.struct([("a", pa.int64()), ('b "c"', pa.string())]),
            lambda i: {"a": i, 'b "c"': None if i % 2 else f"s{i}"},
        ),
        "map": column(pa.map_(pa.string(), pa.float64()), lambda i: [("k", i / 2), ("ö", None)]),
        "nested": column(
            pa.list_(pa.struct([("day", pa.date32()), ("tags", pa.list_(pa.string()))])),
            lambda i: [{"day": datetime.date(2020, 2, 29), "tags": ["x"] * (i % 3)}],
        ),
    }
    return pa.table(columns)


def measures_table(first: int, count: int) -> pa.Table:
    """Rows for the Delta table `measures`; partition values hold nulls and awkward characters."""
    regions = ["north", "a/b c", "100%=é", None, "x=y&z+w"]
    rows = range(first, first + count)
    return pa.table(
        {
            "id": pa.array(rows, pa.int64()),
            "region": pa.array([regions[i % 5] for i in rows], pa.string()),
            "day": pa.array(
                [None if i % 4 == 3 else datetime.date(2024, 2, 28 + i % 2) for i in rows],
                pa.date32(),
            ),
            "level": pa.array([i % 3 - 1 for i in rows], pa.int32()),
            "value": pa.array([None if i % 6 == 5 else i / 8 for i in rows], pa.float64()),
            "at": pa.array(
                [datetime.datetime(2024, 1, 1, i % 24, 0, 0, i, tzinfo=UTC) for i in rows],
                pa.timestamp("us", tz="UTC"),
            ),
        }
    )


def partition_types_table() -> pa.Table:
    """Rows for a Delta table whose partition columns have many types."""
    rows = range(12)
    return pa.table(
        {
            "id": pa.array(rows, pa.int64()),
            "p_bool": pa.array([None if i % 5 == 4 else i % 2 == 0 for i in rows], pa.bool_()),
            "p_long": pa.array([(i % 3) * 2**40 for i in rows], pa.int64()),
            "p_decimal": pa.array(
                [decimal.Decimal(i % 2 * 105 + 5) / 10 for i in rows], pa.decimal128(10, 1)
            ),
            "p_stamp": pa.array(
                [
                    datetime.datetime(2024, 3, 1, 12, 30, 0, i % 2 * 500_000, tzinfo=UTC)
                    for i in rows
                ],
                pa.timestamp("us", tz="UTC"),
            ),
            "p_double": pa.array([i % 2 + 0.25 for i in rows], pa.float64()),
            "name": pa.array([f"n{i}" for i in rows], pa.string()),
        }
    )


def odd_names_table() -> pa.Table:
    """Column names that need quoting in SQL, in JSON or both."""
    rows = range(40)
    return pa.table(
        {
            "id": pa.array(rows, pa.int64()),
            'quo"te': pa.array([i % 4 for i in rows], pa.int32()),
            "it's": pa.array([f"it's {i % 3}" for i in rows], pa.string()),
            "two words": pa.array([i / 4 for i in rows], pa.float64()),
            "dot.ted": pa.array([None if i % 3 == 0 else i for i in rows], pa.int64()),
            "naïve ☃": pa.array(["é" * (i % 3) for i in rows], pa.string()),
            "select": pa.array([i % 2 == 0 for i in rows], pa.bool_()),
            "back\\slash": pa.array([bytes([i]) for i in rows], pa.binary()),
            "deep": pa.array(
                [{"in ner": {'x"y': [i, None]}} for i in rows],
                pa.struct([("in ner", pa.struct([('x"y', pa.list_(pa.int64()))]))]),
            ),
        }
    )


def write_measures(path: pathlib.Path) -> None:
    partitions = ["region", "day", "level"]
    for commit in range(3):
        deltalake.write_deltalake(
            path, measures_table(commit * 40, 40), mode="append", partition_by=partitions
        )


def write_lake(root: pathlib.Path) -> None:
    """Writes every data set below `root`; see DATASETS for their names."""
    (root / "taxi").mkdir(parents=True)
    taxi = taxi_table()
    half = TAXI_ROWS // 2
    for part, rows in enumerate([taxi.slice(0, half), taxi.slice(half)]):
        pq.write_table(rows, root / "taxi" / f"part-{part}.parquet", row_group_size=4000)
    pq.write_table(types_table(), root / "types.parquet", row_group_size=25)
    pq.write_table(taxi.schema.empty_table(), root / "empty.parquet")
    write_measures(root / "measures")
    deltalake.write_deltalake(
        root / "partition_types",
        partition_types_table(),
        partition_by=["p_bool", "p_long", "p_decimal", "p_stamp", "p_double"],
    )
    deltalake.write_deltalake(root / "odd", odd_names_table())
    deltalake.DeltaTable.create(
        root / "empty_delta",
        deltalake.Schema.from_arrow(odd_names_table().schema),
        partition_by=["select"],
    )


# Names, kinds and places of the data sets of write_lake().
DATASETS = {
    "taxi": ("parquet", "taxi/*.parquet"),
    "types": ("parquet", "types.parquet"),
    "empty": ("parquet", "empty.parquet"),
    "measures": ("delta", "measures"),
    "partition_types": ("delta", "partition_types"),
    "odd": ("delta", "odd"),
    "empty_delta": ("delta", "empty_delta"),
}


def dataset_blocks(root: pathlib.Path, datasets: dict[str, tuple[str, str]] = DATASETS) -> str:
    """The [[dataset]] part of a configuration file."""
    return "".join(
        f'\n[[dataset]]\nname = "{name}"\n'
        f'[dataset.source]\nkind = "{kind}"\nlocation = "{root / place}"\n'
        for name, (kind, place) in datasets.items()
    )
