"""The report in Markdown: medians over the rounds, and ratios."""

import importlib.metadata
import os
import platform
import re
import statistics
import subprocess
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0].strip() if lines else "unknown"


def machine():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1))
    return (f"{os.cpu_count()} × {model.group(1) if model else platform.machine()}, "
            f"{memory / 2**20:.0f} GiB, Linux {platform.release()}")


def our_version(binary):
    commit = first_line("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")
    return f"{first_line(str(binary), 'version')} (commit {commit})"


def versions(binary):
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}"
                         for name in ("datap-rs", "duckdb", "tpchgen-cli"))
    ours = our_version(binary) if binary else "not measured"
    wrk = re.search(r"wrk \S+", first_line("wrk", "--version"))
    return f"Deltaport: {ours}; {packages}; {wrk.group(0) if wrk else 'wrk'}"


def number(value):
    if value is None:
        return "–"
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def ratio(metric, ours, other):
    """How many times better the first one is; None if one is missing."""
    if not ours or not other:
        return None
    return ours / other if metric.more_is_better else other / ours


def medians(values):
    """{(metric, contender): [value of each round]} -> {(metric, contender): median}"""
    return {key: statistics.median(rounds) for key, rounds in values.items()}


def table(metrics, contenders, median):
    ours, peers = contenders[0], contenders[1:3]
    head = ["", "unit", *contenders, *(f"better than {peer}" for peer in peers)]
    lines = ["| " + " | ".join(head) + " |", "|---|---|" + "---:|" * (len(head) - 2)]
    for metric in metrics:
        ratios = [ratio(metric, median.get((metric, ours)), median.get((metric, peer)))
                  for peer in peers]
        cells = [metric.name, metric.unit,
                 *(number(median.get((metric, name))) for name in contenders),
                 *(f"{value:.2f}×" if value else "–" for value in ratios)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def slower(metrics, median, ours, peer):
    """The metrics in which the first contender is behind the second one."""
    return [metric for metric in metrics
            if (value := ratio(metric, median.get((metric, ours)), median.get((metric, peer))))
            is not None and value < 1]


def markdown(command, binary, data, rounds, metrics, contenders, values):
    median = medians(values)
    behind = slower(metrics, median, contenders[0], "datap-rs lazy")
    verdict = ("Behind datap-rs in lazy mode: " + ", ".join(
        f"{metric.name} ({metric.unit})" for metric in behind) + "."
        if behind else "Nowhere behind datap-rs in lazy mode.")
    if not any(name == contenders[0] for _, name in median):
        verdict = "Deltaport was not measured."
    return f"""# Benchmarks of the HTTP server

Written by `{command}`; `benchmarks/README.md` says what is measured and how.

- Date: {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC
- Machine: {machine()}
- Versions: {versions(binary)}
- Data: {data}
- Each figure is the median of {rounds} round{'s' if rounds > 1 else ''}, in which the contenders
  take turns. Load generator and server share the cores. Embedded DuckDB runs the same question in a
  Python process, without HTTP and without JSON.
- MB/s of a stream counts the bytes that each server sends: datap-rs sends text as Arrow views, so
  that the same rows are 1.8 times as large. Seconds compare.

{table(metrics, contenders, median)}

{verdict}
"""


def write_section(path, text):
    """Puts `text`, which begins with a heading of the first level, in place of the section with
    that heading; other sections stay."""
    title = text.splitlines()[0]
    old = path.read_text() if path.is_file() else ""
    sections = [part for part in re.split(r"^(?=# )", old, flags=re.MULTILINE) if part.strip()]
    kept = [text if part.splitlines()[0] == title else part for part in sections]
    if text not in kept:
        kept.append(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(part.rstrip("\n") + "\n" for part in kept))
