"""The rows of one order by its key, all 16 columns, a random key each time."""

import random

import embedded_duckdb
from http_request import JSON, json_rows, load
from subject import Metric, Subject

FIXED_KEYS = (1, 7, 33, 5_000)  # The last one is in a gap: no rows.


def order_key(order):
    """The key of the order with that number, from 1: TPC-H uses the first eight of every 32."""
    return order // 8 * 32 + order % 8


def random_keys(run):
    generator = random.Random(42)
    return lambda: order_key(generator.randint(1, run.orders))


def answer(server, run):
    return [json_rows(server, {"predicates": [{"col": "l_orderkey", "op": "eq", "val": key}]})
            for key in FIXED_KEYS]


def lookups(connections):
    def measure(server, run):
        result = load(server, "query", ["orders", str(run.orders), JSON], run.seconds, connections)
        return (result["requests"] / result["seconds"],)
    return measure


SUBJECTS = [
    Subject(
        metrics=(Metric("point lookup, 1 connection", "requests/s", True),),
        measure=lookups(1),
        answer=answer,
        embedded=embedded_duckdb.lookups_a_second(
            "SELECT * FROM lineitem WHERE l_orderkey = ?", random_keys),
    ),
    Subject(
        metrics=(Metric("point lookup, 32 connections", "requests/s", True),),
        measure=lookups(32),
        answer=lambda server, run: None,  # The same question as above.
    ),
]
