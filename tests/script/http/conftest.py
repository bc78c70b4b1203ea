"""A server over the generated lake, shared by all tests of a run, and fresh ones on request."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Callable, Iterator

import pytest

import lake_data
from http_client import HttpClient
from server_process import ServerProcess

ADMIN_TOKEN = "open-sesame"


@pytest.fixture(scope="session")
def lake_root(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    root = tmp_path_factory.mktemp("lake")
    lake_data.write_lake(root)
    return root


@pytest.fixture(scope="session")
def server(
    lake_root: pathlib.Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("server")
    configuration = folder / "deltaport.toml"
    configuration.write_text(
        "[sql]\nenabled = true\n[metrics]\nenabled = true\n" + lake_data.dataset_blocks(lake_root)
    )
    with ServerProcess(
        ["--config", str(configuration), "--port", "0"],
        folder / "log",
        environment={"ADMIN_TOKEN": ADMIN_TOKEN},
    ) as process:
        yield process


@pytest.fixture
def http(server: ServerProcess) -> Iterator[HttpClient]:
    """A connection to the shared server, which must have outlived the test."""
    with server.client() as client:
        yield client
    assert server.is_running(), f"the server died\n{server.log()[-4000:]}"


@pytest.fixture
def start(tmp_path: pathlib.Path) -> Callable[..., ServerProcess]:
    """start(configuration, …) makes a server for this test alone; use it in a `with`."""
    numbers = itertools.count()

    def make(configuration: str, **options) -> ServerProcess:
        number = next(numbers)
        path = tmp_path / f"deltaport-{number}.toml"
        path.write_text(configuration)
        return ServerProcess(
            ["--config", str(path), "--port", "0"], tmp_path / f"log-{number}", **options
        )

    return make
