"""Metrics, the OpenAPI document and the request log."""

from __future__ import annotations

import re

from openapi_spec_validator import validate

import lake_data
from http_client import HttpClient

SAMPLE = re.compile(r"[a-z_:]+(\{[a-z_]+=\"[^\"]*\"(,[a-z_]+=\"[^\"]*\")*\})? [0-9.e+-]+|.*\+Inf.*")
COUNT_ROUTE = "/api/v1/datasets/{name}/count"


def _samples(http: HttpClient) -> dict[str, float]:
    reply = http.get("/metrics")
    assert reply.status == 200
    lines = [line for line in reply.text.splitlines() if line and not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def _labelled(samples: dict[str, float], *parts: str) -> float:
    matching = [v for k, v in samples.items() if all(part in k for part in parts)]
    assert len(matching) <= 1, (parts, [k for k in samples if all(part in k for part in parts)])
    return matching[0] if matching else 0


def test_MetricsAreInThePrometheusTextForm(http: HttpClient):
    reply = http.get("/metrics")
    assert reply.header("content-type") == "text/plain; version=0.0.4; charset=utf-8"
    typed = set()
    for line in reply.text.splitlines():
        if line.startswith("# TYPE "):
            typed.add(line.split()[2])
        elif line and not line.startswith("#"):
            assert SAMPLE.fullmatch(line), line
            name = re.match(r"[a-z_:]+", line).group()
            assert {name, re.sub(r"_(bucket|sum|count)$", "", name)} & typed, line
    assert reply.text.endswith("\n")


def test_RequestsAreCountedByRouteMethodAndStatus(http: HttpClient):
    parts = ("requests_total{", f'endpoint="{COUNT_ROUTE}"', 'method="POST"')
    before = _samples(http)
    for _ in range(3):
        http.count("taxi")
    http.post("/api/v1/datasets/nope/count", {})
    after = _samples(http)
    for status, number in [("200", 3), ("404", 1)]:
        labels = (*parts, f'status="{status}"')
        assert _labelled(after, *labels) - _labelled(before, *labels) == number


def test_DurationsAreAHistogram(http: HttpClient):
    http.count("taxi")
    samples = _samples(http)
    buckets = [
        (float(re.search(r'le="([^"]+)"', key).group(1)), value)
        for key, value in samples.items()
        if "duration_seconds_bucket" in key
        and f'endpoint="{COUNT_ROUTE}"' in key
        and 'status="200"' in key
    ]
    assert [b for b, _ in buckets] == sorted(b for b, _ in buckets)
    assert [v for _, v in buckets] == sorted(v for _, v in buckets)
    assert buckets[-1][0] == float("inf")
    assert {0.005, 10.0} <= {b for b, _ in buckets}


def test_MetricsCanBeTurnedOffAndMoved(start, lake_root):
    blocks = lake_data.dataset_blocks(lake_root, {"odd": lake_data.DATASETS["odd"]})
    with start("[metrics]\nenabled = false\n" + blocks) as server, server.client() as client:
        assert client.get("/metrics").status == 404
    moved = '[metrics]\nenabled = true\npath = "/m"\n'
    with start(moved + blocks) as server, server.client() as client:
        assert (client.get("/m").status, client.get("/metrics").status) == (200, 404)


def test_OpenApiDocumentIsValid(http: HttpClient):
    reply = http.get("/docs/openapi.json")
    assert reply.status == 200
    assert reply.header("content-type") == "application/json"
    document = reply.json()
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_OpenApiPathsAreTheRoutesThatAnswer(http: HttpClient):
    document = http.get("/docs/openapi.json").json()
    assert {
        "/health",
        "/healthz",
        "/readyz",
        "/version",
        "/api/v1/datasets",
        "/api/v1/datasets/{name}/schema",
        "/api/v1/datasets/{name}/status",
        "/api/v1/datasets/{name}/query",
        "/api/v1/datasets/{name}/query/stream",
        "/api/v1/datasets/{name}/count",
        "/api/v1/datasets/{name}/reload",
        "/api/v1/datasets/reload-all",
    } <= set(document["paths"])
    for path, operations in document["paths"].items():
        for method in operations:
            if method == "parameters":
                continue
            reply = http.request(method.upper(), path.replace("{name}", "taxi"))
            unmatched = (reply.status, reply.body, reply.header("content-type")) == (404, b"", None)
            assert not unmatched, (method, path)
            assert str(reply.status) in operations[method]["responses"], (method, path, reply)


def test_EveryRouteThatAnswersIsInTheDocument(http: HttpClient):
    document = http.get("/docs/openapi.json").json()
    for path in ["/metrics", "/docs/openapi.json", "/health", "/api/v1/sql"]:
        method = "POST" if path.endswith("sql") else "GET"
        if http.request(method, path).body != b"":
            assert path in document["paths"], path


def test_OneLogLineForARequest(server, http: HttpClient):
    http.get("/api/v1/datasets/taxi/status?marker=31337")
    http.get("/health")
    lines = [line for line in server.log().splitlines() if "marker=31337" in line]
    assert len(lines) == 1
    assert "GET" in lines[0] and "200" in lines[0]
    assert re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", lines[0])
