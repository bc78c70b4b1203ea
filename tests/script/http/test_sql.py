"""SQL text over HTTP."""

from __future__ import annotations

import json

import pytest

import lake_data
from http_client import HttpClient

PATHS = ["/api/v1/sql", "/api/sql"]


def _sql(http: HttpClient, text: str, **fields):
    return http.post("/api/v1/sql", {"sql": text} | fields)


@pytest.mark.parametrize("path", PATHS)
def test_RowsComeAsJsonWithTheLimit(http: HttpClient, path: str):
    text = "SELECT trip_id, fare_amount, pickup_at, note FROM taxi ORDER BY trip_id LIMIT 1"
    reply = http.post(path, {"sql": text})
    assert reply.status == 200, reply.text
    assert reply.text == (
        '{"data":[{"trip_id":0,"fare_amount":"3.00","pickup_at":"2024-01-01T00:00:00",'
        '"note":null}],"max_rows":100000}'
    )


@pytest.mark.parametrize(
    ("asked", "rows", "echoed"), [(2, 2, 2), (0, 1, 1), (10**9, 7, 100_000), (None, 7, 100_000)]
)
def test_MaxRowsIsClamped(http: HttpClient, asked: int | None, rows: int, echoed: int):
    fields = {} if asked is None else {"max_rows": asked}
    reply = _sql(http, "SELECT id FROM types WHERE id < 7 ORDER BY id", **fields)
    document = reply.json()
    assert list(document) == ["data", "max_rows"]
    assert ([row["id"] for row in document["data"]], document["max_rows"]) == (
        list(range(rows)),
        echoed,
    )


def test_ArrowAnswer(http: HttpClient):
    reply = http.post(
        "/api/v1/sql?format=arrow",
        {"sql": "SELECT id, uint64 FROM types ORDER BY id", "max_rows": 3},
    )
    assert reply.status == 200
    assert (reply.header("x-max-rows"), reply.header("content-encoding")) == ("3", "identity")
    table = reply.arrow()
    assert table["id"].to_pylist() == [0, 1, 2]


def test_JoinsOverDatasetsInAnyCase(http: HttpClient):
    reply = _sql(
        http,
        "SELECT count(*) AS n FROM TAXI JOIN Measures ON taxi.trip_id = measures.id"
        " WHERE region = 'north'",
    )
    assert reply.json()["data"] == [{"n": 24}]


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO taxi VALUES (1)",
        "CREATE TABLE x AS SELECT 1",
        "DROP TABLE taxi",
        "COPY taxi TO '/tmp/stolen.csv'",
        "ATTACH '/tmp/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '1GB'",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM duckdb_settings()",
        "SELECT getenv('HOME')",
        "SELECT * FROM nope",
        "SELECT FROM WHERE",
        "",
        "  ",
        "SELECT nope FROM taxi",
        "SELECT sum(note) FROM taxi",
    ],
)
def test_RefusedOrWrongStatementsAreTheUsersMistake(http: HttpClient, text: str):
    reply = _sql(http, text)
    assert reply.status in (400, 403), reply.text
    assert len(reply.error) > 10
    assert "internal" not in reply.error.lower()


@pytest.mark.parametrize(
    "body", [b"{}", b'{"sql":1}', b'{"sql":null}', b"[]", b"{", b'{"sql":"SELECT 1","max_rows":-1}']
)
def test_WrongBodiesAre400(http: HttpClient, body: bytes):
    assert http.post("/api/v1/sql", body).status == 400


@pytest.mark.parametrize("path", PATHS)
def test_WithoutSqlInTheConfigurationItIsNotFound(start, lake_root, path: str):
    blocks = lake_data.dataset_blocks(lake_root, {"taxi": lake_data.DATASETS["taxi"]})
    with start(blocks) as server, server.client() as client:
        reply = client.post(path, {"sql": "SELECT 1"})
        assert (reply.status, reply.error) == (404, "not found: sql endpoint")


def test_RowsAreTheSameAsThoseOfAQuery(http: HttpClient):
    reply = _sql(http, 'SELECT * FROM odd ORDER BY "id"')
    assert reply.json()["data"] == http.rows("odd", order_by=[{"col": "id"}])
    assert json.loads(reply.body)["max_rows"] == 100_000
