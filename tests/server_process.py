"""A Deltaport server as a child process of a test.

The binary is $DELTAPORT_BINARY, else build/release/deltaport. Starting waits for the address and,
unless told otherwise, for /readyz. Stopping sends SIGTERM and checks that the exit was clean: code
0 in time, and no sanitizer report in the log.
"""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import time

from http_client import HttpClient

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
_ADDRESS = re.compile(r"Deltaport \S+ listening on http://127\.0\.0\.1:(\d+)")
_SANITIZER_REPORT = re.compile(
    r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|SUMMARY: \w+Sanitizer"
)


def binary_path() -> pathlib.Path:
    """The program under test."""
    configured = os.environ.get("DELTAPORT_BINARY")
    return (
        pathlib.Path(configured).resolve()
        if configured
        else REPOSITORY / "build" / "release" / "deltaport"
    )


class ServerProcess:
    """Use as a context manager: the body runs against the server, the end checks its exit."""

    def __init__(
        self,
        arguments: list[str],
        log_path: pathlib.Path,
        *,
        environment: dict[str, str] | None = None,
        wait_until_ready: bool = True,
        start_timeout_s: float = 60,
        stop_timeout_s: float = 40,
    ):
        self._command = [str(binary_path()), "serve", *arguments]
        self._log_path = log_path
        self._environment = environment or {}
        self._wait_until_ready = wait_until_ready
        self._start_timeout_s = start_timeout_s
        self._stop_timeout_s = stop_timeout_s
        self._process: subprocess.Popen | None = None
        self.port = 0

    def __enter__(self) -> "ServerProcess":
        environment = {k: v for k, v in os.environ.items() if k != "ADMIN_TOKEN"}
        with open(self._log_path, "wb") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment | self._environment,
            )
        try:
            self.port = self._wait_for_port()
            if self._wait_until_ready:
                self.wait_until_ready()
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        return self

    def __exit__(self, exception_type, exception, traceback) -> None:
        if exception_type is not None:
            self._process.kill()
            self._process.wait()
            return
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        """All that the server wrote so far."""
        return self._log_path.read_text(encoding="utf-8", errors="replace")

    def client(self, *, timeout_s: float = 30) -> HttpClient:
        """A new connection of its own."""
        return HttpClient("127.0.0.1", self.port, timeout_s=timeout_s)

    def is_running(self) -> bool:
        return self._process.poll() is None

    def cpu_seconds(self) -> float:
        """Processor time that the server has used so far."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def terminate(self) -> None:
        """Asks the server to stop; returns at once."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self, timeout_s: float) -> int:
        """The exit code."""
        return self._process.wait(timeout_s)

    def stop(self) -> None:
        """SIGTERM, unless the process has ended, and the checks of a clean exit."""
        if self.is_running():
            self.terminate()
        try:
            code = self.wait(self._stop_timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(
                f"the server did not end within {self._stop_timeout_s} s of SIGTERM\n{self._tail()}"
            ) from None
        report = _SANITIZER_REPORT.search(self.log())
        assert report is None, f"sanitizer report in the log:\n{self.log()[report.start():][:8000]}"
        assert code == 0, f"the server ended with code {code}\n{self._tail()}"

    def wait_until_ready(self) -> None:
        """Polls /readyz until it answers 200."""
        self._poll("became ready", self._is_ready)

    def wait_until_built(self) -> None:
        """Polls the listing until no data set is pending or building; some may have failed."""
        self._poll("opened its data sets", self._is_built)

    def _is_built(self) -> bool:
        with self.client(timeout_s=self._start_timeout_s) as client:
            entries = client.get("/api/v1/datasets").json()["datasets"]
        return all(entry["state"] in ("published", "failed") for entry in entries)

    def _is_ready(self) -> bool:
        with self.client(timeout_s=self._start_timeout_s) as client:
            reply = client.get("/readyz")
        assert b"failed" not in reply.body, reply.text + "\n" + self._tail()
        return reply.status == 200

    def _wait_for_port(self) -> int:
        self._poll("printed its address", lambda: _ADDRESS.search(self.log()) is not None)
        return int(_ADDRESS.search(self.log()).group(1))

    def _poll(self, what: str, condition) -> None:
        deadline = time.monotonic() + self._start_timeout_s
        while not condition():
            assert self.is_running(), f"the server ended before it {what}\n{self._tail()}"
            assert time.monotonic() < deadline, f"the server never {what}\n{self._tail()}"
            time.sleep(0.02)

    def _tail(self) -> str:
        return "end of its log:\n" + self.log()[-4000:]
