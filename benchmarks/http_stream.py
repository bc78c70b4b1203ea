"""The whole table as one Arrow stream. Bytes depend on how strings are encoded, seconds do not."""

import embedded_duckdb
import pyarrow.ipc
from http_request import ARROW, post, stream
from subject import Metric, Subject


def measure(server, run):
    seconds, size = stream(server, {})
    return seconds, size / 1e6 / seconds


def answer(server, run):
    with post(server, "query/stream", {}, ARROW) as response:
        with pyarrow.ipc.open_stream(response) as reader:
            return sum(batch.num_rows for batch in reader), reader.schema.names


SUBJECTS = [
    Subject(
        metrics=(Metric("full Arrow stream", "s", False),
                 Metric("full Arrow stream", "MB/s", True)),
        measure=measure,
        answer=answer,
        embedded=embedded_duckdb.stream("SELECT * FROM lineitem"),
    ),
]
