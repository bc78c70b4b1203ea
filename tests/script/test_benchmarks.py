"""The benchmarks run, compare all answers, and leave nothing behind."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SUBJECTS = ["point lookup, 1 connection", "point lookup, 32 connections", "page of 100 rows, JSON",
            "page of 100 rows, Arrow", "page of 10,000 rows, JSON", "group-by of two columns",
            "count with a range", "full Arrow stream", "time to ready",
            "peak memory after all of the above"]
ROOT = Path(__file__).resolve().parents[2]
# Marks the processes of one run.
MARK = "DELTAPORT_BENCHMARK_TEST"


def processes_with(mark):
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/environ", "rb") as environment:
                if mark.encode() in environment.read():
                    found.append(int(name))
        except OSError:  # It ended, or is another user's.
            continue
    return found


@pytest.fixture(scope="module")
def run_benchmarks():
    def run(*arguments):
        mark = f"{MARK}={os.getpid()}"
        name, value = mark.split("=")
        done = subprocess.run(
            [sys.executable, ROOT / "benchmarks/run", *map(str, arguments)],
            capture_output=True, text=True, timeout=300, env=dict(os.environ, **{name: value}))
        assert not processes_with(mark), "processes were left behind"
        return done
    return run


def test_quick_run_reports_every_subject(run_benchmarks, deltaport, tmp_path):
    output = tmp_path / "report.md"
    done = run_benchmarks("--quick", "--binary", deltaport, "--output", output)
    assert done.returncode == 0, done.stderr
    assert "the answers agree" in done.stderr
    text = output.read_text()
    rows = {cells[1]: cells[3:-1]
            for line in text.splitlines() if line.startswith("| ") and "unit" not in line
            for cells in [[cell.strip() for cell in line.split("|")]]}
    assert list(rows) == SUBJECTS
    for subject, figures in rows.items():
        deltaport_lazy_memory, ratios = figures[:3], figures[4:]
        assert all(re.fullmatch(r"[\d.,]+", figure) for figure in deltaport_lazy_memory), subject
        assert all(re.fullmatch(r"[\d.,]+×", ratio) for ratio in ratios), subject


def test_missing_program_is_named(run_benchmarks, tmp_path):
    done = run_benchmarks("--quick", "--binary", tmp_path / "nowhere")
    assert done.returncode == 2
    assert "nowhere is missing: run `make build`" in done.stderr


def test_failing_server_ends_the_run_and_its_servers(run_benchmarks):
    done = run_benchmarks("--quick", "--binary", "/bin/false")
    assert done.returncode == 1
    assert "Deltaport ended with 1" in done.stderr


def section(title, body):
    return f"# {title}\n\n{body}\n"


def test_a_section_of_the_report_replaces_itself_only(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import sys, pathlib, report\n"
         "for text in sys.argv[2:]: report.write_section(pathlib.Path(sys.argv[1]), text)",
         tmp_path / "report.md", section("A", "old"), section("B", "kept"),
         section("A", "new\n\n## Below")],
        cwd=ROOT / "benchmarks", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.md").read_text() == (
        section("A", "new\n\n## Below") + "\n" + section("B", "kept"))


def test_work_on_delta_tables_is_compared(deltaport, tmp_path):
    pytest.importorskip("deltalake")
    output = tmp_path / "report.md"
    for only in ("merge", "optimize"):
        done = subprocess.run(
            [sys.executable, ROOT / "benchmarks/run", "delta", "--quick", "--only", only,
             "--binary", deltaport, "--output", output],
            capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
    text = output.read_text()
    assert text.startswith("# Benchmarks of Delta tables\n")
    assert re.search(r"\| optimize 20 files, 20,000 rows \| [\d.,]+ \| delta-rs [\d.,]+ \|", text)
