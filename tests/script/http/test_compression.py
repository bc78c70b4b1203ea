"""Negotiation of content codings."""

from __future__ import annotations

import zlib

import pyarrow as pa
import pytest

import lake_data
from http_client import HttpClient

PLAIN = b'{"status":"ok"}'


def _decode(coding: str, body: bytes) -> bytes:
    if coding == "deflate":
        return zlib.decompress(body)
    name = {"br": "brotli", "gzip": "gzip", "zstd": "zstd"}[coding]
    return pa.CompressedInputStream(pa.BufferReader(body), name).read()


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("br", "br"),
        ("gzip", "gzip"),
        ("deflate", "deflate"),
        ("zstd", "zstd"),
        ("GZIP", "gzip"),
        ("gzip, br", "br"),
        ("br, gzip, deflate, zstd", "br"),
        ("br;q=0.5, gzip;q=1.0", "gzip"),
        ("gzip;q=0.2,zstd;q=0.9 , br;q=0", "zstd"),
        ("identity;q=0, gzip", "gzip"),
        ("unknown, gzip", "gzip"),
    ],
)
@pytest.mark.parametrize("path", ["/health", "/api/v1/datasets/taxi/query"])
def test_AcceptedCodingIsUsedEvenForSmallBodies(
    http: HttpClient, path: str, accept: str, coding: str
):
    if path == "/health":
        reply, plain = http.get(path, Accept_Encoding=accept), PLAIN
    else:
        query = {"page_size": 300}
        reply, plain = http.post(path, query, Accept_Encoding=accept), http.post(path, query).body
    assert reply.status == 200
    assert reply.header("content-encoding") == coding
    assert reply.header("vary").lower() == "accept-encoding"
    assert reply.header("content-type") == "application/json"
    assert _decode(coding, reply.body) == plain


@pytest.mark.parametrize(
    "accept", ["*", "identity", "gzip;q=0", "unknown", "", "gzip;q=0, *", "identity, *;q=0.5"]
)
def test_OtherwiseTheBodyIsPlain(http: HttpClient, accept: str):
    reply = http.get("/health", Accept_Encoding=accept)
    assert (reply.status, reply.body) == (200, PLAIN)
    assert reply.header("content-encoding") is None
    assert reply.header("content-length") == "15"


def test_NothingAcceptableIs406(http: HttpClient):
    assert http.get("/health", Accept_Encoding="identity;q=0").status == 406


@pytest.mark.parametrize("value", ["false", "0", "no", "off", "FALSE"])
def test_ParameterTurnsCompressionOff(http: HttpClient, value: str):
    path = f"/api/v1/datasets/taxi/query?compress={value}"
    reply = http.post(path, {"limit": 1}, Accept_Encoding="gzip")
    assert reply.header("content-encoding") == "identity"
    assert len(reply.json()["data"]) == 1


@pytest.mark.parametrize("value", ["true", "1"])
def test_ParameterLeavesCompressionOn(http: HttpClient, value: str):
    path = f"/api/v1/datasets/taxi/query?compress={value}"
    reply = http.post(path, {"limit": 1}, Accept_Encoding="gzip")
    assert reply.header("content-encoding") == "gzip"


def test_HeaderTurnsCompressionOff(http: HttpClient):
    reply = http.query("taxi", {"Accept-Encoding": "gzip", "X-No-Compress": "1"}, limit=1)
    assert reply.header("content-encoding") == "identity"
    assert len(reply.json()["data"]) == 1


def test_ErrorsAreCompressedToo(http: HttpClient):
    reply = http.query("taxi", {"Accept-Encoding": "gzip"}, columns=["nope"])
    assert (reply.status, reply.header("content-encoding")) == (400, "gzip")
    assert _decode("gzip", reply.body) == b'{"error":"unknown column: nope"}'


@pytest.mark.parametrize("route", ["query?format=arrow", "query/stream"])
def test_ArrowIsNeverCompressed(http: HttpClient, route: str):
    reply = http.post(f"/api/v1/datasets/taxi/{route}", {"limit": 9}, Accept_Encoding="gzip, br")
    assert reply.header("content-encoding") == "identity"
    assert reply.arrow().num_rows == 9


def test_ALargePageSurvivesEveryCoding(http: HttpClient):
    query = {"page_size": lake_data.TAXI_ROWS, "order_by": [{"col": "trip_id"}]}
    path = "/api/v1/datasets/taxi/query"
    plain = http.post(path, query).body
    assert len(plain) > 4_000_000
    for coding in ["br", "gzip", "deflate", "zstd"]:
        assert _decode(coding, http.post(path, query, Accept_Encoding=coding).body) == plain, coding


def test_CompressionCanBeTurnedOff(start, lake_root):
    configuration = "[server]\ncompress = false\n" + lake_data.dataset_blocks(
        lake_root, {"taxi": lake_data.DATASETS["taxi"]}
    )
    with start(configuration) as server, server.client() as client:
        reply = client.get("/health", Accept_Encoding="gzip")
        assert (reply.header("content-encoding"), reply.body) == (None, PLAIN)
