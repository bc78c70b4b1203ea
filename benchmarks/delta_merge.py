#!/usr/bin/env python3
"""MERGE of some thousand rows into a table, beside delta-rs.

    .venv/bin/python benchmarks/delta_merge.py --rows 1000000 --source-rows 10000

Half of the source's rows update rows all over the table, half are new. Our table has deletion
vectors, as tables of ours do; delta-rs cannot write them. With --copy-on-write ours has none.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from delta_comparison import (OURS, THEIRS, Work, arguments, compare, delta_rs, deltaport, show,
                              temporary_folder)
from delta_row_changes import make_table, rows

FILES = 10


def source_rows(table_rows, count):
    random = np.random.default_rng(1)
    updated = np.sort(random.choice(table_rows, count // 2, replace=False))
    added = np.arange(table_rows, table_rows + count - count // 2)
    table = rows(0, count, 99)
    return table.set_column(0, "id", pa.array(np.concatenate([updated, added])))


def work(folder, options):
    ours, plain, source = folder / "vectors", folder / "plain", folder / "source.parquet"
    make_table(ours, options.rows, FILES, deletion_vectors=not options.copy_on_write)
    make_table(plain, options.rows, FILES, deletion_vectors=False)
    pq.write_table(source_rows(options.rows, options.source_rows), source)
    how = ", copy-on-write" if options.copy_on_write else ""
    return Work(f"merge {options.source_rows:,} rows into {options.rows:,}{how}", 3, {
        OURS: deltaport(ours, options.binary, "merge", "{table}", "--source", source, "--on",
                        "target.id = source.id", "--when", "matched then update *",
                        "--when", "not matched then insert *"),
        THEIRS: delta_rs(plain, "merge", "{table}", source)})


def figures(options):
    with temporary_folder(options) as folder:
        yield compare(work(Path(folder), options), options.binary, options.rounds, options.only)


def main():
    parser = arguments(__doc__)
    parser.add_argument("--source-rows", type=int, default=10_000)
    parser.add_argument("--copy-on-write", action="store_true")
    show(figures(parser.parse_args()))


if __name__ == "__main__":
    main()
