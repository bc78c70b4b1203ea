"""clang-format, in the pinned version, over all C++ files."""

import subprocess

from source_tree import ROOT, cpp_files


def test_cpp_files_are_formatted(tools):
    files = [path for path in cpp_files() if path.parts[0] != "cmake"]
    checked = subprocess.run([tools / "clang-format", "--dry-run", "-Werror", *files],
                             cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, "run `make format`\n" + checked.stderr[-4000:]
