"""CodeableConcepts in words: their text, what their codings display, else the label of a code in the ANS's lists."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from bot.directory.codes import PROFESSIONS, ROLES, SPECIALITIES

_DATA = tomllib.loads(files(__package__).joinpath("concepts.toml").read_text(encoding="utf-8"))
_SYSTEMS: dict[str, str] = _DATA["systems"]
_LIST = re.compile(r"TRE[_-]([A-Z]\d{1,4})")
_LABELS: dict[tuple[str, str], str] = {
    **{(name, code): label for name, labels in _DATA.items() if name != "systems" for code, label in labels.items()},
    **{(entry.system, entry.code): entry.label for entry in (*ROLES, *PROFESSIONS, *SPECIALITIES)},
}
PROFESSION_LISTS = frozenset({"TRE_G15", "TRE_R94", "TRE_R95", "TRE_R85", "TRE_R291"})
"""Lists of professions, and of roles that are no profession by law."""


def list_of(system: str) -> str:
    """Return the name of the ANS list that a coding's system is, « TRE_G15 »; "" for another system."""
    if found := _LIST.search(system):
        return f"TRE_{found[1]}"
    return next((name for end, name in _SYSTEMS.items() if system.endswith(end)), "")


def label_of_coding(coding: Mapping[str, Any]) -> str:
    """Return the label of a coding: the French one of a known code of HL7, its display, that of the list; "" where there is none."""
    system, code = str(coding.get("system") or ""), str(coding.get("code") or "")
    known, display = _LABELS.get((_list_of_coding(coding), code), ""), str(coding.get("display") or "").strip()
    return known if known and "hl7.org" in system else display or known


def words_of(concept: Mapping[str, Any]) -> str:
    """Return a CodeableConcept in words; "" where it has none."""
    text = str(concept.get("text") or "").strip()
    return text or next((label for label in map(label_of_coding, concept.get("coding") or []) if label), "")


def profession_of(concepts: Iterable[Mapping[str, Any]]) -> str:
    """Return the profession among qualifications or codes, in words: one that is coded as such before any other; "" for none.

    Where nothing is coded as one, what is in words is taken, then a savoir-faire. A diploma is no profession.
    """
    found = list(concepts)
    coded = [_words_in(each, PROFESSION_LISTS) for each in found]
    other = [words_of(each) for each in found if each.get("text") or not any(map(_list_of_coding, each.get("coding") or []))]
    skills = [_words_in(each, frozenset({"TRE_R38"})) for each in found]
    return next((words for words in (*coded, *other, *skills) if words), "")


def _words_in(concept: Mapping[str, Any], lists: frozenset[str]) -> str:
    """Return the words of a concept that has a code of these lists, of which codes of others (a category) beside it say nothing."""
    codings = [each for each in concept.get("coding") or [] if _list_of_coding(each) in lists]
    return words_of({**concept, "coding": codings}) if codings else ""


def _list_of_coding(coding: Mapping[str, Any]) -> str:
    return list_of(str(coding.get("system") or ""))
