"""Time limits, clients that leave or are slow, shutdown, and tables that grow."""

from __future__ import annotations

import json
import pathlib
import socket
import statistics
import threading
import time

import deltalake
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lake_data
from http_client import HttpClient, raw_exchange
from server_process import ServerProcess

BIG_ROWS = 3_000_000
STREAM = "/api/v1/datasets/big/query/stream"
# Takes seconds: every group is a row, and nothing can be cut off early.
SLOW_QUERY = {
    "group_by": ["text", "key"],
    "aggregations": [{"op": "min", "col": "text", "alias": "a"}, {"op": "sum", "col": "key"}],
    "order_by": [{"col": "a", "dir": "desc"}, {"col": "key"}],
    "page": 2500,
}


@pytest.fixture(scope="module")
def big_lake(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A lake whose data set `big` keeps an engine busy for a while."""
    root = tmp_path_factory.mktemp("big")
    key = np.random.default_rng(7).integers(0, 2**62, BIG_ROWS)
    text = pa.array(key).cast(pa.string())
    table = pa.table({"id": np.arange(BIG_ROWS), "key": key, "text": text})
    pq.write_table(table, root / "big.parquet", compression="none", use_dictionary=False)
    deltalake.write_deltalake(root / "growing", lake_data.measures_table(0, 10))
    return root


def _configuration(root: pathlib.Path, server: str = "", other: str = "") -> str:
    datasets = {"big": ("parquet", "big.parquet"), "growing": ("delta", "growing")}
    return f"[server]\n{server}\n{other}\n" + lake_data.dataset_blocks(root, datasets)


def _becomes_idle(server: ServerProcess, within_s: float) -> bool:
    """True once the server uses under a tenth of a core for 0.3 s."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        before = server.cpu_seconds()
        time.sleep(0.3)
        if server.cpu_seconds() - before <= 0.03:
            return True
    return False


def _post_bytes(path: str, document: dict, *headers: str) -> bytes:
    body = json.dumps(document)
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def test_ATimeLimitIs504AndTheQueryStops(start, big_lake):
    with start(_configuration(big_lake, "request_timeout_ms = 200")) as server:
        with server.client() as client:
            for _ in range(3):
                started = time.monotonic()
                reply = client.query("big", **SLOW_QUERY)
                elapsed = time.monotonic() - started
                assert (reply.status, reply.error) == (504, "request timed out")
                assert 0.15 < elapsed < 1.5
            assert _becomes_idle(server, within_s=2)
            assert client.query("growing").status == 200


def test_AReaderThatStopsIsCutAfterTheTimeLimit(start, big_lake):
    """No error can follow the first byte, so the chunked body must not end properly."""
    with start(_configuration(big_lake, "request_timeout_ms = 500")) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.sendall(_post_bytes(STREAM, {}))
            answer = connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200 ")
            time.sleep(2)
            assert _becomes_idle(server, within_s=2)
            try:
                while chunk := connection.recv(1 << 20):
                    answer = (answer + chunk)[-100:]
            except ConnectionResetError:
                pass
            assert not answer.endswith(b"\r\n0\r\n\r\n")


def test_AStreamThatIsReadMayOutliveTheTimeLimit(start, big_lake):
    with start(_configuration(big_lake, "request_timeout_ms = 1500")) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            query = {"columns": ["id", "key"]}
            connection.sendall(_post_bytes(STREAM, query, "Connection: close"))
            answer = []
            for _ in range(10):
                answer.append(connection.recv(1 << 18))
                time.sleep(0.2)
            while chunk := connection.recv(1 << 20):
                answer.append(chunk)
        table = pa.ipc.open_stream(_unchunked(b"".join(answer))).read_all()
        assert table.num_rows == BIG_ROWS


def test_AClientThatHangsUpCancelsItsQuery(start, big_lake):
    with start(_configuration(big_lake)) as server:
        for path, query in [("/api/v1/datasets/big/query", SLOW_QUERY), (STREAM, SLOW_QUERY)]:
            before = server.cpu_seconds()
            connection = socket.create_connection(("127.0.0.1", server.port))
            connection.sendall(_post_bytes(path, query))
            deadline = time.monotonic() + 10
            while server.cpu_seconds() - before < 0.1:
                assert time.monotonic() < deadline, "the query never began"
                time.sleep(0.01)
            connection.close()
            assert _becomes_idle(server, within_s=3)
            assert server.cpu_seconds() - before < 3


def test_ShutdownDrainsARunningStream(start, big_lake):
    with start(_configuration(big_lake, "shutdown_timeout_secs = 30")) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(_post_bytes(STREAM, {"columns": ["id"]}))
            answer = [connection.recv(1000)]
            server.terminate()
            time.sleep(0.3)
            assert server.is_running()
            with pytest.raises((ConnectionError, AssertionError)):
                assert raw_exchange(server.port, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n") != b""
            while chunk := connection.recv(1 << 20):
                answer.append(chunk)
        assert server.wait(15) == 0
    table = pa.ipc.open_stream(_unchunked(b"".join(answer))).read_all()
    assert table.num_rows == BIG_ROWS
    assert sum(len(c) for c in table["id"].chunks) == BIG_ROWS


def _unchunked(answer: bytes) -> bytes:
    """The body of a chunked response, which must be complete."""
    position = answer.index(b"\r\n\r\n") + 4
    body = []
    while True:
        end = answer.index(b"\r\n", position)
        size = int(answer[position:end], 16)
        if size == 0:
            assert answer[end:] == b"\r\n\r\n"
            return b"".join(body)
        body.append(answer[end + 2 : end + 2 + size])
        position = end + 2 + size + 2


def test_ShutdownDoesNotWaitForeverForAClientThatDoesNotRead(start, big_lake):
    with start(_configuration(big_lake, "shutdown_timeout_secs = 1")) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(_post_bytes(STREAM, {}))
            connection.recv(100)
            started = time.monotonic()
            server.terminate()
            server.wait(10)
            assert 0.5 < time.monotonic() - started < 8


def test_ShutdownWithIdleConnectionsIsQuick(start, big_lake):
    with start(_configuration(big_lake)) as server, server.client() as client:
        assert client.get("/health").status == 200
        started = time.monotonic()
        server.terminate()
        assert server.wait(10) == 0
        assert time.monotonic() - started < 3


def test_NewCommitsBecomeVisibleWithoutARestart(start, big_lake):
    configuration = _configuration(big_lake, other="[lake]\nfollow_interval_ms = 100")
    with start(configuration) as server, server.client() as client:
        before = client.count("growing")
        refreshed = client.query("growing").header("x-dataset-refreshed-at")
        time.sleep(1)
        for commit in range(1, 4):
            deltalake.write_deltalake(
                big_lake / "growing", lake_data.measures_table(commit * 1000, 5), mode="append"
            )
            deadline = time.monotonic() + 5
            while client.count("growing") != before + 5 * commit:
                assert time.monotonic() < deadline, "the commit never became visible"
                time.sleep(0.02)
        status = client.get("/api/v1/datasets/growing/status").json()
        assert status["rows"] == before + 15
        assert client.query("growing").header("x-dataset-refreshed-at") > refreshed


def test_SlowReadersDoNotStopOrdinaryQueries(start, big_lake):
    with start(_configuration(big_lake)) as server:
        slow = []
        try:
            for _ in range(32):
                connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
                connection.sendall(_post_bytes(STREAM, {}))
                slow.append(connection)
            for connection in slow:
                assert connection.recv(12) == b"HTTP/1.1 200"
            with server.client(timeout_s=10) as client:
                for number in range(20):
                    started = time.monotonic()
                    assert len(client.rows("growing", page_size=3)) == 3
                    assert client.count("big", {"col": "id", "op": "eq", "val": number}) == 1
                    assert time.monotonic() - started < 5
            memory = pathlib.Path(f"/proc/{server.pid}/status").read_text()
            resident_kb = int(memory.split("VmRSS:")[1].split()[0])
            assert resident_kb < 2_000_000
        finally:
            for connection in slow:
                connection.close()
        assert _becomes_idle(server, within_s=5)


def test_ProbesAnswerQuicklyWhileTheEngineIsBusy(start, big_lake):
    with start(_configuration(big_lake)) as server:
        stop = threading.Event()

        def load() -> None:
            with server.client() as client:
                while not stop.is_set():
                    client.query("big", **SLOW_QUERY)

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            times = []
            with server.client() as probe:
                for _ in range(60):
                    time.sleep(0.02)
                    started = time.monotonic()
                    assert probe.get("/healthz").status == 200
                    times.append(time.monotonic() - started)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert statistics.median(times) < 0.1
        assert max(times) < 1


def test_ManyQueriesAtOnceAreAllAnswered(server):
    failures = []

    def ask(number: int) -> None:
        try:
            with server.client(timeout_s=60) as client:
                for turn in range(10):
                    trip = number * 100 + turn
                    predicate = {"col": "trip_id", "op": "eq", "val": trip}
                    assert client.column("taxi", "trip_id", predicates=[predicate]) == [trip]
        except BaseException as problem:  # Shown by the main thread.
            failures.append(problem)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(48)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_KeepAliveAndCloseAreHonoured(server, http: HttpClient):
    for _ in range(3):
        assert http.get("/health").header("connection") in (None, "keep-alive")
    answer = raw_exchange(
        server.port, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    assert answer.endswith(b'{"status":"ok"}')
    assert raw_exchange(server.port, b"GET /health HTTP/1.0\r\n\r\n").endswith(b'{"status":"ok"}')


def test_ExpectContinueIsAnswered(server):
    body = b'{"limit":0}'
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            b"POST /api/v1/datasets/taxi/query HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
            % len(body)
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        answer = b""
        while chunk := connection.recv(1000):
            answer += chunk
        assert answer.startswith(b"HTTP/1.1 200 ")
