"""What a benchmark is: a question, how a server's answer is timed, and the same as SQL."""

from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Metric:
    """One line of the report."""

    name: str
    unit: str
    more_is_better: bool


@dataclass(frozen=True)
class Run:
    """How much to measure."""

    orders: int  # In the data; order keys come from it.
    seconds: float  # For each measurement.


@dataclass(frozen=True)
class Subject:
    metrics: tuple[Metric, ...]
    # (server, run) -> one value for each metric.
    measure: Callable
    # (server, run) -> something that is equal for servers that answer the same.
    answer: Callable
    # (connection, run) -> one value for each metric; None: embedded DuckDB has no counterpart.
    embedded: Callable | None = None
