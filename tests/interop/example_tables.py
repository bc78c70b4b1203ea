"""Tables that hold every type of Delta, and partition values that are hard to put in a path."""

from datetime import date, datetime, timezone
from decimal import Decimal

import pyarrow as pa

UTC = timezone.utc

ALL_TYPES = pa.schema([
    ("id", pa.int64()),
    ("byte", pa.int8()),
    ("short", pa.int16()),
    ("integer", pa.int32()),
    ("float", pa.float32()),
    ("double", pa.float64()),
    ("small_decimal", pa.decimal128(9, 2)),
    ("big_decimal", pa.decimal128(38, 18)),
    ("flag", pa.bool_()),
    ("text", pa.string()),
    ("bytes", pa.binary()),
    ("day", pa.date32()),
    ("moment", pa.timestamp("us", tz="UTC")),
    ("local", pa.timestamp("us")),
    ("list", pa.list_(pa.int32())),
    ("map", pa.map_(pa.string(), pa.float64())),
    ("struct", pa.struct([("x", pa.int64()), ("y", pa.list_(pa.struct([("z", pa.string())])))])),
])

# As Spark names them.
ALL_TYPES_IN_SPARK = {
    "id": "bigint", "byte": "tinyint", "short": "smallint", "integer": "int", "float": "float",
    "double": "double", "small_decimal": "decimal(9,2)", "big_decimal": "decimal(38,18)",
    "flag": "boolean", "text": "string", "bytes": "binary", "day": "date", "moment": "timestamp",
    "local": "timestamp_ntz", "list": "array<int>", "map": "map<string,double>",
    "struct": "struct<x:bigint,y:array<struct<z:string>>>",
}


def all_types():
    """Ordinary values, the ends of each range, and nothing but nulls."""
    ordinary = {
        "id": 1, "byte": 2, "short": 3, "integer": 4, "float": 1.5, "double": 2.25,
        "small_decimal": Decimal("12.34"), "big_decimal": Decimal("1.000000000000000001"),
        "flag": True, "text": "plain", "bytes": b"\x00\xff", "day": date(2024, 2, 29),
        "moment": datetime(2024, 2, 29, 1, 2, 3, 456789, UTC),
        "local": datetime(2024, 2, 29, 1, 2, 3, 456789), "list": [1, None, 3],
        "map": [("a", 1.0), ("b", None)], "struct": {"x": 1, "y": [{"z": "deep"}, {"z": None}]},
    }
    lowest = {
        "id": -2**63, "byte": -128, "short": -2**15, "integer": -2**31, "float": float("-inf"),
        "double": -1.7976931348623157e308, "small_decimal": Decimal("-9999999.99"),
        "big_decimal": Decimal("-99999999999999999999.999999999999999999"), "flag": False,
        "text": "", "bytes": b"", "day": date(1, 1, 1), "moment": datetime(1, 1, 1, tzinfo=UTC),
        "local": datetime(1, 1, 1), "list": [], "map": [], "struct": {"x": None, "y": []},
    }
    highest = {
        "id": 2**63 - 1, "byte": 127, "short": 2**15 - 1, "integer": 2**31 - 1,
        "float": float("inf"), "double": float("nan"), "small_decimal": Decimal("9999999.99"),
        "big_decimal": Decimal("99999999999999999999.999999999999999999"), "flag": True,
        "text": "snow ☃ \"quoted\" \\ line\nend \U0001f600", "bytes": bytes(range(256)),
        "day": date(9999, 12, 31), "moment": datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
        "local": datetime(9999, 12, 31, 23, 59, 59, 999999), "list": [2**31 - 1],
        "map": [("☃", float("inf"))], "struct": {"x": 2**63 - 1, "y": None},
    }
    return pa.Table.from_pylist([ordinary, lowest, highest, {}], schema=ALL_TYPES)


HARD_TEXTS = ["plain", "a/b", "a=b", "50%", "a%20b", "two words", " edges ", "ü☃", "x:y", "it's",
              'quo"te', "back\\slash", "{a,b}", "#?&+;*", "..", ".", "tab\there", "line\nend",
              "[x]", "~^|<>", "2024-01-01", "null", None]


def hard_partitions():
    return pa.table({
        "id": pa.array(range(2 * len(HARD_TEXTS)), pa.int64()),
        "text": pa.array(HARD_TEXTS * 2, pa.string()),
    })


def typed_partitions():
    """One row for each value of each type that may partition a table, and nulls."""
    return pa.table({
        "id": pa.array([1, 2, 3, 4], pa.int64()),
        "number": pa.array([7, -7, 2**31 - 1, None], pa.int32()),
        "amount": pa.array([Decimal("1.50"), Decimal("-7.00"), None, Decimal("0.00")],
                           pa.decimal128(9, 2)),
        "flag": pa.array([True, False, None, True]),
        "day": pa.array([date(2024, 2, 29), date(1969, 12, 31), None, date(2024, 2, 29)]),
        "moment": pa.array([datetime(2024, 2, 29, 1, 2, 3, 456789, UTC), None,
                            datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
                            datetime(2024, 2, 29, tzinfo=UTC)], pa.timestamp("us", tz="UTC")),
    })


def negative_fractions():
    """deltalake 1.6 cannot read these as partition values, whoever wrote them."""
    return pa.table({
        "id": pa.array([1, 2], pa.int64()),
        "amount": pa.array([Decimal("-0.01"), Decimal("-0.90")], pa.decimal128(9, 2)),
    })


TYPED_PARTITION_COLUMNS = ["number", "amount", "flag", "day", "moment"]


def numbered(first, count, month=1):
    """`count` rows with ids from `first`."""
    return pa.table({
        "id": pa.array(range(first, first + count), pa.int64()),
        "name": pa.array([f"row {i}" for i in range(first, first + count)]),
        "month": pa.array([month] * count, pa.int32()),
    })
