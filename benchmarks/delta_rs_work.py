"""One piece of work on a table, done by delta-rs (deltalake); prints the seconds it took.

    delta_rs_work.py append|merge|delete|optimize|z-order TABLE [ARGUMENT]…

Neither the start of Python nor the imports count.
"""

import sys
import time

import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

TARGET_BYTES = 256 << 20  # Deltaport's default.


def append(table, source):
    write_deltalake(table, pq.read_table(source), mode="append")


def merge(table, source):
    (DeltaTable(table)
     .merge(pq.read_table(source), "target.id = source.id", source_alias="source",
            target_alias="target")
     .when_matched_update_all().when_not_matched_insert_all().execute())


def delete(table, predicate):
    DeltaTable(table).delete(predicate)


def optimize(table):
    DeltaTable(table).optimize.compact(target_size=TARGET_BYTES)


def z_order(table, columns):
    DeltaTable(table).optimize.z_order(columns.split(","), target_size=TARGET_BYTES)


def append_from_memory(table, source):
    rows = pq.read_table(source)
    begin = time.perf_counter()
    write_deltalake(table, rows, mode="append")
    return time.perf_counter() - begin


WORK = {"append": append, "append-from-memory": append_from_memory, "merge": merge,
        "delete": delete, "optimize": optimize, "z-order": z_order}


def main():
    begin = time.perf_counter()
    inside = WORK[sys.argv[1]](*sys.argv[2:])
    print(time.perf_counter() - begin if inside is None else inside)


if __name__ == "__main__":
    main()
