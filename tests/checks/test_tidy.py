"""Sizes, names and places of the project's files."""

import re
import warnings

import pytest
from source_tree import LAYERS, ROOT, cpp_files, functions, project_files

FUNCTION_LINES_MAX = 100
FUNCTION_LINES_GOAL = 70
FILE_LINES_MAX = 600
COLUMNS_MAX = 100
BANNED_NAMES = {"util", "utils", "utility", "utilities", "helper", "helpers", "common", "misc",
                "manager", "managers", "impl"}
AT_THE_ROOT = {
    ".ci", ".clang-format", ".clang-tidy", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md",
    "CMakeLists.txt", "CMakePresets.json", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md",
    "SECURITY.md", "VERSION", "benchmarks", "cmake", "docs", "pyproject.toml", "python", "scripts",
    "src", "tests",
}
CODE_SUFFIXES = {".cc", ".h", ".py", ".sh", ".cmake"}


def code_files():
    return [path for path in project_files()
            if path.suffix in CODE_SUFFIXES or path.parts[0] in {"scripts", ".ci"}]


def words(name):
    return re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", name)


def test_functions_are_short():
    long, over_goal = [], []
    for path in cpp_files():
        for line, length, head in functions((ROOT / path).read_text()):
            if length > FUNCTION_LINES_GOAL:
                (long if length > FUNCTION_LINES_MAX else over_goal).append(
                    f"{path}:{line}: {length} lines: {head[:60]}")
    if over_goal:
        warnings.warn(f"over the goal of {FUNCTION_LINES_GOAL} lines:\n" + "\n".join(over_goal))
    assert not long


def test_files_are_short():
    assert not [f"{path}: {count} lines" for path in code_files()
                if (count := len((ROOT / path).read_text().splitlines())) > FILE_LINES_MAX]


def test_lines_fit():
    assert not [f"{path}:{number}: {len(line)} columns" for path in code_files()
                for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
                if len(line) > COLUMNS_MAX and "http" not in line]


def test_files_and_classes_are_named_after_their_subject():
    wrong = [str(path) for path in project_files()
             if any(word.lower() in BANNED_NAMES for part in path.parts for word in words(part))]
    for path in cpp_files():
        for name, bases in re.findall(r"\b(?:class|struct)\s+(\w+)([^;{]*)\{",
                                      (ROOT / path).read_text()):
            # A class that implements one of a library's is named after it.
            banned = {word for word in words(name) if word.lower() in BANNED_NAMES}
            if any(word not in bases for word in banned):
                wrong.append(f"{path}: {name}")
    assert not wrong


def test_source_files_are_snake_case():
    assert not [str(path) for path in cpp_files() if not re.fullmatch(r"[a-z0-9_]+", path.stem)]


def test_nothing_strays_at_the_root():
    assert {path.parts[0] for path in project_files()} <= AT_THE_ROOT


@pytest.mark.parametrize("layer", LAYERS)
def test_layer_has_a_readme(layer):
    assert (ROOT / "src" / layer / "README.md").is_file()


def test_headers_begin_with_what_they_are_for():
    assert not [str(path) for path in cpp_files()
                if path.suffix == ".h" and not (ROOT / path).read_text().startswith("//")]


def test_headers_are_included_once():
    assert not [str(path) for path in cpp_files()
                if path.suffix == ".h" and "#pragma once" not in (ROOT / path).read_text()]


def test_text_files_end_with_a_newline_and_hold_no_tabs():
    wrong = []
    for path in project_files():
        if path.suffix in CODE_SUFFIXES | {".md", ".txt", ".json", ".toml"}:
            text = (ROOT / path).read_text()
            if text and not text.endswith("\n"):
                wrong.append(f"{path}: no newline at the end")
            if "\t" in text and path.suffix in CODE_SUFFIXES:
                wrong.append(f"{path}: tab")
    assert not wrong


def test_function_lengths_are_measured():
    text = """// A file.
namespace deltaport {
class Scan {
 public:
  Scan(int a) : a_(a) {}
  int a() const { return a_; }
};
Result<int> Count(const Scan& scan,
                  int x) {
  if (x) {
    return 1;  // }
  }
  auto f = [](int y) { return y; };
  return f("}"[0]);
}
}  // namespace deltaport
"""
    assert [(line, length) for line, length, _ in functions(text)] == [(5, 1), (6, 1), (8, 8)]
