"""Groups, aggregates and having."""

from __future__ import annotations

import pytest

import lake_data
from http_client import HttpClient

TAXI = [lake_data.taxi_row(number) for number in range(lake_data.TAXI_ROWS)]
BY_BOROUGH = [{"col": "borough"}]


def test_GroupsWithoutAggregationsAreCounted(http: HttpClient):
    reply = http.query("taxi", group_by=["borough"], order_by=BY_BOROUGH)
    assert reply.text == (
        '{"data":[{"borough":"Bronx","count":4000},{"borough":"Brooklyn","count":4000},'
        '{"borough":"Manhattan","count":4000},{"borough":"Queens","count":4000},'
        '{"borough":null,"count":4000}],"page":1,"page_size":1000}'
    )


def test_EveryAggregateUnderItsDefaultName(http: HttpClient):
    reply = http.query(
        "taxi",
        group_by=["BOROUGH"],
        aggregations=[
            {"op": "count"},
            {"op": "COUNT", "col": "Note"},
            {"op": "Sum", "col": "METER_CODE"},
            {"op": "avg", "col": "trip_id"},
            {"op": "min", "col": "pickup_at"},
            {"op": "max", "col": "is_shared"},
            {"op": "avg", "col": "fare_amount"},
            {"op": "sum", "col": "fare_amount"},
            {"op": "sum", "col": "tip_amount"},
            {"op": "min", "col": "note"},
            {"op": "max", "col": "pickup_date"},
        ],
        order_by=[{"col": "borough", "dir": "DESC"}],
        limit=1,
    )
    assert reply.text == (
        '{"data":[{"borough":null,"count":4000,"count_note":3637,"sum_meter_code":17179829174000,'
        '"avg_trip_id":10001.5,"min_pickup_at":"2024-01-01T00:02:28","max_is_shared":true,'
        '"avg_fare_amount":"44.515000","sum_fare_amount":"178060.00","sum_tip_amount":12500.0,'
        '"min_note":"note 14","max_pickup_date":"2024-01-09"}],"page":1,"page_size":1000}'
    )


def test_AliasesNameAggregates(http: HttpClient):
    rows = http.rows(
        "taxi",
        group_by=["payment_type"],
        aggregations=[
            {"op": "count", "alias": "n"},
            {"op": "max", "col": "trip_id", "alias": "M x"},
        ],
        order_by=[{"col": "M x", "dir": "desc"}],
    )
    assert [list(row) for row in rows] == [["payment_type", "n", "M x"]] * 4
    assert [row["M x"] for row in rows] == [19_999, 19_998, 19_997, 19_996]


def test_HavingFiltersGroupsByAliasesAndGroupColumns(http: HttpClient):
    query = {
        "group_by": ["borough"],
        "aggregations": [{"op": "count"}, {"op": "max", "col": "trip_id", "alias": "m"}],
        "order_by": [{"col": "m", "dir": "desc"}],
    }
    having = [{"col": "m", "op": "gt", "val": 19_996}, {"col": "count", "op": "gte", "val": 4000}]
    reply = http.query("taxi", **query, having=having)
    assert reply.text == (
        '{"data":[{"borough":null,"count":4000,"m":19999},'
        '{"borough":"Bronx","count":4000,"m":19998},'
        '{"borough":"Queens","count":4000,"m":19997}],"page":1,"page_size":1000}'
    )
    rows = http.rows("taxi", **query, having=[*having, {"col": "borough", "op": "is_not_null"}])
    assert [row["borough"] for row in rows] == ["Bronx", "Queens"]
    in_two = {"col": "Borough", "op": "in", "val": ["Queens", "Manhattan"]}
    assert [row["m"] for row in http.rows("taxi", **query, having=[in_two])] == [19_997, 19_995]


def test_GroupsOverSeveralColumnsWithPredicatesAndPages(http: HttpClient):
    chosen = [row for row in TAXI if 100 <= row["trip_id"] < 5000]
    keys = sorted(
        {(row["payment_type"], row["vendor_id"]) for row in chosen}, key=lambda k: (k[1], k[0])
    )
    found = []
    for page in range(1, 5):
        found += http.rows(
            "taxi",
            predicates=[
                {"col": "trip_id", "op": "gte", "val": 100},
                {"col": "trip_id", "op": "lt", "val": 5000},
            ],
            group_by=["payment_type", "vendor_id"],
            aggregations=[{"op": "sum", "col": "passenger_count"}],
            order_by=[{"col": "vendor_id"}, {"col": "payment_type"}],
            page=page,
            page_size=4,
        )
    assert [(row["payment_type"], row["vendor_id"]) for row in found] == keys
    for row in found:
        assert row["sum_passenger_count"] == sum(
            r["passenger_count"] or 0
            for r in chosen
            if (r["payment_type"], r["vendor_id"]) == (row["payment_type"], row["vendor_id"])
        )


def test_ColumnsAreIgnoredWhenGrouping(http: HttpClient):
    rows = http.rows(
        "taxi", group_by=["vendor_id"], columns=["trip_id"], order_by=[{"col": "vendor_id"}]
    )
    assert [list(row) for row in rows] == [["vendor_id", "count"]] * 3


def test_SumOfNothingIsNull(http: HttpClient):
    rows = http.rows(
        "taxi",
        predicates=[{"col": "tip_amount", "op": "is_null"}],
        group_by=["vendor_id"],
        aggregations=[{"op": "sum", "col": "tip_amount"}, {"op": "count", "col": "tip_amount"}],
        order_by=[{"col": "vendor_id"}],
    )
    assert rows[0] == {"vendor_id": 0, "sum_tip_amount": None, "count_tip_amount": 0}


def test_SumBeyondSixtyFourBitsIsNotWrong(http: HttpClient):
    """It is either the true sum or refused; never one that wrapped around."""
    values = [v for v in lake_data.types_table()["uint64"].to_pylist() if v is not None]
    reply = http.query(
        "types",
        group_by=["date"],
        aggregations=[{"op": "sum", "col": "uint64"}],
        page_size=100,
    )
    if reply.status == 200:
        sums = [row["sum_uint64"] for row in reply.json()["data"]]
        assert sum(int(part) for part in sums if part is not None) == sum(values)
    else:
        assert (reply.status, "sum_uint64" in reply.error or "sum" in reply.error) == (400, True)


@pytest.mark.parametrize(
    "dataset_and_column", [("odd", 'quo"te'), ("odd", "select"), ("odd", "naïve ☃")]
)
def test_OddNamesCanBeGrouped(http: HttpClient, dataset_and_column: tuple[str, str]):
    dataset, column = dataset_and_column
    rows = http.rows(
        dataset,
        group_by=[column],
        aggregations=[{"op": "count"}, {"op": "max", "col": "two words"}],
        order_by=[{"col": column}],
    )
    assert sum(row["count"] for row in rows) == 40
    assert list(rows[0]) == [column, "count", "max_two words"]


def test_PartitionColumnsCanBeGrouped(http: HttpClient):
    rows = http.rows("measures", group_by=["region"], order_by=[{"col": "region"}])
    assert rows == [
        {"region": "100%=é", "count": 24},
        {"region": "a/b c", "count": 24},
        {"region": "north", "count": 24},
        {"region": "x=y&z+w", "count": 24},
        {"region": None, "count": 24},
    ]
