"""How many rows were shipped in one year."""

import json

import embedded_duckdb
from http_request import JSON, load, post
from subject import Metric, Subject

BODY = {
    "predicates": [
        {"col": "l_shipdate", "op": "gte", "val": "1994-01-01"},
        {"col": "l_shipdate", "op": "lt", "val": "1995-01-01"},
    ],
}


def answer(server, run):
    with post(server, "count", BODY) as response:
        return json.load(response)["count"]


SUBJECTS = [
    Subject(
        metrics=(Metric("count with a range", "ms", False),),
        measure=lambda server, run: (
            load(server, "count", [json.dumps(BODY), JSON], run.seconds)["median_ms"],),
        answer=answer,
        embedded=embedded_duckdb.median_ms(
            "SELECT count(*) FROM lineitem "
            "WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01'"),
    ),
]
