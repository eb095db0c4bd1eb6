"""The tantivy index: its fields, and the folder that it lives in.

<index_dir>/current          the name of the folder in use, replaced by a rename
<index_dir>/index-<random>/  one complete index, and `about.json`: what it was made of
<index_dir>/lock             held by the import that is running
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tantivy

from bot.core.text_folding import fold
from bot.directory.names import index_forms
from bot.directory.organizations import practice_words
from bot.directory.places import town_key
from bot.directory.professions import trades_of
from bot.directory.records import Professional

VERSION = 2
"""Changes whenever fields or terms do: an index of another version is as good as none."""

CURRENT = "current"
ABOUT = "about.json"
PREFIX = f"index-v{VERSION}-"

FIELDS = ("number", "family", "given", "trade", "label", "town", "postal", "area", "organization", "site")
"""Indexed, not stored; each term as it is (folding is ours, the same for the index and the question)."""


def schema() -> tantivy.Schema:
    """`FIELDS` plus `data`, the stored JSON of the professional (`Professional.packed`)."""
    builder = tantivy.SchemaBuilder()
    for name in FIELDS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("data", stored=True)
    return builder.build()


def document(person: Professional) -> tantivy.Document:
    """Return what the index keeps of a professional."""
    practices = person.practices
    terms: dict[str, Iterable[str]] = {
        "number": (person.key,),
        "family": index_forms(person.family),
        "given": index_forms(person.given),
        "trade": trades_of(person),
        "label": [fold(label) for label in dict.fromkeys(person.labels)],
        "town": [town_key(practice.city) for practice in practices],
        "postal": [practice.postal_code for practice in practices],
        "area": [practice.departement for practice in practices],
        "organization": [word for practice in practices for word in practice_words(practice)],
        "site": [number for practice in practices for number in (practice.finess, practice.siret)],
    }
    lists = {name: found for name, values in terms.items() if (found := [term for term in values if term])}
    return tantivy.Document(**lists, data=_encode(person.packed()).encode())


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
