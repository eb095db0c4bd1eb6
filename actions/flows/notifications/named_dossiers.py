"""The words of a wish with references in the place of the usagers' names: « coupe Hoarau la nuit, pas Leclercq »."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actions.framework.context import Context
from actions.framework.own_usagers import usager_mentions
from actions.framework.turn import MASKS
from actions.framework.visible_dossiers import VisibleDossier
from bot.core.text_folding import flat

_DIGITS = r"\d{1,6}\b(?! ?(?:h|:|/|jours|semaines|mois|%)\b)"
_NUMBERS = re.compile(rf"\bdossiers? (?:n°? ?|numero )?{_DIGITS}(?:(?: ?, ?| et | ou )(?:(?:le|les|du|de) )?{_DIGITS})*")
"""« dossier n° 137 », « les dossiers 137, 142 et 205 »."""
_ONE = re.compile(r"(?:\bdossiers? (?:n°? ?|numero )?)?\b(\d{1,6})\b")


_BEFORE_A_STAND_IN = re.compile(
    r"\b(?:remplac\w+(?: par)?|relais (?:avec|[àa]|de)|confi\w+ [àa]|pass\w* la main [àa]|absence de)\s+"
    r"(?:(?:ma|mon|la|le|une?) (?:coll[èe]gue|rempla[çc]ante?|consoeur|confr[èe]re)\s+)?"
    r"(?:(?:dr|docteur|mme|madame|m|mr|monsieur)\b\.?\s*)?\Z",
    re.IGNORECASE,
)
_AFTER_A_STAND_IN = re.compile(
    r"\s*,?\s*(?:qui )?(?:me remplace|prend(?:ra)? (?:le relais|la suite|ma (?:place|suite))|assure(?:ra)?\b|s['’](?:en )?(?:occupe|charge)"
    r"|fait mes|g[èe]re(?:ra)?\b|sera l[àa]|est l[àa])",
    re.IGNORECASE,
)
"""Words before, and after, the name of a colleague who stands in: no dossier is called so."""


@dataclass(frozen=True)
class Wording:
    """The words of a wish, and the references that stand in them for names, in their order."""

    text: str
    references: tuple[str, ...] = ()


async def with_references(context: Context, dossier_entities: frozenset[str]) -> Wording:
    """Return the typed words with the references of the user's own dossiers for the usagers and numbers that they name.

    « ce dossier » stands for what else the model took for an usager, and for masks. On an external channel dossiers have no names.
    """
    turn, this_dossier = context.turn, context.utterances.text("utter_said_this_dossier")
    text = turn.raw_text
    looks_up = turn.trusted or _NUMBERS.search(flat(text)) is not None
    own = await context.dossiers.to_compare(await context.linked_account()) if text and looks_up else []
    found = _found(text, own)
    places = [(start, end, reference) for start, end, reference in found]
    for entity in turn.message.get("entities") or []:
        start, end = entity.get("start") or 0, entity.get("end") or 0
        free = end and not any(since < end and start < until for since, until, _ in places)
        if entity.get("entity") == "partner_name" and _stands_in(text, start, end):
            continue
        if entity.get("entity") in dossier_entities and free and not (found and turn.trusted):  # beside others it stays what it is
            places.append((start, end, this_dossier))
    for start, end, words in sorted(places, reverse=True):
        text = f"{text[:start]}{words}{text[end:]}"
    for mask in MASKS:
        text = text.replace(mask, this_dossier)
    return Wording(text, tuple(dict.fromkeys(reference for _, _, reference in found)))


def _stands_in(text: str, start: int, end: int) -> bool:
    """Return whether a name is that of a colleague who stands in for the speaker."""
    before, after = text[max(start - 60, 0) : start], text[end : end + 40]
    return bool(_BEFORE_A_STAND_IN.search(before) or _AFTER_A_STAND_IN.match(after))


def _found(text: str, own: Sequence[VisibleDossier]) -> list[tuple[int, int, str]]:
    """Return what names one dossier of the user's own alone: start, end, reference; of a number its digits, where others follow."""
    found = [(mention.led_from, mention.end, mention.reference) for mention in usager_mentions(text, own) if mention.is_sure]
    for listed in _NUMBERS.finditer(flat(text)):
        for number in _ONE.finditer(listed[0]):
            start, end = listed.start() + number.start(), listed.start() + number.end()
            meant = [dossier for dossier in own if dossier.reference.endswith(f"-{number[1].zfill(6)}")]
            if len(meant) == 1 and not any(since < end and start < until for since, until, _ in found):
                found.append((start, end, meant[0].reference))
    return sorted(found)
