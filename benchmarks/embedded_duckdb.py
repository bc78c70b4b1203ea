"""DuckDB inside this process, on the same file: the limit for what a server over it can reach."""

import statistics
import time

import duckdb


def connect(file):
    connection = duckdb.connect()
    connection.execute("SET parquet_metadata_cache = true")
    path = str(file).replace("'", "''")
    connection.execute(f"CREATE VIEW lineitem AS SELECT * FROM read_parquet('{path}')")
    return connection


def _repeat(action, seconds):
    """The seconds that each call took, from at least three calls."""
    taken, end = [], time.monotonic() + seconds
    while len(taken) < 3 or time.monotonic() < end:
        started = time.monotonic()
        action()
        taken.append(time.monotonic() - started)
    return taken


def median_ms(sql):
    def embedded(connection, run):
        taken = _repeat(lambda: connection.execute(sql).to_arrow_table(), run.seconds)
        return (statistics.median(taken) * 1000,)
    return embedded


def lookups_a_second(sql, next_key):
    """`next_key(run)` gives a function that returns the next parameter."""
    def embedded(connection, run):
        key = next_key(run)
        taken = _repeat(lambda: connection.execute(sql, [key()]).to_arrow_table(), run.seconds)
        return (len(taken) / sum(taken),)
    return embedded


def stream(sql):
    """Record batches read one after the other and dropped: (seconds, MB/s)."""
    def embedded(connection, run):
        started = time.monotonic()
        total = sum(batch.nbytes for batch in connection.execute(sql).to_arrow_reader(100_000))
        seconds = time.monotonic() - started
        return seconds, total / 1e6 / seconds
    return embedded
