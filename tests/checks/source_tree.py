"""The project's own files, and C++ text without comments and literals."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ["base", "storage", "columnar", "delta", "engine", "lake", "ports", "cli", "python"]

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
_COMMENT_OR_LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"
    |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'(?![0-9A-Fa-f])""",
    re.DOTALL | re.VERBOSE,
)


def project_files():
    """Paths, relative to the root, that git tracks or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()
    return sorted({Path(name) for name in listed if (ROOT / name).is_file()})


def cpp_files():
    return [path for path in project_files() if path.suffix in {".cc", ".h"}]


def includes(text):
    """Each include as (quote, name), where quote is '"' or '<'."""
    return _INCLUDE.findall(text)


def without_comments_and_literals(text):
    """The same number of lines, so that positions stay right."""
    def blank(match):
        found = match.group(0)
        inside = "\n" * found.count("\n")
        return inside if found.startswith("/") else '"' + inside + '"'

    return _COMMENT_OR_LITERAL.sub(blank, text)


_NOT_A_FUNCTION = re.compile(
    r"^(namespace|class|struct|enum|union|extern|if|for|while|switch|catch|do|else|try)\b"
)
_ACCESS = re.compile(r"^\s*(public|protected|private)\s*:(?!:)")
_HEAD_END = re.compile(
    r"\)\s*(const|noexcept|override|final|mutable|&|&&|\s)*(->[^;{}]*)?(\s*:[^:].*)?$", re.DOTALL)


def functions(text):
    """(first line, number of lines, head) of each function that is not inside another one."""
    code = re.sub(r"(?m)^\s*#.*(\\\n.*)*$", lambda m: "\n" * m.group(0).count("\n"),
                  without_comments_and_literals(text))
    found, stack, head_start, inside = [], [], 0, None
    for position, character in enumerate(code):
        if character == "{":
            head = _ACCESS.sub("", code[head_start:position]).strip()
            is_body = (inside is None and not _NOT_A_FUNCTION.match(head)
                       and "(" in head and _HEAD_END.search(head) is not None
                       and not head.endswith("="))
            stack.append(is_body)
            if is_body:
                start = position - len(_ACCESS.sub("", code[head_start:position]).lstrip())
                inside = (code.count("\n", 0, start) + 1, head)
            if inside is None:
                head_start = position + 1
        elif character == "}" and stack:
            if stack.pop() and inside is not None:
                first, head = inside
                last = code.count("\n", 0, position) + 1
                found.append((first, last - first + 1, " ".join(head.split())))
                inside = None
            if inside is None:
                head_start = position + 1
        elif character == ";" and inside is None:
            head_start = position + 1
    return found
