"""A plain HTTP/1.1 client for tests: sees header spelling, chunking and raw bytes."""

from __future__ import annotations

import dataclasses
import http.client
import json
import socket

import pyarrow as pa

ARROW_STREAM = "application/vnd.apache.arrow.stream"


@dataclasses.dataclass(frozen=True)
class Reply:
    """One response, its body still as sent."""

    status: int
    headers: list[tuple[str, str]]  # As spelled.
    body: bytes

    def header(self, name: str) -> str | None:
        """First value of the header, in any case."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The text of an error envelope, which must have exactly one field."""
        assert self.header("content-type") == "application/json", (self.headers, self.body[:300])
        envelope = self.json()
        assert list(envelope) == ["error"], self.body
        return envelope["error"]

    def arrow(self) -> pa.Table:
        """The rows of an Arrow stream."""
        assert self.header("content-type") == ARROW_STREAM, (self.headers, self.body[:300])
        return pa.ipc.open_stream(self.body).read_all()


class HttpClient:
    """One connection that is kept alive; not for several threads."""

    def __init__(self, host: str, port: int, *, timeout_s: float = 30):
        self._connection = http.client.HTTPConnection(host, port, timeout=timeout_s)

    def __enter__(self) -> "HttpClient":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict | None = None
    ) -> Reply:
        self._connection.request(method, path, body=body, headers=headers or {})
        response = self._connection.getresponse()
        return Reply(response.status, response.getheaders(), response.read())

    def get(self, path: str, **headers: str) -> Reply:
        """`headers`: names with '_' for '-'."""
        return self.request("GET", path, headers=_header_names(headers))

    def post(self, path: str, document=None, **headers: str) -> Reply:
        """`document` is sent as JSON, bytes as they are; both as application/json."""
        sent = {"Content-Type": "application/json"} | _header_names(headers)
        if isinstance(document, bytes):
            return self.request("POST", path, document, sent)
        return self.request("POST", path, json.dumps(document).encode(), sent)

    # The routes of one data set.

    def query(self, dataset: str, _headers: dict | None = None, **query) -> Reply:
        return self.post(f"/api/v1/datasets/{dataset}/query", query, **(_headers or {}))

    def rows(self, dataset: str, **query) -> list[dict]:
        """`data` of a query that must succeed."""
        reply = self.query(dataset, **query)
        assert reply.status == 200, reply.text
        return reply.json()["data"]

    def column(self, dataset: str, name: str, **query) -> list:
        """One column of a query that must succeed."""
        return [row[name] for row in self.rows(dataset, **{"columns": [name]} | query)]

    def table(self, dataset: str, **query) -> pa.Table:
        """The rows of a query as Arrow."""
        reply = self.query(dataset, {"Accept": ARROW_STREAM}, **query)
        assert reply.status == 200, reply.text
        return reply.arrow()

    def count(self, dataset: str, *predicates: dict) -> int:
        reply = self.post(f"/api/v1/datasets/{dataset}/count", {"predicates": predicates})
        assert reply.status == 200, reply.text
        assert list(reply.json()) == ["count"]
        return reply.json()["count"]


def _header_names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def raw_exchange(port: int, request: bytes, *, timeout_s: float = 30, shut: bool = False) -> bytes:
    """Sends `request` and returns all that comes back until the server closes.

    `shut` ends our side after sending. A reset counts as the end of the answer.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        answer = b""
        try:
            connection.sendall(request)
            if shut:
                connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # The server answered before it had read everything.
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
        return answer
