"""French texts that people read: typographic apostrophes, and U+00A0 before « ; : ? ! » » and after « « »."""

from __future__ import annotations

import ast
import html.parser
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
WRONG = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_]|[{«])|(?<=\S) (?=[;:?!»](?:[\s<\"“.,)»]|$))|^ (?=[;:?!»](?:\s|$))|« ")
READ_ALIKE = re.compile(r"^wishes_|^payload$")
"""Keys of what users type, and of what machines read."""
SHOWN_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt", "content", "hx-confirm"}
TAG = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
QUOTED = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
SAYING_MODULES = sorted(
    {
        *(ROOT / "bot").glob("*/cli.py"),
        *(ROOT / "bot" / name for name in ("audit_cli.py", "command_line.py", "accounts/labels.py", "personal_data/holdings.py")),
        *(ROOT / "bot/web" / name for name in ("templating.py", "transcript.py", "chat_page.py")),
        ROOT / "bot/channels/teams/package.py",
        ROOT / "actions/framework/dates.py",
    }
)
"""Modules that hold words of their own; elsewhere in Python there are none."""


def yaml_texts(path: Path) -> Iterator[str]:
    """Yield the strings of a file that are shown."""
    content = YAML(typ="safe").load(path)
    yield from _values(content.get("responses", {}) if path.parent.name == "domain" else content)


def _values(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if not READ_ALIKE.match(str(key)):
                yield from _values(value)
    elif isinstance(node, list):
        for value in node:
            yield from _values(value)
    elif isinstance(node, str):
        yield node


def template_texts(path: Path) -> Iterator[str]:
    """Yield what a template says outside its tags, and each string inside them."""
    source = path.read_text()
    for tag in TAG.findall(source):
        if not tag.startswith("{#"):
            yield from QUOTED.findall(tag)
    plain = TAG.sub(lambda found: "x" if found[0].startswith("{{") else "", source)
    yield from page_texts(plain) if path.suffix == ".html" else [plain]


class _Page(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = [""]
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = tag in {"style", "script"}
        self.texts += [value for name, value in attrs if value and name in SHOWN_ATTRIBUTES]

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


def page_texts(source: str) -> Iterator[str]:
    """Yield the texts and the shown attributes of a page."""
    page = _Page()
    page.feed(source)
    page.close()
    return iter(page.texts)


def script_texts(path: Path) -> Iterator[str]:
    """Yield the string and template literals of a script."""
    source = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    yield from QUOTED.findall(source)
    while (flat := re.sub(r"\$\{[^{}]*\}", "x", source)) != source:
        source = flat
    yield from re.findall(r"`([^`]*)`", source)


def module_texts(path: Path) -> Iterator[str]:
    """Yield the strings of a module but its docstrings and code in French quotes."""
    tree = ast.parse(path.read_text())
    said = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    yield from (
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in said
    )


def document_texts(path: Path) -> Iterator[str]:
    """Yield the lines of a document outside code and addresses."""
    prose = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    yield from (re.sub(r"`[^`]*`|\]\([^)]*\)", "x", line) for line in prose.splitlines())


def manifest_texts(path: Path) -> Iterator[str]:
    """Yield the strings of the manifest of Teams."""
    yield from _values(json.loads(path.read_text()))


KINDS = {
    yaml_texts: [*(ROOT / "domain").glob("*.yml"), *(ROOT / "bot").rglob("texts.yml"), *(ROOT / "bot").rglob("commands.yml")],
    template_texts: [path for end in ("txt", "html") for path in (ROOT / "bot").rglob(f"templates/**/*.{end}")],
    script_texts: [ROOT / "bot/web/static/chat/texts.js"],
    module_texts: SAYING_MODULES,
    document_texts: [ROOT / "docs" / f"{name}.md" for name in ("utilisateurs", "equipe-sphere", "poste-accompagnement", "exploitation")],
    manifest_texts: [ROOT / "bot/channels/teams/app/manifest.json"],
}


@pytest.mark.parametrize(("read", "path"), [pytest.param(read, path, id=path.name) for read, paths in KINDS.items() for path in paths])
def test_typography(read: Any, path: Path) -> None:
    found = [text[max(0, at.start() - 30) : at.end() + 20] for text in read(path) for at in WRONG.finditer(text)]
    assert found == []


def test_it_is_seen(tmp_path: Path) -> None:
    wrong = tmp_path / "texts.yml"
    wrong.write_text("""a: "c'est fait"\nb: "Voici :"\nc: "« oui\u00a0»"\nwishes_to_end: ["l'aide"]\nd: "C’est\u00a0: à 9:30"\n""")
    page = tmp_path / "page.html"
    page.write_text("""<p style="a : b" title="Qui ?">{# d'une #}{{ x }} : {% set y = "l'un" %}<i>{{ z }}&nbsp;!</i></p>""")
    assert [bool(WRONG.search(text)) for text in yaml_texts(wrong)] == [True, True, True, False]
    assert sorted(text for text in template_texts(page) if WRONG.search(text)) == ["Qui ?", "l'un", "x : "]
