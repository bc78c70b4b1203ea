"""A layer includes only what is left of it, and a library stays in the files that wrap it."""

import re

import pytest
from source_tree import LAYERS, ROOT, cpp_files, includes

# Library -> (its headers, the places that may include them). Tests of a place are in the place.
CONFINED = {
    "DuckDB": (r"^duckdb(\.hpp|\.h$|/)|^parquet_(reader|multi_file_info|.*\.hpp$)",
               ["src/engine/duckdb/", "cmake/pch/"]),
    "Boost": (r"^boost/", ["src/ports/wire/", "cmake/pch/"]),
    "toml++": (r"^toml\+\+|^toml\.hpp", ["src/base/config_file"]),
    "CLI11": (r"^CLI/", ["src/cli/"]),
    "spdlog": (r"^spdlog/", ["src/base/log."]),
    "nanobind": (r"^nanobind/", ["src/python/"]),
    "OpenSSL": (r"^openssl/", ["src/ports/wire/", "src/base/"]),
    "compression": (r"^(zstd|isa-l|igzip_lib|brotli)\b", ["src/ports/wire/", "src/columnar/"]),
    # Its CRC-32 is the checksum of deletion vectors.
    "zlib": (r"^zlib\b", ["src/ports/wire/", "src/columnar/", "src/delta/deletion_vector"]),
    "CRoaring": (r"^roaring", ["src/delta/deleted_rows"]),
    "Parquet": (r"^parquet/", ["src/columnar/", "src/delta/", "src/engine/parquet_files",
                               "src/cli/result_writer"]),
}

# What tests of any layer may use to make their input.
FOR_TESTS = {"Parquet"}

SOURCES = [path for path in cpp_files() if path.parts[0] == "src"]


def layer_violations(path, text):
    rank = LAYERS.index(path.parts[1])
    for quote, name in includes(text):
        layer = name.split("/")[0]
        if quote == '"' and layer in LAYERS and LAYERS.index(layer) > rank:
            yield f"{path}: layer {path.parts[1]} includes {name}"


def confinement_violations(path, text):
    is_test = re.search(r"_test(_support)?$", path.stem) is not None
    for _, name in includes(text):
        for library, (headers, places) in CONFINED.items():
            if is_test and library in FOR_TESTS:
                continue
            if re.search(headers, name) and not str(path).startswith(tuple(places)):
                yield f"{path}: {name} of {library} belongs in {' or '.join(places)}"


def test_layers_include_only_to_the_left():
    assert not [line for path in SOURCES
                for line in layer_violations(path, (ROOT / path).read_text())]


def test_libraries_stay_in_the_files_that_wrap_them():
    assert not [line for path in cpp_files()
                for line in confinement_violations(path, (ROOT / path).read_text())]


def test_ports_do_not_include_each_other():
    """What two ports need belongs in lake or columnar; `wire` carries all of them."""
    wrong = []
    for path in SOURCES:
        if path.parts[1] != "ports" or len(path.parts) < 4 or path.parts[2] == "operations":
            continue
        for quote, name in includes((ROOT / path).read_text()):
            parts = name.split("/")
            if quote == '"' and parts[0] == "ports" and len(parts) > 2:
                if parts[1] not in {path.parts[2], "wire"}:
                    wrong.append(f"{path} includes {name}")
    assert not wrong


@pytest.mark.parametrize("path, line, count", [
    ("src/delta/snapshot.cc", '#include "lake/lake.h"', 1),
    ("src/delta/snapshot.cc", '#include "storage/uri.h"', 0),
    ("src/lake/lake.cc", "#include <boost/asio.hpp>", 1),
    ("src/ports/wire/server.cc", "#include <boost/asio.hpp>", 0),
    ("src/lake/scan.cc", "#include <duckdb/main/client_context.hpp>", 1),
])
def test_the_check_finds_what_it_should(path, line, count):
    from pathlib import Path
    path = Path(path)
    found = [*layer_violations(path, line), *confinement_violations(path, line)]
    assert len(found) == count
