"""Columns of every type and generated rows for the tables of the cross product.

A row is a dict by the base names of the columns; a feature may call a column otherwise.
"""

from datetime import date, datetime, timezone
from decimal import Decimal

import pyarrow as pa

UTC = timezone.utc
TEXT = "té'\"xt☃"  # A name with quotes, which Delta allows without column mapping.

# Base name -> (Spark's type, Arrow's type, values). Dates before 1582 tell the calendars apart.
COLUMNS = {
    "id": ("BIGINT", pa.int64(), None),
    "grp": ("STRING", pa.string(), ["a", "b b/%25é=", None, "z'q\"", "A"]),
    "n": ("INT", pa.int32(), [0, None, 7, -7, 2**31 - 10_000, -2**31, 5]),
    TEXT: ("STRING", pa.string(), ["", "plain", None, "snow ☃ \"q\" \\ line\nend", "x" * 40,
                                   "\U0001f600" * 33, "null", "1"]),
    "byte": ("TINYINT", pa.int8(), [0, 127, -128, None]),
    "short": ("SMALLINT", pa.int16(), [2**15 - 1, -2**15, 0, None, 3]),
    "long": ("BIGINT", pa.int64(), [2**63 - 1, -2**63, 0, None, 2**53 + 1]),
    "float": ("FLOAT", pa.float32(), [1.5, float("-inf"), float("nan"), None, -0.0, 2.0**-149,
                                      float("inf")]),
    "double": ("DOUBLE", pa.float64(), [0.1, float("nan"), None, float("inf"), -0.0, 5e-324,
                                        -1.7976931348623157e308, float("-inf")]),
    "small": ("DECIMAL(9,2)", pa.decimal128(9, 2),
              [Decimal("12.34"), Decimal("-9999999.99"), None, Decimal("9999999.99"),
               Decimal("-0.01")]),
    "middle": ("DECIMAL(18,6)", pa.decimal128(18, 6),
               [Decimal("999999999999.999999"), None, Decimal("-0.000001")]),
    "big": ("DECIMAL(38,18)", pa.decimal128(38, 18),
            [Decimal("99999999999999999999.999999999999999999"), None,
             Decimal("-1.000000000000000001"),
             Decimal("-99999999999999999999.999999999999999999")]),
    "flag": ("BOOLEAN", pa.bool_(), [True, False, None]),
    "bytes": ("BINARY", pa.binary(), [b"", b"\x00\xff", None, bytes(range(256)), b"plain"]),
    "day": ("DATE", pa.date32(), [date(1970, 1, 1), date(1, 1, 1), date(1582, 10, 4), None,
                                  date(1582, 10, 15), date(9999, 12, 31), date(1500, 2, 28)]),
    "moment": ("TIMESTAMP", pa.timestamp("us", tz="UTC"),
               [datetime(2024, 2, 29, 1, 2, 3, 456789, UTC), datetime(1, 1, 1, tzinfo=UTC),
                datetime(1582, 10, 4, 23, 59, 59, 999999, UTC), None,
                datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
                datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)]),
    "list": ("ARRAY<INT>", pa.list_(pa.int32()), [[1, None, 3], [], None, [2**31 - 1]]),
    "map": ("MAP<STRING, DOUBLE>", pa.map_(pa.string(), pa.float64()),
            [[("a", 1.0), ("b", None)], [], None, [("☃", float("nan"))], [("", -0.0)]]),
    "struct": ("STRUCT<x: BIGINT, y: ARRAY<STRUCT<z: STRING>>, "
               "w: STRUCT<d: DATE, m: MAP<INT, STRING>>>",
               pa.struct([("x", pa.int64()), ("y", pa.list_(pa.struct([("z", pa.string())]))),
                          ("w", pa.struct([("d", pa.date32()),
                                           ("m", pa.map_(pa.int32(), pa.string()))]))]),
               [{"x": 1, "y": [{"z": "deep"}, {"z": None}, None],
                 "w": {"d": date(1500, 3, 1), "m": [(1, "one"), (2, None)]}},
                {"x": None, "y": [], "w": {"d": None, "m": []}}, None,
                {"x": 2**63 - 1, "y": None, "w": None}]),
}

# Columns of single features.
LOCAL = ("TIMESTAMP_NTZ", pa.timestamp("us"),
         [datetime(2024, 2, 29, 1, 2, 3, 456789), datetime(1, 1, 1), None,
          datetime(1582, 10, 5), datetime(9999, 12, 31, 23, 59, 59, 999999)])


def value(pool, row_id, salt):
    return pool[(row_id * 5 + row_id // 7 + salt) % len(pool)]


def row(columns, row_id, salt):
    """The row with this id; the same id with another salt has other values."""
    return {name: row_id if pool is None else value(pool, row_id, salt + place)
            for place, (name, (_, _, pool)) in enumerate(columns.items()) if name != "ident"}


def rows(columns, ids, salt):
    return [row(columns, row_id, salt) for row_id in ids]


def arrow_table(columns, some_rows, names):
    """`names`: base name -> name in the table; columns that the rows lack are left out."""
    given = {name: kind for name, (_, kind, _) in columns.items()
             if not some_rows or name in some_rows[0]}
    schema = pa.schema([(names.get(name, name), kind) for name, kind in given.items()])
    return pa.Table.from_pylist([{names.get(name, name): item.get(name) for name in given}
                                 for item in some_rows], schema)
