"""Listing, schema and status of data sets."""

from __future__ import annotations

import re

import pytest

import lake_data
from http_client import HttpClient

STATUS_KEYS = (
    "name state kind residency last_refresh_at last_refresh_duration_ms refresh_source"
    " consecutive_failures columns rows lazy depends_on"
).split()
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

TAXI_COLUMNS = [
    {"name": "trip_id", "logical": "int", "sql_type": "Int64", "nullable": False},
    {"name": "vendor_id", "logical": "int", "sql_type": "Int16", "nullable": False},
    {
        "name": "pickup_at",
        "logical": "temporal",
        "sql_type": "Timestamp(Microsecond, None)",
        "nullable": False,
    },
    {
        "name": "dropoff_at",
        "logical": "temporal",
        "sql_type": 'Timestamp(Microsecond, Some("UTC"))',
        "nullable": True,
    },
    {"name": "pickup_date", "logical": "temporal", "sql_type": "Date32", "nullable": False},
    {"name": "passenger_count", "logical": "int", "sql_type": "Int32", "nullable": True},
    {"name": "distance_km", "logical": "float", "sql_type": "Float64", "nullable": False},
    {"name": "tip_amount", "logical": "float", "sql_type": "Float64", "nullable": True},
    {
        "name": "fare_amount",
        "logical": "other",
        "sql_type": "Decimal128(10, 2)",
        "nullable": False,
    },
    {"name": "payment_type", "logical": "utf8", "nullable": False},
    {"name": "borough", "logical": "utf8", "nullable": True},
    {"name": "is_shared", "logical": "bool", "sql_type": "Boolean", "nullable": True},
    {"name": "note", "logical": "utf8", "nullable": True},
    {"name": "Meter_Code", "logical": "int", "sql_type": "UInt32", "nullable": False},
]


def test_ListingIsAnObjectSortedByNameUnderV1(http: HttpClient):
    document = http.get("/api/v1/datasets").json()
    assert list(document) == ["datasets"]
    names = [entry["name"] for entry in document["datasets"]]
    assert names == sorted(lake_data.DATASETS)
    for entry in document["datasets"]:
        assert list(entry) == sorted(STATUS_KEYS)


def test_ListingIsABareListUnderTheOldPrefix(http: HttpClient):
    document = http.get("/api/datasets").json()
    assert document == http.get("/api/v1/datasets").json()["datasets"]


@pytest.mark.parametrize("dataset", list(lake_data.DATASETS))
def test_StatusOfAPublishedDataset(http: HttpClient, dataset: str):
    status = http.get(f"/api/v1/datasets/{dataset}/status").json()
    assert list(status) == STATUS_KEYS
    assert status["name"] == dataset
    assert status["state"] == "published"
    assert status["kind"] == lake_data.DATASETS[dataset][0]
    assert status["residency"] in ("memory", "lazy")
    assert status["lazy"] == (status["residency"] == "lazy")
    assert INSTANT.fullmatch(status["last_refresh_at"])
    assert isinstance(status["last_refresh_duration_ms"], int)
    assert status["consecutive_failures"] == 0
    assert status["depends_on"] == []
    assert status["rows"] == http.count(dataset)
    assert status["columns"] == len(
        http.get(f"/api/v1/datasets/{dataset}/schema").json()["columns"]
    )


def test_RowsAndColumnsAreCounted(http: HttpClient):
    entries = {e["name"]: e for e in http.get("/api/v1/datasets").json()["datasets"]}
    assert (entries["taxi"]["rows"], entries["taxi"]["columns"]) == (lake_data.TAXI_ROWS, 14)
    assert (entries["measures"]["rows"], entries["measures"]["columns"]) == (120, 6)
    assert (entries["empty"]["rows"], entries["empty"]["columns"]) == (0, 14)
    assert (entries["empty_delta"]["rows"], entries["empty_delta"]["columns"]) == (0, 9)


def test_SchemaOfTaxi(http: HttpClient):
    schema = http.get("/api/v1/datasets/taxi/schema").json()
    assert list(schema) == ["name", "rows", "columns", "indexed", "sample"]
    assert (schema["name"], schema["rows"]) == ("taxi", lake_data.TAXI_ROWS)
    for column, expected in zip(schema["columns"], TAXI_COLUMNS, strict=True):
        assert list(column) == ["name", "logical", "sql_type", "nullable"]
        assert column == {"sql_type": column["sql_type"]} | expected
        if column["logical"] == "utf8":
            assert column["sql_type"] in ("Utf8", "Utf8View", "Dictionary(Int32, Utf8)")
    assert isinstance(schema["indexed"], list)


def test_SampleIsTheFirstRowInJsonForm(http: HttpClient):
    assert http.get("/api/v1/datasets/taxi/schema").json()["sample"] == {
        "trip_id": 0,
        "vendor_id": 0,
        "pickup_at": "2024-01-01T00:00:00",
        "dropoff_at": "2024-01-01T00:10:00Z",
        "pickup_date": "2024-01-01",
        "passenger_count": 0,
        "distance_km": 0.0,
        "tip_amount": 0.0,
        "fare_amount": "3.00",
        "payment_type": "card",
        "borough": "Manhattan",
        "is_shared": True,
        "note": None,
        "Meter_Code": 4294967295,
    }


@pytest.mark.parametrize(
    ("column", "logical"),
    [
        ("uint64", "int"),
        ("float32", "float"),
        ("decimal38", "other"),
        ("binary", "other"),
        ("list", "other"),
        ("struct", "other"),
        ("map", "other"),
        ("date", "temporal"),
        ("time", "temporal"),
        ("stamp_zone", "temporal"),
        ("text", "utf8"),
        ("bool", "bool"),
    ],
)
def test_LogicalTypes(http: HttpClient, column: str, logical: str):
    columns = http.get("/api/v1/datasets/types/schema").json()["columns"]
    assert {c["name"]: c["logical"] for c in columns}[column] == logical


@pytest.mark.parametrize("dataset", ["odd", "types", "partition_types", "measures"])
def test_SampleIsARealRowOfNestedAndOddlyNamedColumns(http: HttpClient, dataset: str):
    schema = http.get(f"/api/v1/datasets/{dataset}/schema").json()
    assert list(schema["sample"]) == [column["name"] for column in schema["columns"]]
    key = schema["sample"]["id"]
    assert [schema["sample"]] == http.rows(
        dataset, predicates=[{"col": "id", "op": "eq", "val": key}]
    )


@pytest.mark.parametrize("dataset", ["empty", "empty_delta"])
def test_EmptyDatasetHasASchemaAndNoSampleRow(http: HttpClient, dataset: str):
    schema = http.get(f"/api/v1/datasets/{dataset}/schema").json()
    assert schema["rows"] == 0
    assert schema["sample"] in ({}, None)
    assert len(schema["columns"]) in (9, 14)


@pytest.mark.parametrize("prefix", ["/api/v1", "/api"])
@pytest.mark.parametrize(
    ("method", "route", "text"),
    [
        ("GET", "schema", "not found: dataset: nope"),
        ("POST", "query", "not found: dataset: nope"),
        ("POST", "query/stream", "not found: dataset: nope"),
        ("POST", "count", "not found: dataset: nope"),
        ("GET", "status", "not found: dataset 'nope' not found"),
    ],
)
def test_UnknownDatasetIs404(http: HttpClient, prefix: str, method: str, route: str, text: str):
    path = f"{prefix}/datasets/nope/{route}"
    reply = http.get(path) if method == "GET" else http.post(path, {})
    assert (reply.status, reply.error) == (404, text)
