"""Projection, order, distinct rows, limits and pages of the query route."""

from __future__ import annotations

import json

import pytest

import lake_data
from http_client import HttpClient

FIRST_ROWS = (
    '{"data":[{"trip_id":0,"vendor_id":0,"pickup_at":"2024-01-01T00:00:00",'
    '"dropoff_at":"2024-01-01T00:10:00Z","pickup_date":"2024-01-01","passenger_count":0,'
    '"distance_km":0.0,"tip_amount":0.0,"fare_amount":"3.00","payment_type":"card",'
    '"borough":"Manhattan","is_shared":true,"note":null,"Meter_Code":4294967295},'
    '{"trip_id":1,"vendor_id":1,"pickup_at":"2024-01-01T00:00:37",'
    '"dropoff_at":"2024-01-01T00:10:37.250Z","pickup_date":"2024-01-01","passenger_count":1,'
    '"distance_km":7.919,"tip_amount":0.0,"fare_amount":"3.01","payment_type":"cash",'
    '"borough":"Brooklyn","is_shared":false,"note":"note 1","Meter_Code":4294967294}],'
    '"page":1,"page_size":2}'
)
BY_TRIP = [{"col": "trip_id"}]


def test_AllColumnsOfTheFirstRowsByteForByte(http: HttpClient):
    reply = http.query("taxi", page_size=2)
    assert (reply.status, reply.text) == (200, FIRST_ROWS)
    assert reply.header("content-type") == "application/json"
    assert len(reply.header("x-dataset-refreshed-at")) == len("2026-11-21T08:49:33Z")


def test_ColumnsKeepTheirOrderAndTheirCanonicalNames(http: HttpClient):
    reply = http.query("taxi", columns=["NOTE", "Trip_ID", "meter_code"], page_size=1)
    assert reply.text == (
        '{"data":[{"note":null,"trip_id":0,"Meter_Code":4294967295}],"page":1,"page_size":1}'
    )


def test_WithoutOrderRowsComeInFileOrder(http: HttpClient):
    found = http.column("taxi", "trip_id", page_size=lake_data.TAXI_ROWS)
    assert found == list(range(lake_data.TAXI_ROWS))


@pytest.mark.parametrize("direction", ["asc", "ASC", "Asc", None])
def test_AscendingOrderPutsNullsLast(http: HttpClient, direction: str | None):
    key = {"col": "passenger_count"} | ({"dir": direction} if direction else {})
    counts = http.column(
        "taxi", "passenger_count", order_by=[key, *BY_TRIP], page_size=lake_data.TAXI_ROWS
    )
    present = [count for count in counts if count is not None]
    assert present == sorted(present)
    assert counts[: len(present)] == present


@pytest.mark.parametrize("direction", ["desc", "DESC"])
def test_DescendingOrderPutsNullsFirst(http: HttpClient, direction: str):
    rows = http.rows(
        "taxi",
        columns=["passenger_count", "trip_id"],
        order_by=[{"col": "passenger_count", "dir": direction}, *BY_TRIP],
        page_size=2,
    )
    assert rows == [
        {"passenger_count": None, "trip_id": 3},
        {"passenger_count": None, "trip_id": 20},
    ]


def test_OrderMayNameAColumnThatIsNotProjected(http: HttpClient):
    found = http.column("taxi", "Meter_Code", order_by=[{"col": "trip_id", "dir": "desc"}], limit=2)
    assert found == [4294967295 - 19_999, 4294967295 - 19_998]


def test_OrderOfTextIsByBytes(http: HttpClient):
    found = http.column("types", "text", order_by=[{"col": "text"}, {"col": "id"}])
    present = [text for text in found if text is not None]
    assert present == sorted(present, key=lambda text: text.encode())


def test_OrderOfFloatsPutsNanAboveInfinity(http: HttpClient):
    order = [{"col": "float64"}, {"col": "id"}]
    table = http.table("types", columns=["float64"], order_by=order)
    texts = [str(value) for value in table["float64"].to_pylist()]
    changes = [text for i, text in enumerate(texts) if i == 0 or texts[i - 1] != text]
    assert changes == ["-inf", "-1.5", "0.0", "0.1", "1e+300", "inf", "nan", "None"]


def test_DistinctRows(http: HttpClient):
    reply = http.query("taxi", columns=["borough"], distinct=True, order_by=[{"col": "borough"}])
    assert reply.text == (
        '{"data":[{"borough":"Bronx"},{"borough":"Brooklyn"},{"borough":"Manhattan"},'
        '{"borough":"Queens"},{"borough":null}],"page":1,"page_size":1000}'
    )


def test_DistinctOverTwoColumnsIsPaged(http: HttpClient):
    rows = http.rows(
        "taxi",
        columns=["borough", "is_shared"],
        distinct=True,
        order_by=[{"col": "borough", "dir": "desc"}, {"col": "is_shared"}],
        page_size=4,
    )
    assert [list(row.values()) for row in rows] == [
        [None, False],
        [None, True],
        [None, None],
        ["Queens", False],
    ]


@pytest.mark.parametrize(
    ("paging", "trips", "page", "page_size"),
    [
        ({"page": 1, "page_size": 3}, [0, 1, 2], 1, 3),
        ({"page": 0, "page_size": 3}, [0, 1, 2], 1, 3),
        ({"page": 2, "page_size": 3}, [3, 4, 5], 2, 3),
        ({"page": 6667, "page_size": 3}, [19_998, 19_999], 6667, 3),
        ({"page": 10_000, "page_size": 3}, [], 10_000, 3),
        ({"page_size": 0}, [0], 1, 1),
        ({"page_size": 10**9, "limit": 1}, [0], 1, 100_000),
        ({"page_size": 2**64 - 1, "limit": 1}, [0], 1, 100_000),
        ({"page": 2**64 - 1, "page_size": 2}, [], 2**64 - 1, 2),
        ({"page": 2, "page_size": 3, "limit": 4}, [3], 2, 3),
        ({"page": 2, "page_size": 3, "limit": 2}, [], 2, 3),
        ({"page_size": 3, "limit": 0}, [], 1, 3),
        ({"page_size": 2, "limit": None}, [0, 1], 1, 2),
        ({"page_size": 2, "limit": 2**64 - 1}, [0, 1], 1, 2),
    ],
)
@pytest.mark.parametrize("order", [[], BY_TRIP])
def test_PagesAndLimits(http: HttpClient, paging, trips, page: int, page_size: int, order):
    reply = http.query("taxi", columns=["trip_id"], order_by=order, **paging)
    assert reply.status == 200
    document = reply.json()
    assert list(document) == ["data", "page", "page_size"]
    assert [row["trip_id"] for row in document["data"]] == trips
    assert (document["page"], document["page_size"]) == (page, page_size)


def test_DefaultPageHasAThousandRows(http: HttpClient):
    document = http.query("taxi", columns=["trip_id"]).json()
    assert len(document["data"]) == 1000
    assert (document["page"], document["page_size"]) == (1, 1000)


def test_PagesTogetherAreTheWholeDataset(http: HttpClient):
    found = []
    for page in range(1, 8):
        found += http.column(
            "taxi",
            "trip_id",
            order_by=[{"col": "distance_km"}, *BY_TRIP],
            page=page,
            page_size=3000,
        )
    assert len(found) == lake_data.TAXI_ROWS
    assert sorted(found) == list(range(lake_data.TAXI_ROWS))


def test_PageSizeLimitOfTheConfiguration(start, lake_root):
    configuration = "[server]\nmax_page_size = 5\n" + lake_data.dataset_blocks(
        lake_root, {"taxi": lake_data.DATASETS["taxi"]}
    )
    with start(configuration) as server, server.client() as client:
        document = client.query("taxi", page_size=100).json()
        assert (len(document["data"]), document["page_size"]) == (5, 5)
        assert client.query("taxi").json()["page_size"] == 5


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ([], None),
        ([["trip_id"], [], [], [], [], False, [], 2, 1, 10], [0, 1]),
        ([["trip_id"], [["trip_id", "eq", 7]]], [7]),
        ([["trip_id"], [{"col": "trip_id", "op": "lt", "val": 2}]], [0, 1]),
        ([["trip_id"], [], [], [], [], False, [{"col": "trip_id", "dir": "desc"}], 1], [19_999]),
    ],
)
def test_APositionalArrayIsAQueryToo(http: HttpClient, body: list, text: list | None):
    reply = http.post("/api/v1/datasets/taxi/query", body)
    assert reply.status == 200, reply.text
    rows = reply.json()["data"]
    if text is None:
        assert (len(rows), len(rows[0])) == (1000, 14)
    else:
        assert rows == [{"trip_id": trip} for trip in text]


def test_UnknownFieldsAreIgnored(http: HttpClient):
    assert http.column("taxi", "trip_id", limit=1, colour="green", nested={"a": [1]}) == [0]


@pytest.mark.parametrize("body", [b"{}", b" {} \n", b"[]"])
def test_CountWithoutPredicatesIsTheTotal(http: HttpClient, body: bytes):
    reply = http.post("/api/v1/datasets/taxi/count", body)
    assert reply.body == b'{"count":20000}'


def test_CountTakesNoBodyAtAll(http: HttpClient):
    reply = http.request("POST", "/api/v1/datasets/taxi/count")
    assert (reply.status, reply.body) == (200, b'{"count":20000}')


@pytest.mark.parametrize("dataset", ["empty", "empty_delta"])
def test_EmptyDatasetHasNoRows(http: HttpClient, dataset: str):
    assert http.query(dataset).text == '{"data":[],"page":1,"page_size":1000}'
    assert http.count(dataset) == 0
    column = "borough" if dataset == "empty" else 'quo"te'
    assert http.rows(dataset, group_by=[column]) == []


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json"],
)
def test_JsonContentTypes(http: HttpClient, content_type: str):
    reply = http.request(
        "POST",
        "/api/v1/datasets/taxi/query",
        json.dumps({"limit": 0}).encode(),
        {"Content-Type": content_type},
    )
    assert reply.status == 200
