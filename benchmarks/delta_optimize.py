#!/usr/bin/env python3
"""500 small files become one: `deltaport optimize` beside deltalake's optimize.compact()."""

from pathlib import Path

import pyarrow as pa
from delta_comparison import (OURS, THEIRS, Work, arguments, compare, delta_rs, deltaport, show,
                              temporary_folder)
from deltalake import write_deltalake


def rows_of(first, count):
    numbers = range(first, first + count)
    return pa.table({
        "id": pa.array(numbers, pa.int64()),
        "name": pa.array([f"name {n * 7919 % 100_003}" for n in numbers]),
        "price": pa.array([n * 7919 % 1_000_003 / 100 for n in numbers], pa.float64()),
        "amount": pa.array([n % 97 for n in numbers], pa.int32()),
        "comment": pa.array([f"a comment of some length, number {n % 5_003}" for n in numbers]),
    })


def work(folder, options):
    original = folder / "original"
    each = options.rows // options.files
    for number in range(options.files):
        write_deltalake(str(original), rows_of(number * each, each), mode="append")
    return Work(f"optimize {options.files} files, {each * options.files:,} rows", 1.5, {
        OURS: deltaport(original, options.binary, "optimize", "{table}"),
        THEIRS: delta_rs(original, "optimize", "{table}")})


def figures(options):
    with temporary_folder(options) as folder:
        yield compare(work(Path(folder), options), options.binary, options.rounds, options.only)


def main():
    parser = arguments(__doc__)
    parser.add_argument("--files", type=int, default=500)
    show(figures(parser.parse_args()))


if __name__ == "__main__":
    main()
