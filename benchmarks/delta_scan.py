#!/usr/bin/env python3
"""Measures scans of Delta tables beside DuckDB on the same Parquet files.

    .venv/bin/python benchmarks/delta_scan.py [--scale 1] [--rounds 5] [--binary FILE]

Deltaport runs as a server that takes SQL over HTTP, DuckDB inside this process; both read the same
files and must give the same rows. They take turns, the figures are medians. A second table of
100,000 log entries, whose files need not exist, shows what choosing one file costs.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import duckdb
import lineitem
import pyarrow.parquet as pq
from deltalake import write_deltalake
from http_server import Server

ROOT = Path(__file__).resolve().parents[1]
FILES = 12
LOG_ENTRIES = 100_000

QUESTIONS = {
    "group by two columns": """
        SELECT l_returnflag, l_linestatus, sum(l_quantity)::DOUBLE AS quantity,
               sum(l_extendedprice * (1 - l_discount))::DOUBLE AS price, count(*) AS orders
        FROM {table} GROUP BY ALL ORDER BY ALL""",
    "one aggregate over all rows": "SELECT max(l_extendedprice)::DOUBLE AS price FROM {table}",
    "range of a year": """
        SELECT count(*) AS orders FROM {table}
        WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01'""",
    "text condition": "SELECT count(*) AS orders FROM {table} WHERE l_comment LIKE '%special%'",
}


class Deltaport(Server):
    name = "Deltaport"

    def __init__(self, folder, binary):
        super().__init__(folder)
        self.binary = binary

    def command(self):
        configuration = self.file / "deltaport.toml"
        tables = "".join(
            f"[[dataset]]\nname = \"{name}\"\n[dataset.source]\nkind = \"delta\"\n"
            f"location = \"{self.file / name}\"\n" for name in ("items", "many"))
        server = "[server]\nlisten = \"127.0.0.1\"\n[sql]\nenabled = true\n"
        configuration.write_text(server + tables)
        return [str(self.binary), "serve", "--config", str(configuration), "--port", "0"]

    def sql(self, text):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/sql",
            data=json.dumps({"sql": text, "max_rows": 100}).encode(),
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["data"]


def write_items(path, scale):
    source = pq.ParquetFile(lineitem.lineitem(scale))
    rows = source.read()
    size = -(-rows.num_rows // FILES)
    for start in range(0, rows.num_rows, size):
        write_deltalake(str(path), rows.slice(start, size), mode="append")


def write_many(path):
    """A log only: entry i has the keys 10 i to 10 i + 9."""
    log = path / "_delta_log"
    log.mkdir(parents=True)
    schema = {"type": "struct", "fields": [
        {"name": "k", "type": "long", "nullable": True, "metadata": {}},
        {"name": "text", "type": "string", "nullable": True, "metadata": {}}]}
    lines = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {"metaData": {"id": "many", "format": {"provider": "parquet", "options": {}},
                      "schemaString": json.dumps(schema), "partitionColumns": [],
                      "configuration": {}, "createdTime": 1}},
    ]
    for i in range(LOG_ENTRIES):
        stats = {"numRecords": 10, "minValues": {"k": i * 10, "text": f"t{i:06}"},
                 "maxValues": {"k": i * 10 + 9, "text": f"t{i:06}"},
                 "nullCount": {"k": 0, "text": 0}}
        lines.append({"add": {"path": f"part-{i:06}.parquet", "partitionValues": {}, "size": 1000,
                              "modificationTime": 1, "dataChange": True,
                              "stats": json.dumps(stats)}})
    (log / f"{0:020}.json").write_text("".join(json.dumps(line) + "\n" for line in lines))


def timed(action):
    started = time.monotonic()
    result = action()
    return result, (time.monotonic() - started) * 1000


def compare(server, connection, rounds):
    """(question, median ms of ours, of DuckDB) for each question."""
    for question, sql in QUESTIONS.items():
        ours, theirs = [], []
        for turn in range(rounds + 1):
            rows, ours_ms = timed(lambda: server.sql(sql.format(table="items")))
            table, theirs_ms = timed(
                lambda: connection.execute(sql.format(table="items")).to_arrow_table())
            if len(rows) != table.num_rows:
                raise SystemExit(f"{question}: the answers differ\n{rows}\n{table.to_pylist()}")
            for mine, other in zip(rows, table.to_pylist()):
                for name, value in other.items():
                    same = mine[name] == value if isinstance(value, str) else (
                        abs(float(mine[name]) - float(value)) <= 1e-6 * abs(float(value)))
                    if not same:
                        raise SystemExit(f"{question}: {name} is {mine[name]}, not {value}")
            if turn > 0:  # The first warms caches.
                ours.append(ours_ms)
                theirs.append(theirs_ms)
        yield question, statistics.median(ours), statistics.median(theirs)


def choose_one_of_many(server, rounds):
    """ms of the first query, and the median of the others; no file is left to read."""
    taken = []
    for turn in range(rounds * 5 + 1):
        key = -1 - turn
        rows, ms = timed(lambda: server.sql(f"SELECT count(*) AS n FROM many WHERE k = {key} "
                                            "AND text <> ''"))
        assert int(rows[0]["n"]) == 0, rows
        taken.append(ms)
    return taken[0], statistics.median(taken[1:])


def figures(binary, scale, rounds):
    """[{"name", "goal", "Deltaport": seconds, "DuckDB": seconds}]"""
    with tempfile.TemporaryDirectory(prefix="benchmark-delta-") as name:
        folder = Path(name)
        write_items(folder / "items", scale)
        write_many(folder / "many")
        connection = duckdb.connect()
        connection.execute("SET parquet_metadata_cache = true")
        connection.execute(
            f"CREATE VIEW items AS SELECT * FROM read_parquet('{folder}/items/*.parquet')")
        with Deltaport(folder, binary) as server:
            for question, ours, theirs in compare(server, connection, rounds):
                yield {"name": f"scan: {question}", "goal": 1 / 1.1, "Deltaport": ours / 1000,
                       "DuckDB": theirs / 1000}
            first, others = choose_one_of_many(server, rounds)
            print(f"one key among {LOG_ENTRIES:,} files: {first:.1f} ms for the first query, "
                  f"{others:.1f} ms for the next ones", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", type=Path, default=ROOT / "build/release/deltaport")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print("| scan | Deltaport, ms | DuckDB, ms | ratio |\n|---|---:|---:|---:|")
    for result in figures(options.binary, options.scale, options.rounds):
        ours, theirs = result["Deltaport"] * 1000, result["DuckDB"] * 1000
        print(f"| {result['name']} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} |")


if __name__ == "__main__":
    main()
