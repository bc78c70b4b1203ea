"""Every operator of a predicate, and how a literal is compared with each type of column."""

from __future__ import annotations

import decimal

import pytest

import lake_data
from http_client import HttpClient

ALL = lake_data.TAXI_ROWS
TAXI = [lake_data.taxi_row(number) for number in range(ALL)]

# column, operator, literals (none or one), and what a matching row is.
CASES = [
    # Integers.
    ("trip_id", "eq", [5], lambda r: r["trip_id"] == 5),
    ("trip_id", "eq", ["5"], lambda r: r["trip_id"] == 5),
    ("trip_id", "eq", [5.0], lambda r: r["trip_id"] == 5),
    ("trip_id", "eq", [5.5], lambda r: False),
    ("trip_id", "eq", ["abc"], lambda r: False),
    ("trip_id", "eq", [2**63], lambda r: False),
    ("trip_id", "eq", [True], lambda r: False),
    ("trip_id", "neq", [5], lambda r: r["trip_id"] != 5),
    ("trip_id", "gt", [19_990], lambda r: r["trip_id"] > 19_990),
    ("trip_id", "gte", [19_990], lambda r: r["trip_id"] >= 19_990),
    ("trip_id", "lt", [5.5], lambda r: r["trip_id"] < 5.5),
    ("trip_id", "lt", ["5"], lambda r: r["trip_id"] < 5),
    ("trip_id", "lte", [5], lambda r: r["trip_id"] <= 5),
    ("trip_id", "lt", [2**64 - 1], lambda r: True),
    ("trip_id", "gt", [-(10**300)], lambda r: True),
    ("trip_id", "lt", [1e300], lambda r: True),
    ("vendor_id", "eq", [70_000], lambda r: False),
    ("vendor_id", "lt", [70_000], lambda r: True),
    ("vendor_id", "neq", [70_000], lambda r: True),
    ("Meter_Code", "eq", [4_294_967_295], lambda r: r["trip_id"] == 0),
    ("meter_code", "eq", ["4294967294"], lambda r: r["trip_id"] == 1),
    ("Meter_Code", "lt", [-1], lambda r: False),
    ("Meter_Code", "gt", [-1], lambda r: True),
    ("passenger_count", "neq", [1], lambda r: r["passenger_count"] not in (None, 1)),
    # Floats.
    ("distance_km", "eq", [7.919], lambda r: r["distance_km"] == 7.919),
    ("distance_km", "eq", ["7.919"], lambda r: r["distance_km"] == 7.919),
    ("distance_km", "gte", [99], lambda r: r["distance_km"] >= 99),
    ("tip_amount", "in", [[0, 2.5]], lambda r: r["tip_amount"] in (0, 2.5)),
    # Decimals.
    ("fare_amount", "eq", [3], lambda r: r["fare_amount"] == 3),
    ("fare_amount", "eq", [3.01], lambda r: r["fare_amount"] == decimal.Decimal("3.01")),
    ("fare_amount", "eq", ["3.01"], lambda r: r["fare_amount"] == decimal.Decimal("3.01")),
    ("fare_amount", "eq", ["3.010"], lambda r: r["fare_amount"] == decimal.Decimal("3.01")),
    ("fare_amount", "eq", ["3.015"], lambda r: False),
    ("fare_amount", "gt", [3.015], lambda r: r["fare_amount"] > decimal.Decimal("3.015")),
    ("fare_amount", "lte", ["4.5"], lambda r: r["fare_amount"] <= decimal.Decimal("4.5")),
    (
        "fare_amount",
        "in",
        [[3, "3.01", 3.02]],
        lambda r: r["fare_amount"] in [3, decimal.Decimal("3.01"), decimal.Decimal("3.02")],
    ),
    # Booleans.
    ("is_shared", "eq", [True], lambda r: r["is_shared"] is True),
    ("is_shared", "eq", ["true"], lambda r: r["is_shared"] is True),
    ("is_shared", "neq", [True], lambda r: r["is_shared"] is False),
    ("is_shared", "in", [[True, False]], lambda r: r["is_shared"] is not None),
    # Text.
    ("payment_type", "eq", ["card"], lambda r: r["payment_type"] == "card"),
    ("payment_type", "neq", ["card"], lambda r: r["payment_type"] != "card"),
    ("payment_type", "gt", ["card"], lambda r: r["payment_type"] > "card"),
    ("payment_type", "like", ["ca%"], lambda r: r["payment_type"].startswith("ca")),
    ("payment_type", "like", ["CA%"], lambda r: False),
    ("payment_type", "ilike", ["CA%"], lambda r: r["payment_type"].startswith("ca")),
    ("payment_type", "like", ["_a__"], lambda r: r["payment_type"] in ("card", "cash")),
    ("note", "like", ["note \\%"], lambda r: False),
    (
        "note",
        "like",
        ["note 1_"],
        lambda r: r["note"] and len(r["note"]) == 7 and r["note"][5] == "1",
    ),
    ("note", "neq", ["note 1"], lambda r: r["note"] not in (None, "note 1")),
    ("BOROUGH", "eq", ["Queens"], lambda r: r["borough"] == "Queens"),
    ("borough", "in", [["Queens", "Bronx", None]], lambda r: r["borough"] in ("Queens", "Bronx")),
    ("borough", "in", [["Queens", "Queens"]], lambda r: r["borough"] == "Queens"),
    ("borough", "in", [[None]], lambda r: False),
    ("borough", "is_null", [], lambda r: r["borough"] is None),
    ("borough", "is_null", [5], lambda r: r["borough"] is None),
    ("borough", "is_not_null", [], lambda r: r["borough"] is not None),
    ("trip_id", "in", [[1, 2, "3"]], lambda r: r["trip_id"] in (1, 2, 3)),
    # Dates and times.
    ("pickup_date", "eq", ["2024-01-05"], lambda r: str(r["pickup_date"]) == "2024-01-05"),
    ("pickup_date", "lt", ["2024-01-02"], lambda r: str(r["pickup_date"]) < "2024-01-02"),
    ("pickup_date", "in", [["2024-01-02", "2024-01-03"]], lambda r: r["pickup_date"].day in (2, 3)),
    ("pickup_at", "eq", ["2024-01-01T00:00:37"], lambda r: r["trip_id"] == 1),
    ("pickup_at", "eq", ["2024-01-01 00:00:37"], lambda r: r["trip_id"] == 1),
    ("pickup_at", "eq", ["2024-01-01T00:00:37Z"], lambda r: r["trip_id"] == 1),
    ("pickup_at", "eq", ["2024-01-01T01:00:37+01:00"], lambda r: r["trip_id"] == 1),
    ("pickup_at", "lt", ["2024-01-02"], lambda r: r["pickup_at"].day == 1),
    ("dropoff_at", "eq", ["2024-01-01T00:10:00Z"], lambda r: r["trip_id"] == 0),
    ("dropoff_at", "eq", ["2024-01-01T00:10:00"], lambda r: r["trip_id"] == 0),
    ("dropoff_at", "eq", ["2024-01-01T02:10:00+02:00"], lambda r: r["trip_id"] == 0),
    ("dropoff_at", "eq", ["2024-01-01T00:10:37.250Z"], lambda r: r["trip_id"] == 1),
    ("dropoff_at", "eq", ["2024-01-01 00:10:37.25"], lambda r: r["trip_id"] == 1),
]


def _predicate(column: str, operator: str, literals: list) -> dict:
    return {"col": column, "op": operator} | ({"val": literals[0]} if literals else {})


@pytest.mark.parametrize(("column", "operator", "literals", "matches"), CASES)
def test_PredicateSelectsTheRowsThatMatch(http: HttpClient, column, operator, literals, matches):
    expected = [row["trip_id"] for row in TAXI if matches(row)]
    predicate = _predicate(column, operator, literals)
    assert http.count("taxi", predicate) == len(expected)
    found = http.column("taxi", "trip_id", predicates=[predicate], page_size=ALL)
    assert sorted(found) == expected


def test_PredicatesAreAnded(http: HttpClient):
    predicates = [
        {"col": "trip_id", "op": "gte", "val": 100},
        {"col": "trip_id", "op": "lt", "val": 200},
        {"col": "borough", "op": "eq", "val": "Queens"},
    ]
    assert http.count("taxi", *predicates) == 20
    contradiction = {"col": "borough", "op": "eq", "val": "Bronx"}
    assert http.count("taxi", *predicates, contradiction) == 0


@pytest.mark.parametrize(
    ("column", "literal", "matching"),
    [
        ("uint64", 300_000_000_000_000_007 * 59, [59]),
        ("uint64", str(300_000_000_000_000_007 * 59), [59]),
        ("int64", -29 * 300_000_000_000_000_007, [1]),
        ("int8", -120, [0]),
        ("decimal38", "9.9999999993", []),
        ("decimal38", "999999999999999.9999999993", [1]),
        ("date", "1969-12-05", [4, 32]),
        ("stamp_ms", "1999-12-31T23:59:58.250", [1]),
        ("stamp_us", "1999-12-31T23:59:58.000003", [3]),
        ("stamp_ns", "2000-01-01T01:59:58.000001", []),
        ("stamp_zone", "2000-01-01T00:59:58Z", [1]),
        ("stamp_zone", "2000-01-01T02:59:58+02:00", [1]),
        ("bool", False, None),
    ],
)
def test_EqualityOnEveryType(http: HttpClient, column: str, literal, matching: list | None):
    predicate = {"col": column, "op": "eq", "val": literal}
    found = http.column("types", "id", predicates=[predicate])
    if matching is None:
        matching = [i for i in range(lake_data.TYPES_ROWS) if i % 7 != 6 and i % 3 != 0]
    assert found == matching


@pytest.mark.parametrize(
    ("column", "literal", "ids"),
    [
        ('quo"te', 3, [3, 7, 11, 15, 19, 23, 27, 31, 35, 39]),
        ("it's", "it's 2", list(range(2, 40, 3))),
        ("two words", 2.5, [10]),
        ("dot.ted", 5, [5]),
        ("naïve ☃", "é", list(range(1, 40, 3))),
        ("SELECT", True, list(range(0, 40, 2))),
    ],
)
def test_ColumnsWithOddNames(http: HttpClient, column: str, literal, ids: list[int]):
    predicate = {"col": column, "op": "eq", "val": literal}
    order = [{"col": column, "dir": "desc"}, {"col": "id"}]
    assert http.column("odd", "id", predicates=[predicate], order_by=order) == ids


@pytest.mark.parametrize("column", ["region", "day", "level"])
def test_PartitionColumnsHaveTheirTypes(http: HttpClient, column: str):
    rows = lake_data.measures_table(0, 120).to_pylist()
    values = sorted({row[column] for row in rows if row[column] is not None})
    for value in values:
        literal = value if isinstance(value, int) else str(value)
        assert http.count("measures", {"col": column, "op": "eq", "val": literal}) == sum(
            row[column] == value for row in rows
        )
    nulls = sum(row[column] is None for row in rows)
    assert http.count("measures", {"col": column, "op": "is_null"}) == nulls
    assert http.count("measures", {"col": column, "op": "is_not_null"}) == 120 - nulls


@pytest.mark.parametrize(
    ("column", "literal", "number"),
    [
        ("p_bool", True, 5),
        ("p_long", 2**40, 4),
        ("p_decimal", "11.0", 6),
        ("p_decimal", 0.5, 6),
        ("p_stamp", "2024-03-01T12:30:00.5Z", 6),
        ("p_double", 1.25, 6),
    ],
)
def test_PartitionColumnsOfManyTypes(http: HttpClient, column: str, literal, number: int):
    assert http.count("partition_types", {"col": column, "op": "eq", "val": literal}) == number
