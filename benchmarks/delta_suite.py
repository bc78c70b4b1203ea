"""All benchmarks of Delta tables, one after the other, and their section of the report."""

import importlib.metadata
import sys
from argparse import Namespace
from datetime import datetime, timezone

import delta_append
import delta_delete
import delta_log
import delta_merge
import delta_optimize
import delta_scan
import delta_small_commits
import delta_z_order
import report
from delta_comparison import OURS, THEIRS

TITLE = "# Benchmarks of Delta tables"
LIMIT = "DuckDB"


def subjects(options, quick):
    """[(name, function that gives results)]"""
    rows = 20_000 if quick else 1_000_000

    def on(module, **more):
        return module.figures(Namespace(binary=options.binary, rounds=options.rounds, folder=None,
                                        only=None, **{"rows": rows, **more}))

    folder = options.binary.parent
    plain = {"copy_on_write": False}
    return [
        ("log", lambda: delta_log.figures(folder / "delta_open", options.rounds,
                                          0.01 if quick else 1)),
        ("append", lambda: on(delta_append)),
        ("merge", lambda: on(delta_merge, source_rows=rows // 100, **plain)),
        ("merge 10 M", lambda: [] if quick else on(delta_merge, rows=10_000_000,
                                                   source_rows=10_000, **plain)),
        ("delete", lambda: on(delta_delete, **plain)),
        ("merge copy-on-write", lambda: on(delta_merge, source_rows=rows // 100,
                                           copy_on_write=True)),
        ("optimize", lambda: on(delta_optimize, files=20 if quick else 500)),
        ("z-order", lambda: on(delta_z_order, memory="")),
        ("commits", lambda: delta_small_commits.figures(
            folder / "delta_append", 10 if quick else 100, options.rounds)),
        ("scan", lambda: delta_scan.figures(options.binary, 0.01 if quick else 1,
                                            options.rounds)),
    ]


def measure(options):
    results = []
    for name, figures in subjects(options, options.quick):
        if options.only not in name:
            continue
        for result in figures():
            results.append(result)
            print(line(result), file=sys.stderr, flush=True)
    return results


def milliseconds(seconds):
    return report.number(seconds * 1000)


def line(result):
    """One row of the table. `goal` is how many times faster than the other one we have to be."""
    peer = THEIRS if THEIRS in result else LIMIT
    faster = result[peer] / result[OURS]
    memory = [report.number(result.get(f"{name} MiB")) for name in (OURS, peer)]
    met = "yes" if faster >= result["goal"] else "no"
    return (f"| {result['name']} | {milliseconds(result[OURS])} | {peer} "
            f"{milliseconds(result[peer])} | {faster:.2f}× | {result['goal']:.3g}× | {met} | "
            f"{memory[0]} | {memory[1]} |")


def section(command, options, results):
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}"
                         for name in ("deltalake", "duckdb", "pyarrow"))
    lines = "\n".join(line(result) for result in results)
    return f"""{TITLE}

Written by `{command}`; `benchmarks/README.md` says what is measured and how.

- Date: {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC
- Machine: {report.machine()}
- Versions: Deltaport: {report.our_version(options.binary)}; {packages}
- Each figure is the median of {options.rounds} rounds, in which the contenders take turns, each on
  a fresh copy of the table. Where ours is a command, the start of its process counts; the start of
  Python and its imports never do. Deltaport syncs what it commits, delta-rs does not. DuckDB reads
  the same Parquet files without a table, inside of a Python process.

| work | Deltaport, ms | other, ms | faster | goal | reached | peak MiB | other's MiB |
|---|---:|---:|---:|---:|---|---:|---:|
{lines}
"""
