"""Foreign bytes of every bad kind: a clear answer with the right status, and the server goes on."""

from __future__ import annotations

import json
import os
import shutil
import time

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lake_data
from http_client import HttpClient, raw_exchange

QUERY = "/api/v1/datasets/taxi/query"
BODY_ROUTES = ["query", "query/stream", "count"]

MALFORMED = [
    b"{",
    b"}",
    b'{"page"',
    b'{"page":',
    b'{"page":1',
    b'{"page":1,}',
    b'{"page":1}x',
    b'{"page":1}{}',
    b"{page:1}",
    b"{'page':1}",
    b'{"page":NaN}',
    b'{"page":01}',
    b'{"page":+1}',
    b'{"columns":["\xff"]}',
    b'{"columns":["\\ud800"]}',
    b'{"columns":["\\x"]}',
    b'{"columns":["a\nb"]}',
    b"\xff\xfe",
    b"\x00",
    b"nonsense",
    b"[",
    b"[[",
]

WRONG_TYPES = [
    {"page": -1},
    {"page": 1.5},
    {"page": "1"},
    {"page": None},
    {"page": True},
    {"page": 2**64},
    {"page_size": "10"},
    {"page_size": -1},
    {"limit": -1},
    {"limit": 2**64},
    {"limit": "5"},
    {"columns": None},
    {"columns": "trip_id"},
    {"columns": [1]},
    {"columns": [None]},
    {"columns": {"a": 1}},
    {"predicates": {}},
    {"predicates": [1]},
    {"predicates": [{"op": "eq", "val": 1}]},
    {"predicates": [{"col": "trip_id", "val": 1}]},
    {"predicates": [{"col": 5, "op": "eq", "val": 1}]},
    {"order_by": ["trip_id"]},
    {"order_by": [{}]},
    {"order_by": [{"col": "trip_id", "dir": 1}]},
    {"group_by": "borough"},
    {"aggregations": ["count"]},
    {"aggregations": [{"col": "trip_id"}]},
    {"having": "x"},
    {"distinct": "yes"},
    {"distinct": None},
    {"distinct": 1},
]


@pytest.mark.parametrize("route", BODY_ROUTES)
@pytest.mark.parametrize("body", MALFORMED)
def test_MalformedJsonIs400AndSaysWhere(http: HttpClient, route: str, body: bytes):
    reply = http.post(f"/api/v1/datasets/taxi/{route}", body)
    assert reply.status == 400
    assert reply.error.startswith("Json deserialize error: ")
    assert " at line 1 column " in reply.error or "line 2 column" in reply.error


def test_AnEmptyBodyOfAQueryIs400(http: HttpClient):
    reply = http.post(QUERY, b"")
    assert reply.status == 400
    assert reply.error.startswith("Json deserialize error: EOF while parsing a value")


@pytest.mark.parametrize("query", WRONG_TYPES)
def test_WrongTypesAre400(http: HttpClient, query: dict):
    reply = http.post(QUERY, query)
    assert reply.status == 400, reply.text
    assert reply.error.startswith("Json deserialize error: ")


@pytest.mark.parametrize("body", [b'"x"', b"5", b"null", b"true", b"1e5"])
@pytest.mark.parametrize("route", BODY_ROUTES)
def test_ABodyThatIsNoObjectIs400(http: HttpClient, route: str, body: bytes):
    assert http.post(f"/api/v1/datasets/taxi/{route}", body).status == 400


@pytest.mark.parametrize("predicates", [{}, [1], "x", None, [{"col": "trip_id"}]])
def test_CountOfWrongPredicatesIsNotTheTotal(http: HttpClient, predicates):
    reply = http.post("/api/v1/datasets/taxi/count", {"predicates": predicates})
    assert reply.status == 400, reply.text


@pytest.mark.parametrize("route", BODY_ROUTES)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "json", "", None]
)
def test_OtherContentTypesAre400(http: HttpClient, route: str, content_type: str | None):
    headers = {} if content_type is None else {"Content-Type": content_type}
    reply = http.request("POST", f"/api/v1/datasets/taxi/{route}", b'{"limit":0}', headers)
    assert (reply.status, reply.error) == (400, "Content type error")


@pytest.mark.parametrize("route", BODY_ROUTES)
@pytest.mark.parametrize("size", [1_100_000, 10_000_000])
def test_ABodyOverTheLimitIs413(server, http: HttpClient, route: str, size: int):
    body = b'{"columns":["' + b"a" * size + b'"]}'
    head = (
        f"POST /api/v1/datasets/taxi/{route} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json"
        f"\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    answer = raw_exchange(server.port, head.encode() + body)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert (
        f"JSON payload ({len(body)} bytes) is larger than allowed (limit: 1048576 bytes).".encode()
        in answer
    )
    assert http.get("/health").status == 200


def test_AChunkedBodyOverTheLimitIs413(server, http: HttpClient):
    head = f"POST {QUERY} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    chunk = b"%x\r\n%s\r\n" % (65_536, b" " * 65_536)
    answer = raw_exchange(
        server.port, head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 40
    )
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert http.get("/health").status == 200


def test_AChunkedBodyWithinTheLimitIsRead(server):
    head = f"POST {QUERY} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    body = b'2\r\n{"\r\n9\r\nlimit":0}\r\n0\r\n\r\n'
    answer = raw_exchange(
        server.port,
        head.encode() + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + body,
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b'{"data":[],"page":1,"page_size":1000}')


def test_AThousandPredicatesAreAnsweredOrRefused(http: HttpClient):
    predicates = [{"col": "trip_id", "op": "gte", "val": i} for i in range(1000)]
    reply = http.query("taxi", predicates=predicates, columns=["trip_id"], limit=1)
    if reply.status == 200:
        assert reply.json()["data"] == [{"trip_id": 999}]
    else:
        assert (reply.status, "predicates" in reply.error) == (400, True)
    reply = http.query("taxi", predicates=predicates[:100], columns=["trip_id"], limit=1)
    assert (reply.status, reply.json()["data"]) == (200, [{"trip_id": 99}])


def test_AHundredThousandMembersAreAnsweredOrRefused(http: HttpClient):
    members = list(range(0, 200_000, 2))
    reply = http.query("taxi", predicates=[{"col": "trip_id", "op": "in", "val": members}])
    assert reply.status in (200, 400)
    if reply.status == 400:
        assert "at most" in reply.error
    members = members[:1000]
    assert http.count("taxi", {"col": "trip_id", "op": "in", "val": members}) == 1000


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 10_000,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"predicates":[{"col":"trip_id","op":"eq","val":'
        + b"[" * 10_000
        + b"]" * 10_000
        + b"}]}",
    ],
)
@pytest.mark.parametrize("route", BODY_ROUTES)
def test_NestingOfTenThousandIs400(http: HttpClient, route: str, body: bytes):
    reply = http.post(f"/api/v1/datasets/taxi/{route}", body)
    assert reply.status == 400
    assert len(reply.error) < 500


def test_LongNamesAreNotEchoedWhole(http: HttpClient):
    reply = http.query("taxi", columns=["x" * 500_000])
    assert reply.status == 400
    assert reply.error.startswith("unknown column: xxx")
    assert len(reply.body) < 2000


def test_ManyColumnsAreAnsweredOrRefused(http: HttpClient):
    reply = http.query("taxi", columns=["trip_id"] * 20_000, limit=1)
    assert reply.status in (200, 400)
    reply = http.query("taxi", order_by=[{"col": "trip_id"}] * 20_000, limit=1)
    assert reply.status in (200, 400)


@pytest.mark.parametrize(
    ("request_bytes", "statuses"),
    [
        (b"GARBAGE\r\n\r\n", {400}),
        (b"GET\r\n\r\n", {400}),
        (b"GET /health\r\n\r\n", {400}),
        (b"GET /health HTTP/9.9\r\n\r\n", {400, 505}),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}),
        (b"GET /health HTTP/1.1\r\nHost x\r\n\r\n", {400}),
        (b"GET /health HTTP/1.1\r\nBad Header: x\r\n\r\n", {400}),
        (b"GET /hea\x00lth HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
        (b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", {400}),
        (
            b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
            {400, 413},
        ),
        (
            b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            {400},
        ),
        (
            b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            {400},
        ),
        (b"POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", {400}),
    ],
)
def test_BrokenRequestsAre400AndTheConnectionEnds(server, http, request_bytes: bytes, statuses):
    answer = raw_exchange(server.port, request_bytes, shut=True, timeout_s=15)
    assert answer.startswith(b"HTTP/1.1 ") and int(answer[9:12]) in statuses, answer[:200]
    assert http.get("/health").status == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"",
        b"GE",
        b"GET /health HTTP/1.1\r\nHos",
        f"POST {QUERY} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: 100\r\n\r\n{".encode(),
    ],
)
def test_ATruncatedRequestEndsTheConnection(server, http, request_bytes: bytes):
    started = time.monotonic()
    answer = raw_exchange(server.port, request_bytes, shut=True, timeout_s=15)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 408 "))
    assert time.monotonic() - started < 5
    assert http.get("/health").status == 200


@pytest.mark.parametrize(
    "header",
    [
        b"X-Long: " + b"a" * 1_000_000,
        b"\r\n".join(b"X-%d: a" % i for i in range(100_000)),
        b"Accept-Encoding: " + b"gzip," * 200_000,
    ],
)
def test_AHeaderOfAMegabyteIs431(server, http: HttpClient, header: bytes):
    request = b"GET /health HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n"
    answer = raw_exchange(server.port, request, timeout_s=15)
    assert answer.startswith(b"HTTP/1.1 431 "), answer[:100]
    assert http.get("/health").status == 200


def test_ALongTargetIsRefused(server, http: HttpClient):
    request = b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = raw_exchange(server.port, request, timeout_s=15)
    assert answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 414 ")), answer[:100]
    assert http.get("/health").status == 200


@pytest.mark.parametrize(
    "name", ["%", "%4", "%zz", "t%2", "%ff%fe", "%00", "..%2f..%2fetc%2fpasswd", "a%2Fb", "taxi%0a"]
)
def test_OddPercentEscapesAre404Or400(http: HttpClient, name: str):
    reply = http.get(f"/api/v1/datasets/{name}/schema")
    assert reply.status in (400, 404)
    reply.body.decode()
    assert http.get("/health").status == 200


def test_DotSegmentsAreNotResolved(server, http: HttpClient):
    for target in ["/../../etc/passwd", "/api/v1/../v1/datasets", "//health", "/health/."]:
        request = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        assert raw_exchange(server.port, request).startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 "))


def test_PipelinedRequestsAreAnsweredInOrder(server):
    requests = b"".join(
        f"GET /api/v1/datasets/{name}/status HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        for name in ["taxi", "types", "nope", "odd"]
    )
    answer = raw_exchange(
        server.port, requests + b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    marks = [
        b'"name":"taxi"',
        b'"name":"types"',
        b"dataset 'nope'",
        b'"name":"odd"',
        b'"status":"ok"',
    ]
    places = [answer.index(mark) for mark in marks]
    assert places == sorted(places)
    assert answer.count(b"HTTP/1.1 ") == 5


# Damaged tables. Each server also serves a sound data set, which must stay usable.


def _measures(path) -> None:
    lake_data.write_measures(path)


def _commits(path) -> list:
    return sorted((path / "_delta_log").glob("*.json"))


def _remove_a_data_file(path) -> None:
    os.remove(next(path.rglob("*.parquet")))


def _truncate_a_commit(path) -> None:
    commit = _commits(path)[1]
    commit.write_bytes(commit.read_bytes()[:-40])


def _put_garbage_into_a_commit(path) -> None:
    _commits(path)[2].write_bytes(b'{"add":{"path":5}}\nnot json\n')


def _remove_a_commit(path) -> None:
    os.remove(_commits(path)[1])


def _remove_the_first_commit(path) -> None:
    os.remove(_commits(path)[0])


def _ask_for_an_unknown_feature(path) -> None:
    commit = _commits(path)[2]
    protocol = {
        "protocol": {
            "minReaderVersion": 3,
            "minWriterVersion": 7,
            "readerFeatures": ["telepathy"],
            "writerFeatures": ["telepathy"],
        }
    }
    commit.write_text(commit.read_text().rstrip() + "\n" + json.dumps(protocol) + "\n")


def _corrupt_a_footer(path) -> None:
    for file in path.rglob("*.parquet"):
        size = file.stat().st_size
        with open(file, "r+b") as data:
            data.seek(size - 40)
            data.write(b"\xab" * 32)


def _empty_a_data_file(path) -> None:
    next(path.rglob("*.parquet")).write_bytes(b"")


def _corrupt_pages(path) -> None:
    for file in path.rglob("*.parquet"):
        with open(file, "r+b") as data:
            data.seek(4)
            data.write(b"\xab" * 200)


DAMAGE = [
    (_remove_a_data_file, ".parquet"),
    (_truncate_a_commit, "00000000000000000001.json"),
    (_put_garbage_into_a_commit, "00000000000000000002.json"),
    (_remove_a_commit, "1"),
    (_remove_the_first_commit, "0"),
    (_ask_for_an_unknown_feature, "telepathy"),
    (_corrupt_a_footer, ".parquet"),
    (_empty_a_data_file, ".parquet"),
    (_corrupt_pages, None),
]


@pytest.mark.parametrize(("damage", "named"), DAMAGE)
def test_ADamagedTableIsAClearErrorAndOthersGoOn(start, lake_root, tmp_path, damage, named):
    path = tmp_path / "lake" / "damaged"
    path.parent.mkdir()
    shutil.copytree(lake_root / "measures", path)
    damage(path)
    shutil.copytree(lake_root / "odd", tmp_path / "lake" / "odd")
    blocks = lake_data.dataset_blocks(
        tmp_path / "lake", {"damaged": ("delta", "damaged"), "odd": ("delta", "odd")}
    )
    with start(blocks, wait_until_ready=False) as server, server.client() as client:
        server.wait_until_built()
        reply = client.query("damaged")
        assert reply.status in (500, 501, 503), reply.text
        status = client.get("/api/v1/datasets/damaged/status").json()
        said = reply.error + status.get("last_error", "")
        if named:
            assert named in said
        assert "/lake/damaged/_delta_log/_delta_log" not in said
        stream = client.post("/api/v1/datasets/damaged/query/stream", {})
        assert stream.status in (500, 501, 503), stream.status
        assert len(client.rows("odd")) == 40
        assert client.get("/api/v1/datasets").status == 200
        assert client.get("/healthz").status == 200


def test_ADatasetThatCannotBeOpenedKeepsReadyzAt503(start, lake_root, tmp_path):
    blocks = lake_data.dataset_blocks(
        lake_root, {"absent": ("delta", "no/such/table"), "odd": ("delta", "odd")}
    )
    with start(blocks, wait_until_ready=False) as server, server.client() as client:
        server.wait_until_built()
        reply = client.get("/readyz")
        assert reply.status == 503
        assert reply.json() == {"reason": 'failed datasets: ["absent"]', "status": "not ready"}
        status = client.get("/api/v1/datasets/absent/status").json()
        assert (status["state"], status["consecutive_failures"] >= 1) == ("failed", True)
        assert "no/such/table" in status["last_error"]
        reply = client.query("absent")
        assert (reply.status, reply.header("retry-after")) == (503, "2")
        assert reply.error == "dataset 'absent' is not ready (state: failed)"
        assert len(client.rows("odd")) == 40


def test_ACorruptFileAmongParquetFilesIsNamed(start, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    pq.write_table(pa.table({"a": [1, 2]}), folder / "a.parquet")
    (folder / "b.parquet").write_bytes(b"PAR1" + b"\xff" * 100 + b"PAR1")
    blocks = lake_data.dataset_blocks(tmp_path, {"files": ("parquet", "files/*.parquet")})
    with start(blocks, wait_until_ready=False) as server, server.client() as client:
        server.wait_until_built()
        reply = client.query("files")
        assert reply.status in (500, 503)
        status = client.get("/api/v1/datasets/files/status").json()
        assert "b.parquet" in reply.error + status.get("last_error", "")


def test_DeltalakeStillReadsWhatTheTestsDamage(lake_root):
    """The tables of the damage tests are sound before they are damaged."""
    assert deltalake.DeltaTable(lake_root / "measures").version() == 2
