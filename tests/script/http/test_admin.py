"""Reloading data sets, and the token that it needs."""

from __future__ import annotations

import time

import pyarrow.parquet as pq
import pytest

import lake_data
from http_client import HttpClient

TOKEN = "open-sesame"
FORBIDDEN = "forbidden: invalid or missing X-Admin-Token"


@pytest.mark.parametrize("prefix", ["/api/v1", "/api"])
def test_ReloadAnswersWithTheRows(http: HttpClient, prefix: str):
    reply = http.request("POST", f"{prefix}/datasets/taxi/reload", None, {"X-Admin-Token": TOKEN})
    assert reply.status == 200, reply.text
    document = reply.json()
    assert list(document) == ["dataset", "elapsed_ms", "rows"]
    assert (document["dataset"], document["rows"]) == ("taxi", lake_data.TAXI_ROWS)
    assert isinstance(document["elapsed_ms"], int)
    status = http.get("/api/v1/datasets/taxi/status").json()
    assert (status["state"], status["refresh_source"]) == ("published", "manual")


@pytest.mark.parametrize("route", ["datasets/taxi/reload", "datasets/reload-all"])
@pytest.mark.parametrize("token", [None, "", "wrong", "open-sesame ", "Open-Sesame"])
def test_WrongTokenIs403(http: HttpClient, route: str, token: str | None):
    headers = {} if token is None else {"X-Admin-Token": token}
    reply = http.request("POST", f"/api/v1/{route}", None, headers)
    if token == "open-sesame ":  # White space around a header value is not part of it.
        assert reply.status in (200, 202)
    else:
        assert (reply.status, reply.error) == (403, FORBIDDEN)


def test_ReloadOfAnUnknownDatasetIs404(http: HttpClient):
    headers = {"X-Admin-Token": TOKEN}
    reply = http.request("POST", "/api/v1/datasets/nope/reload", None, headers)
    assert (reply.status, reply.error) == (404, "not found: dataset: nope")
    reply = http.request("POST", "/api/v1/datasets/nope/reload")
    assert (reply.status, reply.error) == (403, FORBIDDEN)


def test_ReloadAllIsAcceptedAndHappens(http: HttpClient):
    headers = {"X-Admin-Token": TOKEN}
    reply = http.request("POST", "/api/v1/datasets/reload-all", None, headers)
    assert reply.status == 202, reply.text
    # An earlier call may still have some of them in its queue.
    document = reply.json()
    assert list(document) == ["enqueued", "skipped"]
    assert sorted(document["enqueued"] + document["skipped"]) == sorted(lake_data.DATASETS)
    deadline = time.monotonic() + 10
    while True:
        entries = http.get("/api/v1/datasets").json()["datasets"]
        if all((e["state"], e["refresh_source"]) == ("published", "manual") for e in entries):
            break
        assert time.monotonic() < deadline, entries
        time.sleep(0.02)


def test_ReloadAllDuringReloadsStillNamesEveryDataset(http: HttpClient):
    for _ in range(200):
        reply = http.request(
            "POST", "/api/v1/datasets/reload-all", None, {"X-Admin-Token": TOKEN}
        )
        assert reply.status == 202, reply.text
        document = reply.json()
        assert sorted(document["enqueued"] + document["skipped"]) == sorted(lake_data.DATASETS)


def test_WithoutAConfiguredTokenAdminRoutesAreOff(start, lake_root):
    blocks = lake_data.dataset_blocks(lake_root, {"taxi": lake_data.DATASETS["taxi"]})
    with start(blocks) as server, server.client() as client:
        for route in ["datasets/taxi/reload", "datasets/reload-all"]:
            headers = {"X-Admin-Token": ""}
            reply = client.request("POST", f"/api/v1/{route}", None, headers)
            assert (reply.status, reply.error) == (
                403,
                "forbidden: admin endpoints are disabled (set ADMIN_TOKEN env var to enable)",
            )


def test_ReloadPublishesNewFilesAndAFailureKeepsTheOldRows(start, tmp_path):
    folder = tmp_path / "growing"
    folder.mkdir()
    rows = lake_data.types_table().select(["id", "text"])
    pq.write_table(rows, folder / "a.parquet")
    blocks = lake_data.dataset_blocks(tmp_path, {"growing": ("parquet", "growing/*.parquet")})
    headers = {"X-Admin-Token": TOKEN}
    path = "/api/v1/datasets/growing/reload"
    with start(blocks, environment={"ADMIN_TOKEN": TOKEN}) as server, server.client() as client:
        assert client.count("growing") == 60
        pq.write_table(rows, folder / "b.parquet")
        assert client.request("POST", path, None, headers).json()["rows"] == 120
        assert client.count("growing") == 120
        (folder / "c.parquet").write_bytes(b"PAR1 this is not a Parquet file PAR1")
        reply = client.request("POST", path, None, headers)
        assert reply.status >= 400
        assert "c.parquet" in reply.error
        assert client.count("growing") == 120
        status = client.get("/api/v1/datasets/growing/status").json()
        assert (status["state"], status["consecutive_failures"]) == ("published", 1)
        assert "c.parquet" in status["last_error"]


def test_ReadersNeverSeeAReload(start, lake_root):
    blocks = lake_data.dataset_blocks(lake_root, {"measures": lake_data.DATASETS["measures"]})
    headers = {"X-Admin-Token": TOKEN}
    with start(blocks, environment={"ADMIN_TOKEN": TOKEN}) as server:
        with server.client() as reader, server.client() as admin:
            for _ in range(30):
                admin._connection.request(
                    "POST", "/api/v1/datasets/measures/reload", headers=headers
                )
                for _ in range(3):
                    assert reader.count("measures") == 120
                answer = admin._connection.getresponse()
                assert (answer.status, len(answer.read()) > 0) == (200, True)
