"""Each command in README.md, with the output that it shows."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
# What the shell blocks may hold, with the test that covers it.
COVERED = {"make demo": "test_demo.py", "make test": "this run"}


def console_commands():
    """(command, shown output) of each `$ command` in the console blocks."""
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, output = re.match(r"((?:[^\n]*\\\n)*[^\n]*)\n(.*)", part, re.DOTALL).groups()
            yield command, output.rstrip("\n")


COMMANDS = list(console_commands())


def test_readme_shows_commands():
    assert len(COMMANDS) >= 3


@pytest.mark.parametrize("command, shown", COMMANDS, ids=[command[:40] for command, _ in COMMANDS])
def test_command_gives_the_shown_output(demo, command, shown):
    command = re.sub(r"http://127\.0\.0\.1:8080|http://localhost:8080", demo.url, command)
    ran = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True,
                         timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.rstrip("\n") == shown


def test_other_commands_are_covered():
    lines = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
             for line in block.splitlines() if line]
    assert {line.split("  #")[0].strip() for line in lines} <= set(COVERED)


def test_demo_prints_the_commands_of_the_readme(demo):
    shown = demo.output.replace(demo.url, "http://127.0.0.1:8080")
    assert not [command for command, _ in COMMANDS[:3] if command.replace("\\\n", "") not in shown]
