"""Pages of rows without a filter: 100 rows as JSON and as Arrow, 10,000 rows as JSON."""

import json

import embedded_duckdb
import pyarrow.ipc
from http_request import ARROW, JSON, load, post
from subject import Metric, Subject


def page(name, body, accept):
    text = json.dumps(body)
    offset = (body["page"] - 1) * body["page_size"]

    def measure(server, run):
        return (load(server, "query", [text, accept], run.seconds)["median_ms"],)

    def answer(server, run):
        # No order is asked for, so servers may choose other rows: as many, with the same columns.
        with post(server, "query", body, accept) as response:
            if accept == ARROW:
                table = pyarrow.ipc.open_stream(response).read_all()
                return table.num_rows, table.column_names
            rows = json.load(response)["data"]
            return len(rows), list(rows[0]) if rows else []

    return Subject(
        metrics=(Metric(name, "ms", False),),
        measure=measure,
        answer=answer,
        embedded=embedded_duckdb.median_ms(
            f"SELECT * FROM lineitem LIMIT {body['page_size']} OFFSET {offset}"),
    )


SUBJECTS = [
    page("page of 100 rows, JSON", {"page": 10, "page_size": 100}, JSON),
    page("page of 100 rows, Arrow", {"page": 10, "page_size": 100}, ARROW),
    page("page of 10,000 rows, JSON", {"page": 2, "page_size": 10_000}, JSON),
]
