#!/usr/bin/env python3
"""Rows ordered by two columns: `deltaport z-order` beside deltalake's optimize.z_order()."""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from delta_rewrite import arguments, compare, delta_rs, deltaport
from deltalake import write_deltalake

ROWS_AT_ONCE = 500_000


def rows_of(generator, first, count):
    keys = generator.integers(0, 1_000_000, count)
    return pa.table({
        "id": pa.array(np.arange(first, first + count)),
        "key": pa.array(keys),
        "day": pa.array(generator.integers(0, 3_650, count).astype("int32")),
        "price": pa.array(generator.random(count)),
        "name": pa.array([f"name {key % 10_007}" for key in keys]),
    })


def main():
    parser = arguments(__doc__)
    parser.add_argument("--memory", default="", help="of Deltaport's engine, such as 1GB")
    options = parser.parse_args()
    memory = ["--memory", options.memory] if options.memory else []
    generator = np.random.default_rng(7)
    with tempfile.TemporaryDirectory(prefix="deltaport-bench-") as folder:
        original = Path(folder) / "original"
        for first in range(0, options.rows, ROWS_AT_ONCE):
            count = min(ROWS_AT_ONCE, options.rows - first)
            write_deltalake(str(original), rows_of(generator, first, count), mode="append")
        compare(options, f"z-order of {options.rows:,} rows by 2 columns", original,
                [deltaport(options.binary, "z-order", "{table}", "--columns", "key,day", *memory),
                 delta_rs("table.optimize.z_order(['key', 'day'], target_size=268435456)")])


if __name__ == "__main__":
    main()
