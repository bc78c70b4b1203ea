#!/usr/bin/env python3
"""Rows ordered by two columns: `deltaport z-order` beside deltalake's optimize.z_order()."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from delta_comparison import (OURS, THEIRS, Work, arguments, compare, delta_rs, deltaport, show,
                              temporary_folder)
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


def work(folder, options):
    generator = np.random.default_rng(7)
    original = folder / "original"
    for first in range(0, options.rows, ROWS_AT_ONCE):
        count = min(ROWS_AT_ONCE, options.rows - first)
        write_deltalake(str(original), rows_of(generator, first, count), mode="append")
    memory = ["--memory", options.memory] if options.memory else []
    within = f", {options.memory} of memory" if options.memory else ""
    return Work(f"z-order {options.rows:,} rows by 2 columns{within}", 2, {
        OURS: deltaport(original, options.binary, "z-order", "{table}", "--columns", "key,day",
                        *memory),
        THEIRS: delta_rs(original, "z-order", "{table}", "key,day")})


def figures(options):
    with temporary_folder(options) as folder:
        yield compare(work(Path(folder), options), options.binary, options.rounds, options.only)


def main():
    parser = arguments(__doc__)
    parser.add_argument("--memory", default="", help="of Deltaport's engine, such as 1GB")
    show(figures(parser.parse_args()))


if __name__ == "__main__":
    main()
