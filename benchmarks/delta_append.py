#!/usr/bin/env python3
"""Append of a million rows beside delta-rs: from a Parquet file, and from memory.

    cmake --build --preset release --target deltaport delta_append
    .venv/bin/python benchmarks/delta_append.py

From a file: `deltaport append` beside `write_deltalake` of what pyarrow reads. From memory: both in
a process that holds the rows already (delta_append.cc).
"""

from pathlib import Path

import pyarrow.parquet as pq
from delta_comparison import (OURS, THEIRS, Work, arguments, compare, delta_rs, deltaport, show,
                              temporary_folder, timed_deltaport)
from delta_row_changes import make_table, rows


def works(folder, options):
    original, source = folder / "append", folder / "appended.parquet"
    make_table(original, options.rows // 10, 1, deletion_vectors=False)
    pq.write_table(rows(0, options.rows, 3), source)
    program = options.binary.with_name("delta_append")
    yield Work(f"append {options.rows:,} rows of a Parquet file", 1.5, {
        OURS: deltaport(original, options.binary, "append", "{table}", source),
        THEIRS: delta_rs(original, "append", "{table}", source)})
    yield Work(f"append {options.rows:,} rows from memory", 1.5, {
        OURS: timed_deltaport(original, program, "{table}", source, "rows"),
        THEIRS: delta_rs(original, "append-from-memory", "{table}", source)})


def figures(options):
    with temporary_folder(options) as folder:
        for work in works(Path(folder), options):
            yield compare(work, options.binary, options.rounds, options.only)


if __name__ == "__main__":
    show(figures(arguments(__doc__).parse_args()))
