"""The servers under measurement: Deltaport, and datap-rs in memory and in lazy mode."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

READY_TIMEOUT_S = 120
STOP_TIMEOUT_S = 15
DATASET = "lineitem"


class Server:
    """A server process with one dataset, `lineitem`. Use it in a `with` statement."""

    name = ""

    def __init__(self, file):
        self.file = file
        self.process = None
        self.port = None
        self.seconds_to_ready = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    def __enter__(self):
        self.log = tempfile.NamedTemporaryFile("w+", prefix="benchmark-server-", suffix=".log")
        started = time.monotonic()
        self.process = subprocess.Popen(self.command(), stdout=self.log, stderr=subprocess.STDOUT,
                                        stdin=subprocess.DEVNULL, env=self.environment())
        try:
            self._wait_until_ready(started + READY_TIMEOUT_S)
        except BaseException:
            self.stop()
            raise
        self.seconds_to_ready = time.monotonic() - started
        return self

    def __exit__(self, *exception):
        self.stop()

    def _output(self):
        return Path(self.log.name).read_text(errors="replace")

    def find_port(self):
        """The port, or None as long as the server has not printed it."""
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self._output())
        return int(found.group(1)) if found else None

    def _wait_until_ready(self, deadline):
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n"
                                   f"{self._output()[-4000:]}")
            self.port = self.port or self.find_port()
            if self.port and self._ready():
                return
            time.sleep(0.002)
        raise RuntimeError(f"{self.name} is not ready in {READY_TIMEOUT_S} s:\n"
                           f"{self._output()[-4000:]}")

    def _ready(self):
        try:
            address = f"http://127.0.0.1:{self.port}/readyz"
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()

    def peak_memory_mib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024

    def url(self, route):
        return f"http://127.0.0.1:{self.port}/api/v1/datasets/{DATASET}/{route}"


class Deltaport(Server):
    name = "Deltaport"

    def __init__(self, file, binary):
        super().__init__(file)
        self.binary = Path(binary)
        self.folder = tempfile.TemporaryDirectory(prefix="benchmark-deltaport-")

    def command(self):
        configuration = Path(self.folder.name) / "deltaport.toml"
        configuration.write_text(
            "[server]\nlisten = \"127.0.0.1\"\nmax_page_size = 100000\n\n"
            f"[[dataset]]\nname = \"{DATASET}\"\n"
            f"[dataset.source]\nkind = \"parquet\"\nlocation = \"{self.file}\"\n")
        return [str(self.binary), "serve", "--config", str(configuration), "--port", "0"]

    def stop(self):
        super().stop()
        self.folder.cleanup()


class DataPress(Server):
    """datap-rs with its DataFusion backend; in memory it indexes l_orderkey, lazily it reads."""

    def __init__(self, file, lazy):
        super().__init__(file)
        self.lazy = lazy
        self.name = f"datap-rs {'lazy' if lazy else 'memory'}"

    def command(self):
        # It cannot pick a port by itself.
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        return [sys.executable, str(Path(__file__).with_name("datapress_server.py")),
                str(self.file), str(self.port), "lazy" if self.lazy else "memory"]

    def environment(self):
        return dict(os.environ, RUST_LOG="warn")
