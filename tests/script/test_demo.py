"""`make demo`: a lake of real data, served, with commands whose answers it shows."""

import json
import os
import pty
import subprocess
import urllib.request
from pathlib import Path

from demo_process import LAST_LINE, Demo

ROOT = Path(__file__).resolve().parents[2]
ROWS = {"flights": 336776, "weather": 26115, "planes": 3322, "airports": 1458, "airlines": 16}


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def test_demo_shows_its_addresses_and_three_commands_with_answers(demo):
    assert demo.output.endswith(LAST_LINE)
    commands = [line for line in demo.output.splitlines() if line.startswith("$ ")]
    assert [words.split()[1] for words in commands] == [
        "build/release/deltaport", "curl", "build/release/deltaport", ".venv/bin/python"]
    assert f"{demo.url}/api/v1/datasets" in demo.output


def test_demo_serves_all_five_datasets(demo):
    datasets = {entry["name"]: entry for entry in get(f"{demo.url}/api/v1/datasets")["datasets"]}
    assert {name: entry["rows"] for name, entry in datasets.items()} == ROWS
    assert {name for name, entry in datasets.items() if entry["kind"] == "parquet"} == {"weather"}


def test_demo_lake_has_flights_by_month_in_three_commits(demo):
    flights = ROOT / "demo-lake/flights"
    assert len(list((flights / "_delta_log").glob("*.json"))) == 3
    assert len([folder for folder in flights.glob("month=*") if folder.is_dir()]) == 12


def test_demo_lake_holds_the_rows_of_its_source(demo, run_deltaport):
    asked = run_deltaport("query", "--lake", ROOT / "demo-lake", "--output", "json",
                          "select count(*) as n, sum(distance) as miles, "
                          "count(dep_delay) as departed from flights")
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout.strip().strip("[]")) == {
        "n": 336776, "miles": 350217607, "departed": 328521}


def test_second_demo_starts_quickly_and_ctrl_c_ends_it_cleanly(demo, tmp_path):
    second = Demo(tmp_path / "log")
    assert second.output.endswith(LAST_LINE), (tmp_path / "log").read_text()
    assert second.seconds_to_start < 5
    assert second.stop() == 0


def test_ctrl_c_in_a_terminal_ends_make_demo_with_code_0(demo):
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execvp("make", ["make", "demo"])
    shown = b""
    while LAST_LINE.encode() not in shown:
        shown += os.read(terminal, 4096)
    os.write(terminal, b"\x03")
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:
        pass  # This is how a terminal says that the program has ended.
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_demo_lake_is_made_only_once(demo):
    before = (ROOT / "demo-lake/flights/_delta_log/00000000000000000000.json").stat().st_mtime_ns
    subprocess.run([ROOT / "scripts/make-demo-lake"], check=True)
    after = (ROOT / "demo-lake/flights/_delta_log/00000000000000000000.json").stat().st_mtime_ns
    assert before == after
