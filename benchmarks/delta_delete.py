"""DELETE of rows that are scattered over a table, beside deltalake (delta-rs) in Python.

    .venv/bin/python benchmarks/delta_delete.py --rows 1000000

One row in a thousand goes. Ours is timed as a process of the command line, start included;
deltalake runs inside of a Python that is up already.
"""

import subprocess
from pathlib import Path

import deltalake
import pyarrow.compute as pc
import pyarrow.parquet as pq
from delta_row_changes import Turns, arguments, make_table, run_cli, temporary_folder


def delete_with_deltaport(binary):
    def work(path):
        run_cli(binary, "delete", path, "--where", "id % 1000 = 7")
    return work


def delete_with_deltalake(path):
    deltalake.DeltaTable(path).delete("id % 1000 = 7")


def answer(binary, folder):
    def check(path):
        out = folder / "answer.parquet"
        subprocess.run([str(binary), "read", str(path), "--out", str(out)], check=True)
        table = pq.read_table(out)
        return table.num_rows, pc.sum(table["id"]).as_py(), pc.sum(table["quantity"]).as_py()
    return check


def main():
    options = arguments(__doc__).parse_args()
    with temporary_folder(options) as name:
        folder = Path(name)
        make_table(folder / "vectors", options.rows, options.files, deletion_vectors=True)
        make_table(folder / "plain", options.rows, options.files, deletion_vectors=False)
        turns = Turns(folder, {
            "deltaport, deletion vectors":
                (folder / "vectors", delete_with_deltaport(options.binary)),
            "deltaport, copy-on-write": (folder / "plain", delete_with_deltaport(options.binary)),
            f"deltalake {deltalake.__version__}": (folder / "plain", delete_with_deltalake),
        })
        turns.play(options.rounds, answer(options.binary, folder))
        turns.report(f"delete of 0.1 % of {options.rows:,} rows")


if __name__ == "__main__":
    main()
