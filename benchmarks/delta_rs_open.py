#!/usr/bin/env python3
"""delta-rs behind the commands of delta_open.cc, for delta_log.py, in a process of its own."""

import sys
import time

import deltalake


def plan(table, predicate):
    column, comparison, low, *high = predicate
    if comparison == "=":
        filters = [(column, "=", low)]
    else:
        filters = [(column, ">=", int(low)), (column, "<=", int(high[0]))]
    return table.file_uris(file_pruning_predicate=filters)


def main():
    table, files = None, []
    for line in sys.stdin:
        command, *words = line.split()
        if command == "files":
            print("\t".join(sorted(files)), flush=True)
            continue
        if command == "open":
            path, *words = words
            table, files = None, []
        started = time.perf_counter()
        if command == "open":
            table = deltalake.DeltaTable(path)
        else:
            table.update_incremental()
        files = plan(table, words)
        taken = time.perf_counter() - started
        print(f"{taken:.6f} {len(files)} {table.version()}", flush=True)


if __name__ == "__main__":
    main()
