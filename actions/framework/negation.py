"""Which of several values of one kind a sentence means: « pas Tours, Blois », « Tours, euh non, Blois », « Blois au lieu de Tours »."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Entity = dict[str, Any]

_BETWEEN = (
    r"(?:à|a|au|aux|en|dans|sur|chez|pour|par|avec|le|la|les|l'|un|une|de|du|des|d'|celui|celle|ce|cette|dossier|num[ée]ro|n°|nom|pr[ée]nom"
    r"|n[ée]e?|m\.|mr|mme|mlle|monsieur|madame|mademoiselle|docteure?|dr\.?|professeure?|pr\.?|usag[eè]re?|patiente?)"
)
"""Words that may stand between what denies and the value: « pas au dossier de Mme … »."""
_DENIES = re.compile(
    rf"(?:\b(?:pas|ni|et non)\s|\bau lieu (?=d)|\b[àa] la place (?=d)|\bplut[ôo]t qu(?:e\s|'))\s*(?:{_BETWEEN}(?:\s+|(?<=')))*\Z",
    re.IGNORECASE,
)
_TAKES_BACK = re.compile(
    r"\b(?:non|euh+|heu|pardon|plut[ôo]t|enfin|finalement|en fait|je (?:veux|voulais) dire|erreur|oups|je corrige"
    r"|je me (?:suis )?trompe)\b",
    re.IGNORECASE,
)


def denied(text: str, value: Entity) -> bool:
    """Whether the words before a value say that it is not the one."""
    return bool(_DENIES.search(text[: value.get("start") or 0].replace("’", "'")))


def meant(text: str, values: Sequence[Entity], *, strict: bool = False) -> list[Entity]:
    """The values that the speaker stands by, in the order of the text: neither denied nor taken back by a later one.

    A denial alone says nothing of what is meant, and may be of another thing (« tu n'as pas Martin ? »): such a value is kept,
    unless `strict`, as in a correction (« non, pas Martin »).
    """
    affirmed = [value for value in values if not denied(text, value)]
    if not affirmed:
        return [] if strict else list(values)
    following = [*affirmed[1:], None]
    return [value for value, later in zip(affirmed, following, strict=True) if later is None or not _taken_back(text, value, later)]


def _taken_back(text: str, value: Entity, later: Entity) -> bool:
    return bool(_TAKES_BACK.search(text[value.get("end") or 0 : later.get("start") or 0]))
