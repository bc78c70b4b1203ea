#!/usr/bin/env python3
"""DELETE of rows that are scattered over a table, one in a thousand, beside delta-rs.

    .venv/bin/python benchmarks/delta_delete.py --rows 1000000

Our table has deletion vectors, as tables of ours do; delta-rs cannot write them. With
--copy-on-write ours has none.
"""

from pathlib import Path

from delta_comparison import (OURS, THEIRS, Work, arguments, compare, delta_rs, deltaport, show,
                              temporary_folder)
from delta_row_changes import make_table

FILES = 10
PREDICATE = "id % 1000 = 7"


def work(folder, options):
    ours, plain = folder / "vectors", folder / "plain"
    make_table(ours, options.rows, FILES, deletion_vectors=not options.copy_on_write)
    make_table(plain, options.rows, FILES, deletion_vectors=False)
    how = ", copy-on-write" if options.copy_on_write else ""
    return Work(f"delete 0.1 % of {options.rows:,} rows, scattered{how}", 5, {
        OURS: deltaport(ours, options.binary, "delete", "{table}", "--where", PREDICATE),
        THEIRS: delta_rs(plain, "delete", "{table}", PREDICATE)})


def figures(options):
    with temporary_folder(options) as folder:
        yield compare(work(Path(folder), options), options.binary, options.rounds, options.only)


def main():
    parser = arguments(__doc__)
    parser.add_argument("--copy-on-write", action="store_true")
    show(figures(parser.parse_args()))


if __name__ == "__main__":
    main()
