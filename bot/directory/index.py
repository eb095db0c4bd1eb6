"""The tantivy index: its fields, and the folder that it lives in.

<index_dir>/current          the name of the folder in use, replaced by a rename
<index_dir>/index-<random>/  one complete index, and `about.json`: what it was made of
<index_dir>/lock             held by the import that is running
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import tantivy

from bot.core.text_folding import fold
from bot.directory.names import index_forms
from bot.directory.organizations import practice_words
from bot.directory.places import town_key
from bot.directory.professions import trades_with
from bot.directory.records import Professional

VERSION = 3
"""Changes whenever fields or terms do: an index of another version is as good as none."""

CURRENT = "current"
ABOUT = "about.json"
PREFIX = f"index-v{VERSION}-"

FIELDS = ("number", "family", "given", "trade", "label", "town", "postal", "area", "organization", "site")
"""Indexed, not stored; each term as it is (folding is ours, the same for the index and the question)."""

_WHOLE = frozenset({"number", "label"})
"""Fields whose terms are values of their own. In the others terms hold no space, and spaces part them: one value is quicker than six."""


def schema() -> tantivy.Schema:
    """`FIELDS` plus `data`, the stored JSON of the professional (`Professional.packed`)."""
    builder = tantivy.SchemaBuilder()
    for name in FIELDS:
        builder.add_text_field(name, tokenizer_name="raw" if name in _WHOLE else "whitespace", index_option="basic")
    builder.add_bytes_field("data", stored=True)
    return builder.build()


def document(person: Professional) -> tantivy.Document:
    """Return what the index keeps of a professional."""
    practices = person.practices
    roles = [practice.role for practice in practices]
    trade, label = _work(person.profession_code, (person.profession, person.speciality, *person.also, *roles))
    made = tantivy.Document(
        number=person.key,
        family=_names(person.family),
        given=_names(person.given),
        trade=trade,
        label=label,
        town=" ".join([town_key(practice.city) for practice in practices]),
        postal=" ".join([practice.postal_code for practice in practices]),
        area=" ".join([practice.departement for practice in practices]),
        organization=" ".join([_organization(practice.structure, practice.city) for practice in practices]),
        site=" ".join([f"{practice.finess} {practice.siret}" for practice in practices if practice.finess or practice.siret]),
    )
    made.add_bytes("data", _encode(person.packed()).encode())
    return made


@lru_cache(maxsize=65_536)
def _names(text: str) -> str:
    return " ".join(index_forms(text))


@lru_cache(maxsize=16_384)
def _work(code: str, labels: tuple[str, ...]) -> tuple[str, list[str]]:
    """Return the ids of what a person with this code and these labels does, and the labels, folded."""
    return " ".join(sorted(trades_with(code, labels))), [folded for label in dict.fromkeys(labels) if (folded := fold(label))]


@lru_cache(maxsize=65_536)
def _organization(structure: str, city: str) -> str:
    return " ".join(practice_words(structure, city))


def forget_terms() -> None:
    """Forget the terms of the people seen lately."""
    for remembered in (_names, _work, _organization):
        remembered.cache_clear()


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def read_about(index_dir: Path) -> dict[str, Any]:
    """Return what the index in use was made of (`importer.write_about`); {} where there is none, or it does not say."""
    folder = current_folder(index_dir)
    try:
        content = json.loads((folder / ABOUT).read_text(encoding="utf-8")) if folder else {}
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def current_folder(index_dir: Path) -> Path | None:
    """Return the index in use, None where there is none of this version."""
    try:
        name = (index_dir / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return index_dir / name if name.startswith(PREFIX) and "/" not in name else None
