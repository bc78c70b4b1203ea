"""The demo lake and its server, for the tests that show what the README shows."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from demo_process import Demo, LAST_LINE  # noqa: E402


@pytest.fixture(scope="session")
def demo(deltaport, tmp_path_factory):
    running = Demo(tmp_path_factory.mktemp("demo") / "log")
    yield running
    running.stop()
