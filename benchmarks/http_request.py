"""Requests to a server: one with its answer decoded, many by wrk, one stream at speed."""

import json
import socket
import subprocess
import time
import urllib.request
from decimal import Decimal, InvalidOperation
from pathlib import Path

ARROW = "application/vnd.apache.arrow.stream"
JSON = "application/json"
REQUEST_TIMEOUT_S = 120
LOAD_SECONDS_MAX = 60
_POST = Path(__file__).with_name("wrk") / "post.lua"


def post(server, route, body, accept=JSON):
    """The open answer; raises urllib's HTTPError for any status that is not a success."""
    request = urllib.request.Request(
        server.url(route), data=json.dumps(body).encode(),
        headers={"Content-Type": JSON, "Accept": accept})
    return urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_S)


def comparable(value):
    """Servers write decimals as numbers or as strings; both become the same rounded number."""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            return float(f"{Decimal(str(value)):.6g}")
        except InvalidOperation:
            return value
    return value


def json_rows(server, body):
    """The rows of a page as sorted tuples, for comparing servers."""
    with post(server, "query", body) as answer:
        rows = json.load(answer)["data"]
    return sorted(tuple((key, comparable(value)) for key, value in row.items()) for row in rows)


def _wrk(url, seconds, connections, arguments):
    command = ["wrk", "--threads", "1", "--connections", str(connections),
               "--duration", f"{max(1, round(seconds))}s", "--timeout", f"{REQUEST_TIMEOUT_S}s",
               "--script", str(_POST), url, "--", *arguments]
    done = subprocess.run(command, capture_output=True, text=True,
                          timeout=seconds + 2 * REQUEST_TIMEOUT_S)
    if done.returncode != 0:
        raise RuntimeError(f"wrk failed for {url}: {done.stderr.strip() or done.stdout.strip()}")
    result = json.loads(done.stdout.split("RESULT ", 1)[1])
    if result["errors"]:
        raise RuntimeError(f"{result['errors']} requests to {url} failed: {' '.join(arguments)}")
    return result


def load(server, route, arguments, seconds, connections=1):
    """wrk's figures for that many seconds, or for longer if not even one request ended in them."""
    while True:
        result = _wrk(server.url(route), seconds, connections, arguments)
        if result["requests"] > 0:
            return result
        if seconds >= LOAD_SECONDS_MAX:
            raise RuntimeError(f"no answer from {server.url(route)} in {seconds} s")
        seconds *= 4


def stream(server, body):
    """Reads the whole Arrow stream and drops it. Returns (seconds, bytes)."""
    text = json.dumps(body).encode()
    path = server.url("query/stream").split(str(server.port), 1)[1]
    head = (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {JSON}\r\n"
            f"Accept: {ARROW}\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n").encode()
    buffer = bytearray(1 << 20)
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), REQUEST_TIMEOUT_S) as connection:
        connection.sendall(head + text)
        total = connection.recv_into(buffer)
        if not bytes(buffer[:total]).startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{server.name}: {bytes(buffer[:total])[:300]!r}")
        ending = b""
        while received := connection.recv_into(buffer):
            total += received
            ending = (ending + bytes(buffer[max(0, received - 5):received]))[-5:]
    if not ending.endswith(b"0\r\n\r\n"):
        raise RuntimeError(f"{server.name}: the stream broke off after {total} bytes")
    return time.monotonic() - started, total
