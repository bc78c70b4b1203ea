#!/usr/bin/env python3
"""500 small files become one: `deltaport optimize` beside deltalake's optimize.compact()."""

import tempfile
from pathlib import Path

import pyarrow as pa
from delta_rewrite import arguments, compare, delta_rs, deltaport
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


def main():
    parser = arguments(__doc__)
    parser.add_argument("--files", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="deltaport-bench-") as folder:
        original = Path(folder) / "original"
        each = options.rows // options.files
        for number in range(options.files):
            write_deltalake(str(original), rows_of(number * each, each), mode="append")
        compare(options, f"optimize {options.files} files, {each * options.files:,} rows", original,
                [deltaport(options.binary, "optimize", "{table}"),
                 delta_rs("table.optimize.compact(target_size=268435456)")])


if __name__ == "__main__":
    main()
