"""What all Python tests use: the built program, a directory of tools, servers that stop in the end."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(Path(__file__).resolve().parent / "checks"))

READY_TIMEOUT_S = 60
STOP_TIMEOUT_S = 15


@pytest.fixture(scope="session")
def project_root():
    return ROOT


@pytest.fixture(scope="session")
def tools():
    """The `bin` of the pinned developer tools that scripts/install-dependencies installed."""
    cache = os.environ.get("DELTAPORT_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "deltaport")
    return Path(cache) / "tools" / "bin"


@pytest.fixture(scope="session")
def deltaport():
    """The program under test: DELTAPORT_BINARY, or the release build's."""
    binary = Path(os.environ.get("DELTAPORT_BINARY", ROOT / "build/release/deltaport"))
    assert binary.is_file(), f"{binary} is missing: run `make build`"
    return binary.resolve()


@pytest.fixture(scope="session")
def run_deltaport(deltaport):
    """run_deltaport(*arguments, **options) -> CompletedProcess with text output."""
    def run(*arguments, timeout=120, **options):
        return subprocess.run([str(deltaport), *map(str, arguments)], capture_output=True, text=True,
                              timeout=timeout, **options)
    return run


class Server:
    """A running `deltaport serve`: `url` is its address, `log` the file with its log lines."""

    def __init__(self, process, url, log):
        self.process, self.url, self.log = process, url, log

    def stop(self):
        """Asks the server to end as Ctrl-C does; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


def start_server(binary, arguments, directory):
    """Starts `deltaport serve ARGUMENTS --port 0`; standard output names the address once ready."""
    log = directory / "server.log"
    with open(log, "w") as log_file:
        process = subprocess.Popen([str(binary), "serve", *map(str, arguments), "--port", "0"],
                                   stdout=subprocess.PIPE, stderr=log_file, text=True)
    for line in process.stdout:
        found = re.search(r"http://[^\s/]+:\d+", line)
        if found:
            return Server(process, found.group(0), log)
    process.wait(READY_TIMEOUT_S)
    raise RuntimeError(f"the server ended with {process.returncode}:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def serve(deltaport, tmp_path_factory):
    """serve(*arguments) -> Server. All are stopped at the end of the run and must exit with 0."""
    servers = []

    def start(*arguments):
        servers.append(start_server(deltaport, arguments, tmp_path_factory.mktemp("server")))
        return servers[-1]

    yield start
    codes = [server.stop() for server in servers]
    assert not any(codes), f"exit codes of the servers: {codes}"
