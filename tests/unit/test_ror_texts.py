"""Where no ROR is configured no text says ROR: not what the assistant, its pages, its mails and its guides for users say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
ONLY_WHERE_CONFIGURED = {"bot/web/templates/desk/ror.html"}
"""Included where there is a ROR to ask."""
GUIDES = ("docs/utilisateurs.md", "docs/equipe-sphere.md")
_ROR = re.compile(r"\bROR\b")


def strings(value: Any) -> Iterator[str]:
    """Every text in a loaded YAML file, its keys left out."""
    if isinstance(value, dict):
        for entry in value.values():
            yield from strings(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from strings(entry)
    elif isinstance(value, str):
        yield value


def texts() -> dict[str, str]:
    """What may be rendered for users, by the file that it is in."""
    found: dict[str, str] = {}
    for path in [*(ROOT / "domain").glob("*.yml"), *(ROOT / "bot").rglob("*.yml")]:
        found[str(path.relative_to(ROOT))] = "\n".join(strings(YAML(typ="safe").load(path)))
    for path in (ROOT / "bot").rglob("templates/**/*"):
        if path.is_file():
            found[str(path.relative_to(ROOT))] = path.read_text("utf-8")
    return found | {name: (ROOT / name).read_text("utf-8") for name in GUIDES}


@pytest.mark.parametrize("name", sorted(texts().keys() - ONLY_WHERE_CONFIGURED))
def test_no_text_says_ror(name: str) -> None:
    assert not _ROR.search(texts()[name])


def test_what_says_it_is_included_in_one_place_under_its_condition() -> None:
    including = {name: text for name, text in texts().items() if "ror.html" in text}
    assert including.keys() == {"bot/web/templates/desk/request.html"}
    assert '{% if request_context.asks_ror %}{% include "desk/ror.html" %}{% endif %}' in including["bot/web/templates/desk/request.html"]


def test_the_texts_are_looked_at() -> None:
    found = texts()
    assert len(found) > 60
    assert any("l’annuaire" in text for text in found.values())
