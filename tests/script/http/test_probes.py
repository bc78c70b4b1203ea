"""Probes, version, and how paths and methods are matched."""

from __future__ import annotations

import pytest

import lake_data
from http_client import HttpClient

DATA_ROUTES = [
    ("GET", "/datasets"),
    ("GET", "/datasets/taxi/schema"),
    ("GET", "/datasets/taxi/status"),
    ("POST", "/datasets/taxi/query"),
    ("POST", "/datasets/taxi/query/stream"),
    ("POST", "/datasets/taxi/count"),
]


@pytest.mark.parametrize("path", ["/health", "/healthz"])
def test_HealthAnswersOkWithoutWhiteSpace(http: HttpClient, path: str):
    reply = http.get(path)
    assert (reply.status, reply.body) == (200, b'{"status":"ok"}')
    assert reply.header("content-type") == "application/json"
    assert reply.header("content-length") == "15"


def test_ReadyzCountsTheDatasets(http: HttpClient):
    reply = http.get("/readyz")
    assert reply.status == 200
    assert reply.body == b'{"status":"ready","datasets":%d}' % len(lake_data.DATASETS)


def test_VersionNamesTheProgram(http: HttpClient):
    reply = http.get("/version")
    assert reply.status == 200
    version = reply.json()
    assert list(version)[:3] == ["name", "version", "backend"]
    assert version["name"] == "deltaport"
    assert version["version"].count(".") == 2
    assert version["backend"] == "DuckDB"
    assert {"name", "version", "backend", "profile"} <= set(version)


@pytest.mark.parametrize("prefix", ["/api/v1", "/api"])
@pytest.mark.parametrize(("method", "path"), DATA_ROUTES)
def test_EveryDataRouteIsMountedUnderBothPrefixes(
    http: HttpClient, prefix: str, method: str, path: str
):
    body, headers = (
        (b"{}", {"Content-Type": "application/json"}) if method == "POST" else (None, {})
    )
    assert http.request(method, prefix + path, body, headers).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nothing"),
        ("GET", "/health/"),
        ("GET", "/api/v1/datasets/"),
        ("GET", "/api/v1/datasets/taxi"),
        ("GET", "/api/v1/datasets/taxi/schema/"),
        ("GET", "/api/v2/datasets"),
        ("GET", "/API/v1/datasets"),
        ("GET", "/api/v1/datasets/taxi/query"),
        ("POST", "/health"),
        ("POST", "/api/v1/datasets/taxi/schema"),
        ("PUT", "/api/v1/datasets/taxi/query"),
        ("DELETE", "/api/v1/datasets/taxi"),
        ("PATCH", "/api/v1/datasets"),
        ("OPTIONS", "/api/v1/datasets"),
        ("BREW", "/health"),
    ],
)
def test_UnmatchedPathOrMethodIsABare404(http: HttpClient, method: str, path: str):
    reply = http.request(method, path)
    assert (reply.status, reply.body) == (404, b"")
    assert reply.header("content-type") is None
    assert reply.header("allow") is None


@pytest.mark.parametrize("path", ["/health", "/api/v1/datasets"])
def test_HeadIsNotARouteHere(http: HttpClient, path: str):
    reply = http.request("HEAD", path)
    assert (reply.status, reply.body) == (404, b"")
    assert http.get("/health").status == 200  # The connection is still in step.


def test_NoCrossOriginHeadersAreSent(http: HttpClient):
    reply = http.get("/api/v1/datasets", Origin="http://elsewhere.example")
    assert [name for name, _ in reply.headers if name.lower().startswith("access-control")] == []


def test_HeaderNamesAreSpelledAsTheClientLooksThemUp(http: HttpClient):
    reply = http.query("taxi", {"Accept-Encoding": "gzip"}, page_size=2)
    names = [name for name, _ in reply.headers]
    assert "Content-Type" in names
    assert "Content-Encoding" in names


def test_DatasetNamesArePercentDecodedAndCaseSensitive(http: HttpClient):
    assert http.get("/api/v1/datasets/t%61xi/schema").status == 200
    assert http.get("/api/v1/datasets/TAXI/schema").status == 404
    reply = http.get("/api/v1/datasets/no%20such%C3%A9/schema")
    assert (reply.status, reply.error) == (404, "not found: dataset: no suché")


def test_PrefixIsPutInFrontOfEveryPath(start, lake_root):
    configuration = '[server]\nprefix = "/data"\n' + lake_data.dataset_blocks(
        lake_root, {"taxi": lake_data.DATASETS["taxi"]}
    )
    with start(configuration, wait_until_ready=False) as server, server.client() as client:
        for path in ["/health", "/healthz", "/version", "/metrics", "/api/v1/datasets"]:
            assert client.get("/data" + path).status == 200, path
            assert client.get(path).status == 404, path
