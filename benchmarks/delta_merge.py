"""MERGE of some thousand rows into a table, beside deltalake (delta-rs) in Python.

    .venv/bin/python benchmarks/delta_merge.py --rows 1000000 --source-rows 10000

Half of the source's rows update rows all over the table, half are new. Ours is timed as a process
of the command line, start included; deltalake runs inside of a Python that is up already.
"""

import subprocess
from pathlib import Path

import deltalake
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from delta_row_changes import Turns, arguments, make_table, rows, run_cli, temporary_folder


def source_rows(table_rows, count):
    random = np.random.default_rng(1)
    updated = np.sort(random.choice(table_rows, count // 2, replace=False))
    added = np.arange(table_rows, table_rows + count - count // 2)
    table = rows(0, count, 99)
    return table.set_column(0, "id", pa.array(np.concatenate([updated, added])))


def merge_with_deltaport(binary, source):
    def work(path):
        run_cli(binary, "merge", path, "--source", source, "--on", "target.id = source.id",
                "--when", "matched then update *", "--when", "not matched then insert *")
    return work


def merge_with_deltalake(source):
    def work(path):
        (deltalake.DeltaTable(path)
         .merge(pq.read_table(source), "target.id = source.id", source_alias="source",
                target_alias="target")
         .when_matched_update_all().when_not_matched_insert_all().execute())
    return work


def answer(binary, folder):
    def check(path):
        out = folder / "answer.parquet"
        subprocess.run([str(binary), "read", str(path), "--out", str(out)], check=True)
        table = pq.read_table(out)
        return (table.num_rows, pc.sum(table["id"]).as_py(), pc.sum(table["quantity"]).as_py())
    return check


def main():
    parser = arguments(__doc__)
    parser.add_argument("--source-rows", type=int, default=10_000)
    options = parser.parse_args()
    with temporary_folder(options) as name:
        folder = Path(name)
        make_table(folder / "vectors", options.rows, options.files, deletion_vectors=True)
        make_table(folder / "plain", options.rows, options.files, deletion_vectors=False)
        source = folder / "source.parquet"
        pq.write_table(source_rows(options.rows, options.source_rows), source)
        turns = Turns(folder, {
            "deltaport, deletion vectors":
                (folder / "vectors", merge_with_deltaport(options.binary, source)),
            "deltaport, copy-on-write":
                (folder / "plain", merge_with_deltaport(options.binary, source)),
            f"deltalake {deltalake.__version__}": (folder / "plain", merge_with_deltalake(source)),
        })
        turns.play(options.rounds, answer(options.binary, folder))
        turns.report(f"merge of {options.source_rows:,} rows into {options.rows:,}")


if __name__ == "__main__":
    main()
