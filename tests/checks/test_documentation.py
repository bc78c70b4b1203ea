"""Links in Markdown files lead to files and headings that exist."""

import re

import pytest
from source_tree import ROOT, project_files

DOCUMENTS = [path for path in project_files() if path.suffix == ".md"]
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def headings(text):
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def links(text):
    return _LINK.findall(re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL))


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_resolve(document):
    wrong = []
    for link in links((ROOT / document).read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (ROOT / document).parent / name if name else ROOT / document
        if not target.exists():
            wrong.append(f"{link}: no such file")
        elif anchor and target.suffix == ".md" and anchor not in set(headings(target.read_text())):
            wrong.append(f"{link}: no such heading")
    assert not wrong
