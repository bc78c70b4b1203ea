"""Arrow answers: how they are asked for, their headers, types and rows."""

from __future__ import annotations

import pyarrow as pa
import pytest

import lake_data
from http_client import ARROW_STREAM, HttpClient

QUERY = "/api/v1/datasets/taxi/query"
STREAM = "/api/v1/datasets/taxi/query/stream"
BY_ID = [{"col": "id"}]


def _plain(table: pa.Table) -> pa.Table:
    """The table with dictionaries decoded and view types as plain ones."""
    columns = []
    for column in table.columns:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if column.type in (pa.string_view(), pa.large_string()):
            column = column.cast(pa.string())
        if column.type in (pa.binary_view(), pa.large_binary()):
            column = column.cast(pa.binary())
        columns.append(column)
    return pa.table(columns, table.column_names)


@pytest.mark.parametrize(
    ("suffix", "accept"),
    [
        ("?format=arrow", None),
        ("?format=ARROW", None),
        ("?format=arrow&format=json", None),
        ("", ARROW_STREAM),
        ("", ARROW_STREAM.upper()),
        ("", f"application/json, {ARROW_STREAM};q=0.5"),
        ("?format=json", ARROW_STREAM),
    ],
)
def test_ArrowIsAskedForByParameterOrAcceptHeader(
    http: HttpClient, suffix: str, accept: str | None
):
    headers = {"Accept": accept} if accept else {}
    reply = http.post(QUERY + suffix, {"columns": ["trip_id"], "limit": 2}, **headers)
    assert reply.status == 200
    assert reply.arrow().to_pydict() == {"trip_id": [0, 1]}


@pytest.mark.parametrize(
    ("suffix", "accept"),
    [
        ("?format=csv", "*/*"),
        ("?format=json", "application/json"),
        ("?format=", "*/*"),
        ("", "*/*"),
        ("", "application/vnd.apache.arrow.file"),
        ("", "application/*"),
    ],
)
def test_AnythingElseIsJson(http: HttpClient, suffix: str, accept: str):
    reply = http.post(QUERY + suffix, {"columns": ["trip_id"], "limit": 1}, Accept=accept)
    assert reply.header("content-type") == "application/json"
    assert reply.json()["data"] == [{"trip_id": 0}]


def test_HeadersOfAPage(http: HttpClient):
    reply = http.post(
        QUERY, {"page": 2, "page_size": 7}, Accept=ARROW_STREAM, Accept_Encoding="gzip"
    )
    assert reply.header("content-type") == ARROW_STREAM
    assert reply.header("content-encoding") == "identity"
    assert (reply.header("x-page"), reply.header("x-page-size")) == ("2", "7")
    assert reply.header("x-dataset-refreshed-at")[10] == "T"
    assert reply.arrow()["trip_id"].to_pylist() == list(range(7, 14))


def test_HeadersAndRowsOfAStream(http: HttpClient):
    reply = http.post(STREAM, {"page": 3, "page_size": 2, "columns": ["trip_id", "borough"]})
    assert reply.status == 200
    assert reply.header("content-type") == ARROW_STREAM
    assert reply.header("content-encoding") == "identity"
    assert reply.header("x-query-mode") == "stream"
    assert (reply.header("x-page"), reply.header("x-page-size")) == (None, None)
    assert reply.arrow()["trip_id"].to_pylist() == list(range(lake_data.TAXI_ROWS))


def test_StreamHonoursLimitOrderAndPredicates(http: HttpClient):
    query = {
        "columns": ["trip_id"],
        "predicates": [{"col": "borough", "op": "eq", "val": "Queens"}],
        "order_by": [{"col": "trip_id", "dir": "desc"}],
        "limit": 3,
    }
    table = http.post(STREAM, query).arrow()
    assert table["trip_id"].to_pylist() == [19_997, 19_992, 19_987]


def test_TypesAndNullabilityAreTheFilesOwn(http: HttpClient):
    schema = http.table("taxi", limit=5).schema
    assert schema.names == lake_data.TAXI_SCHEMA.names
    for field, expected in zip(schema, lake_data.TAXI_SCHEMA, strict=True):
        kind = field.type
        if pa.types.is_dictionary(kind):
            assert kind.index_type == pa.int32()
            kind = kind.value_type
        if expected.name in ("payment_type", "borough", "note"):
            assert kind in (pa.string(), pa.string_view())
        else:
            assert kind == expected.type, field
        assert field.nullable == expected.nullable, field


def test_EveryTypeComesBackAsItWasWritten(http: HttpClient):
    expected = lake_data.types_table()
    found = _plain(http.table("types", order_by=BY_ID))
    assert found.column_names == expected.column_names
    for name in expected.column_names:
        assert found[name].type == expected[name].type, name
        # NaN differs from itself, so floats are compared by their text.
        if pa.types.is_floating(expected[name].type):
            assert str(found[name].to_pylist()) == str(expected[name].to_pylist()), name
        else:
            assert found[name].to_pylist() == expected[name].to_pylist(), name


def test_OddNamesAndNestedColumnsOfADeltaTable(http: HttpClient):
    expected = lake_data.odd_names_table()
    found = _plain(http.table("odd", order_by=BY_ID))
    assert found.column_names == expected.column_names
    assert found.to_pylist() == expected.to_pylist()


def test_PartitionColumnsAreTyped(http: HttpClient):
    expected = lake_data.partition_types_table()
    found = _plain(http.table("partition_types", order_by=BY_ID))
    assert found.to_pylist() == expected.to_pylist()
    assert [f.type for f in found.schema] == [f.type for f in expected.schema]


@pytest.mark.parametrize(
    "query",
    [
        {"predicates": [{"col": "trip_id", "op": "lt", "val": 0}]},
        {"predicates": [{"col": "trip_id", "op": "eq", "val": -1}]},
        {"predicates": [{"col": "trip_id", "op": "eq", "val": "abc"}]},
        {"predicates": [{"col": "note", "op": "like", "val": "none such"}]},
        {"limit": 0},
        {"page": 10**6},
        {"distinct": True, "limit": 0},
        {"order_by": [{"col": "trip_id"}], "limit": 0},
    ],
)
@pytest.mark.parametrize("path", [QUERY, STREAM])
def test_EmptyResultsKeepTheirSchema(http: HttpClient, query: dict, path: str):
    columns = ["trip_id", "fare_amount", "pickup_at"]
    reply = http.post(path, query | {"columns": columns}, Accept=ARROW_STREAM)
    assert reply.status == 200
    table = reply.arrow()
    if path == STREAM and "page" in query:
        assert table.num_rows == lake_data.TAXI_ROWS
    else:
        assert table.num_rows == 0
    assert table.schema.remove_metadata() == pa.schema(
        [lake_data.TAXI_SCHEMA.field(name) for name in columns]
    )


@pytest.mark.parametrize("dataset", ["empty", "empty_delta"])
def test_EmptyDatasetsKeepTheirSchema(http: HttpClient, dataset: str):
    table = http.table(dataset)
    assert table.num_rows == 0
    columns = [c["name"] for c in http.get(f"/api/v1/datasets/{dataset}/schema").json()["columns"]]
    assert table.column_names == columns


def test_GroupedResult(http: HttpClient):
    table = http.table(
        "taxi",
        group_by=["vendor_id"],
        aggregations=[
            {"op": "count"},
            {"op": "sum", "col": "fare_amount"},
            {"op": "avg", "col": "trip_id"},
            {"op": "min", "col": "pickup_date"},
        ],
        order_by=[{"col": "vendor_id"}],
    )
    assert table.column_names == [
        "vendor_id",
        "count",
        "sum_fare_amount",
        "avg_trip_id",
        "min_pickup_date",
    ]
    assert table["vendor_id"].to_pylist() == [0, 1, 2]
    assert table["count"].to_pylist() == [6667, 6667, 6666]
    assert table["count"].type == pa.int64()
    assert pa.types.is_decimal(table["sum_fare_amount"].type)
    assert table["sum_fare_amount"].type.scale == 2
    assert table["avg_trip_id"].type == pa.float64()
    assert table["min_pickup_date"].type == pa.date32()


def test_ArrowAndJsonHoldTheSameRows(http: HttpClient):
    query = {
        "columns": ["trip_id", "fare_amount", "borough", "distance_km"],
        "order_by": [{"col": "distance_km", "dir": "desc"}, {"col": "trip_id"}],
        "page": 3,
        "page_size": 50,
    }
    rows = http.rows("taxi", **query)
    for row in rows:
        row["fare_amount"] = pa.scalar(row["fare_amount"]).cast(pa.decimal128(10, 2)).as_py()
    assert http.table("taxi", **query).to_pylist() == rows
