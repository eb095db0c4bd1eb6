"""Which of several values of one kind a message affirms: « pas Tours, Blois », « Tours, euh non, Blois », « Blois au lieu de Tours »."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Entity = dict[str, Any]
"""An entity of Rasa's message: `value`, and `start` and `end` in the text."""

_LINKING_WORDS = (
    r"(?:à|a|au|aux|en|dans|sur|chez|pour|par|avec|le|la|les|l'|un|une|de|du|des|d'|celui|celle|ce|cette|dossier|num[ée]ro|n°|nom|pr[ée]nom"
    r"|n[ée]e?|m\.|mr|mme|mlle|monsieur|madame|mademoiselle|docteure?|dr\.?|professeure?|pr\.?|usag[eè]re?|patiente?)"
)
"""Words that may stand between a negation and the value: « pas au dossier de Mme … »."""
_NEGATION = re.compile(
    rf"(?:\b(?:pas|ni|et non)\s|\bau lieu (?=d)|\b[àa] la place (?=d)|\bplut[ôo]t qu(?:e\s|'))\s*(?:{_LINKING_WORDS}(?:\s+|(?<=')))*\Z",
    re.IGNORECASE,
)
_RETRACTION = re.compile(
    r"\b(?:non|euh+|heu|pardon|plut[ôo]t|enfin|finalement|en fait|je (?:veux|voulais) dire|erreur|oups|je corrige"
    r"|je me (?:suis )?trompe)\b",
    re.IGNORECASE,
)


def is_denied(text: str, entity: Entity) -> bool:
    """Return whether the words before a value deny it."""
    return bool(_NEGATION.search(text[: entity.get("start") or 0].replace("’", "'")))


def affirmed(text: str, entities: Sequence[Entity], *, strict: bool = False) -> list[Entity]:
    """Return the values that the user affirms, in the order of the text: neither denied nor retracted for a later one.

    A negation alone does not tell what is meant and may concern something else (« tu n'as pas Martin ? »): such a value is kept,
    unless `strict`, as in a correction (« non, pas Martin »).
    """
    kept = [entity for entity in entities if not is_denied(text, entity)]
    if not kept:
        return [] if strict else list(entities)
    following = [*kept[1:], None]
    return [entity for entity, later in zip(kept, following, strict=True) if later is None or not _is_retracted(text, entity, later)]


def _is_retracted(text: str, entity: Entity, later: Entity) -> bool:
    return bool(_RETRACTION.search(text[entity.get("end") or 0 : later.get("start") or 0]))
