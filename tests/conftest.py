"""What all Python tests may ask for: the built program and the pinned developer tools."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def tools():
    """The `bin` of the developer tools that scripts/install-dependencies installed."""
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
        return subprocess.run([str(deltaport), *map(str, arguments)], capture_output=True,
                              text=True, timeout=timeout, **options)
    return run
