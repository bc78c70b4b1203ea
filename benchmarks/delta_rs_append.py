#!/usr/bin/env python3
"""The same as delta_append.cc with delta-rs, for delta_small_commits.py, in a process of its own.

    delta_rs_append.py TABLE COMMITS open|buffer

`open` writes to the table by its path, `buffer` through one table object that follows its commits.
"""

import sys
import time

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake


def row(i):
    return pa.table({"id": [i], "name": [f"row {i}"]})


def main():
    path, commits, mode = sys.argv[1:]
    write_deltalake(path, row(0).slice(0, 0))
    table = DeltaTable(path) if mode == "buffer" else path
    start = time.perf_counter()
    for i in range(int(commits)):
        write_deltalake(table, row(i), mode="append")
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
