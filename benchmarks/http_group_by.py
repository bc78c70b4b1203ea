"""All rows grouped by two columns of few values, with four aggregates."""

import json

import embedded_duckdb
from http_request import JSON, json_rows, load
from subject import Metric, Subject

BODY = {
    "group_by": ["l_returnflag", "l_linestatus"],
    "aggregations": [
        {"op": "count", "alias": "rows"},
        {"op": "sum", "col": "l_quantity", "alias": "quantity"},
        {"op": "avg", "col": "l_extendedprice", "alias": "price"},
        {"op": "max", "col": "l_shipdate", "alias": "last"},
    ],
}

SUBJECTS = [
    Subject(
        metrics=(Metric("group-by of two columns", "ms", False),),
        measure=lambda server, run: (
            load(server, "query", [json.dumps(BODY), JSON], run.seconds)["median_ms"],),
        answer=lambda server, run: json_rows(server, BODY),
        embedded=embedded_duckdb.median_ms(
            "SELECT l_returnflag, l_linestatus, count(*), sum(l_quantity), avg(l_extendedprice), "
            "max(l_shipdate) FROM lineitem GROUP BY ALL"),
    ),
]
