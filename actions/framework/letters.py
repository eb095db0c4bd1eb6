"""Letters that users paste: what in them is nobody, and no place.

« Cher confrère » names no département; a lone initial names nobody; who signs asks for nothing, and is meant only if the user says so.
"""

from __future__ import annotations

import re
from typing import Any

from actions.framework.people import OF_ONE_PERSON, PARTNER, Message
from actions.framework.turn import BUTTON_EXTRACTOR, words_of
from bot.core.text_folding import fold

_ADDRESSED = re.compile(
    r"\W{1,2}(?:et\W)?(?:confr[èe]res?|coll[èe]gues?|cons[œo]e?urs?|amie?s?|docteure?s?|dr|monsieur|madame|ma[îi]tre|tous|toutes)\b",
    re.IGNORECASE,
)
"""Words after « cher »."""
_CLOSES = re.compile(
    r"(?:confraternellement|cordialement|amicalement|salutations (?:distinguées|confraternelles|cordiales)|respectueusement)"
    r"[^»”\"\n.!?]{0,20}?[\s,.;–-]+"
    r"(?P<signed>(?!\s*(?:et|puis|ps|ensuite|merci|ajout\w*|retir\w*|enl[eè]v\w*|mett\w*)\b)(?:\b(?:dr|pr|m|mme|mlle|[a-z])\.|[^»”\"\n.!?;]){1,100})",
    re.IGNORECASE,
)
_SIGNER_TOO = re.compile(r"\b(?:(?:lui|elle|eux) (?:aussi|m[êe]me|y compris)|(?:le |la )?signataire|qui (?:a )?sign\w+)\b", re.IGNORECASE)


def without_letter_parts(message: Message) -> Message:
    """Return a message without the entities that are parts of a letter alone; their words stay."""
    entities = message.get("entities") or []
    if not entities or any(entity.get("extractor") == BUTTON_EXTRACTOR for entity in entities):
        return message
    text = words_of(message)
    closed = None if _SIGNER_TOO.search(text) else _CLOSES.search(text)
    signed = closed.span("signed") if closed else (0, 0)
    kept = [entity for entity in entities if not _is_part_of_letter(entity, text, signed)]
    return message if len(kept) == len(entities) else {**message, "entities": kept}


def _is_part_of_letter(entity: dict[str, Any], text: str, signed: tuple[int, int]) -> bool:
    value, start, end = fold(str(entity["value"])), entity.get("start") or 0, entity.get("end") or 0
    if entity["entity"] == "city" and value in {"cher", "chers"}:
        return bool(_ADDRESSED.match(text[end:]))
    if entity["entity"] == PARTNER and len(value) == 1:
        return True
    return entity["entity"] in {PARTNER, *OF_ONE_PERSON} and signed[0] <= start < signed[1]
